"""System calls that no solution of a problem needs, refused by the kernel (seccomp).

Namespaces alone leave ways around limits: a user namespace of one's own may mount a tmpfs
of any size, shared memory outlives the process that is counted for it, and sockets to the
hypervisor belong to no network namespace.
"""

from __future__ import annotations

import ctypes
import errno
import socket

_LIBRARY = "libseccomp.so.2"
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_NOT_EQUAL, _MASKED_EQUAL = 1, 7
_NEW_NAMESPACES = 0x7E020080  # the CLONE_NEW* flags, of clone(2)

_REFUSED = (
    # namespaces and mounts
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "fsopen", "fsmount"),
    *("fsconfig", "fspick", "move_mount", "open_tree", "mount_setattr"),
    # memory that no limit of a process counts
    *("shmget", "shmat", "memfd_create", "memfd_secret", "msgget", "semget"),
    # other processes
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
    # what the kernel keeps or runs for a process
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "keyctl", "add_key"),
    *("request_key", "name_to_handle_at", "open_by_handle_at", "personality", "syslog", "acct"),
    *("quotactl", "swapon", "swapoff", "reboot", "kexec_load", "init_module", "finit_module"),
    *("delete_module", "settimeofday", "clock_settime"),
)


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operation", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def refuse_system_calls() -> None:
    """Install the filter for this process and all its children; it cannot be taken off.

    Raises
    ------
    SystemExit
        Where libseccomp is not there or the kernel has no filters.
    """
    library = _library()
    context = library.seccomp_init(_ALLOW)
    if not context:
        raise SystemExit(f"{_LIBRARY} knows no system calls of this machine")
    for name in _REFUSED:
        _refuse(library, context, name, errno.EPERM)
    # the C library falls back on clone, whose flags can be read
    _refuse(library, context, "clone3", errno.ENOSYS)
    for bit in range(32):
        if _NEW_NAMESPACES >> bit & 1:
            flag = _Comparison(0, _MASKED_EQUAL, 1 << bit, 1 << bit)
            _refuse(library, context, "clone", errno.EPERM, flag)
    other = _Comparison(0, _NOT_EQUAL, socket.AF_UNIX, 0)
    _refuse(library, context, "socket", errno.EACCES, other)
    failed = library.seccomp_load(context)
    if failed:
        raise SystemExit(f"the kernel takes no filter of system calls (error {-failed})")
    library.seccomp_release(context)


def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        raise SystemExit(
            f"{_LIBRARY} is not there; install libseccomp (apt install libseccomp2)"
        ) from None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_release.restype = None
    library.seccomp_rule_add_array.argtypes = [
        *(ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint),
        ctypes.POINTER(_Comparison),
    ]
    return library


def _refuse(library: ctypes.CDLL, context: int, name: str, error: int, *where: _Comparison) -> None:
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number == -1:
        return  # newer than the library, or not on this machine
    conditions = (_Comparison * len(where))(*where)
    failed = library.seccomp_rule_add_array(context, _ERRNO | error, number, len(where), conditions)
    if failed:
        raise SystemExit(f"{_LIBRARY} takes no rule for {name} (error {-failed})")
