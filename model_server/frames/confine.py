"""What the child takes away from itself before it looks at a stranger's file.

Each layer stands alone, because not every system has each: limits always; then a network namespace, the file
system (Landlock), capabilities, and system calls (seccomp). What could not be had is reported to the parent.
No RLIMIT_NPROC: it counts every process of the user, not ours; the filter on system calls refuses new ones.
"""

import ctypes
import os
import resource
import signal
import struct
from dataclasses import dataclass
from pathlib import Path

from model_server.frames.landlock import restrict_files
from model_server.frames.seccomp import restrict_calls

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
KEPT_FILES = 64


@dataclass(frozen=True)
class Limits:
    """Set by the parent from the facts of the file."""

    cpu_s: int
    memory_bytes: int = 2 << 30  # writable memory: 8K pictures in flight fit, a bomb does not
    output_bytes: int = 64 * 1024  # of any file it writes (its error log)
    stall_s: float = 120.0  # the parent waits this long for the next message
    wall_s: float = 6 * 3600.0  # the parent waits this long in all


def limit_resources(limits: Limits) -> None:
    """First of all: rlimits, and no way to gain privileges again."""
    # RLIMIT_DATA, not RLIMIT_AS: libraries and thread stacks reserve addresses by the gigabyte without using them.
    _limit(resource.RLIMIT_DATA, limits.memory_bytes)
    _limit(resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 5)
    _limit(resource.RLIMIT_FSIZE, limits.output_bytes)
    _limit(resource.RLIMIT_NOFILE, KEPT_FILES)
    _limit(resource.RLIMIT_CORE, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def die_with_parent(parent_pid: int) -> None:
    """Killed by the kernel when the thread that started it ends. The caller asks only where that is a main thread."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)  # it died before the line above


def leave_network() -> bool:
    """An empty network namespace. Must run before the first thread starts; False where the system refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    return any(libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def drop_the_rest(writable: Path | None) -> dict[str, bool]:
    """After every import: files, capabilities, system calls. Before any thread, since these are per thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    files = restrict_files(libc, writable)
    capabilities = _drop_capabilities(libc)
    return {"files": files, "capabilities": capabilities, "calls": restrict_calls(libc)}


def _drop_capabilities(libc: ctypes.CDLL) -> bool:
    """Root without capabilities is an ordinary user, and a new user namespace would have given them all."""
    number = _CAPSET.get(os.uname().machine)
    if number is None:
        return False
    header = struct.pack("<Ii", _CAPABILITY_VERSION_3, 0)
    return bool(libc.syscall(number, header, bytes(24)) == 0)


def _limit(what: int, soft: int, hard: int | None = None) -> None:
    """Lower a limit; one that the system already set lower stays."""
    most = resource.getrlimit(what)[1]
    ceiling = soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        ceiling, soft = min(ceiling, most), min(soft, most)
    resource.setrlimit(what, (soft, ceiling))
