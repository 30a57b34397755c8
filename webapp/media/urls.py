from django.urls import path

from webapp.media import views

urlpatterns = [
    path("media/<uuid:video_id>/play", views.play, name="media-play"),
    path("media/<uuid:video_id>/poster", views.poster, name="media-poster"),
    path("media/<uuid:video_id>/storyboard/<int:sheet>", views.storyboard, name="media-storyboard"),
    path("media/<uuid:video_id>/frame", views.frame, name="media-frame"),
]
