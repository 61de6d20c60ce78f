"""Evaluation: a suite of questions, an engine that answers, scores that come back."""

from __future__ import annotations

from banzuke.evaluation.asking import Settings
from banzuke.evaluation.results import category_scores
from banzuke.evaluation.run import Run, evaluate
from banzuke.evaluation.scores import suite_scores
from banzuke.evaluation.store import store, to_outcomes
from banzuke.evaluation.suites import SUITES, load_suite
from banzuke.evaluation.suites.built import Selection, load_folder

__all__ = [
    "SUITES",
    "Run",
    "Selection",
    "Settings",
    "category_scores",
    "evaluate",
    "load_folder",
    "load_suite",
    "store",
    "suite_scores",
    "to_outcomes",
]
