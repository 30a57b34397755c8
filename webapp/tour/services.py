"""Writes: the tour is over for a person, or begins anew."""

from webapp.tour.models import TourEnded


def tour_end(*, person_id: int) -> None:
    TourEnded.objects.get_or_create(person_id=person_id)


def tour_start(*, person_id: int) -> None:
    TourEnded.objects.filter(person_id=person_id).delete()
