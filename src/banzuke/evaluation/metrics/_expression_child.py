"""The child process of `expression`: limits itself, then evaluates one expression.

Run as a script with ``python -I``; reads a job from standard input and prints ``passed`` or
``failed``, on a line below ``begun``. Exit status 3: the limits or simpleeval are not to be had.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

_MEMORY_BYTES = 512 * 2**20
_CPU_SECONDS = 2


def _limit() -> None:
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 3),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))


_FUNCTIONS = (
    *(abs, all, any, bool, dict, divmod, enumerate, float, int, len, list, max, min, pow),
    *(range, reversed, round, set, sorted, str, sum, tuple, zip),
)
_TEXT_METHODS = (
    "capitalize count endswith find index isalpha isdigit islower isupper join lower lstrip "
    "replace rstrip split splitlines startswith strip swapcase title upper"
)
_METHODS = {
    str: set(_TEXT_METHODS.split()),
    list: {"count", "index"},
    tuple: {"count", "index"},
    dict: {"get", "items", "keys", "values"},
    set: {"union", "intersection", "difference"},
}


def _same(value: Any, expected: Any) -> bool:
    if isinstance(expected, bool) or isinstance(value, bool):
        return value is expected
    if isinstance(expected, (int, float)) and isinstance(value, (int, float)):
        return math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(map(_same, value, expected))
        )
    return type(value) is type(expected) and bool(value == expected)


def _passes(evaluator: Any, job: dict[str, Any]) -> bool:
    for test in job["tests"]:
        evaluator.names = {"True": True, "False": False, "None": None, **test["given"]}
        if not _same(evaluator.eval(job["expression"]), test["expected"]):
            return False
    return bool(job["tests"])


def main() -> int:
    """Read the job, limit this process, evaluate, and print the verdict."""
    try:
        from simpleeval import EvalWithCompoundTypes

        job = json.load(sys.stdin)
        _limit()
    except (ImportError, OSError) as error:
        print(error, file=sys.stderr)
        return 3
    print("begun", flush=True)  # from here on what goes wrong is the expression's fault
    functions = {function.__name__: function for function in _FUNCTIONS}
    evaluator = EvalWithCompoundTypes(functions=functions, allowed_attrs=_METHODS)
    try:
        passed = _passes(evaluator, job)
    except Exception:
        passed = False
    print("passed" if passed else "failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
