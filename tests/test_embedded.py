"""The parts of `up` that can be asked one by one: checks, kept secrets, console, leftovers."""

import os
import socket
import stat
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import psutil
import pytest

from webapp.embedded import checks, kept, postgres
from webapp.embedded.console import Console, Pump, event_sentence, readable
from webapp.embedded.kept import free_port
from webapp.embedded.leftovers import end_leftovers, remove_stale_lock
from webapp.embedded.plan import is_loopback
from webapp.embedded.programs import Program
from webapp.embedded.supervision import StartProblem


def test_it_refuses_a_port_in_use():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartProblem, match=rf"Port {port} on 127.0.0.1 cannot be used \(.*in use\): set PORT"):
            checks.check_port("127.0.0.1", port)


def test_it_refuses_a_host_that_is_not_this_machine():
    with pytest.raises(StartProblem, match="HOST is 'no such host'"):
        checks.check_port("no such host", 8000)


def test_it_refuses_an_unknown_model_and_names_the_known_ones(tmp_path):
    with pytest.raises(StartProblem, match=r"SEEKFRAME_MODEL is 'huge', and the models are .*small"):
        checks.check_model("huge")
    with pytest.raises(StartProblem, match="checkpoint"):
        checks.check_model(f"{tmp_path}/mine")


def test_it_refuses_an_unknown_device():
    with pytest.raises(StartProblem, match="SEEKFRAME_DEVICE is 'gpu'"):
        checks.check_device("gpu")


def test_it_says_that_no_database_answers_without_the_password():
    port = free_port()
    with pytest.raises(StartProblem, match=f"DATABASE_URL: the database at 127.0.0.1:{port} does not let us in") as no:
        checks.check_database(f"postgres://alice:s3cret@127.0.0.1:{port}/seekframe")
    assert "s3cret" not in str(no.value)


def test_it_accepts_a_postgres_with_pgvector():
    checks.check_database(os.environ["DATABASE_URL"])


def test_it_says_that_no_queue_and_no_model_server_answer():
    port = free_port()
    with pytest.raises(StartProblem, match=f"REDIS_URL: no Valkey or Redis answers at 127.0.0.1:{port}"):
        checks.check_redis(f"redis://127.0.0.1:{port}/0")
    with pytest.raises(StartProblem, match=f"MODEL_SERVER_URL: no model server answers at 127.0.0.1:{port}"):
        checks.check_model_server(f"http://127.0.0.1:{port}")


def test_it_refuses_storage_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StartProblem, match=r"STORAGE_URL: the folder .* cannot be written to: Not a directory"):
        checks.check_storage(str(tmp_path / "file" / "below"))


def test_it_refuses_a_full_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "FREE_BYTES", 1 << 60)
    with pytest.raises(StartProblem, match=r"MB are free at .*: free at least 1 GB"):
        checks.check_disk(tmp_path)


def test_it_keeps_secrets_for_their_user_alone(tmp_path):
    values: dict[str, str] = {}
    made = kept.secret(values, "SECRET_KEY")
    kept.save(tmp_path / "embedded.env", values)
    assert stat.S_IMODE((tmp_path / "embedded.env").stat().st_mode) == 0o600
    assert kept.secret(kept.load(tmp_path / "embedded.env"), "SECRET_KEY") == made


def test_it_takes_another_port_when_the_last_one_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        values = {"PORT": str(taken.getsockname()[1])}
        assert kept.port(values, "PORT") != taken.getsockname()[1]


def test_a_port_of_its_own_choice_is_none_that_outgoing_connections_are_given():
    lowest = 32768 if sys.platform == "linux" else 49152
    assert all(free_port() < lowest for _ in range(50))
    assert kept.port({}, "PORT") < lowest


def test_it_keeps_a_port_that_is_still_free():
    values: dict[str, str] = {}
    assert kept.port(values, "PORT") == kept.port(values, "PORT")


def test_it_refuses_a_second_start_on_the_same_data(tmp_path):
    with (
        kept.only_one(tmp_path / "up.lock"),
        pytest.raises(StartProblem, match="already runs"),
        kept.only_one(tmp_path / "up.lock"),
    ):
        pass


