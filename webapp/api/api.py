"""The one API object. Its description is open to all: it says nothing that the code does not."""

from django.conf import settings
from ninja import NinjaAPI
from ninja.throttling import AnonRateThrottle, AuthRateThrottle

from webapp.api import (
    batch,
    captions,
    copies,
    libraries,
    moments,
    problems,
    saved,
    searching,
    sharing,
    sources,
    tracks,
    uploads,
)

api = NinjaAPI(
    title="Seekframe",
    version="1",
    description="Find the moment in your own videos from plain words. Errors are application/problem+json.",
    docs_url=None,  # its page would load scripts from elsewhere
    urls_namespace="api",
    throttle=[AuthRateThrottle(settings.API_RATE), AnonRateThrottle(settings.API_RATE_ANONYMOUS)],
)
api.add_router("", libraries.router, tags=["libraries"])
api.add_router("", copies.router, tags=["libraries"])
api.add_router("", sharing.router, tags=["sharing"])
api.add_router("", sources.router, tags=["sources"])
api.add_router("", uploads.router, tags=["videos"])  # which is that of videos: they share an address
api.add_router("", batch.router, tags=["videos"])
api.add_router("", captions.router, tags=["videos"])
api.add_router("", tracks.router, tags=["videos"])
api.add_router("", moments.router, tags=["search"])
api.add_router("", searching.router, tags=["search"])
api.add_router("", saved.router, tags=["search"])
problems.install(api)
