"""Starting the two processes, carrying job and verdict, and ending both."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from banzuke.evaluation.sandbox._records import REASONS, Limits, Verdict
from banzuke.evaluation.sandbox.child.judge import BEGUN
from banzuke.evaluation.sandbox.isolation import Isolation, SandboxError, find_isolation

_VERDICT_BYTES = 2**16
_BEGUN = f"{BEGUN}\n".encode()
_XCPU = (128 + signal.SIGXCPU, -signal.SIGXCPU)  # as bubblewrap reports it, and bare
_STARTS = 2  # a busy machine may lack a process or memory for a moment
_UIDS = range(40_000, 60_000)  # mapped in rootless containers too, and nobody's elsewhere


def run_tests(
    code: str,
    tests: str,
    *,
    limits: Limits | None = None,
    isolation: Isolation | None = None,
) -> Verdict:
    """Run code that nobody has read, and say whether it passes the tests.

    Parameters
    ----------
    code : str
        Python source; defines the functions and classes that the tests use.
    tests : str
        Python source with ``assert`` statements. Names that it does not define are taken
        from the code.
    limits : Limits, optional
    isolation : Isolation, optional
        Default: the best that the platform offers (`find_isolation`).

    Returns
    -------
    Verdict

    Raises
    ------
    SandboxError
        Where the platform offers no isolation and none was waived, or it fails to start
        twice: then nothing was measured.

    Notes
    -----
    The code sees the standard library only, an empty scratch directory, no network, no
    environment and no other process. It is never in the process that compares and judges:
    values pass between the two as plain data, so tests that need the identity of an object
    or change an argument in place do not see the effect.

    Examples
    --------
    >>> run_tests("def double(x): return 2 * x", "assert double(2) == 4")  # doctest: +SKIP
    Verdict(passed=True, reason='passed', detail='', n_assertions=1)
    """
    chosen = limits or Limits()
    job = json.dumps({"code": code, "tests": tests}).encode()
    found = isolation or find_isolation()
    for _ in range(_STARTS):
        verdict, said = _judged(found, chosen, job)
        if verdict is not None:
            return verdict
    # the code never ran: that is no fault of the model, and no score
    raise SandboxError(f"the sandbox {found.name} did not start its process: {said}")


def _judged(isolation: Isolation, limits: Limits, job: bytes) -> tuple[Verdict | None, str]:
    """Run once; return the verdict, or None and the last words of the process that failed."""
    with _Pair.started(isolation, limits) as pair:
        content, cause, printed = pair.wait(job, limits)
        judge, candidate = pair.statuses() if cause is None else (None, None)
    before, begun, rest = content.partition(_BEGUN)
    if not begun:
        last_words = _text(printed) or _text(before)
        status = REASONS[cause] if cause else f"it ended with status {judge or candidate}"
        return None, last_words or status
    return _verdict(rest, cause, judge, candidate), ""


@dataclass
class _Pair:
    judge: subprocess.Popen[bytes]
    candidate: subprocess.Popen[bytes]

    @classmethod
    @contextlib.contextmanager
    def started(cls, isolation: Isolation, limits: Limits) -> Iterator[_Pair]:
        """Start both, joined by two pipes; end both with all their children."""
        with contextlib.ExitStack() as stack:
            to_candidate, to_judge = os.pipe(), os.pipe()
            try:
                judge = _start(isolation, limits, "judge", (to_judge[0], to_candidate[1]))
                stack.callback(_end, judge)
                candidate = _start(isolation, limits, "candidate", (to_candidate[0], to_judge[1]))
                stack.callback(_end, candidate)
            finally:
                for descriptor in (*to_candidate, *to_judge):
                    os.close(descriptor)
            yield cls(judge, candidate)

    def wait(self, job: bytes, limits: Limits) -> tuple[bytes, str | None, bytes]:
        """Give the judge its job.

        Returns
        -------
        bytes, str or None, bytes
            What the judge printed, why it was stopped, if it was, and what the code printed.
        """
        assert self.judge.stdin is not None  # noqa: S101 - pipes, as asked for
        assert self.judge.stdout is not None  # noqa: S101
        assert self.candidate.stdout is not None  # noqa: S101
        reader = _Reader(
            {self.judge.stdout: _VERDICT_BYTES, self.candidate.stdout: limits.output_bytes}
        )
        cause = reader.run(self.judge, job, time.monotonic() + limits.wall_seconds)
        return reader.content[self.judge.stdout], cause, reader.content[self.candidate.stdout]

    def statuses(self) -> tuple[int | None, int | None]:
        """Return how judge and candidate ended, None where one still runs."""
        return _status(self.judge), _status(self.candidate)


def _status(process: subprocess.Popen[bytes]) -> int | None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(0.2)
    return None


class _Reader:
    """Reads what the processes print, up to a limit each, until the judge ends."""

    def __init__(self, most: Mapping[IO[bytes], int]) -> None:
        self.most = dict(most)
        self.content = dict.fromkeys(self.most, b"")

    def run(self, judge: subprocess.Popen[bytes], job: bytes, deadline: float) -> str | None:
        """Return None where the judge ended by itself, otherwise a reason."""
        with selectors.DefaultSelector() as selector:
            for stream in self.most:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ)
            assert judge.stdin is not None  # noqa: S101 - a pipe
            os.set_blocking(judge.stdin.fileno(), False)
            selector.register(judge.stdin, selectors.EVENT_WRITE)
            left = memoryview(job)
            while judge.stdout in selector.get_map():
                events = selector.select(max(0.0, deadline - time.monotonic()))
                if not events:
                    return "time"
                for key, _ in events:
                    if key.fileobj is judge.stdin:
                        left = self._write(selector, judge.stdin, left)
                    elif not self._read(selector, key.fileobj):  # type: ignore[arg-type]
                        return "output"
        return None

    def _write(
        self, selector: selectors.BaseSelector, stream: IO[bytes], left: memoryview
    ) -> memoryview:
        try:
            left = left[os.write(stream.fileno(), left) :]
        except BrokenPipeError:
            left = left[:0]
        if not left:
            selector.unregister(stream)
            stream.close()
        return left

    def _read(self, selector: selectors.BaseSelector, stream: IO[bytes]) -> bool:
        part = os.read(stream.fileno(), 2**16)
        if not part:
            selector.unregister(stream)
        self.content[stream] += part
        return len(self.content[stream]) <= self.most[stream]


def _start(
    isolation: Isolation, limits: Limits, role: str, descriptors: Sequence[int]
) -> subprocess.Popen[bytes]:
    arguments = {
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
        "processes": limits.processes,
        "file_bytes": limits.file_bytes,
        "filter": isolation.name != "none",
        "uid": secrets.choice(_UIDS) if isolation.name != "none" else 0,
    }
    command = isolation.command(role, json.dumps(arguments), descriptors, limits)
    is_judge = role == "judge"
    try:
        return subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            stdin=subprocess.PIPE if is_judge else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(descriptors),
            start_new_session=True,
            cwd="/",
            env=isolation.environment,
        )
    except OSError as error:
        raise SandboxError(f"the sandbox {isolation.name} did not start: {error}") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with its group; what it isolated dies with it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def _verdict(rest: bytes, cause: str | None, judge: int | None, candidate: int | None) -> Verdict:
    """Read what the judge printed after it had begun, and how both processes ended."""
    if cause is not None:
        return Verdict(passed=False, reason=cause, detail=REASONS[cause])
    try:
        found: dict[str, Any] = json.loads(rest.rpartition(b"\n")[2])
        verdict = Verdict(**found)
    except (ValueError, TypeError):
        # it ran the tests on what the code returned, and a limit ended it
        reason = "time" if judge in _XCPU else "judge"
        return Verdict(passed=False, reason=reason, detail=_text(rest) or REASONS[reason])
    if verdict.reason == "died" and candidate in _XCPU:
        return Verdict(passed=False, reason="time", detail=REASONS["time"])
    return verdict


def _text(printed: bytes) -> str:
    return printed.decode(errors="replace").strip()[-300:]