def test_it_prints_whole_lines_with_the_name_of_their_service(tmp_path):
    printed = StringIO()
    pump = Pump(Console(printed), [tmp_path / "web.out"], tmp_path / "supervisord.out")
    with (tmp_path / "web.out").open("w") as web, (tmp_path / "supervisord.out").open("w") as supervisord:
        web.write("half a ")
        web.flush()
        pump.drain()
        assert printed.getvalue() == ""
        web.write("line\nnext\n")
        supervisord.write("INFO spawned: 'web' with pid 1\nWARN exited: web (exit status 1; not expected)\n")
    pump.drain()
    lines = printed.getvalue().splitlines()
    assert [line for line in lines if line.startswith("web")] == ["web      | half a line", "web      | next"]
    assert "up       | web stopped unexpectedly (exit status 1) and is started again." in lines
    assert len(lines) == 3


def test_it_turns_json_lines_into_words():
    line = '{"at": "2026-01-01T10:20:30+00:00", "level": "error", "event": "failed", "n": 1, "error": "Trace\\nOops"}'
    assert readable(line) == "10:20:30 ERROR failed n=1\nTrace\nOops"
    assert readable("{not json") == "{not json"
    assert readable('{"other": 1}') == '{"other": 1}'


def test_it_says_nothing_of_the_supervisors_advice_about_root():
    assert event_sentence("CRIT Supervisor is running as root.  Privileges were not dropped.") is None
    assert event_sentence("CRIT could not write pidfile") == "supervisord: could not write pidfile"


def test_it_ends_what_a_killed_start_left_running(tmp_path):
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (tmp_path / "web.pid").write_text(str(left.pid))
    assert end_leftovers(tmp_path) == ["web"]
    assert left.poll() is not None
    assert not list(tmp_path.iterdir())


def test_it_leaves_a_process_alone_that_got_an_old_number(tmp_path):
    file = tmp_path / "web.pid"
    file.write_text(str(os.getpid()))
    os.utime(file, (0, 0))  # written long before this process began
    assert end_leftovers(tmp_path) == []


def test_it_removes_a_lock_file_of_a_database_that_is_gone(tmp_path):
    lock = tmp_path / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n/data\n")  # a running process, but no Postgres
    remove_stale_lock(tmp_path)
    assert not lock.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_it_ends_a_service_whose_supervisor_was_killed(tmp_path):
    service = [
        sys.executable,
        "-m",
        "webapp.embedded.spawn",
        str(tmp_path / "web.pid"),
        "TERM",
        "-",
        "/bin/sleep",
        "600",
    ]
    supervisor = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, time; subprocess.Popen({service!r}); time.sleep(600)"]
    )
    while not (tmp_path / "web.pid").exists() or not (tmp_path / "web.pid").read_text():
        time.sleep(0.02)
    child = psutil.Process(int((tmp_path / "web.pid").read_text()))
    while child.name() != "sleep":
        time.sleep(0.02)
    supervisor.kill()
    supervisor.wait()
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:  # whoever adopts it may reap it late
        time.sleep(0.02)


def test_it_writes_percent_signs_as_supervisord_wants_them():
    section = Program("index", ["celery", "-n", "index@%h"], order=1).section(Path("/var/100%/run"))
    assert "index@%%h" in section
    assert "stdout_logfile=/var/100%%/run/index.out" in section


@pytest.mark.parametrize(
    ("host", "loopback"), [("localhost", True), ("127.0.0.2", True), ("::1", True), ("0.0.0.0", False)]
)
def test_it_knows_which_addresses_others_can_reach(host, loopback):
    assert is_loopback(host) == loopback


def test_it_places_the_database_where_its_user_can_reach(tmp_path):
    tmp_path.chmod(0o700)
    inside = tmp_path / "var" / "postgres"
    inside.parent.mkdir()
    placed = postgres.place_data(inside)
    if os.geteuid() == 0:
        assert placed.is_relative_to(postgres.REACHABLE)
    else:
        assert placed == inside
