"""What ``banzuke evaluate`` asks, and how it reports the scores."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from banzuke import progress
from banzuke.cli.output import print_note, print_table
from banzuke.exceptions import InvalidInputError


def chosen_suite(suite: str, selection: Any) -> tuple[Any, list[str]]:
    """Return the suite that a user names, and remarks: `mini`, or a folder."""
    from banzuke import evaluation
    from banzuke.evaluation._paths import is_there

    if suite in evaluation.SUITES or not is_there(Path(suite)):
        return evaluation.load_suite(suite), []
    preamble = None if selection.preamble is None else _preamble(selection.preamble)
    return evaluation.load_folder(Path(suite), replace(selection, preamble=preamble))


def _preamble(given: str) -> str:
    """Return the sentence that is given, or the content of the file that is."""
    from banzuke.evaluation._paths import is_there

    path = Path(given)
    if "\n" in given or not is_there(path) or not path.is_file():
        return given
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"--preamble {given} cannot be read ({error}); give a text file in UTF-8, or a sentence"
        ) from error


def add_values(
    run: Path, *, values: Path | None, comet_model: Path | None, bert_model: Path | None
) -> None:
    """Keep values of neural metrics beside a run: imported ones, or computed here."""
    if values is not None:
        from banzuke.evaluation.values import import_values

        import_values(run, values)
    if comet_model is not None or bert_model is not None:
        from banzuke.evaluation.neural import compute_values

        with progress.shown():
            compute_values(run, comet_model=comet_model, bert_model=bert_model)


def report(run: Any, stored: Any, model: str, notes: list[str]) -> dict[str, Any]:
    """Return everything that is printed, as one JSON value."""
    head = {
        "run": run.run_id,
        "path": str(run.path),
        "suite": run.suite.name,
        "model": model,
        "collection": stored.collection,
        "stored": stored.kept_other is None,
        "changed": stored.changed,
        "kept_other": stored.kept_other,
        "n_items": run.n_items,
        "n_new": run.n_new,
        "n_too_long": sum(record.error is not None for record in run.records()),
    }
    return head | (_built(run, notes) if run.suite.is_built else _mini(run))


def _mini(run: Any) -> dict[str, Any]:
    from banzuke.evaluation.results import average, category_scores

    categories = category_scores(run)
    return {
        "average": asdict(average(categories)),
        "categories": [asdict(category) for category in categories],
    }


def _built(run: Any, notes: list[str]) -> dict[str, Any]:
    from banzuke.evaluation.scores import signatures, suite_scores

    scores = suite_scores(run.path)
    return {
        "scale": 100,
        "notes": notes,
        "signatures": signatures(scores),
        **asdict(scores),
    }


def print_report(found: dict[str, Any], data: str) -> None:
    """Print the scores as a table for people, and what they should know."""
    if "scale" in found:
        _print_built(found)
    else:
        _print_mini(found)
    if found["n_too_long"]:
        print_note(
            f"{found['n_too_long']} of {found['n_items']} items could not be asked, as their "
            "prompts are longer than the context; they score 0."
        )
    if found["kept_other"]:
        print_note(
            f"Not stored in {data}: the larger run {found['kept_other']} of the same model is "
            "there; use --name to keep both."
        )
    print_note(f"{found['n_new']} new answers; prompts and answers are in {found['path']}")


def _print_built(found: dict[str, Any]) -> None:
    columns = ["data set", "category", "metric", "items", "strict", "s.e.", "compat"]
    columns += ["unread", "cut", "remark"]
    rows = [_data_set_row(one) for one in found["data_sets"]]
    print_table(f"{found['model']} on {found['suite']}, 0 to 100", columns, rows)
    means = [*found["categories"], found["present"], found["average"]]
    print_table(
        "means of data sets, and of categories",
        ["category", "strict", "s.e.", "compat", "missing"],
        [_mean_row(one) for one in means],
    )
    _print_chance([one["name"] for one in found["data_sets"] if one["near_chance"]])
    for one in found["data_sets"]:
        for measure in one["zeroed"]:
            print_note(f"{one['name']}: {measure} is missing; its compat value counts as 0.")
        _print_verdicts(one)
    for note in found["notes"]:
        print_note(note)


def _print_verdicts(one: dict[str, Any]) -> None:
    from banzuke.evaluation.sandbox import REASONS

    for reason, count in one["verdicts"].items():
        print_note(f"{one['name']}, {reason}: {count} ({REASONS[reason]}).")


def _data_set_row(one: dict[str, Any]) -> list[Any]:
    score = one["score"]
    return [
        *(one["name"], one["category"], one["metric"], one["n_items"]),
        *(_percent(score[key]) for key in ("strict", "strict_error", "compat")),
        f"{one['parse_failure_rate']:.0%}",
        f"{one['truncation_rate']:.0%}",
        _remark(one),
    ]


def _remark(one: dict[str, Any]) -> str:
    remarks = ["near chance"] if one["near_chance"] else []
    remarks += [f"{one['n_too_long']} too long"] if one["n_too_long"] else []
    return ", ".join(remarks)


def _mean_row(one: dict[str, Any]) -> list[Any]:
    score = one["score"]
    numbers = (_percent(score[key]) for key in ("strict", "strict_error", "compat"))
    return [one["name"], *numbers, ", ".join(one["missing"])]


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def _print_chance(names: list[str]) -> None:
    if names:
        print_note(
            f"No better than guessing in {', '.join(names)}: these scores do not show "
            "that the model understands the questions."
        )


def _print_mini(found: dict[str, Any]) -> None:
    columns = ["category", "items", "score", "s.e.", "chance", "unread", "cut", "remark"]
    rows = [_row(row) for row in found["categories"]]
    mean = found["average"]
    left_out = len(mean["categories"]) < len(rows)
    rows.append(
        [
            *("average", found["n_items"], _number(mean["score"])),
            *(_number(mean["standard_error"]), "", "", "", "no STS" if left_out else ""),
        ]
    )
    print_table(f"{found['model']} on {found['suite']}", columns, rows)
    _print_chance([row["category"] for row in found["categories"] if row["near_chance"]])


def _row(row: dict[str, Any]) -> list[Any]:
    return [
        row["category"],
        row["n_items"],
        _number(row["score"]),
        _number(row["standard_error"]),
        _number(row["chance"]),
        f"{row['parse_failure_rate']:.0%}",
        f"{row['truncation_rate']:.0%}",
        _remark(row),
    ]


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
