"""Measures: the metrics of built data sets, each in two definitions. One file for each.

``compat`` is llm-jp-eval's definition, quirks included, so that numbers can be compared;
``strict`` is what the task means. To add one, write a module with ``MEASURES`` and name it
in `_MODULES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from banzuke.evaluation.measures._base import Judged, Measure, Value, mean

_MODULES = (
    "exact_match",
    "number",
    "char_f1",
    "set_f1",
    "correlation",
    "bleu",
    "rouge2",
    "model_based",
    "code",
    "instruction_following",
)

MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for module in _MODULES
    for measure in import_module(f"{__name__}.{module}").MEASURES
}
"""Every measure by name; the libraries behind them are imported at first use."""

__all__ = ["MEASURES", "Judged", "Measure", "Value", "mean"]
