"""`manage.py up`: everything Seekframe needs, on this machine, in the foreground. Ctrl-C stops all of it."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from types import FrameType
from typing import Any

import httpx
import redis
from django.core.management.base import BaseCommand, CommandParser

from webapp import env
from webapp.embedded import checks, kept
from webapp.embedded.console import Console, Pump
from webapp.embedded.leftovers import end_leftovers
from webapp.embedded.plan import Plan, check_plan, full_environment, is_loopback, make_plan
from webapp.embedded.supervision import StartProblem, Supervision

STORES_S, MODEL_S, WEB_S = 60, 180, 60


class Stopped(BaseException):
    """A signal asked us to stop."""


class Command(BaseCommand):
    help = "Start Seekframe: database, queue, model server, workers and web, as far as no URL is set for them."
    requires_system_checks: list[str] = []  # nothing that they would ask runs yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-samples", action="store_true", help="do not index the sample library")

    def handle(self, *_: Any, **options: Any) -> None:
        console = Console()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        try:
            _run(console, with_samples=not options["no_samples"])
        except (StartProblem, env.EnvironmentProblem) as problem:
            console.say(f"Seekframe does not start. {problem}")
            sys.exit(1)
        except Stopped:
            console.say("Seekframe has stopped.")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _run(console: Console, *, with_samples: bool) -> None:
    var = env.var_dir()
    run_dir = var / "run"
    checks.check_writable(run_dir, "The folder")
    var.chmod(0o711)  # the database's user passes through, and sees nothing
    run_dir.chmod(0o700)
    with kept.only_one(run_dir / "up.lock"):
        if ended := end_leftovers(run_dir):
            console.say(f"Ended what an earlier start had left running: {', '.join(ended)}.")
        plan = make_plan(var, with_samples=with_samples)
        check_plan(plan)
        shutil.rmtree(plan.scratch, ignore_errors=True)
        plan.scratch.mkdir(mode=0o700)
        kept.save(env.embedded_file(), plan.values)
        if plan.cluster and not plan.cluster.directory.is_relative_to(var):
            console.say(f"The database's user cannot enter {var}, so its data lie in {plan.cluster.directory}.")
        supervision = Supervision(run_dir, pwd.getpwuid(os.geteuid()).pw_name)
        pump = Pump(console, [run_dir / f"{p.name}.out" for p in plan.programs], run_dir / "supervisord.out")
        pump.start()
        try:
            _start(plan, supervision, console)
            supervision.wait_for_end()
            raise StartProblem("The supervisor stopped: its last lines are above.")
        except Stopped:
            console.say("Stopping...")
            raise
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            supervision.stop()
            pump.drain()


def _start(plan: Plan, supervision: Supervision, console: Console) -> None:
    environment = full_environment(plan)
    supervision.start(plan.programs, environment, env.ROOT)
    console.say("Starting the database, the queue and the model.")
    supervision.start_programs(plan.stores)
    names = [program.name for program in plan.stores]
    if plan.cluster:
        supervision.wait("the database", plan.cluster.ready, STORES_S, "database")
        plan.cluster.make_database()
    if "valkey" in names:
        supervision.wait("valkey", lambda: _valkey_answers(environment["REDIS_URL"]), STORES_S, "valkey")
    _manage("migrate", environment, "The database could not be brought up to date")
    _manage("collectstatic", environment, "The static files could not be gathered")
    if "model" in names:
        health = f"{environment['MODEL_SERVER_URL']}/healthz"
        supervision.wait("the model server", lambda: _status(health) == 200, MODEL_S, "model")
    supervision.start_programs(plan.services)
    supervision.wait("the web server", lambda: 0 < _status(f"{plan.address}/healthz") < 500, WEB_S, "web")
    _welcome(plan, environment, console)


def _manage(command: str, environment: dict[str, str], problem: str) -> None:
    arguments = [sys.executable, "manage.py", command, "--noinput", "--verbosity", "0"]
    done = subprocess.run(arguments, env=environment, cwd=env.ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartProblem(f"{problem}: {(done.stderr.strip() or 'no reason given').splitlines()[-1]}")


def _valkey_answers(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url, socket_timeout=2).ping())
    except redis.RedisError:
        return False


def _status(url: str, headers: dict[str, str] | None = None) -> int:
    """The HTTP status; 0 where nothing answers."""
    try:
        return httpx.get(url, headers=headers, timeout=5, trust_env=False).status_code
    except httpx.HTTPError:
        return 0


def _welcome(plan: Plan, environment: dict[str, str], console: Console) -> None:
    site = env.chosen("SITE_URL") or f"http://{_shown_host(plan.host)}:{plan.port}"
    console.say("")
    console.say(f"Seekframe is ready: {site}")
    allowed = environment.get("ALLOWED_HOSTS") or env.chosen("ALLOWED_HOSTS") or "localhost"
    headers = {"Host": allowed.split(",")[0], "X-Forwarded-Proto": "https"}
    if _status(f"{plan.address}/setup", headers) == 200:  # the page exists only while nobody has an account
        token = environment.get("SETUP_TOKEN") or env.chosen("SETUP_TOKEN")
        path = f"/setup?token={token}" if token else "/setup"
        console.say(f"To sign in for the first time, make your account at {site}{path}")
    if not is_loopback(plan.host):
        console.say("Other machines can reach it. Only names in ALLOWED_HOSTS are answered.")
    console.say("Ctrl-C stops it.")
    console.say("")


def _shown_host(host: str) -> str:
    host = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)
    return f"[{host}]" if ":" in host else host
