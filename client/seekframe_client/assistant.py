"""Seekframe for assistants that speak MCP: each tool is one call of the client, with links that open at the second."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

from seekframe_client import __version__, shapes
from seekframe_client.client import Seekframe
from seekframe_client.environment import seekframe, sentence_of
from seekframe_client.errors import SeekframeError
from seekframe_client.words import clock

INSTRUCTIONS = """Seekframe finds moments in a person's own videos by what they show.
Search in plain words ("a dog runs on the beach"); "then" orders moments, a minus leaves out, quotes want exact words in
title or caption. When `nothing_matches` is true, say so: `nearest` is what came closest, not an answer.
Give people the `url` of a moment: it opens at its second."""
NOTHING_MATCHES = "Nothing matches."
LOOKS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
MOST_SEGMENTS = 200
Limit = Annotated[int, Field(ge=1, le=200)]

server = MCPServer("seekframe", title="Seekframe", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING")


class Moment(BaseModel):
    video_id: str
    video: str = Field(description="its title")
    time: str = Field(description="from-to, as m:ss or h:mm:ss")
    start_s: float
    end_s: float
    score: float = Field(description="probability that this is what was meant, 0 to 1")
    caption: str = Field(description="written by the model; empty where there is none")
    url: str = Field(description="opens the video at this second")


class Found(BaseModel):
    answer: str = Field(description="one sentence")
    nothing_matches: bool
    moments: list[Moment]
    nearest: list[Moment] = Field(description="what came closest where nothing matches: not an answer")
    notice: str


class VideoRow(BaseModel):
    id: str
    title: str
    library_id: str
    status: str = Field(description="only a video that is ready, or was before, can be searched")
    length: str
    error: str


class VideoRows(BaseModel):
    videos: list[VideoRow]
    has_more: bool


class SegmentRow(BaseModel):
    time: str
    start_s: float
    end_s: float
    caption: str | None
    unsure: bool | None


class SegmentRows(BaseModel):
    segments: list[SegmentRow]
    has_more: bool = Field(description="ask again with from_s, the end of the last one")


class Answered(BaseModel):
    answer: str
    sure: bool = Field(description="false: say that it is not sure")
    time: str = Field(description="the segment that was asked about")
    answers: list[str] = Field(description="all, the likeliest first")


class CaptionState(BaseModel):
    state: str
    under_way: bool
    n_segments: int
    n_captions: int


class LibraryRow(BaseModel):
    id: str
    name: str
    role: str
    n_videos: int
    index_mode: str  # full, or fast: keyframes only


class LibraryRows(BaseModel):
    libraries: list[LibraryRow]


@functools.cache
def client() -> Seekframe:
    return seekframe()


@contextmanager
def told() -> Iterator[Seekframe]:
    """What goes wrong is a sentence for the assistant, never a trace."""
    try:
        yield client()
    except SeekframeError as problem:
        raise ToolError(sentence_of(problem)) from problem


@server.tool(title="Search videos", annotations=LOOKS)
def search(query: str, library_id: str = "", limit: Limit = 10) -> Found:
    """Moments of the person's videos that show what the query says, best first."""
    filters: shapes.Filters = {"library": library_id} if library_id else {}
    with told() as seekframe:
        results = seekframe.search(query, **filters)
    moments, nearest = moments_of(results["videos"]), moments_of(results["nearest"])
    if results["nothing_matches"]:
        closest, notice = nearest[:5], results["notice"]
        return Found(answer=NOTHING_MATCHES, nothing_matches=True, moments=[], nearest=closest, notice=notice)
    shown = moments[:limit]
    left = len(moments) > limit or results["has_more"]
    answer = f"The best {len(shown)}; there are more." if left else f"{len(shown)} found, and no more."
    return Found(answer=answer, nothing_matches=False, moments=shown, nearest=[], notice=results["notice"])


def moments_of(videos: list[shapes.VideoHits]) -> list[Moment]:
    found = [
        Moment(
            video_id=video["video_id"],
            video=video["title"],
            time=span(hit["start_s"], hit["end_s"]),
            start_s=hit["start_s"],
            end_s=hit["end_s"],
            score=round(hit["score"], 3),
            caption=hit["caption"],
            url=hit["url"],
        )
        for video in videos
        for hit in video["hits"]
    ]
    return sorted(found, key=lambda moment: -moment.score)


@server.tool(title="List videos", annotations=LOOKS)
def list_videos(library_id: str = "", status: str = "", limit: Limit = 50) -> VideoRows:
    """Videos, the newest first, with how far each is."""
    with told() as seekframe:
        listed = seekframe.videos(library=library_id or None, status=status or None)
        found = list(islice(listed, limit + 1))
    rows = [
        VideoRow(
            id=video["id"],
            title=video["title"],
            library_id=video["library_id"],
            status=video["status"],
            length="" if video["duration_s"] is None else clock(video["duration_s"]),
            error=video["error"],
        )
        for video in found[:limit]
    ]
    return VideoRows(videos=rows, has_more=len(found) > len(rows))


@server.tool(title="Segments of a video", annotations=LOOKS)
def segments(video_id: str, from_s: float = 0.0) -> SegmentRows:
    """What a video shows, in time order: a segment is a stretch with one meaning, with its caption where it has one."""
    with told() as seekframe:
        later = (segment for segment in seekframe.segments(video_id) if segment["end_s"] > from_s)
        found = list(islice(later, MOST_SEGMENTS + 1))
    rows = [
        SegmentRow(
            time=span(row["start_s"], row["end_s"]),
            start_s=row["start_s"],
            end_s=row["end_s"],
            caption=row["caption"],
            unsure=row["unsure"],
        )
        for row in found[:MOST_SEGMENTS]
    ]
    return SegmentRows(segments=rows, has_more=len(found) > len(rows))


@server.tool(title="Ask about a moment", annotations=LOOKS)
def ask(video_id: str, question: str, at_s: float = 0.0, answers: list[str] | None = None) -> Answered:
    """A question about what a video shows at a second. Give answers to choose from, two or more; without any it is yes
    or no."""
    with told() as seekframe:
        asked = seekframe.ask(video_id, question, answers or [], at_s)
    texts = [answer["text"] for answer in asked["answers"]]
    return Answered(answer=texts[0], sure=asked["sure"], time=span(asked["start_s"], asked["end_s"]), answers=texts)


@server.tool(title="Write captions", annotations=WRITES)
def caption(video_id: str) -> CaptionState:
    """Have a video's missing captions written, in the background, and say how far they are; `segments` shows them."""
    with told() as seekframe:
        state = seekframe.captions(video_id)
        if state["may_start"]:
            state = seekframe.captions_start(video_id)
    written = state["state"] or "Every segment has its caption."
    counts = {"n_segments": state["n_segments"], "n_captions": state["n_captions"]}
    return CaptionState(state=written, under_way=state["under_way"], **counts)


@server.tool(title="List libraries", annotations=LOOKS)
def libraries() -> LibraryRows:
    """The libraries that the key's person may see."""
    with told() as seekframe:
        return LibraryRows(libraries=[LibraryRow(**row) for row in seekframe.libraries()])


def span(start_s: float, end_s: float) -> str:
    return f"{clock(start_s)}-{clock(end_s)}"
