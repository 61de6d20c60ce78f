"""Options and input files that the commands of ``banzuke ensemble`` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Lake, Outcomes, importers

if TYPE_CHECKING:
    from banzuke.ensembles import Costs, Pool

_SYNONYMS = {"cost": "price", "latency_seconds": "latency"}

OutcomesOption = Annotated[
    str,
    typer.Option(
        "--outcomes",
        metavar="DIR|NAME",
        help="A folder with scores.parquet, answers and items.parquet, or a collection's name.",
    ),
]
BenchmarkOption = Annotated[
    str | None,
    typer.Option("--benchmark", help="Use this benchmark only.", show_default="all with answers"),
]


ExcludeOption = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="MODEL", help="Leave a model out.")
]
ClassesOption = Annotated[
    str | None,
    typer.Option("--classes", help="Possible labels: A,B,C.", show_default="those that occur"),
]
BudgetOption = Annotated[
    int | None,
    typer.Option("--budget", help="Most models to ask.", min=1, show_default="5, or all models"),
]
MethodOption = Annotated[
    str, typer.Option("--method", help="cross-fitted, exhaustive, greedy-mi, top-k, ...")
]
AggregatorOption = Annotated[
    str, typer.Option("--aggregator", help="auto, conditional-logit, majority, ...")
]
PricesOption = Annotated[
    Path | None,
    typer.Option(
        "--prices", help="CSV: model, price of an answer, and perhaps latency in seconds."
    ),
]
MoneyOption = Annotated[
    float | None, typer.Option("--money", help="Most to spend on one item (with --prices).")
]
SecondsOption = Annotated[
    float | None, typer.Option("--seconds", help="Longest wait for an answer (with --prices).")
]
PlotsOption = Annotated[
    Path | None, typer.Option("--plots", help="Folder to write plots into (HTML).")
]
BudgetsOption = Annotated[
    str | None,
    typer.Option("--budgets", help="Such as 1-8, or 1,3,5.", show_default="1-8, or all models"),
]
SplitsOption = Annotated[int, typer.Option("--splits", help="Random splits.", min=2)]
RejectOption = Annotated[
    float | None,
    typer.Option("--reject", help="Abstain where an error is likelier than this.", min=0, max=1),
]
TrainItemsOption = Annotated[
    int | None, typer.Option("--train-items", help="Questions to choose on.", show_default="half")
]
JobsOption = Annotated[int, typer.Option("--jobs", help="Processes.", min=1)]


def load(outcomes: str, data: str, benchmark: str | None) -> tuple[str, Outcomes, bool]:
    """Return a name, the Outcomes, and whether it is a whole collection of the lake."""
    folder = Path(outcomes)
    stored = not folder.is_dir()
    if stored:
        name, found = outcomes, Lake(data).read(outcomes)
    else:
        ((name, found),) = importers.read("table", [folder]).collections.items()
    if benchmark is None:
        return name, found, stored
    if benchmark not in found.benchmarks or "benchmark" not in found.items.columns:
        raise InvalidInputError(
            f"{name} has no benchmark {benchmark!r}; it has {', '.join(found.benchmarks[:20])}"
        )
    return f"{name}-{benchmark}", found.select(items=pl.col("benchmark") == benchmark), False


def load_pool(
    outcomes: str,
    data: str,
    benchmark: str | None,
    exclude: list[str] | None,
    classes: str | None,
) -> tuple[str, Pool, bool]:
    """Return a name, the encoded answers, and whether they are a whole collection of the lake."""
    from banzuke.ensembles import pool_of

    name, found, stored = load(outcomes, data, benchmark)
    unknown = sorted(set(exclude or ()) - set(found.model_names))
    if unknown:
        raise InvalidInputError(f"--exclude {unknown[0]!r}: {name} has no such model")
    if exclude:
        found = found.select(models=[m for m in found.model_names if m not in exclude])
        stored = False
    named = None if classes is None else [part.strip() for part in classes.split(",")]
    return name, pool_of(found, classes=named), stored


def parse_budgets(text: str) -> list[int]:
    """Read ``1-8``, ``1,3,5`` or a mix."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdigit() or (last and not last.isdigit()):
            raise InvalidInputError(f"--budgets {text!r} is not like 1-8 or 1,3,5")
        found.update(range(int(first), int(last or first) + 1))
    return sorted(found)


def read_costs(path: Path | None, money: float | None, seconds: float | None) -> Costs | None:
    """Read prices (and latencies) of models from a CSV file."""
    from banzuke.ensembles import Costs

    if path is None:
        if money is not None or seconds is not None:
            raise InvalidInputError("--money and --seconds need --prices, a CSV with model, price")
        return None
    try:
        table = pl.read_csv(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InvalidInputError(f"cannot read {path}: {error}") from None
    table = table.rename({old: new for old, new in _SYNONYMS.items() if old in table.columns})
    if not {"model", "price"} <= set(table.columns):
        raise InvalidInputError(
            f"{path} has the columns {', '.join(table.columns)}; it needs model and price"
        )
    twice = table.filter(pl.col("model").is_duplicated())["model"]
    if len(twice):
        raise InvalidInputError(f"{path} names model {twice[0]!r} more than once; keep one line")
    columns = {"prices": "price", "latencies": "latency"}
    known = {
        argument: dict(zip(table["model"].cast(pl.String), _amounts(table[column]), strict=True))
        for argument, column in columns.items()
        if column in table.columns
    }
    return Costs(money=money, seconds=seconds, **known)


def _amounts(column: pl.Series) -> list[Any]:
    """Return numbers where they are; what is no number stays as it is, to be named in the error."""
    numbers = column.cast(pl.Float64, strict=False)
    return [raw if number is None else number for raw, number in zip(column, numbers, strict=True)]
