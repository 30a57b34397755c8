"""What browsers are told to refuse, how errors look, what the log says, and how often a password may be guessed."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import get_resolver

from webapp import errors, logs
from webapp.errors import Problem

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.django_db
def test_pages_may_run_and_show_nothing_that_is_not_ours(client, alice):
    client.force_login(alice)
    for path in ("/", "/upload", "/help", "/nothing-here"):
        answer = client.get(path)
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_a_session_cookie_is_out_of_reach_of_scripts_and_other_sites(alice):
    client = Client()
    client.post("/sign-in", {"username": "alice", "password": "correct horse battery"})
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def deployed(https: str) -> subprocess.CompletedProcess[str]:
    settings = {"HTTPS": https, "SECRET_KEY": "k3y" * 20 + "abcdefghij", "DJANGO_SETTINGS_MODULE": "webapp.settings"}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_behind_tls_djangos_own_deployment_check_finds_nothing():
    done = deployed("True")
    assert done.returncode == 0, done.stderr


def test_without_tls_cookies_still_work_and_the_check_says_so():
    done = deployed("False")
    assert done.returncode == 1
    assert "security.W012" in done.stderr  # SESSION_COOKIE_SECURE


@pytest.mark.django_db
def test_a_password_is_not_guessed_for_long(alice):
    cache.clear()
    client = Client()
    wrong = {"username": "alice", "password": "wrong"}
    statuses = [client.post("/sign-in", wrong).status_code for _ in range(11)]
    assert statuses == [200] * 9 + [429] * 2
    right = client.post("/sign-in", {"username": "alice", "password": "correct horse battery"})
    assert right.status_code == 429
    assert "Wait a quarter of an hour" in right.content.decode()
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    elsewhere.post("/sign-in", {"username": "alice", "password": "correct horse battery"})
    assert "sessionid" in elsewhere.cookies  # alice herself is not locked out of another place
    cache.clear()


# Errors.


def test_a_program_gets_a_problem_as_json():
    request = RequestFactory().get("/somewhere", headers={"Accept": "application/json"})
    answer = errors.respond(request, Problem("It broke. Mend it.", status=418, headers={"X-A": "b"}))
    said = {
        "type": "about:blank",
        "title": "I'm a Teapot",
        "status": 418,
        "detail": "It broke. Mend it.",
        "request_id": "",
    }
    assert json.loads(answer.content) == said
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer["X-A"]) == (418, "b")


@pytest.mark.django_db
def test_a_person_gets_a_page_with_a_sentence_and_a_number_to_quote(client, alice):
    client.force_login(alice)
    answer = client.get("/nothing-here", headers={"X-Request-ID": "abcdef-123456"})
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()
    assert "abcdef-123456" in answer.content.decode()


def test_the_page_of_a_broken_server_needs_no_database():
    answer = errors.server_error(RequestFactory().get("/"))  # no db mark: a query would fail the test
    assert answer.status_code == 500
    assert "Something broke on this server" in answer.content.decode()


def test_every_kind_of_error_has_its_page():
    resolver = get_resolver()
    request = RequestFactory().get("/", headers={"Accept": "application/json"})
    for status in (400, 403, 404):
        assert resolver.resolve_error_handler(status)(request, exception=Exception()).status_code == status
    assert errors.csrf_failure(request).status_code == 403


# Logs.


def test_a_log_line_is_one_json_object_with_its_fields():
    record = logging.getLogger("x").makeRecord("x", 20, "f", 1, "two\nlines %s", ("é",), None, extra={"n_windows": 3})
    line = logs.JsonFormatter().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["event"], found["n_windows"], found["level"]) == ("two\nlines é", 3, "info")


def test_a_log_line_holds_the_trace_of_an_error():
    problem = ValueError("inside")
    trace = (ValueError, problem, None)
    record = logging.getLogger("x").makeRecord("x", 40, "f", 1, "failed", (), trace)
    assert "ValueError: inside" in json.loads(logs.JsonFormatter().format(record))["error"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "kept"), [("abc-12345", True), ("short", False), ("a\tb" * 9, False), ("x" * 65, False)]
)
def test_a_request_keeps_its_id_if_it_is_a_plain_one(client, given, kept):
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer["X-Request-ID"] == given) is kept
    assert len(answer["X-Request-ID"]) >= 8


def test_the_id_goes_along_with_a_task_and_to_the_model():
    headers: dict[str, str] = {}
    token = logs.request_id.set("abc-12345")
    logs._send_request_id(headers=headers)
    assert logs.outgoing_headers() == {"X-Request-ID": "abc-12345"}
    logs.request_id.reset(token)

    class Task:
        class request:
            id = "task-id"

    Task.request.headers = headers  # type: ignore[attr-defined]
    logs._take_request_id(task=Task)
    assert logs.request_id.get() == "abc-12345"
    logs._forget_request_id()
    assert logs.request_id.get() == ""


# Health.


@pytest.mark.django_db
def test_it_tells_anyone_that_it_is_well(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": True, "cache": True})


@pytest.mark.django_db
def test_it_says_when_the_cache_is_away(client, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["cache"]) == (503, False)
