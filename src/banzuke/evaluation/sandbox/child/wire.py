"""Plain values as JSON frames between two processes that do not trust each other.

Only values of built-in and a few library types pass as values; whatever else an object is,
the other side gets a number that stands for it. So no method of one side ever runs in the
other, and an object with an ``__eq__`` of its own equals nothing but itself.
"""

from __future__ import annotations

import array
import builtins
import collections
import decimal
import fractions
import json
import os
import struct
from collections.abc import Callable, Iterable
from typing import Any

MAX_FRAME = 16 * 2**20
_HEAD = struct.Struct(">I")
_JSON_DIGITS = 10**15

Keep = Callable[[Any], list[Any]]
"""Gives the tag of an object that is no plain value."""
Find = Callable[[str, Any], Any]
"""Gives the object of a tag and a number."""


class WireError(Exception):
    """The other side sent no valid frame, or is gone."""


def send(descriptor: int, message: Any) -> None:
    """Write one frame."""
    content = json.dumps(message).encode()
    if len(content) > MAX_FRAME:
        raise WireError(f"a value of {len(content)} bytes is too large")
    left = memoryview(_HEAD.pack(len(content)) + content)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except BrokenPipeError:
        raise WireError("the other side is gone") from None


def receive(descriptor: int) -> Any:
    """Read one frame."""
    (length,) = _HEAD.unpack(_read(descriptor, _HEAD.size))
    if length > MAX_FRAME:
        raise WireError(f"a frame of {length} bytes is too large")
    try:
        return json.loads(_read(descriptor, length))
    except (ValueError, RecursionError) as error:
        raise WireError("a frame that is not JSON") from error


def _read(descriptor: int, length: int) -> bytes:
    parts: list[bytes] = []
    while length:
        part = os.read(descriptor, min(length, 2**16))
        if not part:
            raise WireError("the other side is gone")
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def encode(value: Any, keep: Keep) -> Any:
    """Turn a value into JSON; `keep` is asked for what is no plain value."""
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return value
    if isinstance(value, int):
        number = int.__index__(value)
        return number if abs(number) < _JSON_DIGITS else ["i", hex(number)]
    for parent, write in _WRITE:
        if isinstance(value, parent):
            return write(value, keep)
    if isinstance(value, type) and _is_builtin(value):
        return ["T", value.__name__]
    return keep(value)


def decode(message: Any, find: Find) -> Any:
    """Turn JSON into the value; `find` is asked for what is no plain value.

    Raises
    ------
    WireError
        Where the message is not one that `encode` gives.
    """
    try:
        return _decode(message, find)
    except (ValueError, TypeError, ArithmeticError, LookupError, RecursionError) as error:
        raise WireError("a value that cannot be read") from error


def _decode(message: Any, find: Find) -> Any:
    if not isinstance(message, list):
        if isinstance(message, dict):
            raise WireError("a bare object")
        return message
    tag, *content = message
    read = _READ.get(tag)
    return read(*content, find) if read is not None else find(tag, *content)


def _all(values: Iterable[Any], keep: Keep) -> list[Any]:
    return [encode(value, keep) for value in values]


def _pairs(value: dict[Any, Any], keep: Keep) -> list[Any]:
    return ["d", [[encode(key, keep), encode(one, keep)] for key, one in dict.items(value)]]


def _decimal(value: decimal.Decimal, keep: Keep) -> list[Any]:
    return ["D", decimal.Decimal.__str__(value)]


# base-class methods, so that the overridden ones of a subclass do not run half-way
_WRITE: list[tuple[type, Callable[[Any, Keep], Any]]] = [
    (float, lambda v, keep: float.__float__(v)),
    (str, lambda v, keep: str.__str__(v)),
    (list, lambda v, keep: ["l", _all(list.__iter__(v), keep)]),
    (tuple, lambda v, keep: ["t", _all(tuple.__iter__(v), keep)]),
    (dict, _pairs),
    (set, lambda v, keep: ["s", _all(set.__iter__(v), keep)]),
    (frozenset, lambda v, keep: ["f", _all(frozenset.__iter__(v), keep)]),
    (bytes, lambda v, keep: ["b", bytes.hex(v)]),
    (bytearray, lambda v, keep: ["B", bytearray.hex(v)]),
    (complex, lambda v, keep: ["c", v.real, v.imag]),
    (range, lambda v, keep: ["r", *_all((v.start, v.stop, v.step), keep)]),
    (collections.deque, lambda v, keep: ["q", _all(v, keep), v.maxlen]),
    (array.array, lambda v, keep: ["a", v.typecode, _all(v, keep)]),
    (decimal.Decimal, _decimal),
    (fractions.Fraction, lambda v, keep: ["F", *_all((v.numerator, v.denominator), keep)]),
]


def _values(content: Any, find: Find) -> list[Any]:
    if not isinstance(content, list):
        raise WireError("a list is missing")
    return [_decode(one, find) for one in content]


def _is_builtin(value: type) -> bool:
    return getattr(builtins, value.__name__, None) is value


def _type(name: Any, find: Find) -> type:
    found = vars(builtins)[name]
    if not isinstance(found, type):
        raise WireError("a type is missing")
    return found


_READ: dict[Any, Callable[..., Any]] = {
    "i": lambda text, find: int(text, 16),
    "l": _values,
    "t": lambda v, find: tuple(_values(v, find)),
    "d": lambda v, find: {_decode(key, find): _decode(one, find) for key, one in v},
    "s": lambda v, find: set(_values(v, find)),
    "f": lambda v, find: frozenset(_values(v, find)),
    "b": lambda text, find: bytes.fromhex(text),
    "B": lambda text, find: bytearray.fromhex(text),
    "c": lambda re, im, find: complex(float(re), float(im)),
    "r": lambda a, b, c, find: range(*_values([a, b, c], find)),
    "q": lambda v, most, find: collections.deque(_values(v, find), most),
    "a": lambda code, v, find: array.array(code, _values(v, find)),
    "T": _type,
    "D": lambda text, find: decimal.Decimal(text),
    "F": lambda a, b, find: fractions.Fraction(*_values([a, b], find)),
}
