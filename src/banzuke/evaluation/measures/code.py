"""Programs: whether they pass their tests in a sandbox, and have no visible errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.tasks import Item

if TYPE_CHECKING:
    from banzuke.evaluation.sandbox import Verdict

_DEFINES = re.compile(r"^(?:async )?def ", re.MULTILINE)
_FENCE = re.compile(r"```[a-zA-Z0-9]*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)


def read_code(answer: str) -> str:
    r"""Return the program in an answer: what stands in the first fence, otherwise all of it.

    Examples
    --------
    >>> read_code("こうです。\n```python\nx = 1\n```\n以上"), read_code("x = 1")
    ('x = 1\n', 'x = 1')
    """
    fenced = _FENCE.search(answer)
    return fenced[1] if fenced else answer.strip("\n")


def _judge(code: str, item: Item) -> Verdict:
    from banzuke.evaluation.sandbox import run_tests

    return run_tests(_program(code, item), str(item.tests[0]["program"]))


def _program(code: str, item: Item) -> str:
    """Return the whole program: a continuation goes after what the task has given."""
    given = str(item.tests[0]["given"])
    return code if not given or _DEFINES.search(code) else f"{given}{code}"


def _is_clean(code: str, item: Item) -> float:
    from banzuke.evaluation.sandbox import code_errors

    return float(not code_errors(_program(code, item)))


def compat(text: str, item: Item) -> float:
    """Return 1 where the text before the first blank line passes the tests."""
    return float(_judge(read_code(text), item).passed) if text.strip() else 0.0


def strict(answer: str, item: Item) -> Judged:
    """Return 1 where the program in the answer passes the tests."""
    code = read_code(answer)
    if not code.strip():
        return Judged(0.0, True)
    found = _judge(code, item)
    verdict = {"reason": found.reason, "detail": found.detail}
    return Judged(float(found.passed), verdict=verdict)


def compat_check(text: str, item: Item) -> float:
    """Return 1 where no error is seen in the text before the first blank line."""
    return _is_clean(read_code(text), item) if text.strip() else 0.0


def strict_check(answer: str, item: Item) -> Judged:
    """Return 1 where no error is seen in the program, without running it."""
    code = read_code(answer)
    return Judged(_is_clean(code, item)) if code.strip() else Judged(0.0, True)


MEASURES = (
    Measure(
        name="code_exec",
        description="1 where the text before the first blank line passes the tests",
        difference="the whole answer, without the fence around it, is the program",
        compat=compat,
        strict=strict,
        executes=True,
    ),
    Measure(
        name="pylint_check",
        description="1 where the text before the first blank line has no error that can be seen "
        "without running it (pyflakes in place of pylint, which is under the GPL)",
        difference="the whole answer, without the fence around it, is the program",
        compat=compat_check,
        strict=strict_check,
    ),
)
