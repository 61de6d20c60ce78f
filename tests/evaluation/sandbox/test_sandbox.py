"""What passes and what does not, for code that behaves."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from banzuke.evaluation.sandbox import (
    Limits,
    SandboxError,
    code_errors,
    find_isolation,
    run_tests,
    unsafe_code_allowed,
)
from banzuke.evaluation.sandbox import isolation as isolation_module
from banzuke.exceptions import InvalidInputError
from tests.evaluation.sandbox.isolation_here import needs_isolation


@pytest.fixture
def nowhere(monkeypatch):
    """A platform without bubblewrap and nsjail."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    isolation_module._probed.cache_clear()
    yield
    isolation_module._probed.cache_clear()


PASSES = {
    "plain values": ("def f(*x): return [*x, {1: (2.5, None)}, {3}]",
                     "assert f('a', b'b') == ['a', b'b', {1: (2.5, None)}, {3}]"),
    "two assertions": ("def f(x): return x + 1", "assert f(1) == 2\nassert f(-1) == 0"),
    "subclasses of plain types": (
        "from collections import Counter, namedtuple\nP = namedtuple('P', 'x y')\n"
        "def f(s): return Counter(s), P(1, 2)",
        "assert f('aab') == ({'a': 2, 'b': 1}, (1, 2))",
    ),
    "large integers": ("def f(n): return 7 ** n", "assert f(20000) == 7 ** 20000"),
    "objects stay where they are": (
        "class Node:\n  def __init__(self, v): self.v, self.left = v, None\n"
        "def depth(n): return 1 + depth(n.left) if n else 0",
        "root = Node(1)\nroot.left = Node(2)\nassert depth(root) == 2 and root.left.v == 2",
    ),
    "iterators": ("def f(n): yield from range(n)", "assert list(f(3)) == [0, 1, 2]"),
    "functions as arguments": ("def f(a, k): return sorted(a, key=k)",
                               "assert f([3, 1, 2], lambda x: -x) == [3, 2, 1]"),
    "types as arguments": ("def f(a, t): return [x for x in a if isinstance(x, t)]",
                           "assert f([1, 'a'], int) == [1]"),
    "an expected exception": (
        "def f(x): raise ValueError('no')",
        "try:\n  f(1)\nexcept ValueError as e:\n  assert str(e) == 'no'",
    ),
    "check functions": ("def f(x): return 2 * x",
                        "def check(candidate):\n  for i in range(9): assert candidate(i) == 2 * i\n"
                        "check(f)"),
    "a function named as a built-in": ("def sum(a, b): return 6", "assert sum(10, 15) == 6"),
    "built-ins of the tests": ("def len(x): return 9\ndef f(x): return x",
                               "assert len(f([1])) == 1"),
    "imports of the tests": ("def f(x): return x / 3",
                             "import math\nassert math.isclose(f(1), 0.3333333, rel_tol=1e-5)"),
    "printing": ("def f(x):\n  print('hello')\n  return x", "assert f(1) == 1"),
    "scratch files": ("def f(x):\n  open('a', 'w').write(x)\n  return open('a').read()",
                      "assert f('q') == 'q'"),
    "a main guard does not run": ("def f(): return 1\nif __name__ == '__main__': input()",
                                  "assert f() == 1"),
}  # fmt: skip


@needs_isolation
@pytest.mark.parametrize("name", PASSES)
def test_right_code_passes(name: str) -> None:
    code, tests = PASSES[name]
    verdict = run_tests(code, tests)
    assert verdict.passed, verdict
    assert verdict.reason == "passed"
    assert verdict.n_assertions >= 1


FAILS = {
    "a wrong value": ("def f(x): return x", "assert f(1) == 1\nassert f(1) == 2", "wrong", 1),
    "a wrong type": ("def f(x): return '1'", "assert f(1) == 1", "wrong", 0),
    "not a number": ("def f(x): return float('nan')", "assert f(1) == f(1)", "wrong", 0),
    "an exception": ("def f(x): return 1 / 0", "assert f(1) == 1", "error", 0),
    "no such function": ("def g(x): return 1", "assert f(1) == 1", "error", 0),
    "no Python": ("これはコードではありません。", "assert f(1) == 1", "code", 0),
    "nothing": ("", "assert f(1) == 1", "error", 0),
    "an exception at once": ("raise ValueError", "assert f(1) == 1", "code", 0),
    "tests that are no Python": ("def f(x): return 1", "assert f(1) ==", "tests", 0),
    "tests without an assertion": ("def f(x): return 1", "f(1)", "tests", 0),
    "a loop that reaches no assertion": (
        "def f(x): return []", "for x in f(1):\n  assert x == 1", "tests", 0,
    ),
}  # fmt: skip


