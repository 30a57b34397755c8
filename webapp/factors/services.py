"""Writes that no page makes."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction

from webapp.audit.services import Kind, record


@transaction.atomic
def factors_reset(*, user: User) -> int:
    """For somebody who lost every factor: from now on the password alone signs in. Ends every session of theirs."""
    record(Kind.FACTORS_RESET, person=user)
    factors = Authenticator.objects.filter(user=user)
    n_factors: int = factors.count()
    factors.delete()
    for session in Session.objects.iterator(chunk_size=1000):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()
    return n_factors
