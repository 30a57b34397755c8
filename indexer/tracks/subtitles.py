"""Subtitles that people have already: SubRip and WebVTT, read by pysubs2. Pure."""

import html

import pysubs2

from indexer.words import one_line
from model_server.tracks.lines import Line

MOST_BYTES = 5 * 2**20
MOST_LINES = 20_000
FORMATS = {"srt": "srt", "vtt": "vtt"}


class SubtitlesProblem(Exception):
    """Why a file cannot be taken: a sentence for the person."""


def lines_of(content: bytes, name: str, duration_s: float | None) -> list[Line]:
    """The lines of a file in time order, within the video. SubtitlesProblem where it is none, or holds none.

    >>> lines_of(b"1\\n00:00:01,000 --> 00:00:02,500\\n<i>Good</i>\\nmorning\\n", "talk.srt", None)
    [Line(start_s=1.0, end_s=2.5, text='Good morning')]
    """
    kind = FORMATS.get(name.rpartition(".")[2].lower())
    if kind is None:
        raise SubtitlesProblem("Choose a file that ends in .srt or .vtt.")
    if len(content) > MOST_BYTES:
        raise SubtitlesProblem("This file is larger than 5 MB, more than any film's subtitles are.")
    try:
        events = pysubs2.SSAFile.from_string(decoded(content), format_=kind)
    except (pysubs2.exceptions.Pysubs2Error, ValueError, OverflowError) as problem:
        raise SubtitlesProblem("This file holds no subtitles that can be read here.") from problem
    found = [Line(e.start / 1000, e.end / 1000, one_line(html.unescape(e.plaintext))) for e in events]
    longest_s = duration_s or float("inf")
    lines = sorted((line for line in found if line.text and 0 <= line.start_s < line.end_s), key=lambda x: x.start_s)
    inside = [Line(line.start_s, min(line.end_s, longest_s), line.text) for line in lines if line.start_s < longest_s]
    if not inside:
        raise SubtitlesProblem(
            "All of these subtitles lie after the end of the video."
            if lines
            else "This file holds no subtitles that can be read here."
        )
    if len(inside) > MOST_LINES:
        raise SubtitlesProblem(f"These are {len(inside)} lines, more than the {MOST_LINES} that are kept of a video.")
    return inside


def decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 as the file says; else as older Windows programs wrote it.

    >>> decoded("Größe".encode("cp1252")), decoded("Größe".encode("utf-16"))
    ('Größe', 'Größe')
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
