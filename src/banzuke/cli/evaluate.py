"""``banzuke evaluate``: measure a real model, and put the result on the leaderboard."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from banzuke import progress
from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption, SeedOption
from banzuke.cli.output import print_json
from banzuke.exceptions import InvalidInputError

_Suite = Annotated[
    str,
    typer.Option(
        "--suite", metavar="mini|DIR", help="mini, or a folder that banzuke suite build has made."
    ),
]
_DataSets = Annotated[
    list[str] | None,
    typer.Option(
        "--data-sets",
        metavar="NAME",
        help="Of that folder: llm-jp (default), english, all, or data sets; repeatable.",
    ),
]
_Split = Annotated[str, typer.Option("--split", help="Of built data sets: dev or test.")]
_PromptsFrom = Annotated[
    Path | None,
    typer.Option(
        "--prompts-from",
        metavar="DIR",
        help="Instructions, output lengths and shots of your own llm-jp-eval files.",
    ),
]
_Preamble = Annotated[
    str | None,
    typer.Option(
        "--preamble",
        metavar="TEXT|FILE",
        help="Sentence that opens an alpaca-ja prompt.",
        show_default="our own",
    ),
]
_Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME|FILE",
        help="Name on the server; 'smollm2' or a GGUF file for llama-cpp; a folder for vllm.",
    ),
]
_Engine = Annotated[
    str | None,
    typer.Option("--engine", help="llama-cpp and vllm start a local server.", show_default=False),
]
_BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="A running OpenAI-compatible server; its key in BANZUKE_API_KEY.",
    ),
]
_Values = Annotated[
    Path | None,
    typer.Option(
        "--values",
        metavar="FILE",
        help="COMET or BERTScore computed elsewhere: item_id, metric, value (JSON Lines, CSV).",
    ),
]
_Comet = Annotated[
    Path | None,
    typer.Option("--comet-model", metavar="FILE", help="Checkpoint of wmt22-comet-da."),
]
_Bert = Annotated[
    Path | None, typer.Option("--bert-model", metavar="DIR", help="Model of BERTScore.")
]
_Style = Annotated[
    str | None,
    typer.Option(
        "--style",
        help="Prompt style: chat, alpaca-ja or raw.",
        show_default="alpaca-ja for built data sets, otherwise chat",
    ),
]
_Shots = Annotated[
    int | None,
    typer.Option(
        "--shots",
        min=0,
        help="Solved examples a prompt.",
        show_default="4 for built data sets, otherwise 0",
    ),
]
_Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=0,
        help="First items of each data set only; 0 for all.",
        show_default="100 for built data sets, otherwise all",
    ),
]
_Concurrency = Annotated[int, typer.Option("--concurrency", min=1, help="Requests at a time.")]
_Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        min=1,
        help="CPU threads of llama-cpp; 1 on a busy machine.",
        show_default="OMP_NUM_THREADS, or 2",
    ),
]
_ContextTokens = Annotated[
    int | None,
    typer.Option(
        "--context-tokens",
        min=16,
        help="Prompt and answer of one request in a server that banzuke starts.",
        show_default="4096",
    ),
]
_CachePrompt = Annotated[
    bool,
    typer.Option("--cache-prompt", help="llama-cpp keeps the shots that prompts start with."),
]
_VllmPython = Annotated[
    str | None,
    typer.Option("--vllm-python", metavar="PATH", help="A Python that has vLLM, for vllm."),
]
_VllmArgs = Annotated[
    str | None,
    typer.Option(
        "--vllm-args", metavar="TEXT", help="More arguments of its server: '--dtype bfloat16'."
    ),
]
_UnsafeCode = Annotated[
    bool,
    typer.Option(
        "--unsafe-code",
        help="Run generated code with your own rights where nothing isolates it.",
    ),
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
    data_sets: _DataSets = None,
    split: _Split = "dev",
    style: _Style = None,
    shots: _Shots = None,
    limit: _Limit = None,
    prompts_from: _PromptsFrom = None,
    preamble: _Preamble = None,
    values: _Values = None,
    comet_model: _Comet = None,
    bert_model: _Bert = None,
    concurrency: _Concurrency = 4,
    threads: _Threads = None,
    context_tokens: _ContextTokens = None,
    cache_prompt: _CachePrompt = False,
    vllm_python: _VllmPython = None,
    vllm_args: _VllmArgs = None,
    unsafe_code: _UnsafeCode = False,
    thinking_tokens: _ThinkingTokens = 0,
    name: _Name = None,
    data: DataOption = DEFAULT_DATA,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Ask a model the questions of a suite, and store scores and answers.

    Every answer is kept at once under DATA/runs; after a kill the same command continues.
    The result replaces the model's row in the collection named after the suite.

    JSON keys for mini: run, path, suite, model, collection, stored, changed, kept_other,
    n_items, n_new, n_too_long, average {score, standard_error, categories}, categories
    [{category, metric, n_items, score, standard_error, chance, near_chance,
    parse_failure_rate, truncation_rate, n_too_long}]; scores from 0 to 1, null where not
    defined; n_too_long counts items that could not be asked, which score 0.

    JSON keys for built data sets: run to n_too_long as above, scale (100), notes, signatures,
    data_sets [{name, category, metric, n_items, n_clusters, score, measures, chance,
    near_chance, parse_failure_rate, truncation_rate, n_too_long, zeroed, verdicts}], categories
    [{name, parts, missing, score}], average and present {name, parts, missing, score}; a score is
    {strict, strict_error, compat, compat_error}, 0 to 100, null where missing.
    """
    from banzuke import evaluation
    from banzuke.cli.evaluate_engine import EngineChoice, opened
    from banzuke.cli.evaluate_suite import add_values, chosen_suite, print_report, report
    from banzuke.evaluation.engines.openai_compatible import ClientSettings
    from banzuke.evaluation.sandbox import unsafe_code_allowed
    from banzuke.outcomes import Lake

    if "://" in data:
        raise InvalidInputError(
            f"--data {data} is a URL, but a run is kept on a local disk; name a local folder"
        )
    built = suite not in evaluation.SUITES
    shots = shots if shots is not None else 4 if built else 0
    selection = evaluation.Selection(
        names=tuple(data_sets or ("llm-jp",)),
        split=split,
        n_shots=shots,
        prompts_from=prompts_from,
        preamble=preamble,
    )
    chosen, notes = chosen_suite(suite, selection)
    limit = limit if limit is not None else 100 if built else 0
    settings = evaluation.Settings(
        style=style or ("alpaca-ja" if built else "chat"),
        n_shots=shots,
        limit=limit or None,
        seed=seed,
        thinking_tokens=thinking_tokens,
        concurrency=concurrency,
    )
    client = ClientSettings(concurrency=concurrency)
    choice = EngineChoice(
        engine=engine,
        base_url=base_url,
        model=model,
        threads=threads,
        context_tokens=context_tokens,
        cache_prompt=cache_prompt,
        vllm_python=vllm_python,
        vllm_args=vllm_args,
    )
    allowed = unsafe_code_allowed() if unsafe_code else nullcontext()
    with progress.shown(), allowed, opened(choice, client) as running:
        run = evaluation.evaluate(chosen, running, runs=Path(data) / "runs", settings=settings)
    add_values(run.path, values=values, comet_model=comet_model, bert_model=bert_model)
    stored = evaluation.store(run, Lake(data), name)
    found = report(run, stored, name or run.info.model, notes)
    if json:
        print_json(found)
    else:
        print_report(found, data)
