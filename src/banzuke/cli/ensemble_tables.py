"""The tables that ``banzuke ensemble select`` prints."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from banzuke.cli.output import print_note, print_table

_COLUMNS = ("k", "accuracy", "95 %", "bits", "vs single", "vs top-k")


def print_path(document: dict[str, Any]) -> None:
    """Print the set for each budget, the frontier of price and accuracy, and what was chosen."""
    predicted = set(document["predicted"])
    path = document["path"]
    priced = path[0]["cost"] is not None
    rows = [
        [
            step["k"],
            *_accuracy(step),
            step["information"],
            _against(step["best_single"]),
            _against(step["top_k"]),
            *([_price(step["cost"])] if priced else []),
        ]
        for step in path
    ]
    print_table(
        f"{document['collection']}: {document['n_test']} held-out questions",
        [*_COLUMNS, *(["price"] if priced else [])],
        rows,
    )
    print_table(
        "models to ask", ["k", "models"], [[s["k"], _names(s["models"], predicted)] for s in path]
    )
    if document["frontier"]:
        rows = [
            [_price(step["cost"]), *_accuracy(step), _names(step["models"], predicted)]
            for step in document["frontier"]
        ]
        print_table("accuracy for money", ["price", "accuracy", "95 %", "models"], rows)
    _print_notes(document, predicted)


def _print_notes(document: dict[str, Any], predicted: Collection[str]) -> None:
    single = document["best_single"]
    ratios = ", ".join(f"{one['ratio']:.3f}" for one in document["greedy_ratio"])
    print_note(f"information of the greedy set / the best set, k = 1, 2, ...: {ratios}")
    print_note(
        f"chosen: {_names(document['chosen'], predicted)}\n"
        f"best single model: {single['model']} ({single['accuracy']:.3f})"
    )
    used = {name for step in document["path"] for name in step["models"]} & set(predicted)
    if used:
        print_note(
            "≈ was only predicted: its answers are drawn, and the intervals do not hold how unsure "
            "that is; run it on these questions before you rely on a set that holds it"
        )


def _accuracy(step: dict[str, Any]) -> tuple[float, str]:
    return step["accuracy"], f"{step['lower']:.3f}-{step['upper']:.3f}"


def _against(rival: dict[str, Any]) -> str:
    p = f"={rival['p']:.3f}" if rival["p"] >= 0.001 else "<0.001"
    return f"{rival['difference']:+.3f} p{p}".replace("0.", ".").replace("=1.000", "=1")


def _names(models: Iterable[str], predicted: Collection[str]) -> str:
    return ", ".join(f"≈ {name}" if name in predicted else name for name in models)


def _price(cost: float) -> str:
    return f"{cost:.4g}"
