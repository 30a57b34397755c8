"""`manage.py reset_factors NAME`: for somebody who lost passkeys, app and recovery codes alike."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from webapp.factors.services import factors_reset


class Command(BaseCommand):
    help = "Removes a person's passkeys, authenticator app and recovery codes, and signs them out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="as they sign in")

    def handle(self, *, name: str, **_: Any) -> None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"Nobody here has the name {name}.")
        n_removed = factors_reset(user=user)
        self.stdout.write(
            f"{n_removed} removed. {name} now signs in with the password alone. Make sure that it was them."
        )
