"""Programs: whether they pass their tests, in a sandbox."""

from __future__ import annotations

import re
from importlib import import_module

from banzuke.evaluation.measures._base import Judged, Measure
from banzuke.evaluation.tasks import Item

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


def _passes(code: str, item: Item) -> float:
    run_tests = import_module("banzuke.evaluation.sandbox").run_tests
    test = item.tests[0]
    given = str(test["given"])
    program = code if not given or _DEFINES.search(code) else f"{given}{code}"
    return float(run_tests(program, str(test["program"])).passed)


def compat(text: str, item: Item) -> float:
    """Return 1 where the text before the first blank line passes the tests."""
    return _passes(read_code(text), item) if text.strip() else 0.0


def strict(answer: str, item: Item) -> Judged:
    """Return 1 where the program in the answer passes the tests."""
    code = read_code(answer)
    return Judged(_passes(code, item)) if code.strip() else Judged(0.0, True)


MEASURES = (
    Measure(
        name="code_exec",
        description="1 where the text before the first blank line passes the tests",
        difference="the whole answer, without the fence around it, is the program",
        compat=compat,
        strict=strict,
    ),
)
