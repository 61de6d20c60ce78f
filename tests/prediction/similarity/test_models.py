from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banzuke.outcomes import importers
from banzuke.outcomes.importers import ImportOptions
from banzuke.prediction.similarity import ModelKernels
from banzuke.prediction.similarity.models import log_sizes


def _size(name: str) -> float:
    return float(np.exp(log_sizes(pl.DataFrame({"model": [name]})))[0])


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("meta-llama/Llama-2-7b", 7),
        ("mistralai/Mixtral-8x7B-v0.1", 56),
        ("cloudyu/Mixtral_7Bx2_MoE", 14),
        ("Qwen/Qwen-1_8B-Chat", 1.8),
        ("EleutherAI/pythia-2.8b", 2.8),
        ("BFauber/opt125m_10e5", 0.125),
        ("team/llama2_13b_chat", 13),
        ("team/gpt-1-1_160m", 0.16),
        ("Qwen/Qwen3-30B-A3B", 30),
    ],
)
def test_sizes_are_read_from_names(name: str, size: float) -> None:
    assert _size(name) == pytest.approx(size)


@pytest.mark.parametrize("name", ["a/chat", "a/llama-4bit", "a/moe-a2.7b", "a/v1-0b", "a/gpt-4bx"])
def test_numbers_that_are_no_size_are_not_read(name: str) -> None:
    assert np.isnan(_size(name))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 900), st.sampled_from("bm"), st.from_regex(r"[a-z]{2,6}", fullmatch=True))
def test_a_size_in_billions_or_millions_is_read_wherever_it_stands(
    number: int, unit: str, word: str
) -> None:
    expected = pytest.approx(number * (1 if unit == "b" else 1e-3))
    for name in (
        f"{word}-{number}{unit}",
        f"{word}{number}{unit}-{word}",
        f"{number}{unit}_{word}",
    ):
        assert _size(name) == expected


def test_sizes_in_names_are_those_of_the_cards(shared_data) -> None:
    """Where a card states a size in billions, 94 % of the names have about that size."""
    models = pl.read_parquet(shared_data / "outcomes" / "open_llm_v1_items" / "models.parquet")
    stated = models["nparams"].str.strip_suffix("B").cast(pl.Float64, strict=False).to_numpy()
    named = np.exp(log_sizes(models.select("model")))
    both = ~np.isnan(stated) & ~np.isnan(named)
    assert both.sum() > 1900
    assert np.mean(np.abs(np.log(named / stated))[both] < 0.25) > 0.93


def test_fine_tunes_of_a_base_have_its_very_size_and_near_repeats_its_name(shared_data) -> None:
    folder = shared_data / "outcomes" / "open_llm_v1_items"
    imported = importers.read("table", [folder], ImportOptions())
    models = next(iter(imported.collections.values())).models
    names = [
        "scb10x/typhoon-7b",  # 7.27 B: more words than its base knows
        "FredrikBL/NeuralPipe-7B-slerp",  # 7.24 B
        "InnerI/InnerILLM-7B-slerp",  # 7.24 B
        "Korabbit/Llama-2-7b-chat-hf-afr-100step-flan",
        "Korabbit/Llama-2-7b-chat-hf-afr-100step-flan-v2",
    ]
    some = pl.concat([models.filter(pl.col("model") == name) for name in names])
    kernels = ModelKernels().fit(models[::20]).transform(some, some)
    equal, fine = kernels["architecture x equal size"], kernels["architecture x size"]
    assert equal[1, 2] == 1
    assert fine[0, 1] > 0.9
    assert equal[0, 1] < 0.9
    close = kernels["close name"]
    assert close[3, 4] > 0.5 > 2 * close[1, 2]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=8, unique=True))
def test_kernels_are_positive_semi_definite_for_any_names(names: list[str]) -> None:
    frame = pl.DataFrame({"model": names, "architecture": ["L"] * len(names)})
    for name, kernel in ModelKernels().fit_transform(frame).items():
        np.testing.assert_allclose(kernel, kernel.T, atol=1e-5, err_msg=name)
        assert np.linalg.eigvalsh(kernel.astype(np.float64)).min() > -1e-4, name
