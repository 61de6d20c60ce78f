"""Evaluation: a suite of questions, an engine that answers, scores that come back."""

from __future__ import annotations

from banzuke.evaluation.results import category_scores, store, to_outcomes
from banzuke.evaluation.run import Run, Settings, evaluate
from banzuke.evaluation.suites import SUITES, load_suite

__all__ = [
    "SUITES",
    "Run",
    "Settings",
    "category_scores",
    "evaluate",
    "load_suite",
    "store",
    "to_outcomes",
]
