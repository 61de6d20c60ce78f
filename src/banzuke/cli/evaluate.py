"""``banzuke evaluate``: measure a real model, and put the result on the leaderboard."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from banzuke import progress
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption, SeedOption
from banzuke.cli.output import print_json, print_note, print_table
from banzuke.exceptions import InvalidInputError

_ENGINES = ("openai-compatible", "llama-cpp")

_Suite = Annotated[str, typer.Option("--suite", help="What to ask: mini.")]
_Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME|FILE",
        help="Name on the server; with --engine llama-cpp 'smollm2' or a GGUF file.",
    ),
]
_Engine = Annotated[
    str | None,
    typer.Option("--engine", help="llama-cpp starts a local server.", show_default=False),
]
_BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="A running OpenAI-compatible server; its key in BANZUKE_API_KEY.",
    ),
]
_Style = Annotated[str, typer.Option("--style", help="Prompt style: chat, alpaca-ja or raw.")]
_Shots = Annotated[int, typer.Option("--shots", min=0, help="Solved examples a prompt.")]
_Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="First items of each benchmark only.")
]
_Concurrency = Annotated[int, typer.Option("--concurrency", min=1, help="Requests at a time.")]
_Threads = Annotated[
    int, typer.Option("--threads", min=1, help="CPU threads of llama-cpp; 1 on a busy machine.")
]
_ThinkingTokens = Annotated[
    int, typer.Option("--thinking-tokens", min=0, help="Extra tokens for a reasoning model.")
]
_Name = Annotated[
    str | None,
    typer.Option("--name", help="Model name on the leaderboard.", show_default="from engine"),
]


def evaluate(
    *,
    suite: _Suite = "mini",
    model: _Model = None,
    engine: _Engine = None,
    base_url: _BaseUrl = None,
    style: _Style = "chat",
    shots: _Shots = 0,
    limit: _Limit = None,
    concurrency: _Concurrency = 4,
    threads: _Threads = 2,
    thinking_tokens: _ThinkingTokens = 0,
    name: _Name = None,
    data: DataOption = DEFAULT_DATA,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Ask a model the questions of a suite, and store scores and answers.

    Every answer is kept at once under DATA/runs; after a kill the same command continues.
    The result replaces the model's row in the collection named after the suite.

    JSON keys: run, path, suite, model, collection, stored, changed, kept_other, n_items,
    n_new, average {score, standard_error, categories}, categories [{category, metric,
    n_items, score, standard_error, chance, near_chance, parse_failure_rate,
    truncation_rate}]; scores from 0 to 1, null where not defined.
    """
    from banzuke import evaluation
    from banzuke.evaluation.engines.openai_compatible import ClientSettings
    from banzuke.outcomes import Lake

    if "://" in data:
        raise InvalidInputError(
            f"--data {data} is a URL, but a run is kept on a local disk; name a local folder"
        )
    chosen = evaluation.load_suite(suite)
    settings = evaluation.Settings(
        style=style,
        n_shots=shots,
        limit=limit,
        seed=seed,
        thinking_tokens=thinking_tokens,
        concurrency=concurrency,
    )
    client = ClientSettings(concurrency=concurrency)
    with progress.shown(), _engine(engine, base_url, model, client, threads) as running:
        run = evaluation.evaluate(chosen, running, runs=Path(data) / "runs", settings=settings)
    stored = evaluation.store(run, Lake(data), name)
    report = _report(run, stored, name or run.info.model)
    if json:
        print_json(report)
    else:
        _print_report(report, data)


@contextmanager
def _engine(
    engine: str | None,
    base_url: str | None,
    model: str | None,
    client: Any,
    threads: int,
) -> Iterator[Any]:
    from banzuke.evaluation.engines import OpenAICompatible, llama_cpp

    wanted = engine or ("openai-compatible" if base_url else "llama-cpp")
    if wanted not in _ENGINES:
        raise InvalidInputError(f"there is no engine '{wanted}'; use {' or '.join(_ENGINES)}")
    if wanted == "llama-cpp":
        if base_url:
            raise InvalidInputError(
                "--engine llama-cpp starts its own server; leave --base-url out, or --engine"
            )
        server = llama_cpp.ServerSettings(n_slots=client.concurrency, n_threads=threads)
        with llama_cpp.serve(
            llama_cpp.find_model(model or "smollm2"), server=server, client=client
        ) as running:
            yield running
        return
    if not base_url or not model:
        raise InvalidInputError("a running server needs --base-url URL and --model NAME")
    yield OpenAICompatible(base_url, model, settings=client)


def _report(run: Any, stored: Any, model: str) -> dict[str, Any]:
    from banzuke.evaluation.results import average, category_scores

    categories = category_scores(run)
    return {
        "run": run.run_id,
        "path": str(run.path),
        "suite": run.suite,
        "model": model,
        "collection": stored.collection,
        "stored": stored.kept_other is None,
        "changed": stored.changed,
        "kept_other": stored.kept_other,
        "n_items": len(run.questions),
        "n_new": run.n_new,
        "average": asdict(average(categories)),
        "categories": [asdict(category) for category in categories],
    }


def _print_report(report: dict[str, Any], data: str) -> None:
    columns = ["category", "items", "score", "s.e.", "chance", "unread", "cut", "remark"]
    rows = [_row(row) for row in report["categories"]]
    mean = report["average"]
    left_out = len(mean["categories"]) < len(rows)
    rows.append(
        [
            *("average", report["n_items"], _number(mean["score"])),
            *(_number(mean["standard_error"]), "", "", "", "no STS" if left_out else ""),
        ]
    )
    print_table(f"{report['model']} on {report['suite']}", columns, rows)
    guessed = [row["category"] for row in report["categories"] if row["near_chance"]]
    if guessed:
        print_note(
            f"No better than guessing in {', '.join(guessed)}: these scores do not show "
            "that the model understands the questions."
        )
    if report["kept_other"]:
        print_note(
            f"Not stored in {data}: the larger run {report['kept_other']} of the same model is "
            "there; use --name to keep both."
        )
    print_note(f"{report['n_new']} new answers; prompts and answers are in {report['path']}")


def _row(row: dict[str, Any]) -> list[Any]:
    return [
        row["category"],
        row["n_items"],
        _number(row["score"]),
        _number(row["standard_error"]),
        _number(row["chance"]),
        f"{row['parse_failure_rate']:.0%}",
        f"{row['truncation_rate']:.0%}",
        "near chance" if row["near_chance"] else "",
    ]


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
