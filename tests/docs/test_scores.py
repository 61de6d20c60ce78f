"""The page of scores says of every measure what the code says."""

from __future__ import annotations

from pathlib import Path

from banzuke.evaluation.measures import MEASURES

PAGE = Path(__file__).parents[2] / "docs" / "scores.md"


def test_every_measure_stands_in_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name, measure in MEASURES.items():
        assert f"| `{name}` | {measure.description} | {measure.difference} |" in text
