"""Become a service's process: `python -m webapp.embedded.spawn PID_FILE SIGNAL USER COMMAND...`.

Linux then sends SIGNAL to the service when its supervisor is gone, however that died; elsewhere the next start finds
what is left by its pid file. USER is `-` for no change.
"""

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def end_with_parent(number: int) -> None:
    """Ask the kernel for a signal at the parent's death. Has to come after a change of user, which cancels it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def become(user_name: str) -> None:
    user = pwd.getpwnam(user_name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.chdir("/")


def main(pid_file: str, signal_name: str, user_name: str, *command: str) -> None:
    Path(pid_file).write_text(str(os.getpid()))
    if user_name != "-":
        become(user_name)
    end_with_parent(signal.Signals[f"SIG{signal_name}"])
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])
