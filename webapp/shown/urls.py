from django.urls import path

from webapp.shown import views

urlpatterns = [
    path("search/picture", views.picture_new, name="shown-new"),
    path("search/picture/<uuid:picture_id>", views.picture, name="shown-picture"),
]
