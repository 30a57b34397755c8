"""One file read as the product reads it, in a process of its own, and what must not come of it."""

import json
import logging
import multiprocessing
import os
import re
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from benchmarks.mutated_canary import TOKEN, shows_secret
from benchmarks.mutated_corpus import Case
from benchmarks.mutated_hostile import PLANTED
from indexer.media.poster import make_poster
from indexer.media.proxy import make_proxy
from indexer.media.storyboard import make_storyboard
from model_server.engine import Space
from model_server.frames import process
from model_server.frames.changes import read_changes
from model_server.frames.confine import Limits
from model_server.frames.errors import MediaError
from model_server.frames.listen import read_sound
from model_server.frames.photos import read_strange_photo
from model_server.frames.probe import Probe
from model_server.frames.reader import Picture, probe, read_clips

# As the model `small` asks: eight pictures of 260 pixels in four seconds.
SPACE = Space("m", "v", dim=8, clip_frames=8, window_s=4.0, stride_s=2.0, prompt="", frame_px=260, n_looks=2)
DEADLINE_S = 600.0  # far above the product's own patience with a child that says nothing
CODE_BYTES = 256 << 20  # libraries mapped into the child, which the limit on its data does not count
PARENT_BYTES = 2 << 30
READ, REFUSED, CRASHED, STOPPED, MISTAKE = "read", "refused", "crashed", "stopped", "mistake"
_CONTEXT = multiprocessing.get_context("forkserver")  # a fresh process a file, without starting Python for it
_CONTEXT.set_forkserver_preload([__name__])
_LOOKED_AT = 24  # pictures of a file that are compared with the secret film


@dataclass
class Finding:
    name: str
    kind: str
    number: int
    outcome: str = READ
    sentence: str = ""
    after: str = ""  # what was asked for after the clips, and what came of it
    seconds: float = 0.0
    child_bytes: int = 0
    parent_bytes: int = 0
    faults: list[str] = field(default_factory=list)


Steps = Callable[[Case, Path, "Watch"], None]


class Watch:
    """What a look at one file showed: pictures, words, and what became of it."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        self.words: list[str] = []
        self.pictures: list[Picture] = []

    def fault(self, sentence: str) -> None:
        self.finding.faults.append(sentence)

    def see(self, pictures: Any) -> None:
        self.pictures.extend(pictures[: max(0, _LOOKED_AT - len(self.pictures))])

    def judge(self, error: MediaError) -> str:
        """What a refusal means. A child that ended for no reason of the system's is a mistake of ours."""
        sentence = str(error)
        self.words.append(sentence)
        if not sentence.endswith(".") or not sentence.isprintable():
            self.fault(f"not a sentence for a person: {sentence!r}")
        if not error.crashed:
            return REFUSED
        if re.search(r"\(SIG[A-Z]+\)", sentence):
            return CRASHED
        if "made no progress" in sentence or "computing time" in sentence:
            return STOPPED
        self.fault(f"the child made a mistake: {sentence} {' '.join(self.words[-3:])[-600:]}")
        return MISTAKE


