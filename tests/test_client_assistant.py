"""`seekframe-mcp` end to end: the SDK's own client session over stdio, a live server, a real key."""

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp_types import CallToolResult, TextContent

import seekframe_client
from indexer.models import Library, Video
from tests.api_world import address, film, secret_of

__all__ = ["address", "film"]
pytestmark = pytest.mark.django_db(transaction=True)
CLIENT = Path(seekframe_client.__file__).parent.parent
UNKNOWN = "00000000-0000-0000-0000-000000000000"
TOOLS = {"search", "list_videos", "segments", "ask", "caption", "libraries"}


def with_session(environment: dict[str, str], act: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """As an assistant does it: start the program, shake hands, call."""

    async def talk() -> Any:
        command = ["-m", "seekframe_client.assistant_command"]
        server = StdioServerParameters(
            command=sys.executable, args=command, env=environment | {"PYTHONPATH": str(CLIENT)}, cwd="/"
        )
        with Path(os.devnull).open("w") as nowhere:
            async with stdio_client(server, errlog=nowhere) as (read, write), ClientSession(read, write) as session:
                await session.initialize()
                return await act(session)

    return anyio.run(talk)


def calls(environment: dict[str, str], *asked: tuple[str, dict[str, Any]]) -> list[CallToolResult]:
    async def act(session: ClientSession) -> list[CallToolResult]:
        return [await session.call_tool(name, arguments) for name, arguments in asked]

    return with_session(environment, act)


@pytest.fixture
def environment(address: str, alice) -> dict[str, str]:
    return {"SEEKFRAME_URL": address, "SEEKFRAME_KEY": secret_of(alice)}


def sentence(result: CallToolResult) -> str:
    assert isinstance(result.content[0], TextContent)
    return result.content[0].text


def test_it_tells_an_assistant_what_it_can_do(environment) -> None:
    async def act(session: ClientSession) -> Any:
        return (await session.list_tools()).tools

    tools = with_session(environment, act)
    assert {tool.name for tool in tools} == TOOLS
    assert all(tool.description and tool.output_schema for tool in tools)
    assert [tool.name for tool in tools if not tool.annotations.read_only_hint] == ["caption"]


def test_it_finds_moments_with_links_that_open_at_the_second(environment, film: Video, address: str) -> None:
    found, nothing = (
        result.structured_content
        for result in calls(environment, ("search", {"query": "a dog"}), ("search", {"query": "a rocket"}))
    )
    (moment,) = found["moments"]
    assert (moment["video"], moment["time"], moment["start_s"]) == ("Film", "0:10-0:18", 10.0)
    assert moment["url"].startswith(f"{address}/v/{film.pk}?t=")
    assert (found["nothing_matches"], found["answer"]) == (False, "1 found, and no more.")
    assert (nothing["nothing_matches"], nothing["answer"], nothing["moments"]) == (True, "Nothing matches.", [])
    assert nothing["nearest"]


def test_it_looks_around_and_asks(environment, film: Video, library: Library) -> None:
    Video.objects.update(caption_status="cancelled")
    key = str(film.pk)
    libraries, videos, segments, asked, captions = (
        result.structured_content
        for result in calls(
            environment,
            ("libraries", {}),
            ("list_videos", {"library_id": str(library.pk)}),
            ("segments", {"video_id": key, "from_s": 11}),
            ("ask", {"video_id": key, "question": "what is it?", "answers": ["cat", "dog"], "at_s": 12}),
            ("caption", {"video_id": key}),
        )
    )
    assert [row["name"] for row in libraries["libraries"]] == ["Holidays"]
    assert (videos["videos"][0]["title"], videos["videos"][0]["length"], videos["has_more"]) == ("Film", "0:18", False)
    assert [row["time"] for row in segments["segments"]] == ["0:11-0:18"]
    assert (asked["answer"], asked["time"]) == ("dog", "0:11-0:18")
    assert (captions["under_way"], captions["n_segments"], captions["n_captions"]) == (True, 2, 0)


def test_what_goes_wrong_is_a_sentence(environment, address: str, alice, film: Video) -> None:
    gone, misunderstood = calls(environment, ("segments", {"video_id": UNKNOWN}), ("search", {"query": 'dog "'}))
    assert gone.is_error
    assert "There is nothing here, or you may not see it." in sentence(gone)
    assert "character 5" in sentence(misunderstood)
    reader = {"SEEKFRAME_URL": address, "SEEKFRAME_KEY": secret_of(alice, "read")}
    Video.objects.update(caption_status="cancelled")
    (refused,) = calls(reader, ("caption", {"video_id": str(film.pk)}))
    assert "This key may only read" in sentence(refused)
    (unset,) = calls({"SEEKFRAME_URL": address}, ("libraries", {}))
    assert "Set SEEKFRAME_KEY" in sentence(unset)
