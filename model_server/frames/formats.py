"""The formats that are read, and how a container is told from its first bytes (never from a file's name).

Allow-lists, because every demuxer and decoder is a door: playlists, image sequences, screen-capture devices and
rarely used decoders stay shut even where FFmpeg has them.
"""

from model_server.frames.errors import MediaError

HEAD_BYTES = 4096

# FFmpeg's names of decoders. VVC is left out on purpose: young code, and no browser or camera writes it yet.
_VIDEO = (
    "h264 hevc libdav1d av1 vp8 libvpx vp9 libvpx-vp9 mpeg4 mpeg2video mpeg1video h263 flv msmpeg4 msmpeg4v1 msmpeg4v2 "
    "wmv1 wmv2 wmv3 vc1 theora mjpeg prores dnxhd dvvideo gif"
)
_AUDIO = (
    "aac mp3 mp3float mp2 mp2float ac3 eac3 opus libopus vorbis flac alac dca wmav1 wmav2 wmapro amrnb amrwb "
    "libopencore_amrnb libopencore_amrwb pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_u8 "
    "pcm_alaw pcm_mulaw adpcm_ms adpcm_ima_wav adpcm_ima_qt"
)
VIDEO_CODECS = frozenset(_VIDEO.split())
AUDIO_CODECS = frozenset(_AUDIO.split())

_PHOTO_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
_PHOTOS = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"II*\x00", b"MM\x00*")
_MAGIC = (
    *((4, box, "mov") for box in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")),
    (8, b"AVI ", "avi"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (0, b"FLV\x01", "flv"),
    (0, b"\x00\x00\x01\xba", "mpeg"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"OggS", "ogg"),
    (0, b"GIF8", "gif"),
)
_SOUNDS = (b"ID3", b"fLaC", b"#!AMR", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9")


def demuxer_of(head: bytes) -> str:
    """The one demuxer that may open a file that starts with `head`; MediaError where none may.

    >>> demuxer_of(b"GIF89a")
    'gif'
    """
    if not head:
        raise MediaError("This file is empty.", permanent=True)
    if _is_photo(head):
        raise MediaError("This file is a photo, not a video.", permanent=True)
    if head.startswith(_SOUNDS) or (head[:4] == b"RIFF" and head[8:12] == b"WAVE"):
        raise MediaError("This file has sound but no picture.", permanent=True)
    if _transport_stream(head):
        return "mpegts"
    for offset, magic, demuxer in _MAGIC:
        if head.startswith(magic, offset):
            return demuxer
    raise MediaError("This file is not a video in a format that can be read here.", permanent=True)


def _is_photo(head: bytes) -> bool:
    if head[4:8] == b"ftyp":
        return head[8:12] in _PHOTO_BRANDS
    return head.startswith(_PHOTOS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def _transport_stream(head: bytes) -> bool:
    """Sync bytes at a packet's length apart: 188, or 192 on discs and in cameras (after four bytes of time)."""
    return any(
        len(head) > start + 3 * size and all(head[start + k * size] == 0x47 for k in range(4))
        for start, size in ((0, 188), (4, 192))
    )
