"""The process that runs the tests; the code under test is in another one.

Names that the tests use and do not define stand for objects of the other process. Values
come back as plain data, so the comparison in an ``assert`` is Python's own. The verdict goes
to the parent through a pipe that the other process does not have.
"""

from __future__ import annotations

import ast
import builtins
import json
import symtable
import sys
from collections.abc import Iterator
from typing import Any

from . import wire
from .confine import confine

BEGUN = "both processes are there"
_COUNT = "__assertion_passed__"


class CandidateError(Exception):
    """The code under test raised something that is no built-in exception."""


class Link:
    """Asks the other process.

    Parameters
    ----------
    source, target : int
        Descriptors from the other process and to it.
    """

    def __init__(self, source: int, target: int) -> None:
        self.source, self.target = source, target
        self.functions: list[Any] = []

    def ask(self, operation: str, *arguments: Any) -> Any:
        """Return the value that the other process answers, or raise its exception."""
        wire.send(self.target, [operation, *(wire.encode(one, self.keep) for one in arguments)])
        while True:
            kind, *content = self._reply()
            if kind == "value" and len(content) == 1:
                return wire.decode(content[0], self.find)
            if kind == "error" and len(content) == 2:
                raise _exception(*map(str, content))
            if kind != "callback" or len(content) != 2:
                raise wire.WireError("a reply of no known kind")
            self._called(*content)

    def _reply(self) -> list[Any]:
        reply = wire.receive(self.source)
        if not isinstance(reply, list) or not reply:
            raise wire.WireError("a reply that is no list")
        return reply

    def _called(self, number: Any, arguments: Any) -> None:
        function = self.find("k", number)
        result = function(*wire.decode(arguments, self.find))
        wire.send(self.target, ["returned", wire.encode(result, self.keep)])

    def keep(self, value: Any) -> list[Any]:
        """Return the tag of an object of the other process, or of a function of the tests."""
        if isinstance(value, Remote):
            return ["h", object.__getattribute__(value, "_number")]
        if not callable(value):
            raise TypeError(f"the tests pass a {type(value).__name__}, which cannot be sent")
        self.functions.append(value)
        return ["k", len(self.functions) - 1]

    def find(self, tag: str, number: Any) -> Any:
        """Return what a tag stands for."""
        if type(number) is not int or number < 0:
            raise wire.WireError("a number is missing")
        if tag == "h":
            return Remote(self, number)
        if tag == "k":
            return self.functions[number]
        raise wire.WireError("a tag that is not known")


