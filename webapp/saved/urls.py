from django.urls import path

from webapp.saved import views

urlpatterns = [
    path("saved/new", views.saved_new, name="saved-new"),
    path("saved/<int:search_id>/delete", views.saved_delete, name="saved-delete"),
]
