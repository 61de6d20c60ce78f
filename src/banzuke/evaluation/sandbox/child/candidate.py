"""The process that runs the code under test; nothing that it says is a verdict.

It answers the questions of the judge (call this, what is that attribute) with plain values.
The tests, the expected values and the verdict are in the judge, another process in another
sandbox. Code that ends, patches or replaces this process only stops it from answering.
"""

from __future__ import annotations

import builtins
import itertools
import os
import sys
import types
from collections.abc import Callable
from typing import Any

from . import wire
from .confine import confine

_MOST_STEPS = 100_000


class _Server:
    """Holds the objects that the judge knows by number.

    Parameters
    ----------
    source, target : int
        Descriptors to the judge and back.
    """

    def __init__(self, source: int, target: int) -> None:
        self.source, self.target = source, target
        self.objects: list[Any] = []
        self.module = types.ModuleType("candidate")
        sys.modules["candidate"] = self.module

    def serve(self) -> None:
        """Answer until the judge is gone."""
        while True:
            try:
                self.answer(wire.receive(self.source))
            except wire.WireError:
                os._exit(0)

    def answer(self, message: Any) -> None:
        """Do what one message asks for, and send the result or the exception."""
        operation, *arguments = message
        try:
            values = [wire.decode(one, self.find) for one in arguments]
            reply = ["value", wire.encode(getattr(self, f"on_{operation}")(*values), self.keep)]
        except BaseException as error:
            reply = ["error", type(error).__name__, _text(error)]
        try:
            wire.send(self.target, reply)
        except wire.WireError as error:
            wire.send(self.target, ["error", "OverflowError", str(error)])

    def keep(self, value: Any) -> list[Any]:
        """Give an object a number."""
        for number, known in enumerate(self.objects):
            if known is value:
                return ["h", number]
        self.objects.append(value)
        return ["h", len(self.objects) - 1]

    def find(self, tag: str, number: int) -> Any:
        """Return the object of a number, or a function that calls the judge back."""
        return self.objects[number] if tag == "h" else self.callback(number)

    def callback(self, number: int) -> Callable[..., Any]:
        """Return a function of the tests."""

        def call(*arguments: Any) -> Any:
            wire.send(self.target, ["callback", number, wire.encode(arguments, self.keep)])
            message = wire.receive(self.source)
            while message[0] != "returned":
                self.answer(message)
                message = wire.receive(self.source)
            return wire.decode(message[1], self.find)

        return call

    def on_ready(self) -> bool:
        """Say that this process is there, before the code is."""
        return True

    def on_code(self, code: str) -> list[str]:
        """Run the code under test; return the names that it defines."""
        exec(compile(code, "<answer>", "exec"), self.module.__dict__)  # noqa: S102 - sandboxed
        return [name for name in vars(self.module) if not name.startswith("__")]

    def on_name(self, name: str) -> Any:
        """Return a global of the code under test."""
        return vars(self.module)[name]

    def on_call(self, target: Any, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Call a function or class."""
        return target(*arguments, **named)

    def on_get(self, target: Any, name: str) -> Any:
        """Return an attribute."""
        return getattr(target, name)

    def on_set(self, target: Any, name: str, value: Any) -> None:
        """Set an attribute."""
        setattr(target, name, value)

    def on_iterate(self, target: Any) -> list[Any]:
        """Return the elements of an iterable."""
        found = list(itertools.islice(target, _MOST_STEPS + 1))
        if len(found) > _MOST_STEPS:
            raise OverflowError(f"more than {_MOST_STEPS} elements")
        return found

    def on_next(self, target: Any) -> Any:
        """Return the next element of an iterator."""
        return next(target)

    def on_builtin(self, target: Any, name: str) -> Any:
        """Return len, bool, str or repr of an object."""
        return getattr(builtins, name)(target)

    def on_item(self, target: Any, key: Any) -> Any:
        """Return ``target[key]``."""
        return target[key]

    def on_contains(self, target: Any, value: Any) -> bool:
        """Return ``value in target``."""
        return value in target


def _text(error: BaseException) -> str:
    try:
        return str(error)[:300]
    except BaseException:
        return ""


def main(limits: dict[str, Any], source: int, target: int) -> None:
    """Confine this process and serve the judge."""
    confine(limits)
    _Server(source, target).serve()
