"""Files that somebody made on purpose: references to other files and hosts, two kinds in one, odd names; and bombs."""

import io
import struct
import zipfile
from collections.abc import Callable

from benchmarks.mutated_bombs import (
    Made,
    compressed_index_bomb,
    compressed_track_bomb,
    far_apart,
    large_picture,
    many_tracks,
    photo_bomb,
    picture_bomb,
)
from benchmarks.mutated_boxes import appended, atom, attachment, avi_with_subtitles, tag, with_atom
from benchmarks.mutated_canary import Canary
from benchmarks.mutated_containers import Dice
from benchmarks.mutated_seeds import Seed

PLANTED = "seekframe-planted"  # a file that must never come to be

MAGICS = {
    "mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42",
    "avi": b"RIFF\xff\xff\x00\x00AVI ",
    "mkv": b"\x1a\x45\xdf\xa3",
    "flv": b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00",
    "mpg": b"\x00\x00\x01\xba\x44\x00\x04\x00\x04\x01",
    "wmv": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c",
    "ogv": b"OggS\x00\x02",
    "gif": b"GIF89a",
    "ts": (b"\x47\x40\x00\x10" + b"\xff" * 184) * 5,
    "mov": b"\x00\x00\x00\x08wide",
}
ODD_NAMES = (
    "-i", "--", "a b\tc", "a;touch x", "$(touch x)", "`touch x`", "a|b", "%s%n%d", "..", "a\nb", "'\"", "*?[a]",
    "\u202egpj",
    "\U0001f3a5", "concat:a|b", "file:secret", "http:..x", "a" * 180, "\udcff\udcfe", "CON", "NUL.", " ", "#", "{0}",
    "a%2fb", "\x01\x7f",
)  # fmt: skip


def playlist(_seeds: dict[str, Seed], canary: Canary, dice: Dice) -> Made:
    """A list of addresses, as itself or behind the first bytes of a film."""
    body = dice.choice(_playlists(canary, dice))
    ending = dice.choice(list(MAGICS))
    if dice.random() < 0.6:
        return MAGICS[ending] + body, ending
    return body, dice.choice((ending, "m3u8", "ffconcat", "sdp", "mpd", "txt"))


def _playlists(canary: Canary, dice: Dice) -> list[bytes]:
    at = _reference(canary, dice)
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n{at}\n#EXT-X-ENDLIST\n"
    key = f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{at}"\n#EXTINF:1,\n{at}\n#EXT-X-ENDLIST\n'
    concat = f"ffconcat version 1.0\nfile '{at}'\nduration 1\n"
    sdp = f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video {canary.address[-5:]} RTP/AVP 33\n"
    mpd = f'<?xml version="1.0"?><MPD><Period><AdaptationSet><Representation><BaseURL>{at}</BaseURL>'
    mpd += "</Representation></AdaptationSet></Period></MPD>"
    rest = (
        f"[playlist]\nFile1={at}\n",
        f"<asx><entry><ref href='{at}'/></entry></asx>",
        f"RTSPtextRTSP://{at[7:]}\n",
        at,
    )
    return [text.encode() for text in (hls, hls, key, concat, concat, sdp, mpd, *rest)]


def _reference(canary: Canary, dice: Dice) -> str:
    film, text = canary.film, canary.text
    return dice.choice(
        (
            str(film), str(text), f"file://{film}", f"file:{text}", f"{canary.address}/secret.ts",
            f"concat:{film}|{film}", f"subfile,,start,0,end,1000,,:{text}", f"crypto:{film}", f"async:{film}",
            f"concat:{canary.address}/header.y4m|file://{text}", f"cache:{canary.address}/x", f"fd:{film}",
            "/etc/passwd",
            f"hls+{canary.address}/x.m3u8", f"tcp://{canary.address[7:]}", "data:text/plain,x", "pipe:0",
        )
    )  # fmt: skip


def playlist_in_avi(_seeds: dict[str, Seed], canary: Canary, dice: Dice) -> Made:
    """As a track of subtitles, whose format FFmpeg would guess."""
    return avi_with_subtitles(dice.choice(_playlists(canary, dice))), "avi"


