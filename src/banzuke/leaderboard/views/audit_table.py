"""What was tried against a hierarchy of capabilities, as rows with what each would need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.hierarchy import Audit, OrderLikelihood, OrderShare, Quantiles

_MOST_ORDERS = 24


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check: what was tried, what came out, and how to read it."""

    name: str
    value: str
    reading: str


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """One order and how much speaks for it; empty text where that is not known."""

    order: str
    models: str
    submitters: str
    below_best: str


def audit_checks(audit: Audit, say: Catalogue) -> list[Check]:
    """Return the checks that the audit holds."""
    parts = _resampling, _nulls, _starts, _data
    found = [row for part in parts for row in part(audit, say)]
    return [Check(name=name, value=value, reading=reading) for name, value, reading in found]


def order_rows(audit: Audit) -> list[OrderRow]:
    """Return every order that came up, the most common one first."""
    models = _shares(audit.rows.orders)
    submitters = _shares(audit.submitters.orders if audit.submitters else [])
    below = {tuple(one.order): one for one in audit.likelihood.orders}
    orders = sorted(
        {**models, **submitters, **below},
        key=lambda order: (-models.get(order, 0.0), -submitters.get(order, 0.0), order),
    )
    return [
        OrderRow(
            order=" → ".join(order),
            models=_share(models.get(order, 0.0)) if models else "",
            submitters=_share(submitters.get(order, 0.0)) if submitters else "",
            below_best=_below(below.get(order)),
        )
        for order in orders[:_MOST_ORDERS]
    ]


Row = tuple[str, str, str]


def _resampling(audit: Audit, say: Catalogue) -> Iterator[Row]:
    for what, found in (("models", audit.rows), ("submitters", audit.submitters)):
        if found is None:
            continue
        if found.order_probability is not None:
            name = (
                say(f"capabilities.check_{what}")
                if found.n is None
                else say(f"capabilities.check_{what}_times", n=found.n)
            )
            yield name, _share(found.order_probability), say("capabilities.needed_90")
        if found.mic is not None:
            name = say(f"capabilities.check_mic_{what}")
            yield name, _quantiles(found.mic, say), say("capabilities.read_median")
    recovered, agree = audit.simulation.order_recovered, audit.held_out.orders_agree
    if recovered is not None:
        name = say("capabilities.check_simulated")
        yield name, _share(recovered), say("capabilities.needed_simulated")
    if agree is not None:
        yield say("capabilities.check_halves"), _share(agree), say("capabilities.read_higher")


def _nulls(audit: Audit, say: Catalogue) -> Iterator[Row]:
    null, fit = audit.label_shuffle.mic, audit.likelihood
    if null is not None:
        name = say("capabilities.check_shuffled")
        yield name, _quantiles(null, say), say("capabilities.read_shuffled")
    if audit.rotation_p_value is not None:
        name, value = say("capabilities.check_rotated"), f"{audit.rotation_p_value:.3f}"
        yield name, value, say("capabilities.needed_05")
    if fit.gain is not None:
        yield say("capabilities.check_gain"), f"{fit.gain:+.1f}", say("capabilities.read_gain")
    if fit.p_value_rival is not None:
        name, value = say("capabilities.check_rival"), f"{fit.p_value_rival:.3f}"
        yield name, value, say("capabilities.read_rival")


def _starts(audit: Audit, say: Catalogue) -> Iterator[Row]:
    for name, found in audit.starts.items():
        if found.order_share is None:
            continue
        usual = " → ".join(found.most_common)
        yield (
            say("capabilities.check_contrast", name=name),
            _share(found.order_share),
            say("capabilities.needed_starts_usual", order=usual)
            if usual
            else say("capabilities.needed_starts"),
        )


def _data(audit: Audit, say: Catalogue) -> Iterator[Row]:
    if audit.duplicate_share is not None:
        share = _share(audit.duplicate_share)
        yield say("capabilities.check_copies"), share, say("capabilities.needed_20")
    if audit.gaussian_sources:
        names = ", ".join(audit.gaussian_sources)
        yield say("capabilities.check_gaussian"), names, say("capabilities.needed_none")


def _quantiles(found: Quantiles, say: Catalogue) -> str:
    median, lower, upper = (f"{one:.3f}" for one in (found.median, found.lower, found.upper))
    return say("capabilities.median_interval", median=median, lower=lower, upper=upper)


def _shares(orders: Sequence[OrderShare]) -> dict[tuple[str, ...], float]:
    return {tuple(one.order): one.share for one in orders}


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _below(found: OrderLikelihood | None) -> str:
    return "" if found is None else f"{found.below_best:.2f}"
