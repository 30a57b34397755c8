"""Second factors: a passkey or an authenticator app after the password, recovery codes, and the ways out."""

import base64
import io
import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client

from tests.passkeys import SoftKey
from webapp.api.models import key_make
from webapp.factors.adapters import FactorAdapter

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh():
    cache.clear()  # wrong codes are counted there


def browser() -> Client:
    return Client(SERVER_NAME="localhost")


def sign_in(client: Client, name: str = "alice"):
    return client.post("/sign-in", {"username": name, "password": PASSWORD, "next": "/help"})


def in_and_sure(client: Client) -> Client:
    """Signed in, and the password typed again as it is before factors change."""
    sign_in(client)
    assert client.post("/account/confirm?next=/account", {"password": PASSWORD})["Location"] == "/account"
    return client


def code_of(secret: str, periods: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


def with_app(client: Client) -> tuple[str, list[str]]:
    """Adds an authenticator app: its secret, and the recovery codes that come with it."""
    in_and_sure(client)
    secret = client.get("/account/app").context["form"].secret
    answer = client.post("/account/app", {"code": code_of(secret, -1)})
    assert answer["Location"] == "/account/codes"
    codes = client.get("/account/codes").context["unused_codes"]
    return secret, codes


def with_passkey(client: Client, key: SoftKey):
    in_and_sure(client)
    options = client.get("/account/passkey").context["js_data"]["creation_options"]
    return client.post("/account/passkey", {"name": "Blue key", "credential": json.dumps(key.made(as_json(options)))})


def as_json(options) -> dict:
    return json.loads(json.dumps(options, cls=DjangoJSONEncoder))


def is_in(client: Client) -> bool:
    return client.get("/help").status_code == 200


def test_an_app_is_asked_for_after_the_password(alice):
    secret, codes = with_app(browser())
    assert len(codes) == 10
    later = browser()
    assert sign_in(later)["Location"] == "/sign-in/code"
    assert not is_in(later)
    assert later.get("/api/v1/libraries").status_code == 401
    answer = later.post("/sign-in/code", {"code": code_of(secret)})
    assert (answer["Location"], is_in(later)) == ("/help", True)


def test_a_wrong_code_opens_nothing_and_says_so(alice):
    with_app(browser())
    later = browser()
    sign_in(later)
    page = later.post("/sign-in/code", {"code": "000000"})
    assert "This code is wrong" in page.content.decode()
    assert not is_in(later)


def test_a_code_opens_once_even_within_its_time(alice):
    secret, _ = with_app(browser())
    code = code_of(secret)
    first, second = browser(), browser()
    for client in (first, second):
        sign_in(client)
    first.post("/sign-in/code", {"code": code})
    cache.delete(f"allauth.mfa.totp.used?user={alice.pk}&code={code}")  # as half a minute later
    second.post("/sign-in/code", {"code": code})
    assert (is_in(first), is_in(second)) == (True, False)


def test_codes_are_not_guessed_for_long(alice):
    secret, _ = with_app(browser())
    guesser = browser()
    sign_in(guesser)
    pages = [guesser.post("/sign-in/code", {"code": f"{n:06}"}).content.decode() for n in range(11)]
    assert "Too many wrong codes" in pages[-1]
    assert "Too many wrong codes" not in pages[-2]
    elsewhere = Client(SERVER_NAME="localhost", REMOTE_ADDR="203.0.113.9")  # it is the person that is counted
    sign_in(elsewhere)
    elsewhere.post("/sign-in/code", {"code": code_of(secret)})
    assert not is_in(elsewhere)


def test_without_the_device_a_recovery_code_opens_once(alice):
    _, codes = with_app(browser())
    later = browser()
    sign_in(later)
    later.post("/sign-in/code", {"code": codes[3]})
    assert is_in(later)
    again = browser()
    sign_in(again)
    again.post("/sign-in/code", {"code": codes[3]})
    assert not is_in(again)
    assert later.get("/account").context["n_codes"] == 9


def test_recovery_codes_are_shown_once_and_made_again_on_request(alice):
    client = browser()
    _, codes = with_app(client)
    assert codes[0] not in client.get("/account/codes").content.decode()
    assert client.post("/account/codes/new")["Location"] == "/account/codes"
    new = client.get("/account/codes").context["unused_codes"]
    assert len(new) == 10
    assert not set(new) & set(codes)


def test_nothing_about_factors_changes_without_the_password_again(alice):
    client = browser()
    with_app(client)
    other = browser()
    other.force_login(alice)
    for path in ("/account/app/remove", "/account/passkey", "/account/codes/new"):
        assert other.get(path)["Location"].startswith("/account/confirm?")
        assert other.post(path)["Location"].startswith("/account/confirm?")
    page = other.post("/account/confirm?next=/account/app/remove", {"password": "wrong"})
    assert "not your password" in page.content.decode()
    assert Authenticator.objects.filter(user=alice, type="totp").exists()


def test_who_removes_the_last_factor_signs_in_with_the_password_alone(alice):
    client = browser()
    with_app(client)
    assert client.post("/account/app/remove").status_code == 302
    assert not Authenticator.objects.filter(user=alice).exists()  # the codes have gone too
    later = browser()
    assert sign_in(later)["Location"] == "/help"


def test_a_passkey_signs_in_with_and_without_the_password(alice):
    key = SoftKey()
    assert with_passkey(browser(), key)["Location"] == "/account/codes"
    after = browser()
    assert sign_in(after)["Location"] == "/sign-in/code"
    options = as_json(after.get("/sign-in/code").context["js_data"]["request_options"])
    after.post("/sign-in/code", {"credential": json.dumps(key.used(options, alice))})
    assert is_in(after)
    alone = browser()
    options = alone.get("/sign-in/passkey", headers={"Accept": "application/json"}).json()["request_options"]
    alone.post("/sign-in/passkey", {"credential": json.dumps(key.used(options, alice))})
    assert is_in(alone)


def test_another_key_or_another_site_signs_nobody_in(alice):
    key = SoftKey()
    with_passkey(browser(), key)
    elsewhere = SoftKey("seekframe.example")
    elsewhere.key, elsewhere.id = key.key, key.id
    wrong = SoftKey()
    wrong.id = key.id
    for forged in (wrong, elsewhere):
        client = browser()
        options = client.get("/sign-in/passkey", headers={"Accept": "application/json"}).json()["request_options"]
        answer = client.post("/sign-in/passkey", {"credential": json.dumps(forged.used(options, alice))})
        assert (answer["Location"], is_in(client)) == ("/sign-in", False)


@pytest.mark.parametrize("sent", ["{}", "[]", "no json", '{"id": 1, "response": {"clientDataJSON": "x"}}'])
def test_what_no_browser_sends_adds_nothing(alice, sent):
    client = in_and_sure(browser())
    client.get("/account/passkey")
    assert client.post("/account/passkey", {"name": "x", "credential": sent}).status_code == 200
    assert client.post("/sign-in/passkey", {"credential": sent}).status_code == 302
    assert browser().post("/sign-in/passkey", {"credential": sent})["Location"] == "/sign-in"
    assert not Authenticator.objects.exists()


def test_a_passkey_answers_one_question_only(alice):
    key = SoftKey()
    with_passkey(browser(), key)
    client = browser()
    options = client.get("/sign-in/passkey", headers={"Accept": "application/json"}).json()["request_options"]
    heard = json.dumps(key.used(options, alice))
    client.post("/sign-in/passkey", {"credential": heard})
    thief = browser()
    thief.get("/sign-in/passkey", headers={"Accept": "application/json"})
    thief.post("/sign-in/passkey", {"credential": heard})
    assert (is_in(client), is_in(thief)) == (True, False)


def test_a_key_for_programs_works_without_the_second_factor(alice):
    with_app(browser())
    _, secret = key_make(owner_id=alice.pk, name="k", scope="read", days=None)
    assert Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/libraries").status_code == 200


def test_the_operator_resets_the_factors_of_somebody_who_lost_them_all(alice):
    client = browser()
    with_app(client)
    said = io.StringIO()
    call_command("reset_factors", "alice", stdout=said)
    assert "2 removed" in said.getvalue()
    assert not is_in(client)  # whoever had a browser open is out
    assert sign_in(browser())["Location"] == "/help"
    with pytest.raises(CommandError, match="Nobody here has the name mallory"):
        call_command("reset_factors", "mallory")


def test_secrets_are_not_readable_in_the_database_and_useless_with_another_key(alice, settings):
    secret, codes = with_app(browser())
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    adapter = FactorAdapter()
    kept = adapter.encrypt(secret)
    settings.SECRET_KEY = "another"
    other = adapter.decrypt(kept)
    assert other != secret
    assert len(base64.b32decode(other)) == 20
    later = browser()
    sign_in(later)
    for code in (code_of(secret), codes[0]):
        later.post("/sign-in/code", {"code": code})
    assert not is_in(later)


def test_the_page_says_what_needs_https(alice):
    client = Client()  # testserver, without TLS
    client.force_login(alice)
    page = client.get("/account").content.decode()
    assert "Passkeys need HTTPS" in page
    assert "/account/passkey" not in page
    assert "/account/app" in page
    assert "/account/passkey" in client.get("/account", secure=True).content.decode()


def test_a_password_is_changed_with_the_old_one_and_signs_other_browsers_out(alice):
    here, there = browser(), browser()
    for client in (here, there):
        sign_in(client)
    new = {"new_password1": "another good one 7", "new_password2": "another good one 7"}
    assert here.post("/account/password", {"old_password": "wrong", **new}).status_code == 200
    assert here.post("/account/password", {"old_password": PASSWORD, **new})["Location"] == "/account"
    assert (is_in(here), is_in(there)) == (True, False)
    short = {"old_password": "another good one 7", "new_password1": "short", "new_password2": "short"}
    assert re.search("at least 12 characters", here.post("/account/password", short).content.decode())
