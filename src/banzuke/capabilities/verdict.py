"""What an audit allows to claim: identified or not, with the reason in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from banzuke.capabilities.hierarchy import Hierarchy

SURE = 0.9
"""A claim must hold in this share of the resamples."""
MAX_P_VALUE = 0.05
MAX_DUPLICATES = 0.2


_ENGLISH = {
    "order": "order {order}",
    "first": "{name} is first",
    "last": "{name} is last",
    "place": "{name} is number {place}",
    "edge_up": "{source} -> {target} is + in {domain}",
    "edge_down": "{source} -> {target} is - in {domain}",
    "every_check": "it comes back in every check",
    "models": "only {share} of bootstraps over models give this order",
    "models_rival": "only {share} of bootstraps over models give this order, "
    "{rival} in {rival_share}",
    "submitters": "only {share} of bootstraps over submitters give this order",
    "submitters_rival": "only {share} of bootstraps over submitters give this order, "
    "{rival} in {rival_share}",
    "simulation": "data simulated from the fit give the order back in only {share}",
    "contrast": "the {contrast} contrast gives {rival} (the audited order in {share} of starts)",
    "variants": "{differing} of {tried} other choices of data give another order",
    "rotations": "random rotations of the sources look as hierarchical (p = {p})",
    "gaussian": "the sources of {domains} could be Gaussian noise",
    "copies": "{share} of the rows are copies of another row",
    "place_rare": "only {share} of bootstraps put it there",
    "place_sure": "{share} of bootstraps put it there",
    "no_order": "it presupposes an order that is not identified",
    "sign_unknown": "too few bootstraps give this order to tell its sign",
    "sign_rare": "its sign holds in {share} of bootstraps",
    "sign_sure": "the sign holds in {share} of bootstraps",
}


@dataclass(frozen=True)
class Said:
    """Words by code and values, so that a page can say them in its own language."""

    code: str
    values: Mapping[str, str]

    def __str__(self) -> str:
        """Return them in English."""
        return _ENGLISH[self.code].format(**self.values)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"code": self.code, "values": dict(self.values)}


def _said(code: str, **values: object) -> Said:
    return Said(code, {name: str(value) for name, value in values.items()})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One claim, and whether the data support it.

    Parameters
    ----------
    about : Said
        What is claimed.
    identified : bool
    probability : float or None
        Smallest share of resamples in which the claim holds.
    reasons : tuple of Said
        What speaks against the claim; for it, where it is identified.
    """

    about: Said
    identified: bool
    probability: float | None
    reasons: tuple[Said, ...]

    @property
    def claim(self) -> str:
        """The claim in English."""
        return str(self.about)

    @property
    def reason(self) -> str:
        """The reasons as an English sentence."""
        text = "; ".join(map(str, self.reasons))
        return f"{text[0].upper()}{text[1:]}."

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values; ``verdict`` is "identified" or "not identified".

        ``said`` holds claim and reasons by code and values.
        """
        return {
            "claim": self.claim,
            "probability": self.probability,
            "reason": self.reason,
            "verdict": "identified" if self.identified else "not identified",
            "said": {
                "claim": self.about.as_dict(),
                "reasons": [reason.as_dict() for reason in self.reasons],
            },
        }


def judge(
    audit: Mapping[str, Any], fit: Hierarchy, domains: Sequence[str], benchmarks: Sequence[str]
) -> list[Verdict]:
    """Judge the order, each of its places, and the sign of each edge in each domain.

    The order is identified where it comes back in `SURE` of the resamples of models and of
    submitters, from simulations of the fit, whatever the contrast and start of the ICA,
    and where the maximum inexactness is rarer than 5 % under random rotations, at most one
    source of each domain could be Gaussian, and few rows are copies. Places and signs are
    claims about the same fit and need all but the agreement of the whole order.
    """
    order = [benchmarks[c] for c in fit.aligned]
    probability = _least(audit, "order_probability")
    general = list(_general_problems(audit))
    specific = list(_order_problems(audit))
    problems = [*specific, *general]
    verdicts = [
        Verdict(
            about=_said("order", order=" -> ".join(order)),
            identified=not problems,
            probability=probability,
            reasons=tuple(problems) or (_said("every_check"),),
        )
    ]
    for i, name in enumerate(order):
        verdicts.append(_place(audit, i, len(order), name, general))
    order_known = not problems
    verdicts.extend(_edges(audit, fit, domains, order, order_known=order_known))
    return verdicts


def _order_problems(audit: Mapping[str, Any]) -> Iterator[Said]:
    for key, what in (("rows", "models"), ("submitters", "submitters")):
        found = audit[key]
        if found is not None and (found["order_probability"] or 0) < SURE:
            share = f"{found['order_probability'] or 0:.0%}"
            if found["orders"]:
                top = found["orders"][0]
                rival, often = " -> ".join(top["order"]), f"{top['share']:.0%}"
                yield _said(f"{what}_rival", share=share, rival=rival, rival_share=often)
            else:
                yield _said(what, share=share)
    recovered = audit["simulation"]["order_recovered"] or 0
    if recovered < SURE:
        yield _said("simulation", share=f"{recovered:.0%}")
    for contrast, found in audit["starts"].items():
        if (found["order_share"] or 0) < SURE:
            rival = " -> ".join(found["most_common"])
            share = f"{found['order_share'] or 0:.0%}"
            yield _said("contrast", contrast=contrast, rival=rival, share=share)

    subsets = [v for v in audit["variants"] if v["name"].startswith(("domains: ", "without "))]
    differing = [v for v in subsets if not v["same_order"]]
    if 2 * len(differing) > len(subsets):
        yield _said("variants", differing=len(differing), tried=len(subsets))


def _general_problems(audit: Mapping[str, Any]) -> Iterator[Said]:
    p_value = audit["rotation_p_value"]
    if p_value > MAX_P_VALUE:
        yield _said("rotations", p=f"{p_value:.2f}")
    if audit["gaussian_sources"]:
        yield _said("gaussian", domains=", ".join(audit["gaussian_sources"]))
    if audit["duplicate_share"] > MAX_DUPLICATES:
        yield _said("copies", share=f"{audit['duplicate_share']:.0%}")


def _place(audit: Mapping[str, Any], i: int, n: int, name: str, general: Sequence[Said]) -> Verdict:
    where = "first" if i == 0 else "last" if i == n - 1 else "place"
    shares = [
        found["position_probability"][i]
        for found in (audit["rows"], audit["submitters"])
        if found is not None and found["position_probability"] is not None
    ]
    probability = min(shares, default=None)
    problems = list(general)
    if (probability or 0) < SURE:
        problems.insert(0, _said("place_rare", share=f"{probability or 0:.0%}"))
    return Verdict(
        about=_said(where, name=name, place=i + 1),
        identified=not problems,
        probability=probability,
        reasons=tuple(problems) or (_said("place_sure", share=f"{probability:.0%}"),),
    )


def _edges(
    audit: Mapping[str, Any],
    fit: Hierarchy,
    domains: Sequence[str],
    order: Sequence[str],
    *,
    order_known: bool,
) -> Iterator[Verdict]:
    signs = audit["rows"]["edge_sign_probability"]
    for k, domain in enumerate(domains):
        for i in range(1, len(order)):
            for j in range(i):
                weight = float(fit.edges[k, i, j])
                share = None if signs is None else float(np.asarray(signs)[k, i, j])
                problems = [] if order_known else [_said("no_order")]
                if share is None:
                    problems.append(_said("sign_unknown"))
                elif share < SURE:
                    problems.append(_said("sign_rare", share=f"{share:.0%}"))
                yield Verdict(
                    about=_said(
                        "edge_up" if weight > 0 else "edge_down",
                        source=order[j],
                        target=order[i],
                        domain=domain,
                    ),
                    identified=not problems,
                    probability=share,
                    reasons=tuple(problems) or (_said("sign_sure", share=f"{share:.0%}"),),
                )


def _least(audit: Mapping[str, Any], key: str) -> float | None:
    shares = [
        found[key]
        for found in (audit["rows"], audit["submitters"])
        if found is not None and found[key] is not None
    ]
    return min(shares, default=None)
