"""What a process uses: computing on all cores, and memory at its peak."""

import os
import threading
from pathlib import Path

import psutil

DECODER = b"model_server.frames.child"


def cpu_s() -> float:
    """Of this process and of the children that have ended: what other work on the machine changes least."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def family_cpu_s() -> float:
    """Of this process and of all that it started, Postgres too, whether ended or not."""
    return cpu_s() + sum(spent_by(process) for process in psutil.Process().children(recursive=True))


def spent_by(process: psutil.Process) -> float:
    try:
        spent = process.cpu_times()
    except psutil.Error:
        return 0.0  # it has just ended, and counts among the ended ones
    return float(spent.user + spent.system + spent.children_user + spent.children_system)


class Memory:
    """Peak memory of this process and of its child of that name while the block runs, from /proc.

    Not from getrusage: a child that is started counts its parent's memory as its own peak.
    """

    def __init__(self, child: bytes = DECODER) -> None:
        self._child = child

    def __enter__(self) -> "Memory":
        self.own_mib = self.decoder_mib = 0
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew: making the clip does not count
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._stop.set()
        self._thread.join()
        self.own_mib = peak_mib(os.getpid())

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            children = {pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}
            for pid in children:
                if self._child in command_of(pid):
                    self.decoder_mib = max(self.decoder_mib, peak_mib(int(pid)))


def command_of(pid: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""  # it has just ended


def peak_mib(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    peaks = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")]
    return peaks[0] // 1024 if peaks else 0
