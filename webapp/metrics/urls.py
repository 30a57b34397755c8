from django.urls import path

from webapp.metrics import views

urlpatterns = [path("metrics", views.metrics, name="metrics")]
