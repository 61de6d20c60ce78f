"""Models of one organisation stay together."""

from __future__ import annotations

import numpy as np
import polars as pl

from banzuke.outcomes import Outcomes
from banzuke.prediction.holdout import hidden_folds, model_groups
from banzuke.testing import make_outcomes


def together(outcomes: Outcomes) -> set[frozenset[str]]:
    groups, names = model_groups(outcomes), np.array(outcomes.model_names)
    return {frozenset(names[groups == group].tolist()) for group in groups}


def test_groups_are_organisations_by_column_or_by_name() -> None:
    names = ["a/x", "a/y", "a/z", "b", "c", "d/z"]
    models = pl.DataFrame({"model": names, "organization": ["a", None, "", "", None, "b"]})
    outcomes = Outcomes(np.ones((6, 1)), models, ["q"])
    # a model called b is not of the organisation b
    expected = [{"a/x", "a/y", "a/z"}, {"b"}, {"c"}, {"d/z"}]
    assert together(outcomes) == set(map(frozenset, expected))
    assert together(Outcomes(np.ones((6, 1)), names, ["q"])) == together(outcomes)
    turned = outcomes.select(models=np.arange(6)[::-1])
    assert model_groups(turned)[::-1].tolist() == model_groups(outcomes).tolist()


def test_results_are_hidden_from_a_whole_organisation_at_a_time() -> None:
    full = make_outcomes(40, 30, seed=3)
    scores = full.scores.copy()
    scores[::2, 2::3] = np.nan
    stated = [name.split("/")[0] if i % 3 else None for i, name in enumerate(full.model_names)]
    models = full.models.with_columns(organization=pl.Series(stated, dtype=pl.String))
    folds = hidden_folds(full.replace(scores=scores, models=models))
    organisation = np.array([name.split("/")[0] for name in full.model_names])
    seen = [set(organisation[fold.models]) for fold in folds]
    assert len(folds) == 4 - 2  # the models of two organisations have nothing to lose
    assert sum(map(len, seen)) == len(set.union(*seen))
