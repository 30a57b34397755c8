"""The HTML pages."""

from django.urls import include, path

from webapp.pages import home, plain

urlpatterns = [
    path("", home.home, name="home"),
    path("search", home.home, name="search"),
    path("help", plain.help_page, name="help"),
    path("", include("webapp.pages.accounts.urls")),
]
