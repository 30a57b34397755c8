"""pg_dump, pg_restore and psql of the embedded Postgres package, for whichever database the settings name.

They read servers of their own version and older ones. The password goes by the environment: a command line is public.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from webapp.backup.problems import BackupProblem
from webapp.embedded.postgres import installed

EMPTY = b"DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n"
PREAMBLE_LINES = 60
NEWER_THAN_SERVER = b"SET transaction_timeout"  # servers before 17 do not know it


def dump(url: str, snapshot: str, target: Path) -> None:
    """The whole database as it was at the snapshot."""
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
    done = subprocess.run([*_tool("pg_dump", url), *options], env=_environment(url), capture_output=True, check=False)
    if done.returncode:
        raise BackupProblem(f"The database could not be saved: {_last_line(done.stderr)}")


def restore(url: str, source: Path) -> None:
    """Put the dump in place of everything in the database: in one transaction, so wholly or not at all."""
    reading = [str(installed() / "bin" / "pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(source)]
    writing = [*_tool("psql", url), "--single-transaction", "--set=ON_ERROR_STOP=1", "--quiet", "--no-psqlrc"]
    with subprocess.Popen(
        writing, env=_environment(url), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as psql:
        assert psql.stdin is not None
        assert psql.stderr is not None
        read = _feed(reading, psql.stdin)
        if read:  # half a dump must not be committed
            psql.kill()
        said = psql.stderr.read()
    if read or psql.returncode:
        raise BackupProblem(f"The database could not be restored, and is as it was: {read or _last_line(said)}")


def _feed(command: list[str], psql: IO[bytes]) -> str:
    """The dump as statements, into psql. Why it could not be read; nothing when it could."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        assert reader.stderr is not None
        try:
            psql.write(EMPTY)
            for line in (reader.stdout.readline() for _ in range(PREAMBLE_LINES)):
                if not line.startswith(NEWER_THAN_SERVER):
                    psql.write(line)
            shutil.copyfileobj(reader.stdout, psql)
        except BrokenPipeError:
            reader.kill()
            return ""  # psql says why it stopped
        said = reader.stderr.read()
    if reader.returncode:
        return _last_line(said)
    psql.close()
    return ""


def _tool(name: str, url: str) -> list[str]:
    facts = {key: str(value) for key, value in conninfo_to_dict(url).items() if key != "password"}
    return [str(installed() / "bin" / name), f"--dbname={make_conninfo(**facts)}"]


def _environment(url: str) -> dict[str, str]:
    return {**os.environ, "PGPASSWORD": str(conninfo_to_dict(url).get("password") or "")}


def _last_line(said: bytes) -> str:
    return (said.decode(errors="replace").strip() or "no reason given").splitlines()[-1]
