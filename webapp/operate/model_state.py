"""Whether the model server is there, and which model it holds."""

from dataclasses import dataclass

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

ANSWER_S = 1.5


@dataclass(frozen=True)
class ModelState:
    is_up: bool
    sentence: str
    model: str = ""
    weights: str = ""
    version: str = ""


def model_state() -> ModelState:
    token = settings.MODEL_SERVER_TOKEN
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with httpx.Client(base_url=settings.MODEL_SERVER_URL, timeout=ANSWER_S, trust_env=False) as http:
            if http.get("/healthz").status_code != 200:
                return ModelState(
                    False, _("The model is being loaded. Until then titles and captions alone are searched.")
                )
            return _named(http.get("/version", headers=headers))
    except httpx.HTTPError:
        return ModelState(False, _("The model server does not answer: titles and captions alone are searched."))


def _named(answer: httpx.Response) -> ModelState:
    """It answers, so it runs; but only one that takes our token is of use."""
    try:
        facts = answer.json()
    except ValueError:
        facts = {}
    if answer.status_code != 200 or not isinstance(facts, dict):
        detail = str(facts.get("detail", "")) if isinstance(facts, dict) else ""
        detail = detail or _("it answered %(n)s.") % {"n": answer.status_code}
        return ModelState(False, _("The model server refuses us: %(detail)s") % {"detail": detail})
    return ModelState(True, _("Ready"), str(facts.get("model")), str(facts.get("weights")), str(facts.get("seekframe")))
