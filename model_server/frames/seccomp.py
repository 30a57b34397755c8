"""A filter on system calls: no sockets, no new programs or processes, no other process's memory.

It holds where containers forbid new namespaces, which is where this usually runs.
"""

import ctypes
import errno
import platform
import struct

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NR, _ARCH, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data (little-endian)
_CLONE_THREAD = 0x00010000
_X32 = 0x40000000  # a second numbering of the same calls on x86
_CLONE3 = 435
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2

# io_uring and pidfd_getfd reach sockets and files by a side door; the rest opens other processes or the kernel.
_NEW = {"io_uring_setup": 425, "pidfd_open": 434, "pidfd_getfd": 438}
_X86_64 = {
    "socket": 41, "connect": 42, "bind": 49, "socketpair": 53, "fork": 57, "vfork": 58, "execve": 59, "kill": 62,
    "ptrace": 101, "mount": 165, "add_key": 248, "keyctl": 250, "unshare": 272, "perf_event_open": 298,
    "open_by_handle_at": 304, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "bpf": 321,
    "execveat": 322, "userfaultfd": 323,
}  # fmt: skip
_AARCH64 = {
    "mount": 40, "unshare": 97, "ptrace": 117, "kill": 129, "socket": 198, "socketpair": 199, "bind": 200,
    "connect": 203, "add_key": 217, "keyctl": 219, "execve": 221, "perf_event_open": 241, "open_by_handle_at": 265,
    "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "bpf": 280, "execveat": 281, "userfaultfd": 282,
}  # fmt: skip
_MACHINES = {"x86_64": (0xC000003E, 56, _X86_64), "aarch64": (0xC00000B7, 220, _AARCH64)}  # audit name, clone, calls


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def restrict_calls(libc: ctypes.CDLL) -> bool:
    """Install the filter for this thread and those it starts. False where the machine or kernel has none."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    code = _program(*machine)
    program = _Program(len(code) // 8, code)
    return bool(libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _program(arch: int, clone: int, refused: dict[str, int]) -> bytes:
    deny = _ERRNO | errno.EPERM
    code = [_step(_LOAD, _ARCH), _step(_JUMP_EQ, arch, 1, 0), _step(_RETURN, deny)]
    code += [_step(_LOAD, _NR), _step(_JUMP_GE, _X32, 0, 1), _step(_RETURN, deny)]
    # The C library falls back from clone3 to clone, whose flags can be read here: threads yes, processes no.
    code += [_step(_JUMP_EQ, _CLONE3, 0, 1), _step(_RETURN, _ERRNO | errno.ENOSYS)]
    for number in (refused | _NEW).values():
        code += [_step(_JUMP_EQ, number, 0, 1), _step(_RETURN, deny)]
    code += [_step(_JUMP_EQ, clone, 0, 3), _step(_LOAD, _FIRST_ARGUMENT)]
    code += [_step(_JUMP_SET, _CLONE_THREAD, 1, 0), _step(_RETURN, deny), _step(_RETURN, _ALLOW)]
    return b"".join(code)


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", operation, if_true, if_false, value)
