"""Every route of the site, by area. An area keeps its own `urls.py` and takes one line here.

Names that templates and tests use (`{% url 'name' %}`), whoever owns the area:
home, search, library, video, help, sign-in, sign-out, setup    webapp.pages
batch, reading, trash, trash-empty, copies-find, copies-dismiss, copies-restore,
video-edit, video-delete, video-restore, video-purge            webapp.pages
api (api/v1), keys, key-delete                                  webapp.api
audit, account-activity                                         webapp.audit
account, password-change, and by allauth's names: account_login, account_reauthenticate, mfa_...  webapp.factors
labels, labels-csv, labels-delete                               webapp.labels
language, texts                                                 webapp.languages
saved-new, saved-delete                                         webapp.saved
people, person-role, person-remove, invite, invite-withdraw,
links, link-end, shared, shared-offer, shared-leave, shared-left,
join, join-open                                                 webapp.sharing
shown-new, shown-picture                                        webapp.shown
tour-start, tour-end                                            webapp.tour
upload                                                          webapp.uploads
media-play, media-poster, media-storyboard, media-frame, media-clip  webapp.media
operate, operate-retry, operate-retry-all                       webapp.operate
metrics                                                         webapp.metrics
sources, source-pause, source-look, source-remove               webapp.sources
tracks, track-switch, track-stop, track-retry, tracks-retry,
transcript-vtt, transcript-json, subtitles-new, subtitles-remove  webapp.tracks
healthz                                                         webapp.health
"""

from django.urls import URLPattern, URLResolver, include, path

from webapp import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("webapp.pages.urls")),
    path("", include("webapp.api.urls")),
    path("", include("webapp.audit.urls")),
    path("", include("webapp.factors.urls")),
    path("", include("webapp.labels.urls")),
    path("", include("webapp.languages.urls")),
    path("", include("webapp.saved.urls")),
    path("", include("webapp.sharing.urls")),
    path("", include("webapp.shown.urls")),
    path("", include("webapp.tour.urls")),
    path("", include("webapp.uploads.urls")),
    path("", include("webapp.media.urls")),
    path("", include("webapp.metrics.urls")),
    path("", include("webapp.operate.urls")),
    path("", include("webapp.sources.urls")),
    path("", include("webapp.tracks.urls")),
    path("healthz", health.healthz, name="healthz"),
]

handler400 = "webapp.errors.bad_request"
handler403 = "webapp.errors.forbidden"
handler404 = "webapp.errors.not_found"
handler500 = "webapp.errors.server_error"
