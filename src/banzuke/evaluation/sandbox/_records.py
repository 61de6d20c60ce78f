"""What the sandbox takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from banzuke.exceptions import InvalidInputError

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "passed": "every test passed",
        "wrong": "an assertion does not hold",
        "error": "the code raised an exception in a test",
        "code": "the code does not compile or raised an exception before the tests",
        "died": "the process of the code ended or answered nonsense before the tests did",
        "judge": "the process of the tests was stopped by its limits on what the code returned",
        "time": "the limit of CPU time or of waiting time was reached",
        "output": "the code printed more than is allowed",
        "tests": "the tests are no valid Python, or reach no assertion",
    }
)
"""Every reason of a verdict, and what it means."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What code under test may use.

    Parameters
    ----------
    cpu_seconds : int, default 10
        CPU time of one process.
    wall_seconds : float, default 30
        Waiting time in all, with the start; longer than the CPU time because machines are
        busy.
    memory_bytes : int, default 512 MiB
        Address space of one process.
    processes : int, default 8
        Processes and threads of the code at a time.
    file_bytes : int, default 16 MiB
        Largest file, and size of the scratch directory.
    output_bytes : int, default 1 MiB
        Most that the code may print.
    """

    cpu_seconds: int = 10
    wall_seconds: float = 30.0
    memory_bytes: int = 512 * 2**20
    processes: int = 8
    file_bytes: int = 16 * 2**20
    output_bytes: int = 2**20

    def __post_init__(self) -> None:
        wrong = [name for name, value in vars(self).items() if not value > 0]
        if wrong:
            raise InvalidInputError(f"limits must be above 0; {', '.join(wrong)} is not")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether code passed its tests.

    Parameters
    ----------
    passed : bool
        True where every test ran and at least one assertion was reached.
    reason : str
        A key of `REASONS`.
    detail : str
        The assertion or the exception, at most 300 characters; text of the code under test.
    n_assertions : int
        Assertions that held.
    """

    passed: bool
    reason: str
    detail: str = ""
    n_assertions: int = 0
