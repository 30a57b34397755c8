"""A few of the files of `benchmarks.mutated`, each kind of damage once, with every check that it makes."""

import logging
import os
import re
import signal
import socket
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from benchmarks import mutated_bombs
from benchmarks.mutated import mutated_run, table
from benchmarks.mutated_canary import shows_secret, watching
from benchmarks.mutated_check import CRASHED, MISTAKE, READ, REFUSED, STOPPED, Watch, look_at, memory_faults
from benchmarks.mutated_corpus import CYCLE, KINDS, Case, Corpus
from benchmarks.mutated_hostile import PLANTED
from benchmarks.mutated_seeds import make_seeds
from model_server.engine import Space
from model_server.frames.confine import Limits
from model_server.frames.process import Child, Order
from tests.videos import make_video, read_windows

SPACE = Space("m", "v", dim=8, clip_frames=4, window_s=2.0, stride_s=1.0, prompt="", frame_px=32)
CLIPS = (
    *("mp4-libx264", "mov-libx264", "mov-mjpeg", "webm-libvpx", "avi-mpeg4", "avi-mjpeg", "matroska-libx264"),
    *("matroska-mpeg4", "mpeg-mpeg2video", "flv-flv", "mpegts-mpeg2video", "asf-wmv2", "gif-gif", "nut-ffv1"),
)
# Seconds each, or much like another: the benchmark has them all.
LEFT_OUT = {
    *("large_picture", "many_tracks", "zeroed", "randomised", "blocks_repeated", "bytes_put_in", "bytes_taken_out"),
    *("header_bits_flipped", "grown", "odd_name"),
}


def test_nothing_comes_of_damaged_and_hostile_files_but_a_sentence(tmp_path):
    numbers = [number for number, kind in enumerate(KINDS) if kind not in LEFT_OUT]
    result = mutated_run(numbers, seed=7, folder=tmp_path, clips=CLIPS)
    assert result["faults"] == []
    assert {finding["kind"] for finding in result["findings"]} == set(KINDS) - LEFT_OUT
    outcomes = {finding["outcome"] for finding in result["findings"]}
    assert {READ, REFUSED} <= outcomes <= {READ, REFUSED, CRASHED, STOPPED}
    assert f"| all | {len(numbers)} |" in table(result["findings"])


def test_the_same_seed_makes_the_same_files(tmp_path, monkeypatch):
    """Also at another time, in another process: archives tell the date, and Matroska has random numbers if it may."""
    seeds = make_seeds(tmp_path / "seeds", CLIPS)
    written = [number for number in range(8 * len(CYCLE)) if CYCLE[number % len(CYCLE)] in ("far_apart", "two_kinds")]
    a_year_on = time.time() + 366 * 24 * 3600
    with watching(tmp_path / "secrets") as canary:
        made = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            corpus = Corpus(seeds, 3, canary, tmp_path / name)
            cases = map(corpus.write, [*range(12, 24), *written])
            made.append({case.path.name: case.path.read_bytes() for case in cases})
            monkeypatch.setattr(zipfile.time, "time", lambda: a_year_on)
            mutated_bombs._apart.cache_clear()
    assert made[0] == made[1]
    assert len(set(made[0].values())) > 8
    assert any("far_apart" in name and name.endswith(".mkv") for name in made[0])
    assert any("two_kinds" in name and b"PK\3\4" in data for name, data in made[0].items())


@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
@pytest.mark.parametrize("ending", ["mp4", "avi", "mkv"])
def test_the_same_large_picture_is_made_each_time(codec, ending):
    """A small one, for haste."""
    made = [mutated_bombs._large.__wrapped__(96, 64, codec, ending) for _ in range(2)]
    assert made[0] == made[1]


def case_of(tmp_path: Path) -> Case:
    return Case(0, "truncated", make_video(tmp_path / "v.mp4", 1), is_photo=False)


def raise_something(_case: Case, _place: Path, _watch: Watch) -> None:
    raise LookupError("not an error of the product's")


def be_killed(_case: Case, _place: Path, _watch: Watch) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def hang(_case: Case, _place: Path, _watch: Watch) -> None:
    time.sleep(60)


