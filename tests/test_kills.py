"""A few of the kills of `benchmarks.kills`, with every check that it makes."""

from pathlib import Path

import pytest

from benchmarks.kills import Run, kill_run
from tests.videos import make_video


@pytest.mark.slow
def test_after_random_kills_nothing_is_lost_doubled_left_over_or_stuck(tmp_path: Path):
    tmp_path.chmod(0o755)
    files = [make_video(tmp_path / f"{number}.mp4", 4 + number) for number in range(3)]
    run = Run(kills=6, seed=7, between_s=(0.5, 2.0), upload_every_s=2.0, model="tiny", rest_s=300.0)
    result = kill_run(run, files, tmp_path / "var")
    assert result["kills"] == 6
    assert result["accepted"] > 0
    assert {what: found for what, found in result["faults"].items() if found} == {}
