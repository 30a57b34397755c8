"""The tour's place on every page."""

from django import template
from django.template.context import Context

from webapp.tour.steps import Shown, tour_on

register = template.Library()


@register.inclusion_tag("tour/step.html", takes_context=True)
def tour(context: Context) -> dict[str, Shown | str | None]:
    request = context.get("request")
    shown = tour_on(request) if request is not None else None
    here = request.get_full_path() if request is not None else ""
    return {"tour": shown, "page": here, "csrf_token": context.get("csrf_token")}