def plant(_case: Case, _place: Path, _watch: Watch) -> None:
    Path("..", PLANTED).write_text("x")


def litter(_case: Case, _place: Path, _watch: Watch) -> None:
    tempfile.mkstemp()


def change(case: Case, _place: Path, _watch: Watch) -> None:
    case.path.write_bytes(b"changed")


def log_the_secret(case: Case, _place: Path, _watch: Watch) -> None:
    logging.getLogger("x").warning("read: %s", secret(case, "secret.txt").read_text())


def show_the_secret(case: Case, _place: Path, watch: Watch) -> None:
    for batch in read_windows(secret(case, "secret.ts"), SPACE):
        watch.see(batch.clips.frames)


def secret(case: Case, name: str) -> Path:
    return case.path.parent / "secrets" / name


def run_child(case: Case, job: str, **limits: float) -> None:
    bounds = Limits(**{"cpu_s": 60, **limits})  # type: ignore[arg-type]
    with Child(Order(job, case.path, {}, limits=bounds, module="tests.confined")) as child:
        list(child.messages())


def child_trips(case: Case, _place: Path, _watch: Watch) -> None:
    run_child(case, "trip")


def child_babbles(case: Case, _place: Path, _watch: Watch) -> None:
    run_child(case, "babble")


def child_crashes(case: Case, _place: Path, _watch: Watch) -> None:
    run_child(case, "segfault")


def child_hangs(case: Case, _place: Path, _watch: Watch) -> None:
    run_child(case, "hang", stall_s=0.5)


@pytest.mark.parametrize(
    ("steps", "outcome", "fault"),
    [
        (raise_something, MISTAKE, "the parent met LookupError"),
        (be_killed, READ, "the parent crashed with code -11"),
        (hang, READ, "the parent hung"),
        (plant, READ, "files were left behind"),
        (litter, READ, "files were left behind"),
        (change, READ, "the file itself was changed"),
        (log_the_secret, READ, "the secret file's words came out"),
        (show_the_secret, READ, "the secret film's pictures came out"),
        (child_trips, MISTAKE, "the child made a mistake"),
        (child_babbles, MISTAKE, "the child made a mistake"),
    ],
)
def test_each_fault_is_noticed(tmp_path, steps, outcome, fault):
    with watching(tmp_path / "secrets"):
        finding = look_at(case_of(tmp_path), steps, deadline_s=2 if steps is hang else 60)
    assert [text for text in finding.faults if fault in text], finding
    assert len(finding.faults) == 1
    assert finding.outcome == outcome


def test_more_memory_than_the_limits_allow_is_a_fault():
    assert memory_faults(2 << 30, 1 << 30) == []
    assert memory_faults(3 << 30, 3 << 30) == ["the child held 3072 MiB", "the parent held 3072 MiB"]


@pytest.mark.parametrize(("steps", "outcome"), [(child_crashes, CRASHED), (child_hangs, STOPPED)])
def test_a_child_that_the_parent_survives_is_counted_but_no_fault(tmp_path, steps, outcome):
    finding = look_at(case_of(tmp_path), steps)
    assert (finding.outcome, finding.faults) == (outcome, [])


def follow(case: Case, _place: Path, _watch: Watch) -> None:
    """A reader that does what a playlist says."""
    port = re.search(rb"127\.0\.0\.1:(\d+)", case.path.read_bytes())
    if port:
        socket.create_connection(("127.0.0.1", int(port[1]))).close()


def test_a_host_that_is_reached_is_a_fault_of_the_run(tmp_path):
    result = mutated_run([KINDS.index("playlist")], 1, tmp_path, clips=CLIPS[:1], steps=follow)
    (fault,) = result["faults"]
    assert fault.startswith("a host was reached: a connection from")


def test_the_secret_film_is_known_again_and_nothing_else_is(tmp_path):
    with watching(tmp_path / "secrets") as canary:
        (batch,) = read_windows(canary.film, SPACE)
        (other,) = read_windows(make_video(tmp_path / "v.mp4", 1), SPACE)
    assert all(shows_secret(frame) for frame in batch.clips.frames)
    assert not any(shows_secret(frame) for frame in other.clips.frames)
