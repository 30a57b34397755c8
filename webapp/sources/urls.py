from django.urls import path

from webapp.sources import views

urlpatterns = [
    path("library/<uuid:library_id>/sources", views.sources_page, name="sources"),
    path("sources/<uuid:source_id>/pause", views.source_pause, name="source-pause"),
    path("sources/<uuid:source_id>/look", views.source_look, name="source-look"),
    path("sources/<uuid:source_id>/remove", views.source_remove, name="source-remove"),
    path("sources/<uuid:source_id>/<int:item_id>/cancel", views.item_cancel, name="source-item-cancel"),
    path("sources/<uuid:source_id>/<int:item_id>/retry", views.item_retry, name="source-item-retry"),
    path("fragments/sources/<uuid:source_id>", views.source_state, name="fragment-source"),
]
