from django.urls import path

from webapp.uploads import pages, views

urlpatterns = [
    path("upload", pages.upload_page, name="upload"),
    path("uploads/", views.collection, name="uploads"),
    path("uploads/<uuid:upload_id>", views.item, name="upload-item"),
    path("fragments/uploads/<uuid:upload_id>", pages.upload_row, name="upload-row"),
    path("fragments/uploads/<uuid:upload_id>/cancel", pages.upload_stop, name="upload-stop"),
]
