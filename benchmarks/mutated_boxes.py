"""MP4's atoms, Matroska's elements and AVI's chunks, written by hand: what no muxer would write."""

import struct
from collections.abc import Callable

_PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl")
EBML, SEGMENT, INFO, TRACKS, CLUSTER, CUES, ATTACHMENTS, TAGS = (
    bytes.fromhex(name)
    for name in ("1A45DFA3", "18538067", "1549A966", "1654AE6B", "1F43B675", "1C53BB6B", "1941A469", "1254C367")
)
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7


def atom(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def with_atom(data: bytes, name: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file with the body of every atom of that name changed, and the sizes of all those around it."""
    made, at = [], 0
    while at + 8 <= len(data):
        size, found = struct.unpack_from(">I4s", data, at)
        head, end = 8, at + size
        if size == 1:
            head, end = 16, at + struct.unpack_from(">Q", data, at + 8)[0]
        if end > len(data) or size == 0 or end < at + head:
            break
        body = data[at + head : end]
        if found == name:
            made.append(atom(name, change(body)))
        elif found in _PARENTS:
            made.append(atom(found, with_atom(body, name, change)))
        else:
            made.append(data[at:end])
        at = end
    return b"".join(made) + data[at:]


def element(name: bytes | str, body: bytes) -> bytes:
    """An EBML element with a size of eight bytes."""
    return (bytes.fromhex(name) if isinstance(name, str) else name) + b"\x01" + len(body).to_bytes(7, "big") + body


def appended(matroska: bytes, more: bytes) -> bytes:
    """The file with more elements in its segment, whose size is no longer told."""
    at = matroska.index(SEGMENT) + len(SEGMENT)
    width = 9 - matroska[at].bit_length()
    return matroska[:at] + UNKNOWN_SIZE + matroska[at + width :] + more


def attachment(name: str, body: bytes) -> bytes:
    fields = (("466E", name.encode()), ("4660", b"application/x-truetype-font"), ("465C", body), ("46AE", b"\x07"))
    return element(ATTACHMENTS, element("61A7", b"".join(element(key, value) for key, value in fields)))


def tag(name: str, value: str) -> bytes:
    simple = element("67C8", element("45A3", name.encode()) + element("4487", value.encode()))
    return element(TAGS, element("7373", element("63C0", b"") + simple))


def matroska_of(codec: str, size: tuple[int, int], track: bytes, blocks: list[bytes]) -> bytes:
    """A whole file with one picture track; `track` is more of its description."""
    picture = element("E0", element("B0", struct.pack(">H", size[0])) + element("BA", struct.pack(">H", size[1])))
    facts = (("D7", b"\x01"), ("73C5", b"\x01"), ("83", b"\x01"), ("86", codec.encode()))
    entry = element("AE", b"".join(element(key, value) for key, value in facts) + picture + track)
    head = element(EBML, element("4282", b"matroska") + element("4287", b"\x04") + element("4285", b"\x02"))
    simple = (
        element("A3", b"\x81" + struct.pack(">h", number * 40) + b"\x80" + block) for number, block in enumerate(blocks)
    )
    cluster = element(CLUSTER, element("E7", b"\x00") + b"".join(simple))
    info = element(INFO, element("2AD7B1", (1_000_000).to_bytes(3, "big")))
    return head + element(SEGMENT, info + element(TRACKS, entry) + cluster)


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def avi_with_subtitles(text: bytes) -> bytes:
    """An AVI whose one stream is a subtitle file of any kind, as VirtualDubMod wrote them ("GAB2")."""
    main = struct.pack("<14I", 40_000, 0, 0, 0x10, 1, 0, 1, 0, 96, 64, 0, 0, 0, 0)
    stream = b"txts" + struct.pack("<IIHHIIIIIIII4H", 0, 0, 0, 0, 0, 1, 25, 0, 1, 0, 0, 0, 0, 0, 0, 0)
    lists = b"hdrl" + chunk(b"avih", main) + chunk(b"LIST", b"strl" + chunk(b"strh", stream) + chunk(b"strf", b""))
    title = "x".encode("utf-16-le")
    gab2 = b"GAB2\0" + struct.pack("<HI", 2, len(title)) + title + struct.pack("<HI", 4, len(text)) + text
    movie = b"movi" + chunk(b"00sb", gab2)
    return chunk(b"RIFF", b"AVI " + chunk(b"LIST", lists) + chunk(b"LIST", movie))
