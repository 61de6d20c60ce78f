"""A real server in a thread, and a lake with everything that pages must cope with."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import uvicorn

from banzuke.leaderboard import create_app
from banzuke.leaderboard.service.settings import ServiceSettings
from banzuke.outcomes import Lake, Outcomes, aggregate
from banzuke.testing import make_outcomes

HOSTILE_NAMES = (
    "<b>bold</b><script>alert(1)</script>",
    "a?b#c%20d/e&f=g",
    "org/\u202egnp.exe\u202c-right-to-left",
    "日本語/" + "長" * 10_000,
    "..",
    "../../etc/passwd",
    "org//double/",
    "/leading",
    "back\\slash",
    "=cmd()|' /C calc'!A0",
    "new\nline\x00null",
    "'; DROP TABLE models; --",
    "{{ 7 * 7 }}",
    "100%",
    "%2e%2e",
    "?key=abc",
)
HOSTILE_ANSWER = "<img src=x onerror=alert(2)></script><!-- {{ 7 * 7 }}"


@dataclass(frozen=True)
class Served:
    """Address of a running server and its data directory."""

    url: str
    data: Path


@contextmanager
def serving(data: Path, settings: ServiceSettings | None = None) -> Iterator[Served]:
    """Serve a data directory on a free port while the block runs."""
    app = create_app(data, settings)
    config = uvicorn.Config(app, port=0, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 120
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(f"http://127.0.0.1:{port}", data)
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def fill(lake: Lake) -> None:
    """Write boards with predictions, partly measured cells, hostile names, and analyses."""
    quiz = quiz_outcomes()
    lake.write("quiz", quiz)
    lake.write("quiz-predicted", predictions("quiz", quiz))
    lake.write("hostile", hostile_outcomes())
    lake.write("table", table_outcomes())
    lake.write_document("capabilities-quiz", {**capabilities(), **described()})
    lake.write_document("hca-quiz", hierarchy())
    lake.write_document("ensemble-quiz", ensemble())


def quiz_outcomes() -> Outcomes:
    """120 models x 60 items in 3 benchmarks: bench2 not run on models 10 and up, and 12 % of it."""
    outcomes = make_outcomes(120, 60)
    scores = outcomes.scores.copy()
    third = np.flatnonzero((outcomes.items["benchmark"] == "bench2").to_numpy())
    scores[10:, third] = np.nan
    scores[10, third[:8]] = 1.0
    return outcomes.replace(
        scores=scores,
        items=outcomes.items.with_columns(chance=pl.lit(0.25)),
        provenance={
            "title": "A quiz",
            "url": "https://example.org/quiz",
            "importer": "test",
            "sources": [{"file": "quiz.parquet", "sha256": "ab"}],
        },
    )


def predictions(of: str, outcomes: Outcomes) -> Outcomes:
    """Predict .36 (.31 to .42) wherever less than all of a benchmark was run."""
    table = aggregate(outcomes)
    missing = ~(table.layers["coverage"] >= 0.95)
    layer = {
        "lower": np.where(missing, 0.31, np.nan),
        "upper": np.where(missing, 0.42, np.nan),
    }
    provenance = {
        "kind": "prediction",
        "of": of,
        "method": "test method",
        "level": 0.9,
        "held_out": {"mean_absolute_error": 0.034},
    }
    scores = np.where(missing, 0.36, np.nan)
    return Outcomes(scores, table.models, table.items, layers=layer, provenance=provenance)


def hostile_outcomes() -> Outcomes:
    """Names, answers and metadata that try to be something else."""
    n = len(HOSTILE_NAMES)
    outcomes = make_outcomes(n, 12, observed=0.8)
    answers = np.full(outcomes.shape, HOSTILE_ANSWER, dtype=object)
    answers[0, :] = ""
    models = outcomes.models.with_columns(
        pl.Series("model", HOSTILE_NAMES),
        pl.Series("type", ["<i>type</i>"] * n),
        pl.Series("base_models", [[HOSTILE_NAMES[(i + 1) % n]] for i in range(n)]),
    )
    items = outcomes.items.with_columns(
        pl.col("benchmark").replace("bench1", "<u>bench</u> & co"),
        pl.lit("<textarea>").alias("text"),
    )
    return Outcomes(
        outcomes.scores,
        models,
        items,
        layers={"answer": answers, "n_tokens": np.full(outcomes.shape, 7.0)},
        provenance={"note": "<script>alert(3)</script>"},
    )


def table_outcomes() -> Outcomes:
    """A benchmark-level board of 130 models, one of which the quiz has too."""
    random = np.random.default_rng(1)
    models = pl.DataFrame(
        {
            "model": ["org-0/model-0", *(f"lab-{i % 7}/net-{i}" for i in range(1, 130))],
            "params_b": [None, *np.round(np.exp(random.normal(2, 1, 129)), 2)],
            "type": ["chat", "merge"] * 65,
            "architecture": ["LlamaForCausalLM", "Qwen2ForCausalLM", None, "X"] * 32 + ["X", "X"],
            "precision": ["bfloat16", "float16"] * 65,
            "license": ["mit", "apache-2.0"] * 65,
        }
    )
    return Outcomes(random.random((130, 4)), models, ["A", "B", "C d/e", "rank"])


def capabilities() -> dict[str, object]:
    """What the statistics page reads."""
    return {
        "collection": "quiz",
        "n_models": 120,
        "benchmarks": ["bench0", "bench1", "<b>bench2"],
        "correlation": [[1.0, 0.5, None], [0.5, 1.0, 0.25], [None, 0.25, 1.0]],
        "pca": {
            "explained_variance_ratio": [0.7, 0.2, 0.1],
            "loadings": [[0.6, 0.6, 0.5], [0.1, -0.8, 0.6]],
            "n_components_parallel_analysis": 1,
        },
    }


def described() -> dict[str, object]:
    """What the statistics page also reads, where it was computed."""
    numbers = {
        "n": 7,
        "minimum": 0.1,
        "lower_quartile": 0.2,
        "median": 0.345,
        "upper_quartile": 0.5,
        "maximum": 0.9,
        "mean": 0.4,
    }
    bench = "<b>bench2"
    architectures = {f"<i>Arch{i}": 30 - i for i in range(15)}
    shots = {"benchmark": bench, "n_models": 9, "zero_shot": 0.3, "few_shot": 0.4}
    return {
        "counts": {"size": {"-3B": 40, "60B-": 80}, "architecture": architectures},
        "spread": [{"group": "all", "benchmark": bench, **numbers}],
        "by_size": [
            {"group": group, "benchmark": bench, **numbers} for group in ("-3B", "60B-", "unknown")
        ],
        "by_shots": [
            {"group": group, "benchmark": bench, **numbers} for group in ("0-shot", "4-shot")
        ],
        "averages": {
            "size": [
                {"group": group, "benchmark": "average", **numbers} for group in ("-3B", "60B-")
            ]
        },
        "shots": [{**shots, "difference": 0.1, "lower": 0.05, "upper": 0.15, "p_value": None}],
    }


def hierarchy() -> dict[str, object]:
    """What the capabilities page reads: two capabilities of three benchmarks, two base models."""
    order, rival = ["bench0", "<b>bench2"], ["<b>bench2", "bench0"]
    effects = [[1.25, 0.5, 0.75], [0.0, 0.25, 1.0]]
    low = [[[v - 0.5 for v in row] for row in effects]] * 2
    high = [[[v + 0.5 for v in row] for row in effects]] * 2
    resamples = {
        "n": 500,
        "order_probability": 0.62,
        "orders": [{"order": order, "share": 0.62}, {"order": rival, "share": 0.38}],
        "edge_sign_probability": [[[1, 1], [0.97, 1]]] * 2,
        "edge_interval": [[[[0, 0], [0.11, 0]]] * 2, [[[0, 0], [0.93, 0]]] * 2],
        "intervention_interval": [low, high],
        "mic": {"lower": 0.01, "median": 0.031, "upper": 0.09},
    }
    edge = "it presupposes an order that is not identified."
    return {
        "domains": ["base-a", "<i>base-b"],
        "benchmarks": ["bench0", "bench1", "<b>bench2"],
        "n_models": {"base-a": 1500, "<i>base-b": 120},
        "labels": {"base-a": {"name": 1400, "card": 100}},
        "inexactness": {"base-a": 0.02, "<i>base-b": 0.04},
        "mic": {
            "chosen": 0.04,
            "exact_search": True,
            "subsets": [{"domains": ["base-a", "x"], "mic": 0.07}, {"domains": ["y"], "mic": 0.08}],
        },
        "order": order,
        "alignment": [[0.95, 0.3, 0.2], [0.1, 0.2, 0.999]],
        "unmixing": [[0.5, 0.1, 0.2], [0.0, 0.1, 0.9]],
        "edges": {"base-a": [[0, 0], [0.66, 0]], "<i>base-b": [[0, 0], [-0.5, 0]]},
        "interventions": {"base-a": effects, "<i>base-b": effects},
        "audit": {
            "rows": resamples,
            "submitters": {**resamples, "order_probability": 0.41},
            "simulation": {"order_recovered": 0.95},
            "label_shuffle": {"mic": {"lower": 0.004, "median": 0.033, "upper": 0.08}},
            "rotation_p_value": 0.012,
            "likelihood": {
                "orders": [{"order": rival, "below_best": 0}, {"order": order, "below_best": 1.5}],
                "gain": -1.5,
                "p_value_rival": 0.29,
            },
            "starts": {"cube": {"order_share": 0.0, "most_common": rival}},
            "variants": [
                {
                    "name": "without <i>base-b",
                    "n_models": 1500,
                    "order": rival,
                    "same_order": False,
                    "mic": 0.05,
                }
            ],
            "held_out": {"orders_agree": 0.55},
            "gaussian_sources": ["<i>base-b"],
            "duplicate_share": 0.015,
        },
        "verdict": [
            {
                "claim": "order bench0 -> <b>bench2",
                "verdict": "not identified",
                "probability": 0.41,
                "reason": "Only 41% of bootstraps over <u>submitters give this order.",
            },
            {
                "claim": "<b>bench2 is last",
                "verdict": "identified",
                "probability": 0.97,
                "reason": "97% of bootstraps put it there.",
            },
            *(
                {
                    "claim": f"bench0 -> <b>bench2 is + in {domain}",
                    "verdict": "not identified",
                    "probability": 0.97,
                    "reason": edge,
                }
                for domain in ("base-a", "<i>base-b")
            ),
        ],
        "notes": [],
    }


def ensemble() -> dict[str, object]:
    """What the ensembles page reads."""
    clear = {"difference": 0.03, "lower": 0.01, "upper": 0.05, "p": 0.0004}
    step = {"lower": 0.5, "upper": 0.7, "information": 0.4, "best_single": clear, "top_k": clear}
    alone = {"lower": 0.5, "upper": 0.66, "price": 0.002}
    models = ["org-0/model-0", "<i>best"]
    return {
        "collection": "quiz",
        "of": "quiz",
        "n_train": 30,
        "n_test": 30,
        "method": "greedy",
        "aggregator": "vote",
        "chosen": models,
        "predicted": ["<i>best"],
        "excluded": ["org-9/left"],
        "best_single": {"model": "<i>best", "accuracy": 0.58},
        "path": [
            {"k": 1, "models": models[:1], "accuracy": 0.58, "cost": 0.002, **step},
            {"k": 2, "models": models, "accuracy": 0.61, "cost": 0.004, **step},
        ],
        "frontier": [{"k": 2, "models": models, "accuracy": 0.61, "cost": 0.004, **step}],
        "members": [
            {"model": "org-0/model-0", "accuracy": 0.58, "predicted": False, **alone},
            {"model": "<i>best", "accuracy": 0.57, "predicted": True, **alone},
        ],
        "all_wrong": [
            {"n_models": 2, "observed": 0.1, "lower": 0.05, "upper": 0.2, "fitted": 0.13}
        ],
        "saturation": [{"n_models": 1, "accuracy": 0.58}, {"n_models": 2, "accuracy": 0.6}],
        "error_correlations": {"models": models, "matrix": [[1.0, 0.42], [0.42, 1.0]]},
    }
