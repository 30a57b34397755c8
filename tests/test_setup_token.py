"""Where other machines can reach the setup page, only who read the token on the console makes the first account."""

import pytest
from django.contrib.auth.models import User

PASSWORD = "correct horse battery"
FORM = {"username": "alice", "password1": PASSWORD, "password2": PASSWORD}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _token(settings):
    settings.SETUP_TOKEN = "from-the-console"


@pytest.mark.parametrize("token", ["", "guessed", "from-the-consol\u00e9"])
def test_it_makes_no_account_for_a_stranger(client, token):
    page = client.post("/setup", {**FORM, "token": token})
    assert page.status_code == 200
    assert not User.objects.exists()


def test_it_makes_the_account_of_who_has_the_token(client):
    assert client.post("/setup", {**FORM, "token": "from-the-console"})["Location"] == "/"
    assert User.objects.get().username == "alice"


def test_it_fills_the_token_in_from_the_printed_address(client):
    assert 'value="from-the-console"' in client.get("/setup?token=from-the-console").content.decode()


def test_it_does_not_tell_the_token(client):
    assert "from-the-console" not in client.get("/setup").content.decode()
