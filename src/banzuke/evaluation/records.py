"""Records of a run on disk: a manifest, and one line for each answer, durable at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from filelock import FileLock, Timeout

from banzuke.evaluation.prompts import read_reply
from banzuke.evaluation.text import normalise
from banzuke.exceptions import ConflictError, StorageError
from banzuke.outcomes.files import replacing, write_atomic

MANIFEST = "manifest.json"
RECORDS = "records.jsonl"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One answered item.

    Parameters
    ----------
    item_id : str
    task : str
        Name of its benchmark or data set.
    cluster : str
        Of the passage that it shares with other items; "" where it shares none.
    text : str
        What the model reads, without instruction and shots.
    gold : sequence of str
        Gold answers.
    prompt : str
        What was sent; chat messages as JSON.
    raw : str
        What came back, whole.
    answer : str
        What was scored.
    thinking : str or None
    score : float or None
        0 to 1, strict where there are two; None where an answer has no score of its own (it
        counts in a correlation or a corpus score, or waits for a value of a model).
    parse_failure : bool
    truncated : bool
        True where the answer was cut off at its longest length.
    finish_reason : str or None
    prompt_tokens, completion_tokens : int or None
    latency_seconds : float
    compat, strict : mapping
        For built data sets: what the answer contributes to each measure, in llm-jp-eval's
        and in the strict definition; a number, several, or None.
    verdict : mapping
        Of a program that was run: ``reason``, a key of `banzuke.evaluation.sandbox.REASONS`,
        and ``detail``, text of that program. A sandbox that does not start ends the run: its
        item has no record.
    error : str or None
        Why the item could not be asked, such as a prompt longer than the context.
    """

    item_id: str
    task: str
    cluster: str
    text: str
    gold: Sequence[str]
    prompt: str
    raw: str
    answer: str
    thinking: str | None
    score: float | None
    parse_failure: bool
    truncated: bool
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    latency_seconds: float
    compat: Mapping[str, Any] = field(default_factory=dict)
    strict: Mapping[str, Any] = field(default_factory=dict)
    verdict: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def compat_answer(self) -> str:
        """What llm-jp-eval scores: the text before the first blank line, in NFKC form."""
        return normalise(read_reply(self.raw, "alpaca-ja").first_paragraph)

    def with_error(self, reason: str) -> Record:
        """Return the same record with the reason why its item was not asked."""
        return replace(self, error=reason)


class RunFolder:
    """The folder of one run; one process at a time writes to it.

    Parameters
    ----------
    path : Path
        ``<data directory>/runs/<run id>``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; it is released even when the process is killed.

        Raises
        ------
        ConflictError
            Where another process holds it.
        StorageError
            Where the folder cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise ConflictError(
                f"another process is working on the run in {self.path}; wait for it to end"
            ) from None
        except OSError as error:
            raise StorageError(f"cannot write to {self.path}: {error}") from error
        try:
            yield
        finally:
            lock.release()

    def manifest(self) -> dict[str, Any] | None:
        """Return the manifest, or None where there is none yet."""
        try:
            found: dict[str, Any] = orjson.loads((self.path / MANIFEST).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise StorageError(f"{self.path / MANIFEST} cannot be read: {error}") from error
        return found

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Replace the manifest."""
        write_atomic(self.path / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))

    def records(self) -> Iterator[Record]:
        """Yield the answered items in the order of the file, one at a time.

        Raises
        ------
        StorageError
            Where a line is damaged; such a file was changed by hand.
        """
        for number, (_, line) in enumerate(self._lines(), start=1):
            yield self._record(number, line)

    def places(self) -> dict[str, int]:
        """Return where in the file the record of each answered item starts.

        A line without an end was torn by a kill: it is cut off the file, and its item
        counts as not answered.
        """
        path = self.path / RECORDS
        found: dict[str, int] = {}
        end = 0
        for number, (start, line) in enumerate(self._lines(), start=1):
            found[self._record(number, line).item_id] = start
            end = start + len(line)
        if path.exists() and path.stat().st_size > end:
            os.truncate(path, end)
        return found

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        path = self.path / RECORDS
        if not path.exists():
            return
        start = 0
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield start, line
                start += len(line)

    def _record(self, number: int, line: bytes) -> Record:
        try:
            return Record(**orjson.loads(line))
        except (ValueError, TypeError) as error:
            raise StorageError(
                f"{self.path / RECORDS}, line {number} is damaged ({error}); "
                "remove that line to have its item asked again"
            ) from error

    @contextmanager
    def appending(self) -> Iterator[Appender]:
        """Open the records for new answers."""
        with (self.path / RECORDS).open("ab") as file:
            yield Appender(file.fileno())

    def rewrite(self, order: Iterable[str]) -> None:
        """Put the records in the given order, so that the order of arrival leaves no trace."""
        places = self.places()
        starts = [places[item_id] for item_id in order]
        if starts == sorted(starts) and len(starts) == sum(1 for _ in self._lines()):
            return
        with (self.path / RECORDS).open("rb") as source, replacing(self.path / RECORDS) as target:
            for start in starts:
                source.seek(start)
                target.write(source.readline())


class Appender:
    """Appends records to an open file, from any thread.

    Parameters
    ----------
    descriptor : int
        Of a file opened for appending.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def append(self, record: Record) -> None:
        """Write one line; it is on the disk when this returns.

        Raises
        ------
        StorageError
            Where the disk is full or fails; no part of the line stays in the file.
        """
        line = _line(record)
        with self._lock:
            size = os.fstat(self._descriptor).st_size
            try:
                while line:  # a nearly full disk may take a part only
                    line = line[os.write(self._descriptor, line) :]
                os.fsync(self._descriptor)
            except OSError as error:
                os.ftruncate(self._descriptor, size)
                raise StorageError(f"cannot write the answers: {error}") from error


def _line(record: Record) -> bytes:
    return orjson.dumps(asdict(record), option=orjson.OPT_APPEND_NEWLINE)
