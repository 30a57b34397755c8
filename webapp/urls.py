"""Every route of the site, by area. An area keeps its own `urls.py` and takes one line here.

Names that templates and tests use (`{% url 'name' %}`), whoever owns the area:
home, search, library, video, help, sign-in, sign-out, setup    webapp.pages
upload                                                          webapp.uploads
media-play, media-poster, media-storyboard, media-frame         webapp.media
healthz                                                         webapp.api
"""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("webapp.pages.urls")),
]