def as_the_product(case: Case, place: Path, watch: Watch) -> None:
    """A photo as one that is searched with; a film as it is indexed, and then one of what is made for the browser."""
    if case.is_photo:
        watch.see(read_strange_photo(case.path, SPACE)[0].frames)
        return
    facts = probe(case.path)
    watch.words.append(json.dumps(facts.to_json()))
    for batch in read_clips(case.path, SPACE):
        watch.see(batch.clips.frames)
    if case.number % 3:
        return
    made = AFTER[case.number // 3 % len(AFTER)]
    try:
        made(case.path, facts, place, watch)
        watch.finding.after = f"{made.__name__}: made"
    except MediaError as error:
        watch.finding.after = f"{made.__name__}: {watch.judge(error)}"


def poster(path: Path, _facts: Probe, place: Path, watch: Watch) -> None:
    make_poster(path, place / "poster.webp")
    watch.see([np.asarray(Image.open(place / "poster.webp").convert("RGB"))])


def storyboard(path: Path, _facts: Probe, place: Path, _watch: Watch) -> None:
    (place / "storyboard").mkdir()
    make_storyboard(path, place / "storyboard")


def proxy(path: Path, facts: Probe, place: Path, _watch: Watch) -> None:
    if facts.duration_s < 3600:  # hours of one picture are encoded for minutes
        make_proxy(path, place / "proxy.mp4")


def sound(path: Path, facts: Probe, _place: Path, _watch: Watch) -> None:
    read_sound(path, 0.0, min(facts.duration_s, 60.0))


def writing(path: Path, facts: Probe, _place: Path, watch: Watch) -> None:
    watch.see([shown.picture for shown in read_changes(path, 0.0, min(facts.duration_s, 60.0), 1.0, (320, 240))])


AFTER = (poster, proxy, sound, storyboard, writing)


def look_at(case: Case, steps: Steps = as_the_product, deadline_s: float = DEADLINE_S) -> Finding:
    """Never raises: a process that dies or hangs is a fault of the product, and the run goes on."""
    with tempfile.TemporaryDirectory(prefix="seekframe-mutated-") as folder:
        receiver, sender = _CONTEXT.Pipe(duplex=False)
        worker = _CONTEXT.Process(target=_look, args=(case, steps, Path(folder), sender))
        began = time.monotonic()
        worker.start()
        sender.close()
        finding = Finding(case.path.name, case.kind, case.number)
        try:
            if receiver.poll(deadline_s):
                finding = receiver.recv()
            else:
                finding.faults.append(f"the parent hung: nothing came of it in {deadline_s:.0f} s")
        except EOFError:
            worker.join()
            finding.faults.append(f"the parent crashed with code {worker.exitcode}")
        finally:
            worker.kill()
            worker.join()
        finding.seconds = round(time.monotonic() - began, 2)
        return finding


def _look(case: Case, steps: Steps, folder: Path, sender: Connection) -> None:
    """In the process of its own: temporary files, working folder and log lead where they can be looked through."""
    finding = Finding(case.path.name, case.kind, case.number)
    watch = Watch(finding)
    place, temporary, here = (folder / name for name in ("made", "temporary", "here"))
    for path in (place, temporary, here):
        path.mkdir()
    tempfile.tempdir = str(temporary)
    os.chdir(here)
    before = case.path.read_bytes()
    with _listening(watch):
        try:
            steps(case, place, watch)
        except MediaError as error:
            finding.sentence = str(error)
            finding.outcome = watch.judge(error)
        except BaseException as error:  # noqa: BLE001 - this is what is looked for
            finding.outcome = MISTAKE
            watch.fault(f"the parent met {type(error).__name__}: {error}")
    _what_is_left(watch, temporary, here, place)
    if case.path.read_bytes() != before:
        watch.fault("the file itself was changed")
    _what_was_seen(watch)
    sender.send(finding)


@contextmanager
def _listening(watch: Watch) -> Iterator[None]:
    """Everything that the product logs, and what its children wrote to their own logs."""

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            watch.words.append(record.getMessage())

    handler, close = Kept(), process.Child.close
    logging.getLogger().addHandler(handler)

    def read_log(child: process.Child) -> None:
        if not child._log.closed:
            child._log.seek(0)
            watch.words.append(child._log.read().decode(errors="replace"))
        close(child)

    process.Child.close = read_log  # type: ignore[method-assign]
    try:
        yield
    finally:
        process.Child.close = close  # type: ignore[method-assign]
        logging.getLogger().removeHandler(handler)


def _what_is_left(watch: Watch, temporary: Path, here: Path, place: Path) -> None:
    left = [str(path) for folder in (temporary, here) for path in folder.rglob("*")]
    left += [str(path) for path in place.rglob("*") if path.name.startswith(".")]
    around = {*here.parents, *process._ROOT.parents, process._ROOT, Path.home(), Path("/tmp")}
    left += [str(folder / PLANTED) for folder in around if (folder / PLANTED).exists()]
    if left:
        watch.fault(f"files were left behind: {', '.join(left[:5])}")
    if living := psutil.Process().children(recursive=True):
        watch.fault(f"processes were left behind: {living[:5]}")


def _what_was_seen(watch: Watch) -> None:
    finding = watch.finding
    if any(TOKEN in words for words in watch.words):
        watch.fault("the secret file's words came out")
    if any(shows_secret(picture) for picture in watch.pictures):
        watch.fault("the secret film's pictures came out")
    finding.child_bytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    finding.parent_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    finding.faults += memory_faults(finding.child_bytes, finding.parent_bytes)


def memory_faults(child_bytes: int, parent_bytes: int) -> list[str]:
    """
    >>> memory_faults(100 << 20, 3 << 30)
    ['the parent held 3072 MiB']
    """
    held = (("child", child_bytes, Limits(0).memory_bytes + CODE_BYTES), ("parent", parent_bytes, PARENT_BYTES))
    return [f"the {who} held {n >> 20} MiB" for who, n, most in held if n > most]
