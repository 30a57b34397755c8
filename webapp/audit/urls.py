from django.urls import path

from webapp.audit import views

urlpatterns = [
    path("operate/audit", views.audit_page, name="audit"),
    path("account/activity", views.activity_page, name="account-activity"),
]
