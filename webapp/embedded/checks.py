"""Whether the start can go well: each question answered before anything runs, each problem one sentence."""

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import redis

from model_server.presets import MODELS, is_path
from webapp.embedded.supervision import StartProblem

FREE_BYTES = 1024**3
ANSWER_S = 5
PGVECTOR = (0, 8)  # iterative scans, without which filters starve search


def check_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        raise StartProblem(f"Only {free / 1024**2:.0f} MB are free at {folder}: free at least 1 GB and start again.")


def check_writable(folder: Path, what: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StartProblem(f"{what} {folder} cannot be written to: {error.strerror}.") from error


def check_port(host: str, port: int) -> None:
    """That the web server will be able to listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET  # as gunicorn chooses
    try:
        *_, address = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise StartProblem(f"HOST is {host!r}, which is no address of this machine: {error.strerror}.") from error
    with contextlib.closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise StartProblem(
                f"Port {port} on {host} cannot be used ({error.strerror}): set PORT to another number."
            ) from error


def check_model(name: str) -> None:
    if is_path(name):
        if not (Path(name) / "config.json").is_file():
            raise StartProblem(
                f"SEEKFRAME_MODEL is {name!r}, and there is no checkpoint: it is a folder that training made."
            )
    elif name not in MODELS:
        known = ", ".join(MODELS)
        raise StartProblem(f"SEEKFRAME_MODEL is {name!r}, and the models are {known}, or a checkpoint's path.")


def check_device(name: str) -> None:
    """Asked of a process of its own, and only for a device that may be missing: PyTorch takes seconds to load."""
    if name in ("auto", "cpu"):
        return
    if not name.startswith("cuda"):
        raise StartProblem(f"SEEKFRAME_DEVICE is {name!r}: it can be auto, cpu, cuda or cuda:N.")
    question = f"import sys, torch; torch.zeros(1, device={name!r})"
    if subprocess.run([sys.executable, "-c", question], capture_output=True, check=False).returncode:
        raise StartProblem(f"SEEKFRAME_DEVICE is {name!r}, and PyTorch finds no such GPU here: use auto or cpu.")


def check_database(url: str) -> None:
    where = _place(url)
    try:
        with psycopg.connect(url, connect_timeout=ANSWER_S) as connection:
            row = connection.execute(
                "SELECT default_version FROM pg_available_extensions WHERE name = 'vector'"
            ).fetchone()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise StartProblem(f"DATABASE_URL: the database at {where} does not let us in: {reason}") from error
    if row is None:
        raise StartProblem(f"DATABASE_URL: the Postgres at {where} has no pgvector extension: install it there.")
    if tuple(int(part) for part in row[0].split(".")[:2]) < PGVECTOR:
        raise StartProblem(f"DATABASE_URL: the Postgres at {where} has pgvector {row[0]}, and 0.8 or newer is needed.")


def check_redis(url: str) -> None:
    try:
        redis.Redis.from_url(url, socket_connect_timeout=ANSWER_S, socket_timeout=ANSWER_S).ping()
    except (redis.RedisError, ValueError) as error:
        raise StartProblem(f"REDIS_URL: no Valkey or Redis answers at {_place(url)}: {error}.") from error


def check_model_server(url: str) -> None:
    try:
        httpx.get(f"{url.rstrip('/')}/healthz", timeout=ANSWER_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StartProblem(f"MODEL_SERVER_URL: no model server answers at {_place(url)}: {error}.") from error


def check_storage(storage_url: str) -> None:
    if "://" not in storage_url:
        check_writable(Path(storage_url).expanduser(), "STORAGE_URL: the folder")
        return
    import boto3  # a second to load, and most never need it
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    bucket = urlsplit(storage_url).netloc
    try:
        patience = Config(connect_timeout=ANSWER_S, read_timeout=ANSWER_S, retries={"max_attempts": 1})
        boto3.client("s3", config=patience).head_bucket(Bucket=bucket)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise StartProblem(f"STORAGE_URL: the bucket {bucket} cannot be used: {error}.") from error


def _place(url: str) -> str:
    """host:port, for messages: never the password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