class Remote:
    """An object of the other process; equal to itself only, whatever its class says."""

    __slots__ = ("_link", "_number")

    def __init__(self, link: Link, number: int) -> None:
        object.__setattr__(self, "_link", link)
        object.__setattr__(self, "_number", number)

    def __call__(self, *arguments: Any, **named: Any) -> Any:  # noqa: D102
        return _ask("call", self, list(arguments), named)

    def __getattr__(self, name: str) -> Any:
        return _ask("get", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _ask("set", self, name, value)

    def __iter__(self) -> Iterator[Any]:
        return iter(_ask("iterate", self))

    def __next__(self) -> Any:
        return _ask("next", self)

    def __getitem__(self, key: Any) -> Any:
        return _ask("item", self, key)

    def __contains__(self, value: Any) -> bool:
        return _ask("contains", self, value) is True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and _number(self) == _number(other)

    def __hash__(self) -> int:
        return hash(_number(self))

    def __len__(self) -> int:
        return int(_builtin("len", self, int))

    def __bool__(self) -> bool:
        return bool(_builtin("bool", self, bool))

    def __str__(self) -> str:
        return str(_builtin("str", self, str))

    def __repr__(self) -> str:
        return str(_builtin("repr", self, str))


def _ask(operation: str, remote: Remote, *arguments: Any) -> Any:
    link: Link = object.__getattribute__(remote, "_link")
    return link.ask(operation, remote, *arguments)


def _number(remote: Remote) -> int:
    number: int = object.__getattribute__(remote, "_number")
    return number


def _builtin(name: str, remote: Remote, kind: type) -> Any:
    value = _ask("builtin", remote, name)
    if type(value) is not kind:
        raise wire.WireError(f"a {kind.__name__} is missing")
    return value


def _exception(name: str, message: str) -> Exception:
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(message)
        except Exception:
            return CandidateError(f"{name}: {message}")
    return CandidateError(f"{name}: {message}")


class _Counted(ast.NodeTransformer):
    """Counts the assertions that hold."""

    def visit_Assert(self, node: ast.Assert) -> list[ast.stmt]:
        call = ast.Call(func=ast.Name(id=_COUNT, ctx=ast.Load()), args=[], keywords=[])
        return [node, ast.copy_location(ast.Expr(value=call), node)]


def wanted_names(tests: str, offered: list[str]) -> list[str]:
    """Return the names that the tests take from the code under test.

    Those that the tests use and define nowhere. Built-in names stay built-in, unless
    the tests use no other name of the code: then the function under test is called so.
    """
    table = symtable.symtable(tests, "<tests>", "exec")
    free = _free_names(table)
    known = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    free -= known
    plain = {name for name in free if not hasattr(builtins, name)}
    return sorted(plain or free.intersection(offered))


def _free_names(table: symtable.SymbolTable) -> set[str]:
    found = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module")
    }
    return found.union(*map(_free_names, table.get_children()))


def judge(link: Link, code: str, tests: str) -> dict[str, Any]:
    """Run the tests against the code in the other process.

    Returns
    -------
    dict
        ``passed``, ``reason``, ``detail``, ``n_assertions``.
    """
    count = 0

    def passed() -> None:
        nonlocal count
        count += 1

    stage = "tests"
    try:
        tree = ast.fix_missing_locations(_Counted().visit(ast.parse(tests)))
        program = compile(tree, "<tests>", "exec")
        stage = "code"
        offered = link.ask("code", code)
        stage = "run"
        names = [name for name in wanted_names(tests, offered) if name in offered]
        space = {"__name__": "tests", _COUNT: passed}
        space |= {name: link.ask("name", name) for name in names}
        exec(program, space)  # noqa: S102 - the data set's tests, in a sandbox of their own
    except wire.WireError as error:
        return _verdict("died", error, count)
    except AssertionError as error:
        return _verdict("wrong", error, count, _line(error, tests))
    except BaseException as error:
        return _verdict(_REASONS[stage], error, count)
    if not count:
        return _verdict("tests", AssertionError("no assertion was reached"), 0)
    return {"passed": True, "reason": "passed", "detail": "", "n_assertions": count}


_REASONS = {"tests": "tests", "code": "code", "run": "error"}


def _line(error: BaseException, tests: str) -> str:
    trace = error.__traceback__
    number = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<tests>":
            number = trace.tb_lineno
        trace = trace.tb_next
    lines = tests.splitlines()
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def _verdict(reason: str, error: BaseException, count: int, where: str = "") -> dict[str, Any]:
    detail = where or f"{type(error).__name__}: {error}"
    return {"passed": False, "reason": reason, "detail": detail[:300], "n_assertions": count}


def main(limits: dict[str, Any], source: int, target: int) -> None:
    """Read the job from standard input, judge, and print the verdict on the last line.

    A line before says that both processes are there and nothing of the code has run yet:
    without it the parent knows that the sandbox failed, not the code.
    """
    confine(limits)
    job = json.loads(sys.stdin.buffer.read())
    link = Link(source, target)
    try:
        link.ask("ready")
    except wire.WireError:
        return  # the other process is not there; its last words say why
    sys.stdout.write(f"{BEGUN}\n")
    sys.stdout.flush()
    verdict = judge(link, job["code"], job["tests"])
    sys.stdout.write(f"\n{json.dumps(verdict)}")
    sys.stdout.flush()