def references_in_mov(seeds: dict[str, Seed], canary: Canary, dice: Dice) -> Made:
    """Data references: the samples of this movie lie in another file, or at another address."""
    film, at = seeds[dice.choice(("mov-libx264", "mp4-libx264", "mov-mjpeg"))].data, _reference(canary, dice).encode()
    entry = {
        "url": atom(b"url ", bytes(4) + at + b"\0"),
        "urn": atom(b"urn ", bytes(4) + b"x\0" + at + b"\0"),
        "alias": atom(b"alis", alias(str(canary.film), dice.choice((-1, 1)))),
    }[dice.choice(("url", "urn", "alias", "alias"))]
    if dice.random() < 0.3:  # a reference movie: play that one instead
        remote = atom(b"rmra", atom(b"rmda", atom(b"rdrf", bytes(4) + b"url " + struct.pack(">I", len(at)) + at)))
        return with_atom(film, b"moov", lambda body: dice.choice((remote, remote + body, body + remote))), "mov"
    return with_atom(film, b"dref", lambda _: struct.pack(">II", 0, 1) + entry), "mov"


def alias(path: str, levels: int) -> bytes:
    """A record of the old Mac OS: the volume, the file, and its path; without levels up and down it is absolute."""
    volume, name = (
        bytes([len(text)]) + text.encode().ljust(width, b"\0") for text, width in (("x", 27), ("secret.ts", 63))
    )
    head = bytes(4) + struct.pack(">4sHHH", bytes(4), 0, 2, 0) + volume + bytes(12) + name + bytes(16)
    head += struct.pack(">hh", levels, levels) + bytes(16)
    full = path.encode()
    return (
        head
        + struct.pack(">hH", 2, len(full))
        + full
        + struct.pack(">hH", 18, len(full))
        + full
        + struct.pack(">hH", -1, 0)
    )


def attachments_with_paths(seeds: dict[str, Seed], canary: Canary, dice: Dice) -> Made:
    """Names that lead out of any folder they are joined to."""
    film = seeds[dice.choice(("matroska-libx264", "webm-libvpx", "matroska-mpeg4"))].data
    places = ("../" * dice.randrange(1, 9), "/tmp/", "..\\..\\", f"{canary.folder}/", "~/")
    names = [f"{place}{PLANTED}" for place in places]
    return appended(film, b"".join(attachment(name, PLANTED.encode()) for name in names)), "mkv"


def strange_dates(seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    told = dice.choice(
        (
            "9999-12-31T23:59:59-14:00",
            "0001-01-01T00:00:00+14:00",
            "2020-02-30",
            "1e400",
            "2020-W53-7",
            "\0" * 9,
            "2" * 70_000,
        )
    )
    return appended(seeds["matroska-libx264"].data, tag("DATE_RECORDED", told) + tag("creation_time", told)), "mkv"


def two_kinds(seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    """A film that is a web page, an archive or a document as well."""
    film = seeds[dice.choice(("mp4-libx264", "webm-libvpx", "avi-mpeg4"))]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr(zipfile.ZipInfo(f"../../{PLANTED}"), PLANTED)  # without the time, unlike a name alone
    page = b"<html><script>alert(1)</script></html>"
    document = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF\n"
    other = dice.choice((archive.getvalue(), page, document, b"#!/bin/sh\ntouch " + PLANTED.encode() + b"\n"))
    inside = film.data[:32] + atom(b"free", other) + film.data[32:] if film.ending == "mp4" else film.data + other
    return dice.choice((film.data + other, other + film.data, inside)), film.ending


def nothing(_seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    ending = dice.choice(list(MAGICS))
    return dice.choice((b"", b"\0", b"\0" * 5000, b"\xff" * 5000, MAGICS[ending], MAGICS[ending][:3])), ending


def noise(_seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    """Random bytes, alone or behind the first bytes of a film."""
    ending = dice.choice(list(MAGICS))
    return (MAGICS[ending] if dice.random() < 0.8 else b"") + dice.randbytes(dice.choice((10, 500, 60_000))), ending


def odd_name(seeds: dict[str, Seed], _canary: Canary, dice: Dice) -> Made:
    """A good film; its name is what is odd (`benchmarks.mutated` gives it)."""
    film = seeds[dice.choice(("mp4-libx264", "webm-libvpx", "avi-mpeg4"))]
    return film.data, film.ending


HOSTILE: dict[str, Callable[[dict[str, Seed], Canary, Dice], Made]] = {
    made.__name__: made
    for made in (
        playlist, playlist_in_avi, references_in_mov, attachments_with_paths, strange_dates, compressed_index_bomb,
        compressed_track_bomb, picture_bomb, large_picture, photo_bomb, far_apart, many_tracks, two_kinds, nothing,
        noise, odd_name,
    )
}  # fmt: skip
