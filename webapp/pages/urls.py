"""The HTML pages."""

from django.urls import include, path

from webapp.pages import actions, ask, captions, examples, exports, fragments, home, moments, plain, search, video, why

urlpatterns = [
    path("", home.home, name="home"),
    path("search", search.search_page, name="search"),
    path("samples", home.samples, name="samples"),
    path("library/new", home.library_new, name="library-new"),
    path("library/<uuid:library_id>", home.library_page, name="library"),
    path("v/<uuid:video_id>", video.video_page, name="video"),
    path("v/<uuid:video_id>/rename", actions.video_rename, name="video-rename"),
    path("v/<uuid:video_id>/reindex", actions.video_reindex, name="video-reindex"),
    path("v/<uuid:video_id>/cancel", actions.video_cancel, name="video-cancel"),
    path("v/<uuid:video_id>/delete", actions.video_delete, name="video-delete"),
    path("v/<uuid:video_id>/why", why.video_why, name="video-why"),
    path("v/<uuid:video_id>/ask", ask.video_ask, name="video-ask"),
    path("v/<uuid:video_id>/captions", captions.captions_start, name="captions-start"),
    path("v/<uuid:video_id>/captions/stop", captions.captions_stop, name="captions-stop"),
    path("v/<uuid:video_id>/segments/captions", video.segments_caption, name="segments-caption"),
    path("v/<uuid:video_id>/segments.vtt", exports.segments_vtt, name="segments-vtt"),
    path("v/<uuid:video_id>/segments.json", exports.segments_json, name="segments-json"),
    path("v/<uuid:video_id>/moments.<str:ending>", moments.moments_file, name="video-moments"),
    path("fragments/cards", fragments.cards, name="fragment-cards"),
    path("fragments/video/<uuid:video_id>", fragments.video_state, name="fragment-video"),
    path("fragments/captions/<uuid:video_id>", captions.captions_state, name="fragment-captions"),
    path("fragments/segments/<uuid:video_id>", video.segments, name="fragment-segments"),
    path("fragments/started", fragments.started, name="fragment-started"),
    path("fragments/examples", examples.examples, name="fragment-examples"),
    path("manifest.webmanifest", plain.manifest, name="manifest"),
    path("help", plain.help_page, name="help"),
    path("", include("webapp.pages.accounts.urls")),
]