@needs_isolation
@pytest.mark.parametrize("name", FAILS)
def test_wrong_code_fails_with_the_reason(name: str) -> None:
    code, tests, reason, n_assertions = FAILS[name]
    verdict = run_tests(code, tests)
    assert (verdict.passed, verdict.reason) == (False, reason), verdict
    assert verdict.n_assertions == n_assertions


@needs_isolation
def test_the_detail_names_the_assertion_or_the_exception() -> None:
    assert run_tests("def f(x): return 1", "assert f(0) == 2").detail == "assert f(0) == 2"
    assert "ZeroDivisionError" in run_tests("def f(x): return 1 / x", "assert f(0) == 2").detail


def test_code_is_refused_where_nothing_isolates(nowhere) -> None:
    with pytest.raises(
        SandboxError,
        match=r"not run: .*(bubblewrap is not installed|offers no isolation).*--unsafe-code",
    ):
        run_tests("def f(x): return x", "assert f(1) == 1")


def test_the_explicit_flag_runs_it_with_limits_only(nowhere) -> None:
    with unsafe_code_allowed():
        assert find_isolation().name == "none"
        assert run_tests("def f(x): return x", "assert f(1) == 1").passed
        assert not run_tests("import os\nos._exit(0)", "assert f(1) == 1").passed
        loop = "import time\nwhile time.process_time() < 4: pass"
        assert run_tests(loop, "assert f(1) == 1", limits=Limits(cpu_seconds=1)).reason == "time"
    with pytest.raises(SandboxError):
        find_isolation()


@needs_isolation
def test_the_flag_does_not_weaken_an_isolation_that_is_there() -> None:
    with unsafe_code_allowed():
        assert find_isolation().name != "none"


def test_an_isolation_that_lets_things_through_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(isolation_module, "_bubblewrap", isolation_module._bare)
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/true" if name == "bwrap" else None)
    isolation_module._probed.cache_clear()
    try:
        with pytest.raises(SandboxError, match="bubblewrap does not isolate here"):
            find_isolation()
    finally:
        isolation_module._probed.cache_clear()


@needs_isolation
@pytest.mark.parametrize("which", ["candidate", "judge"])
@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("echo no memory for it; exit 3", "no memory for it"),
        ("exit 3", "it ended with status 3"),
        ("exec sleep 60", "the limit of CPU time or of waiting time was reached"),
    ],
)
def test_code_that_never_ran_is_no_wrong_answer(which: str, does: str, words: str) -> None:
    found = find_isolation()
    limits = Limits(wall_seconds=1 if "sleep" in does else 30)

    def lacking(role, arguments, descriptors, limits):
        if role == which:
            return ["/bin/sh", "-c", does]
        return found.command(role, arguments, descriptors, limits)

    with pytest.raises(SandboxError, match=f"did not start its process: {words}"):
        run_tests(
            "x = 1", "assert x == 1", limits=limits, isolation=replace(found, command=lacking)
        )


@needs_isolation
@pytest.mark.parametrize(
    ("tests", "reason"),
    [
        ("import os\nassert x == 1\nos._exit(0)", "judge"),
        ("assert x == 1\nwhile x: pass", "time"),
        ("print('{}')\nassert x == 1", "passed"),
        ("print(end='no line')\nassert x == 2", "wrong"),
    ],
)
def test_a_judge_that_began_and_was_stopped_is_told_apart(tests: str, reason: str) -> None:
    assert run_tests("x = 1", tests, limits=Limits(cpu_seconds=1)).reason == reason


def test_limits_are_positive() -> None:
    with pytest.raises(InvalidInputError, match="processes is not"):
        Limits(processes=0)


@pytest.mark.parametrize(
    ("code", "errors"),
    [
        ("def f(x):\n    return x", []),
        ("import os, sys\nfrom math import *", []),  # a warning to pylint, no error
        ("print(x)", ["1: undefined name 'x'"]),
        ("def f(:", ["1: invalid syntax"]),
        ("return 1", ["1: 'return' outside function"]),
        ("'%s %s' % (1,)", ["1: '...' % ... has 2 placeholder(s) but 1 substitution(s)"]),
        ("(" * 1000, ["1: too many nested parentheses"]),
    ],
)
def test_errors_that_are_seen_without_running(code: str, errors: list[str]) -> None:
    assert code_errors(code) == errors


def test_hopelessly_nested_code_is_an_error_and_no_crash() -> None:
    assert len(code_errors("-" * 100_000 + "1")) == 1
