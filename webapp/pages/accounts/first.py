"""The first account: made by the first visitor, once, with no default password anywhere."""

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import gettext as _

from indexer.models import Library, Membership

# Any number will do as long as nothing else in the product locks it.
SETUP_LOCK = 7_316_001


def setup_is_open() -> bool:
    """The page /setup exists only while nobody has an account."""
    return not User.objects.exists()


@transaction.atomic
def first_account_create(*, username: str, password: str) -> User | None:
    """The account, a library to upload to, and the sample library; None when somebody was faster.

    The lock makes two visitors at the same moment take turns, so that the second sees the first one's account.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETUP_LOCK])
    if not setup_is_open():
        return None
    user = User.objects.create_superuser(username=username, password=password)
    own = Library.objects.create(name=_("My videos"))
    for library in [own, *Library.objects.filter(is_sample=True)]:
        Membership.objects.get_or_create(library=library, user=user, defaults={"role": Membership.Role.OWNER})
    return user
