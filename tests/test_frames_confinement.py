"""The child that opens strangers' files can do nothing else, and nothing it does takes the parent along."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model_server.engine import Space
from model_server.frames import process
from model_server.frames.confine import Limits
from model_server.frames.errors import MediaError
from model_server.frames.process import Child, Event, Order
from model_server.frames.reader import read_clips
from tests.videos import make_video

SPACE = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.0, prompt="", frame_px=32)
ROOT = Path(__file__).resolve().parents[1]


def order(tmp_path: Path, job: str, **limits: float) -> Order:
    file = tmp_path / "v.mp4"
    file.write_bytes(b"anything")
    bounds = Limits(**{"cpu_s": 60, "stall_s": 60.0, **limits})  # type: ignore[arg-type]
    return Order(job, file, {"folder": str(tmp_path)}, limits=bounds, module="tests.confined")


def ask(wanted: Order) -> Event:
    with Child(wanted) as child:
        (event,) = child.messages()
    assert isinstance(event, Event)
    return event


def layers(tmp_path: Path) -> dict[str, bool]:
    """What this system lets a child take from itself."""
    with Child(order(tmp_path, "hang")) as child:
        event = child._next()
        assert isinstance(event, Event)
        assert event.name == "confined"
        return event.facts


def test_it_can_reach_neither_network_nor_files_nor_programs(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "a secret")
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere")
    present, tried = layers(tmp_path), ask(order(tmp_path, "reach_out")).facts
    assert not {"SECRET_KEY", "DATABASE_URL", "HOME", "PATH"} & set(tried["environment"])
    if present["calls"]:
        assert (tried["socket"], tried["program"], tried["process"]) == ("Operation not permitted",) * 3
    if present["files"]:
        assert (tried["file"], tried["write"]) == ("Permission denied",) * 2
        assert not (tmp_path / "planted").exists()
    if not (present["calls"] and present["files"]):
        pytest.skip(f"this system lacks a layer: {present}")


def test_it_lives_in_an_empty_network_where_the_system_allows(tmp_path):
    if not layers(tmp_path)["network"]:
        pytest.skip("this system refuses new network namespaces")
    with Child(order(tmp_path, "hang")) as child:
        child._next()
        assert Path(f"/proc/{child.pid}/net/dev").read_text().count(":") == 1  # lo alone, and it is down
        assert Path(f"/proc/{child.pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()
        status = Path(f"/proc/{child.pid}/status").read_text()
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


@pytest.mark.parametrize(
    ("job", "limits", "sentence"),
    [
        ("hang", {"stall_s": 0.5}, "made no progress for too long"),
        ("hang", {"wall_s": 0.5}, "made no progress for too long"),
        ("spin", {}, "more computing time than is allowed"),
        ("segfault", {}, r"crashed while it read this video \(SIGSEGV\)"),
        ("trip", {}, "stopped by itself"),
        ("babble", {}, "answered nonsense"),
    ],
)
def test_it_tells_of_a_child_that_dies_hangs_or_babbles(tmp_path, job, limits, sentence):
    with Child(order(tmp_path, job, **limits)) as child, pytest.raises(MediaError, match=sentence) as caught:
        list(child.messages())
    assert caught.value.crashed
    assert not caught.value.permanent


def test_it_stops_a_memory_bomb_with_a_sentence(tmp_path):
    with pytest.raises(MediaError, match="more memory") as caught:
        ask(order(tmp_path, "bomb", memory_bytes=512 << 20))
    assert caught.value.permanent


def test_it_bounds_what_the_child_may_write(tmp_path):
    with Child(order(tmp_path, "flood")) as child:
        list(child.messages())
        assert os.fstat(child._log.fileno()).st_size == 64 * 1024


def test_closing_the_iterator_ends_the_child(tmp_path, monkeypatch):
    started: list[Child] = []
    start = process.Child._start
    monkeypatch.setattr(process.Child, "_start", lambda self, fd: (started.append(self), start(self, fd))[1])
    clips = read_clips(make_video(tmp_path / "v.mp4", 60), SPACE, windows_per_batch=1)
    next(clips)
    (child,) = started
    assert not ended(child.pid)
    clips.close()
    assert ended(child.pid)


def test_the_child_dies_with_its_parent(tmp_path):
    """Killed outright, as the system kills a worker that takes too much memory."""
    program = (
        "import sys, threading\n"
        "from pathlib import Path\n"
        "from model_server.frames.process import Child, Order\n"
        "def work():\n"
        "    child = Child(Order('hang', Path(sys.argv[1]), {}, module='tests.confined'))\n"
        "    child._next()\n"
        "    print(child.pid, flush=True)\n"
        "    next(child.messages())\n"
        "work() if sys.argv[2] == 'main' else threading.Thread(target=work).start()\n"
    )
    for thread in ("main", "another"):
        with subprocess.Popen(
            [sys.executable, "-c", program, __file__, thread], cwd=ROOT, stdout=subprocess.PIPE
        ) as parent:
            pid = json.loads(parent.stdout.readline())
            assert not ended(pid)
            parent.send_signal(signal.SIGKILL)
        wait_until_ended(pid)


def wait_until_ended(pid: int) -> None:
    end = time.monotonic() + 30
    while not ended(pid):
        assert time.monotonic() < end, f"process {pid} outlived its parent"
        time.sleep(0.02)


def ended(pid: int) -> bool:
    """Gone, or a zombie that init has not collected yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
