"""Code that is one Python expression, judged by test cases in a limited child process."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import orjson

from banzuke.evaluation.metrics._base import UNREADABLE, Metric, Scored
from banzuke.evaluation.sandbox import SandboxError
from banzuke.evaluation.tasks import Item

_CHILD = Path(__file__).with_name("_expression_child.py")
_SECONDS = 10.0
_STARTS = 2  # a busy machine may lack a process or memory for a moment
_FENCE = re.compile(r"```[a-zA-Z0-9]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_LEADING = re.compile(r"^(?:return\b|>>>|[A-Za-z_]\w*\s*=(?!=))\s*")


def read_expression(answer: str) -> str | None:
    r"""Return the Python expression in an answer, or None.

    The content of the first code fence, otherwise the whole answer; of it the first line
    that is an expression, without back-quotes and a leading ``return``, ``>>>`` or
    ``name =``.

    Examples
    --------
    >>> read_expression("```python\nreturn sum(xs)\n```"), read_expression("合計 を 返す")
    ('sum(xs)', None)
    """
    fenced = _FENCE.search(answer)
    for line in (fenced[1] if fenced else answer).splitlines():
        candidate = _LEADING.sub("", line.strip().strip("`").strip())
        if candidate and _is_expression(candidate):
            return candidate
    return None


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def expression(answer: str, item: Item) -> Scored:
    """Score 1 where the expression gives the expected value on every test, otherwise 0.

    Not Python's ``eval``: `simpleeval` walks the syntax tree of the one expression, with
    a short list of functions and methods, in a child process with no environment, 2 s of
    CPU time, 512 MB of memory, no files written and no children. What it cannot do
    (statements, lambda, import, f-strings with calls, functions outside the list) counts
    as wrong although Python might accept it. Numbers agree to 1 in 10**9; True and 1
    differ. No expression at all is a parse failure.

    Raises
    ------
    SandboxError
        Where the platform has no resource limits (Windows): a code answer is never run
        without them. Where the child process does not start, twice: then nothing was
        measured.

    Examples
    --------
    >>> item = Item(item_id="q", text="", answers=("n + 1",), tests=(
    ...     {"given": {"n": 1}, "expected": 2},))
    >>> expression("1 + n", item), expression("n", item).score
    (Scored(score=1.0, parse_failure=False), 0.0)
    """
    found = read_expression(answer)
    if found is None:
        return UNREADABLE
    return Scored(float(_passes(found, item)), False)


def _passes(found: str, item: Item) -> bool:
    job = orjson.dumps({"expression": found, "tests": list(item.tests)})
    for _ in range(_STARTS):
        begun, printed, said = _run(job)
        if begun:
            return printed == b"passed"
    raise SandboxError(
        "a code answer was not judged, because its process did not start; code answers need a "
        f"platform with resource limits (Linux or macOS): {said.strip()[-200:] or 'no word'}"
    )


def _run(job: bytes) -> tuple[bool, bytes, str]:
    """Return whether the child got as far as the expression, what it found, and its errors."""
    try:
        child = subprocess.run(  # noqa: S603 - our own file, no shell
            [sys.executable, "-I", str(_CHILD)],
            input=job,
            capture_output=True,
            env={},
            timeout=_SECONDS,
            check=False,
        )
        printed, errors = child.stdout, child.stderr
    except subprocess.TimeoutExpired as late:
        printed, errors = late.stdout or b"", late.stderr or b"it was too slow"
    head, _, rest = printed.partition(b"\n")
    return head == b"begun", rest.strip(), errors.decode(errors="replace")


METRIC = Metric(
    name="expression",
    description="the Python expression passes every test",
    score=expression,
)
