from django.urls import path

from webapp.tracks import views

urlpatterns = [
    path("library/<uuid:library_id>/transcripts", views.tracks_page, name="tracks"),
    path("library/<uuid:library_id>/transcripts/switch", views.track_switch, name="track-switch"),
    path("library/<uuid:library_id>/transcripts/retry", views.tracks_retry, name="tracks-retry"),
    path("fragments/transcripts/<uuid:library_id>", views.tracks_state, name="fragment-tracks"),
    path("fragments/transcript/<uuid:video_id>", views.transcript, name="fragment-transcript"),
    path("v/<uuid:video_id>/transcript/stop", views.track_stop, name="track-stop"),
    path("v/<uuid:video_id>/transcript/retry", views.track_retry, name="track-retry"),
    path("v/<uuid:video_id>/transcript.vtt", views.transcript_file, {"kind_of_file": "vtt"}, name="transcript-vtt"),
    path("v/<uuid:video_id>/transcript.json", views.transcript_file, {"kind_of_file": "json"}, name="transcript-json"),
    path("v/<uuid:video_id>/subtitles", views.subtitles_new, name="subtitles-new"),
    path("v/<uuid:video_id>/subtitles/remove", views.subtitles_remove, name="subtitles-remove"),
]
