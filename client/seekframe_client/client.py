"""The client: one method a call, in the API's words."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack

import httpx

from seekframe_client import calls, resumable
from seekframe_client.asking import given
from seekframe_client.batch_shapes import Batch, BatchChange
from seekframe_client.errors import SeekframeError
from seekframe_client.shapes import (
    Asked,
    Captions,
    Copy,
    Edit,
    Ending,
    Filters,
    LabelSet,
    Library,
    Line,
    Moments,
    Picture,
    Results,
    Saved,
    Segment,
    Subtitles,
    TrackSwitch,
    Upload,
    Video,
    Why,
)
from seekframe_client.sharing import Sharing
from seekframe_client.sources import Sources
from seekframe_client.wire import Wire

WHOLE_BYTES = 32 * 2**20  # larger files go in pieces, so that a break costs little
LOOKED_AT_S = 600.0  # how long a worker may take to look at a large file


def _quietly(_here: int, _all: int) -> None:
    """No progress is shown."""


class Seekframe(Sharing, Sources):
    """`url` such as http://localhost:8000; `key` from the page Keys for programs. Use it in a `with`."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        memory: resumable.Memory | None = None,
    ) -> None:
        self.wire = Wire(url, key, transport=transport, sleep=sleep)
        self.memory = memory or resumable.memory()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wire.http.close()

    # Search

    def search(self, q: str = "", **filters: Unpack[Filters]) -> Results:
        """`nothing_matches` is an answer, not an error; `nearest` then holds what came closest."""
        return self._ask(calls.SEARCH, params={"q": q, **filters})

    def picture(self, path: Path | str) -> Picture:
        """Its `id` is a search's `like`."""
        with Path(path).open("rb") as file:
            return self._ask(calls.PICTURE_NEW, files={"picture": (Path(path).name, file)})

    def saved_searches(self) -> Iterator[Saved]:
        return self._each(calls.SAVED)

    def search_save(self, name: str, asked: str) -> Saved:
        """`asked` as in the search's address: q=a+dog&sort=newest."""
        return self._ask(calls.SAVED_NEW, json={"name": name, "asked": asked})

    def saved_search_delete(self, search_id: int) -> None:
        self._ask(calls.SAVED_DELETE, at={"search_id": search_id})

    # Libraries

    def libraries(self) -> Iterator[Library]:
        return self._each(calls.LIBRARIES)

    def library_create(self, name: str, index_mode: str = "full") -> Library:
        return self._ask(calls.LIBRARY_NEW, json={"name": name, "index_mode": index_mode})

    def library_edit(self, library_id: str, index_mode: str) -> Library:
        """How its videos are read from now on: full, or fast (keyframes only)."""
        return self._ask(calls.LIBRARY_EDIT, at={"library_id": library_id}, json={"index_mode": index_mode})

    def label_sets(self, library_id: str) -> Iterator[LabelSet]:
        return self._each(calls.LABEL_SETS, at={"library_id": library_id})

    def label_set_create(self, library_id: str, name: str, names: Sequence[str]) -> LabelSet:
        sent = {"name": name, "names": list(names)}
        return self._ask(calls.LABEL_SET_NEW, at={"library_id": library_id}, json=sent)

    def label_set_delete(self, set_id: int) -> None:
        self._ask(calls.LABEL_SET_DELETE, at={"set_id": set_id})

    def copies(self, library_id: str, *, dismissed: bool = False) -> Iterator[Copy]:
        """Videos that look like copies of each other; with `dismissed` those that somebody said are none."""
        params = given(dismissed="true" if dismissed else None)
        return self._each(calls.COPIES, at={"library_id": library_id}, params=params)

    def copies_find(self, library_id: str) -> None:
        """Compare all of its videos, in the background."""
        self._ask(calls.COPIES_FIND, again=True, at={"library_id": library_id})

    def copy_dismiss(self, copy_id: int) -> Copy:
        """It is no copy: no later comparison brings it back."""
        return self._ask(calls.COPY_DISMISS, again=True, at={"copy_id": copy_id})

    def copy_restore(self, copy_id: int) -> Copy:
        return self._ask(calls.COPY_RESTORE, again=True, at={"copy_id": copy_id})

    # Videos

    def videos(
        self, *, library: str | None = None, status: str | None = None, trashed: bool = False
    ) -> Iterator[Video]:
        """The newest first; with `trashed` those in the trash, for who may restore them."""
        params = given(library=library, status=status, trashed="true" if trashed else None)
        return self._each(calls.VIDEOS, params=params)

    def video(self, video_id: str) -> Video:
        return self._ask(calls.VIDEO, at={"video_id": video_id})

    def video_edit(self, video_id: str, **change: Unpack[Edit]) -> Video:
        return self._ask(calls.VIDEO_EDIT, at={"video_id": video_id}, json=dict(change))

    def videos_edit(self, library_id: str, videos: Sequence[str], **change: Unpack[BatchChange]) -> Batch:
        """One change to many at once; `left` says which stayed as they were, and why."""
        return self._ask(calls.VIDEOS_EDIT, at={"library_id": library_id}, json={"videos": list(videos), **change})

    def video_delete(self, video_id: str, *, for_good: bool = False) -> None:
        """Into the trash; for good, also from there, nobody can bring it back."""
        params = {"for_good": "true"} if for_good else {}
        self._ask(calls.VIDEO_DELETE, at={"video_id": video_id}, params=params)

    def video_restore(self, video_id: str) -> Video:
        """Back from the trash, as it was."""
        return self._ask(calls.VIDEO_RESTORE, at={"video_id": video_id})

    def video_reindex(self, video_id: str) -> Video:
        return self._ask(calls.VIDEO_REINDEX, at={"video_id": video_id})

    def video_cancel(self, video_id: str) -> Video:
        """Stop indexing."""
        return self._ask(calls.VIDEO_CANCEL, at={"video_id": video_id})

    def segments(self, video_id: str) -> Iterator[Segment]:
        """In time order."""
        return self._each(calls.SEGMENTS, at={"video_id": video_id})

    def ask(self, video_id: str, question: str, answers: Sequence[str] = (), t: float = 0.0) -> Asked:
        """About the segment at `t` seconds. Without answers it is yes or no."""
        sent = {"question": question, "answers": list(answers), "t": t}
        return self._ask(calls.ASK, again=True, at={"video_id": video_id}, json=sent)

    def moments(self, video_id: str, q: str, at_least: int = 50) -> Moments:
        """When, how often and how long the words fit, at least so well in percent."""
        return self._ask(calls.MOMENTS, at={"video_id": video_id}, params={"q": q, "at_least": at_least})

    def moments_file(self, video_id: str, q: str, ending: Ending, at_least: int = 50) -> bytes:
        """The same as a table, as chapters, or as a cut list for editors."""
        at: dict[str, str | int] = {"video_id": video_id, "ending": ending}
        return self._send(calls.MOMENTS_FILE, at=at, params={"q": q, "at_least": at_least}).content

    def clip(self, video_id: str, start: float, end: float, path: Path | str) -> Path:
        """This part of the video as a file at `path`; a copy may begin up to two seconds early."""
        part = {"start": start, "end": end}
        self._send(calls.CLIP, into=Path(path), at={"video_id": video_id}, params=part)
        return Path(path)

    def why(self, video_id: str, q: str, t: float = 0.0) -> Why:
        """Why the segment at `t` seconds is a hit, or is none."""
        return self._ask(calls.WHY, at={"video_id": video_id}, params={"q": q, "t": t})

    def captions(self, video_id: str) -> Captions:
        return self._ask(calls.CAPTIONS, at={"video_id": video_id})

    def captions_start(self, video_id: str) -> Captions:
        return self._ask(calls.CAPTIONS_START, at={"video_id": video_id})

    def captions_cancel(self, video_id: str) -> Captions:
        return self._ask(calls.CAPTIONS_CANCEL, at={"video_id": video_id})

    # What is said and written

    def lines(self, video_id: str, kind: str = "") -> Iterator[Line]:
        """In time order; `kind` said or written for one of the two."""
        return self._each(calls.LINES, at={"video_id": video_id}, params=given(kind=kind or None))

    def subtitles(self, video_id: str, path: Path | str) -> Subtitles:
        """A .srt or .vtt file takes the place of what was heard."""
        with Path(path).open("rb") as file:
            return self._ask(calls.SUBTITLES_NEW, at={"video_id": video_id}, files={"file": (Path(path).name, file)})

    def track(self, library_id: str, kind: str) -> TrackSwitch:
        """Whether a library's videos are listened to (said) or read (written), and how far that is."""
        return self._ask(calls.TRACK, at={"library_id": library_id, "kind": kind})

    def track_switch(self, library_id: str, kind: str, on: bool) -> TrackSwitch:
        return self._ask(calls.TRACK_SWITCH, at={"library_id": library_id, "kind": kind}, json={"on": on})

    # Uploads

    def upload(
        self,
        path: Path | str,
        library: str,
        *,
        title: str = "",
        allow_duplicate: bool = False,
        progress: resumable.Progress = _quietly,
    ) -> Video:
        """A file, to be indexed. SeekframeError 409 with `video_id` where the library has the same file already."""
        path = Path(path)
        both = "true" if allow_duplicate else None
        facts = {"library": library, **given(title=title or None, allow_duplicate=both)}
        if path.stat().st_size > WHOLE_BYTES:
            upload_id = resumable.send(self.wire, path, {"filename": path.name} | facts, self.memory, progress)
            return self._looked_at(upload_id)
        with path.open("rb") as file:
            video = self._ask(calls.VIDEO_NEW, data=facts, files={"file": (path.name, file)})
        progress(path.stat().st_size, path.stat().st_size)
        return video

    def upload_state(self, upload_id: str) -> Upload:
        """Of a file that was sent in pieces."""
        return self._ask(calls.UPLOAD, at={"upload_id": upload_id})

    def _looked_at(self, upload_id: str) -> Video:
        """A worker looks at a large file after its last byte."""
        until = time.monotonic() + LOOKED_AT_S
        while (state := self.upload_state(upload_id))["status"] in ("receiving", "received"):
            if time.monotonic() > until:
                raise SeekframeError(0, f"All of it is there, but no worker has looked at it yet: upload {upload_id}.")
            self.wire.sleep(0.5)
        if state["duplicate"]:
            detail = "This library has the same file already."
            raise SeekframeError(409, detail, more={"video_id": state["video_id"]})
        if state["video_id"] is None:
            raise SeekframeError(422, state["error"] or "The upload has ended.")
        return self.video(state["video_id"])
