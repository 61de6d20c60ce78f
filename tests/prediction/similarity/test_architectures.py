from __future__ import annotations

import numpy as np
import polars as pl

from banzuke.outcomes import importers
from banzuke.outcomes.importers import ImportOptions
from banzuke.prediction.similarity import ModelKernels

FRAME = pl.DataFrame(
    {
        "model": ["a/zephyr-7b", "b/zephyr-7b-dpo", "c/llama-13b", "d/llama-13b-chat", "e/gpt-x"],
        "architecture": ["Mistral", "error", "Llama", None, "GPT"],
    }
)


def test_a_missing_architecture_is_that_of_models_with_close_names() -> None:
    kernel = ModelKernels().fit_transform(FRAME)["architecture"]
    assert kernel[0, 2] == 0  # both stated
    assert kernel[1, 0] > 0.9 > 0.1 > kernel[1, 2]
    assert kernel[3, 2] > 0.9 > 0.1 > kernel[3, 0]
    np.testing.assert_allclose(kernel, kernel.T, atol=1e-6)


def test_models_whose_architecture_is_hidden_are_alike_in_that() -> None:
    kernel = ModelKernels().fit_transform(FRAME)["architecture hidden"]
    assert np.flatnonzero(kernel.sum(axis=0)).tolist() == [1, 3]


def test_new_models_get_votes_of_known_ones_and_new_architectures_are_alone() -> None:
    kernels = ModelKernels().fit(FRAME)
    new = pl.DataFrame(
        {"model": ["f/zephyr-7b-sft", "g/mamba-3b"], "architecture": ["unknown", "Mamba"]}
    )
    architecture = kernels.transform(new, FRAME)["architecture"]
    assert architecture[0, 0] > 0.9
    assert architecture[1].max() < 0.1


def test_without_any_architecture_there_is_no_such_kernel() -> None:
    for frame in (FRAME.drop("architecture"), FRAME.with_columns(architecture=pl.lit("error"))):
        kernels = ModelKernels().fit(frame)
        assert "architecture" not in kernels.names_
        assert kernels.transform(FRAME, frame)["name"].shape == (5, 5)


def test_names_tell_the_architectures_of_real_models(shared_data) -> None:
    """Every tenth stated architecture is hidden; the votes put most of their weight on it."""
    folder = shared_data / "outcomes" / "open_llm_v1_items"
    imported = importers.read("table", [folder], ImportOptions())
    models = next(iter(imported.collections.values())).models.select("model", "architecture")
    models = models.filter(pl.col("architecture") != "error")[::3]
    asked = np.arange(models.height) % 10 == 0
    hidden = pl.when(pl.Series(asked)).then(None).otherwise(pl.col("architecture"))
    known = models.filter(pl.Series(~asked))
    alike = ModelKernels().fit(known).transform(models.with_columns(architecture=hidden), known)
    truth, labels = models["architecture"].to_numpy()[asked], known["architecture"].to_numpy()
    names, first = np.unique(labels, return_index=True)
    told = names[alike["architecture"][asked][:, first].argmax(axis=1)]
    most_frequent = max(np.mean(truth == name) for name in names)
    assert np.mean(told == truth) > 0.7 > most_frequent + 0.1
