"""Options and input files that the commands of ``banzuke ensemble`` share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import polars as pl
import typer

from banzuke.exceptions import InvalidInputError
from banzuke.outcomes import Lake, Outcomes, importers

if TYPE_CHECKING:
    from banzuke.ensembles import Costs, Pool, Predictions

_MOST_DIGITS = 5
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


PredictedOption = Annotated[
    str | None,
    typer.Option(
        "--predicted",
        metavar="NAME|FILE",
        help="Add models that were only predicted: a collection of `banzuke predict fill`, or "
        "the JSON of `banzuke predict model --json`.",
    ),
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


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a command of ``banzuke ensemble`` reads answers from.

    Parameters
    ----------
    outcomes, data : str
        A folder, or the name of a collection in a data directory.
    benchmark : str, optional
    exclude : list of str, optional
    classes : str, optional
        Separated by commas.
    predicted : str, optional
        A collection of predictions, a folder, or a JSON file of `banzuke predict model`.
    """

    outcomes: str
    data: str
    benchmark: str | None = None
    exclude: list[str] | None = None
    classes: str | None = None
    predicted: str | None = None

    @property
    def is_stored(self) -> bool:
        """Whether the answers are a collection of the data directory."""
        return not Path(self.outcomes).is_dir()

    @property
    def name(self) -> str:
        """The collection, and the benchmark where there is one."""
        return self._base if self.benchmark is None else f"{self._base}-{self.benchmark}"

    @property
    def _base(self) -> str:
        return self.outcomes if self.is_stored else Path(self.outcomes).resolve().name

    def read(self) -> Outcomes:
        """Return the Outcomes with the benchmark and the models that are wanted."""
        found = _read(self.outcomes, self.data)
        if self.benchmark is not None:
            if self.benchmark not in found.benchmarks or "benchmark" not in found.items.columns:
                raise InvalidInputError(
                    f"{self._base} has no benchmark {self.benchmark!r}; "
                    f"it has {', '.join(found.benchmarks[:20])}"
                )
            found = found.select(items=pl.col("benchmark") == self.benchmark)
        unknown = sorted(set(self.exclude or ()) - set(found.model_names))
        if unknown:
            raise InvalidInputError(f"--exclude {unknown[0]!r}: {self._base} has no such model")
        if self.exclude:
            found = found.select(models=[m for m in found.model_names if m not in self.exclude])
        return found

    def pool(self) -> Pool:
        """Return the encoded answers, with the models that were only predicted."""
        from banzuke.ensembles import pool_of, pool_with_predicted

        named = None if self.classes is None else [one.strip() for one in self.classes.split(",")]
        if self.predicted is None:
            return pool_of(self.read(), classes=named)
        predictions = read_predictions(self.predicted, self.data)
        return pool_with_predicted(self.read(), predictions, classes=named)


def _read(outcomes: str, data: str) -> Outcomes:
    folder = Path(outcomes)
    if not folder.is_dir():
        if "/" in outcomes:
            raise InvalidInputError(
                f"there is no folder {outcomes}; name a folder with scores.parquet, or a collection"
            )
        return Lake(data).read(outcomes)
    (found,) = importers.read("table", [folder]).collections.values()
    return found


def read_predictions(source: str, data: str) -> Predictions:
    """Read predicted scores: a collection, a folder, or JSON of `banzuke predict model`."""
    from banzuke.ensembles import Predictions

    path = Path(source)
    if path.suffix.lower() != ".json":
        return Predictions.of(_read(source, data))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise InvalidInputError(f"cannot read {path}: {error}") from None
    try:
        rows = json.loads(text)["models"]
        models = [str(row["model"]) for row in rows]
        means = [
            {name: float(score["mean"]) for name, score in row["scores"].items()} for row in rows
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInputError(
            f"{path} is not what 'banzuke predict model --json' prints; --predicted needs that, or "
            "the name of a collection of predictions"
        ) from None
    columns = sorted({name for row in means for name in row})
    scores = [[row.get(name, float("nan")) for name in columns] for row in means]
    return Predictions(
        models=models, columns=columns, scores=np.array(scores).reshape(len(models), len(columns))
    )


def parse_budgets(text: str) -> list[int]:
    """Read ``1-8``, ``1,3,5`` or a mix."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        ends = [first, last] if dash else [first]
        if not all(end.isascii() and end.isdigit() for end in ends):
            raise InvalidInputError(f"--budgets {text!r} is not like 1-8 or 1,3,5")
        largest = max(ends, key=len)
        if len(largest) > _MOST_DIGITS:
            raise InvalidInputError(f"--budgets: no pool has {largest[:20]} models")
        if int(ends[-1]) < int(first):
            raise InvalidInputError(f"--budgets {part.strip()!r} runs backwards; write 1-8")
        found.update(range(int(first), int(ends[-1]) + 1))
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
        argument: {
            name: amount
            for name, amount in zip(
                table["model"].cast(pl.String), _amounts(table[column]), strict=True
            )
            if amount is not None
        }
        for argument, column in columns.items()
        if column in table.columns
    }
    return Costs(money=money, seconds=seconds, **known)


def _amounts(column: pl.Series) -> list[Any]:
    """Return numbers where they are; what is no number stays as it is, to be named in the error."""
    numbers = column.cast(pl.Float64, strict=False)
    return [raw if number is None else number for raw, number in zip(column, numbers, strict=True)]
