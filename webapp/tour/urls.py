from django.urls import path

from webapp.tour import views

urlpatterns = [
    path("tour/end", views.tour_end, name="tour-end"),
    path("tour/start", views.tour_start, name="tour-start"),
]
