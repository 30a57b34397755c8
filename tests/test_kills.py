"""A few of the kills of `benchmarks.kills`, with every check that it makes."""

from pathlib import Path

import pytest

from benchmarks import kills
from benchmarks.kills import Run, kill_run
from tests.videos import make_video


def test_what_the_command_line_says_is_what_is_done(tmp_path, monkeypatch):
    asked: list[Run] = []
    done = {"faults": {"duplicates": ["one"]}, "reasons": {}, "odd_answers": {}}
    monkeypatch.setattr(kills, "kill_run", lambda run, _files, _var: asked.append(run) or done)
    monkeypatch.setattr(kills, "table", lambda _result: "")
    words = ["kills", "--data", str(tmp_path), "--kills", "9", "--between", "1", "2", "--models", str(tmp_path)]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        kills.main()
    assert ended.value.code, "a fault was found"
    assert asked == [Run(9, 1, (1.0, 2.0), 3.0, "small", 900.0, tmp_path)]


@pytest.mark.slow
def test_after_random_kills_nothing_is_lost_doubled_left_over_or_stuck(tmp_path: Path):
    tmp_path.chmod(0o755)
    files = [make_video(tmp_path / f"{number}.mp4", 4 + number) for number in range(3)]
    run = Run(kills=6, seed=7, between_s=(0.5, 2.0), upload_every_s=2.0, model="tiny", rest_s=300.0)
    result = kill_run(run, files, tmp_path / "var")
    assert result["kills"] == 6
    assert result["accepted"] > 0
    assert {what: found for what, found in result["faults"].items() if found} == {}
