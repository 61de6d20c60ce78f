"""What the audit allows to claim is said by code, in English here and on pages in Japanese."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import banzuke
from banzuke.capabilities import verdict
from banzuke.capabilities.hca import HierarchicalComponentAnalysis
from banzuke.capabilities.simulation import simulate_domains

MESSAGES = Path(banzuke.__file__).parent / "leaderboard" / "messages"
CLAIMS = {"order", "first", "last", "place", "edge_up", "edge_down"}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_pages_have_the_words_of_every_code_with_its_values(language):
    words = tomllib.loads((MESSAGES / language / "capabilities.toml").read_text(encoding="utf-8"))
    for code, english in verdict._ENGLISH.items():
        told = words[f"{'claim' if code in CLAIMS else 'reason'}_{code}"]
        assert set(re.findall(r"{(\w+)}", told)) == set(re.findall(r"{(\w+)}", english)), code
        if language == "en":
            assert told == english


def test_claims_and_reasons_are_english_sentences_and_codes():
    data = simulate_domains(noise="gaussian", n_domains=2, n_models=80, seed=0)
    hca = HierarchicalComponentAnalysis(n_bootstraps=20, min_models=10)
    found = [one.as_dict() for one in hca.fit(data.scores, data.domains).verdict_]
    order = found[0]
    assert order["claim"] == f"order {' -> '.join(hca.order_)}"
    assert order["said"]["claim"] == {
        "code": "order",
        "values": {"order": " -> ".join(hca.order_)},
    }
    assert found[1]["claim"] == f"{hca.order_[0]} is first"
    for one in found:
        assert set(one) == {"claim", "probability", "reason", "verdict", "said"}
        assert one["reason"].endswith(".")
        assert len(one["said"]["reasons"]) == one["reason"].count("; ") + 1
        assert {reason["code"] for reason in one["said"]["reasons"]} <= set(verdict._ENGLISH)
