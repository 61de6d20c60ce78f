from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from banzuke.exceptions import InvalidInputError
from banzuke.prediction.similarity import ModelFeatures, ModelKernels, lineage_similarity
from banzuke.prediction.similarity.outcome_columns import refuse_outcomes
from banzuke.testing import make_outcomes

FRAME = pl.DataFrame(
    {
        "model": ["a/llama-7b-chat", "a/llama-13b", "b/moe-8x7b", "c/unknown"],
        "architecture": ["Llama", "Llama", "Mixtral", None],
        "purpose": ["text-generation", "text-generation", "text-generation", None],
        "tags": [["dpo", "license:mit", "ja"], ["orpo", "ja"], ["moe"], None],
        "created": [date(2023, 7, 1), date(2024, 1, 1), None, None],
        "context": [4096, 4096, 32768, None],
    }
)


def test_columns_say_what_the_cards_say() -> None:
    features = ModelFeatures(("context",), min_models=2, n_name_components=2).fit(FRAME)
    table = dict(zip(features.feature_names_, features.transform(FRAME).T, strict=True))
    np.testing.assert_allclose(np.exp(table["log_params"]), [7, 13, 56, np.nan])
    np.testing.assert_array_equal(table["architecture=Llama"], [1, 1, 0, 0])
    np.testing.assert_array_equal(table["purpose=text-generation"], [1, 1, 1, 0])
    np.testing.assert_array_equal(table["tag=preference"], [1, 1, 0, 0])
    np.testing.assert_array_equal(table["organization=a"], [1, 1, 0, 0])
    np.testing.assert_array_equal(table["context"], [4096, 4096, 32768, np.nan])
    assert table["year"][1] - table["year"][0] == pytest.approx(184 / 365.25)
    assert "tag=license:mit" not in table


def test_models_never_seen_and_frames_without_columns_are_encoded() -> None:
    features = ModelFeatures(min_models=2).fit(FRAME)
    new = features.transform(pl.DataFrame({"model": ["z/new"]}))
    assert new.shape == (1, len(features.feature_names_))


def test_purpose_and_tags_are_kernels() -> None:
    found = ModelKernels().fit(FRAME).transform(FRAME, FRAME)
    assert found["purpose"][0, 2] == 1
    assert found["purpose"][3, 3] == 0  # unknown is like nothing
    assert found["tags"][0, 1] == pytest.approx(1)
    assert found["tags"][0, 2] == 0


def test_lineage_takes_the_largest_relation() -> None:
    frame = pl.DataFrame(
        {
            "model": ["base", "tuned", "twin", "deep", "merge", "other-merge", "stranger"],
            "base_models": [None, ["base"], ["base"], ["tuned"], ["tuned", "x"], ["x", "y"], None],
        }
    )
    found = lineage_similarity(frame, frame)
    assert found[0, 1] == 0.8  # fine-tune of the other
    assert found[1, 2] == 0.8  # fine-tunes of one model
    assert found[0, 3] == 0.6  # the same base at the root
    assert found[1, 4] == 0.7  # a merge source
    assert found[4, 5] == 0.5  # a merge source in common
    assert not found[6, :6].any()
    np.testing.assert_array_equal(found, found.T)


@pytest.mark.parametrize(
    "column", ["mmlu", "Average", "arc_challenge", "win-rate", "GSM8K", "elo", "v2_raw", "bench1"]
)
def test_a_column_named_like_a_result_is_refused(column: str) -> None:
    outcomes = make_outcomes(30, 10)
    models = outcomes.models.with_columns(pl.lit(0.5).alias(column))
    with pytest.raises(InvalidInputError, match="holds outcomes"):
        refuse_outcomes(models, (column,), outcomes)


@pytest.mark.parametrize("column", ["lora_rank", "developers", "velocity", "context_length"])
def test_an_innocent_name_is_not(column: str) -> None:
    models = make_outcomes(30, 10).models.with_columns(pl.lit(0.5).alias(column))
    refuse_outcomes(models, (column,))


def test_a_result_under_another_name_is_recognised_by_its_values() -> None:
    outcomes = make_outcomes(60, 40, observed=0.8)
    mean = np.nanmean(outcomes.scores, axis=1)
    models = outcomes.models.with_columns(quality=pl.Series(np.exp(-mean)))
    with pytest.raises(InvalidInputError, match="orders the models"):
        refuse_outcomes(models, ("quality",), outcomes)
    refuse_outcomes(outcomes.models, ("params_b",), outcomes)  # related, but no result
