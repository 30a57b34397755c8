from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path

from webapp.api import pages
from webapp.api.api import api

described, namespace, instance = api.urls
for pattern in described:
    assert isinstance(pattern, URLPattern)
    # The API asks who calls by itself: a program is refused with JSON, not sent to the sign-in page.
    pattern.callback = login_not_required(pattern.callback)

urlpatterns = [
    path("api/v1/", (described, namespace, instance)),
    path("keys", pages.keys, name="keys"),
    path("keys/<int:key_id>/delete", pages.key_delete, name="key-delete"),
]
