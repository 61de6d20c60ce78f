"""What keeps a process apart: bubblewrap, nsjail, or nothing where the user insists."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from banzuke.evaluation.sandbox._records import Limits
from banzuke.exceptions import BanzukeError

_HERE = Path(__file__).parent
_CHILD = _HERE / "child"
_INSIDE = "/sandbox"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_SYSTEM = ("/usr", "/lib", "/lib64", "/bin")
# our own variables only: a fixed order of sets makes verdicts repeatable
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "HOME": "/tmp"}  # noqa: S108
_unsafe: ContextVar[bool] = ContextVar("banzuke_unsafe_code", default=False)


class SandboxError(BanzukeError, RuntimeError):
    """The platform offers no isolation for code that nobody has read, or it did not start."""


class Command(Protocol):
    """Builds the command line of one of the two processes."""

    def __call__(
        self, role: str, arguments: str, descriptors: Sequence[int], limits: Limits
    ) -> list[str]:
        """Return the command of ``judge`` or ``candidate``."""


@dataclass(frozen=True, kw_only=True)
class Isolation:
    """A way to keep a process apart.

    Parameters
    ----------
    name : str
        ``"bubblewrap"``, ``"nsjail"`` or ``"none"``.
    command : callable
    environment : mapping
        Of the process that sets up the isolation.
    """

    name: str
    command: Command
    environment: Mapping[str, str] = field(default_factory=lambda: dict(_ENVIRONMENT))


@contextmanager
def unsafe_code_allowed() -> Iterator[None]:
    """Let code run with resource limits only while the block runs, where nothing else is there.

    Such code can read what this user can read, write what this user can write, use the
    network, and with some effort reach into the process that judges it.
    """
    token = _unsafe.set(True)
    try:
        yield
    finally:
        _unsafe.reset(token)


def find_isolation() -> Isolation:
    """Return the isolation that this platform offers, proved by a probe once a process.

    Raises
    ------
    SandboxError
        Where there is none; inside `unsafe_code_allowed` resource limits alone are returned
        instead (never on Windows, which has none).
    """
    found, problem = _probed()
    if found is not None:
        return found
    if _unsafe.get() and os.name == "posix":
        return Isolation(name="none", command=_bare)
    raise SandboxError(
        f"generated code is not run: {problem}; install bubblewrap (apt install bubblewrap) on a "
        "Linux that allows namespaces, or pass --unsafe-code to run it with your own rights"
    )


@functools.cache
def _probed() -> tuple[Isolation | None, str]:
    from banzuke.evaluation.sandbox._probe import problem

    if sys.platform != "linux":
        return None, f"{sys.platform} offers no isolation that banzuke knows"
    problems = []
    for program, name, command in (
        ("bwrap", "bubblewrap", _bubblewrap),
        ("nsjail", "nsjail", _nsjail),
    ):
        if shutil.which(program) is None:
            problems.append(f"{name} is not installed")
            continue
        isolation = Isolation(name=name, command=command)
        failed = problem(isolation)
        if failed is None:
            return isolation, ""
        problems.append(f"{name} does not isolate here ({failed})")
    return None, " and ".join(problems)


def _interpreter() -> str:
    base = getattr(sys, "_base_executable", None) or sys.executable
    return os.path.realpath(base)


def _python(program: str, folder: str, role: str, descriptors: Sequence[int]) -> list[str]:
    source, target = descriptors
    start = (
        f"import sys,json;sys.path.insert(0,{folder!r});from child import {role};"
        f"{role}.main(json.loads(sys.argv[1]),{source},{target})"
    )
    return [program, "-sSPB", "-X", "utf8", "-c", start]


def _bare(role: str, arguments: str, descriptors: Sequence[int], limits: Limits) -> list[str]:
    return [*_python(_interpreter(), str(_HERE), role, descriptors), arguments]


def _bubblewrap(role: str, arguments: str, descriptors: Sequence[int], limits: Limits) -> list[str]:
    # root needs no user namespace, and gives itself up inside: see child/confine.py
    is_root = os.getuid() == 0
    rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if is_root else []
    command = [shutil.which("bwrap") or "bwrap"]
    command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    command += ["--unshare-cgroup-try", *([] if is_root else ["--unshare-user"])]
    command += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", *rights, "--clearenv"]
    for name, value in _ENVIRONMENT.items():
        command += ["--setenv", name, value]
    for path in _SYSTEM:
        command += _bound(path)
    prefix = os.path.realpath(sys.base_prefix)
    command += [*_parents(prefix), "--ro-bind", prefix, prefix]
    command += ["--perms", "0755", "--dir", _INSIDE]
    command += ["--ro-bind", str(_CHILD), f"{_INSIDE}/child"]
    for device in _DEVICES:
        command += ["--dev-bind", device, device]
    command += ["--perms", "1777", "--size", str(limits.file_bytes), "--tmpfs", "/tmp"]  # noqa: S108
    command += ["--remount-ro", "/", "--chdir", "/tmp", "--"]  # noqa: S108
    return [*command, *_python(_interpreter(), _INSIDE, role, descriptors), arguments]


def _bound(path: str) -> list[str]:
    if Path(path).is_symlink():
        return ["--symlink", str(Path(path).readlink()), path]
    return ["--ro-bind", path, path] if Path(path).exists() else []


def _parents(path: str) -> list[str]:
    """Make the folders above a path passable, whatever they are outside."""
    above = [str(p) for p in reversed(Path(path).parents) if str(p) not in ("/", "/usr")]
    return [word for folder in above for word in ("--perms", "0755", "--dir", folder)]


def _nsjail(role: str, arguments: str, descriptors: Sequence[int], limits: Limits) -> list[str]:
    # a clean environment, user, network, process, IPC and mount namespaces are its defaults
    command = [shutil.which("nsjail") or "nsjail", "--mode", "o", "--really_quiet"]
    command += ["--disable_proc", "--iface_no_lo", "--cwd", "/tmp"]  # noqa: S108
    command += ["--user", "65534", "--group", "65534", "--hostname", "sandbox"]
    for kind in ("as", "cpu", "fsize", "nofile", "nproc"):
        command += [f"--rlimit_{kind}", "inf"]  # the process limits itself: child/confine.py
    for name, value in _ENVIRONMENT.items():
        command += ["--env", f"{name}={value}"]
    prefix = os.path.realpath(sys.base_prefix)
    for path in {*(p for p in _SYSTEM if Path(p).exists()), prefix}:
        command += ["--bindmount_ro", path]
    command += ["--bindmount_ro", f"{_CHILD}:{_INSIDE}/child"]
    for device in _DEVICES:
        command += ["--bindmount", device]
    command += ["--mount", f"none:/tmp:tmpfs:size={limits.file_bytes}"]
    for descriptor in descriptors:
        command += ["--pass_fd", str(descriptor)]
    return [*command, "--", *_python(_interpreter(), _INSIDE, role, descriptors), arguments]
