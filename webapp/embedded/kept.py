"""What is made once and kept between starts: secrets, and the ports of the parts that `up` runs."""

import contextlib
import fcntl
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

from dotenv import dotenv_values

from webapp.embedded.supervision import StartProblem

PORTS = range(20_000, 32_000)  # below those that Linux, macOS and Windows hand to outgoing connections


def load(file: Path) -> dict[str, str]:
    return {name: value for name, value in dotenv_values(file, interpolate=False).items() if value}


def save(file: Path, values: dict[str, str]) -> None:
    """Write all of it or nothing, readable by this user alone."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    head = "# Written by `manage.py up`: secrets and addresses of the parts it runs. Other commands read it.\n"
    part.write_text(head + "".join(f"{name}='{value}'\n" for name, value in sorted(values.items())))
    part.replace(file)


def secret(values: dict[str, str], name: str) -> str:
    """The secret of this name, made at first use."""
    return values.setdefault(name, secrets.token_urlsafe(32))


def port(values: dict[str, str], name: str) -> int:
    """A loopback port: the one of the last start, while nobody else has taken it."""
    known = int(values.get(name, "0"))
    number = known if known and is_free(known) else free_port()
    values[name] = str(number)
    return number


def free_port() -> int:
    """Of loopback; nobody has it now, and no outgoing connection takes it before its server starts."""
    while not is_free(number := secrets.choice(PORTS)):
        pass
    return number


def is_free(number: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def only_one(lock_file: Path) -> Iterator[None]:
    """Refuses a second `up` on the same data. The lock goes with the process, however that ends."""
    with lock_file.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartProblem(
                f"Seekframe already runs with the data in {lock_file.parent.parent}: stop that one first,"
                " or set SEEKFRAME_VAR to another folder."
            ) from None
        yield
