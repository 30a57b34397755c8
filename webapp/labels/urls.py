from django.urls import path

from webapp.labels import export, views

urlpatterns = [
    path("library/<uuid:library_id>/labels", views.labels_page, name="labels"),
    path("labels/<int:set_id>/delete", views.labels_delete, name="labels-delete"),
    path("labels/<int:set_id>.csv", export.labels_csv, name="labels-csv"),
    path("fragments/labels/<int:set_id>", views.label_set_state, name="fragment-labels"),
]
