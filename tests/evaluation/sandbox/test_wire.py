"""Values between the two processes: plain ones survive, nonsense is refused."""

from __future__ import annotations

import contextlib
import json
import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banzuke.evaluation.sandbox.child import wire


def refuse(*anything):
    raise wire.WireError("an object")


hashable = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary()
    | st.fractions() | st.floats(allow_nan=False) | st.complex_numbers(allow_nan=False)
    | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)  # fmt: skip
values = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(hashable, inner, max_size=3)
        | st.sets(hashable, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=50)
@given(values)
def test_plain_values_survive(value) -> None:
    sent = json.loads(json.dumps(wire.encode(value, refuse)))
    got = wire.decode(sent, refuse)
    assert got == value
    assert type(got) is type(value)


def test_numbers_survive_with_their_kind() -> None:
    for value in (True, 1, 1.0, -0.0, 2**70, -(2**70), Decimal("1.10"), Fraction(1, 3), 1 + 0j):
        got = wire.decode(json.loads(json.dumps(wire.encode(value, refuse))), refuse)
        assert (got, type(got), str(got)) == (value, type(value), str(value))
    assert math.isnan(wire.decode(wire.encode(math.nan, refuse), refuse))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text()
    | st.sampled_from(list("ilctdsfbBrqaDFThk")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_any_other_json_is_refused_and_never_crashes(message) -> None:
    with contextlib.suppress(wire.WireError):
        wire.decode(message, refuse)


@pytest.mark.parametrize(
    "message", [["T", "eval"], ["T", "__import__"], ["r", [1]], {"a": 1}, ["?"]]
)
def test_nothing_but_values_comes_through(message) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(message, refuse)
