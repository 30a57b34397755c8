"""The client and the server's own description say the same: every address, what it takes, what it answers."""

import re
import sys
import tomllib
import types
from pathlib import Path
from typing import Any, is_typeddict

import pytest
from django.test import Client

import seekframe_client
from seekframe_client import calls
from seekframe_client.calls import Call
from tests.test_imports import imports_of

ROOT = Path(__file__).resolve().parent.parent
CALLS = {name: call for name, call in vars(calls).items() if isinstance(call, Call)}
PAGES = {"page", "page_size"}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return Client().get("/api/v1/openapi.json").json()


def operation(described: dict[str, Any], call: Call[Any]) -> dict[str, Any]:
    return described["paths"]["/api/v1" + call.path][call.method.lower()]


def resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return described["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def test_every_operation_is_in_the_client_and_no_other(described) -> None:
    theirs = {(verb.upper(), path) for path, verbs in described["paths"].items() for verb in verbs}
    assert {(call.method, "/api/v1" + call.path) for call in CALLS.values()} == theirs


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_what_the_server_takes(described, name: str) -> None:
    call, said = CALLS[name], operation(described, CALLS[name])
    query = {p["name"] for p in said.get("parameters", []) if p["in"] == "query"}
    headers = {p["name"] for p in said.get("parameters", []) if p["in"] == "header"}
    bodies = [kind["schema"] for kind in said.get("requestBody", {}).get("content", {}).values()]
    fields = {field for body in bodies for field in resolved(described, body)["properties"]}
    assert set(call.takes) - PAGES == (query | fields) - PAGES
    assert headers == ({"Idempotency-Key"} if call.makes else set())
    assert ("page" in query) == (call.in_pages or name == "SEARCH")


@pytest.mark.parametrize("name", CALLS)
def test_a_call_answers_what_the_server_answers(described, name: str) -> None:
    call, said = CALLS[name], operation(described, CALLS[name])
    (answer,) = [found for status, found in said["responses"].items() if status.startswith("2")]
    if call.answers is types.NoneType:
        assert "content" not in answer
        return
    if call.answers is bytes:
        assert answer["content"]
        assert "application/json" not in answer["content"]
        return
    schema = resolved(described, answer["content"]["application/json"]["schema"])
    if call.in_pages:
        assert {"items", "count"} <= set(schema["properties"])
        schema = resolved(described, schema["properties"]["items"]["items"])
    same_shape(described, call.answers, schema)


def same_shape(described: dict[str, Any], shape: Any, schema: dict[str, Any]) -> None:
    """Names, and whether each may be null; what is within lists too."""
    assert set(shape.__annotations__) == set(schema["properties"]), shape
    for name, kind in shape.__annotations__.items():
        field = schema["properties"][name]
        nullable = any(option.get("type") == "null" for option in field.get("anyOf", []))
        assert nullable == (types.NoneType in getattr(kind, "__args__", ())), (shape, name)
        inner = next(iter(getattr(kind, "__args__", ())), None)
        if is_typeddict(inner):
            same_shape(described, inner, resolved(described, field["items"]))


def test_the_client_stands_alone() -> None:
    """On any machine, with httpx alone; the MCP SDK is for the one module that is asked for by name."""
    allowed = {"httpx", "seekframe_client"}
    for path in sorted((ROOT / "client" / "seekframe_client").glob("*.py")):
        outside = {name.split(".")[0] for name in imports_of(path)} - sys.stdlib_module_names
        assert outside <= allowed | ({"mcp", "mcp_types", "pydantic"} if path.stem == "assistant" else set()), path


def test_the_versions_are_one() -> None:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    theirs = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())["project"]
    assert ours == theirs["version"] == seekframe_client.__version__
    for target in theirs["scripts"].values():
        module, _, function = target.partition(":")
        source = (ROOT / "client" / (module.replace(".", "/") + ".py")).read_text()
        assert re.search(rf"^def {function}\(", source, re.MULTILINE)
