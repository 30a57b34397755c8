from django.urls import path

from webapp.languages import views

urlpatterns = [
    path("language", views.choose, name="language"),
    path("texts/<str:language>-<str:version>.js", views.catalog, name="texts"),
]
