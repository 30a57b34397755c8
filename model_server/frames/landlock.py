"""Landlock: the kernel takes the file system away from a process for good (Linux 5.13 and later)."""

import ctypes
import os
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many file rights each version knows, from bit 0
_WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_FILE, _MAKE_REG, _TRUNCATE = (1 << bit for bit in (1, 2, 3, 5, 8, 14))
_NO_TCP = 0b11  # bind, connect (version 4)
_SCOPED = 0b11  # abstract sockets, signals (version 6)


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def restrict_files(libc: ctypes.CDLL, writable: Path | None) -> bool:
    """No file may be opened from here on, but for those in the folder `writable`. False where Landlock is absent.

    Files that are open already stay open. The caller has set no_new_privs, and starts its threads afterwards.
    """
    abi = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _CREATE_RULESET_VERSION)
    if abi < 1:
        return False
    rights = (1 << _RIGHTS_BY_ABI.get(min(abi, 5), 13)) - 1
    ruleset = _Ruleset(rights, _NO_TCP if abi >= 4 else 0, _SCOPED if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    fd = libc.syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0)
    if fd < 0:
        return False
    try:
        if writable is not None and not _allow(libc, fd, writable, rights):
            return False
        return bool(libc.syscall(_RESTRICT_SELF, fd, 0) == 0)
    finally:
        os.close(fd)


def _allow(libc: ctypes.CDLL, ruleset_fd: int, folder: Path, rights: int) -> bool:
    folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        allowed = (_WRITE_FILE | _READ_FILE | _READ_DIR | _REMOVE_FILE | _MAKE_REG | _TRUNCATE) & rights
        rule = _PathBeneath(allowed, folder_fd)
        return bool(libc.syscall(_ADD_RULE, ruleset_fd, _RULE_PATH_BENEATH, ctypes.byref(rule), 0) == 0)
    finally:
        os.close(folder_fd)
