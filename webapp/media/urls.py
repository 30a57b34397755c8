from django.urls import path

from webapp.media import clips, views

urlpatterns = [
    path("media/<uuid:video_id>/play", views.play, name="media-play"),
    path("media/<uuid:video_id>/poster", views.poster, name="media-poster"),
    path("media/<uuid:video_id>/storyboard/<int:sheet>", views.storyboard, name="media-storyboard"),
    path("media/<uuid:video_id>/clip.mp4", clips.clip, name="media-clip"),
    path("media/<uuid:video_id>/frame", views.frame, name="media-frame"),
]
