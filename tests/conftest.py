"""What every test may ask for: the cast, and settings that fit a test run."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from indexer.models import Library, Membership


def pytest_terminal_summary(terminalreporter) -> None:
    shots = Path(os.environ["SEEKFRAME_SCREENSHOTS"])
    if shots.exists():
        terminalreporter.write_line(f"Screenshots of every page: {shots}")


@pytest.fixture(scope="session", autouse=True)
def _static_root() -> None:
    """WhiteNoise warns where the folder is missing."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(autouse=True)
def _test_settings(settings, tmp_path: Path) -> None:
    """Files of a test lie in its own folder; static files are served as they are, without a manifest to build."""
    settings.STORAGES = {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "storage")},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db) -> User:
    """She owns the library."""
    return User.objects.create_user("alice", password="correct horse battery")


@pytest.fixture
def bob(db) -> User:
    """He is on the team."""
    return User.objects.create_user("bob", password="correct horse battery")


@pytest.fixture
def charlie(db) -> User:
    """A stranger."""
    return User.objects.create_user("charlie", password="correct horse battery")


@pytest.fixture
def library(alice: User, bob: User) -> Library:
    """Alice's library, which Bob may look at."""
    made = Library.objects.create(name="Holidays")
    Membership.objects.create(library=made, user=alice, role=Membership.Role.OWNER)
    Membership.objects.create(library=made, user=bob, role=Membership.Role.VIEWER)
    return made


@pytest.fixture
def as_alice(client: Client, alice: User, library: Library) -> Client:
    """Her browser, signed in."""
    client.force_login(alice)
    return client
