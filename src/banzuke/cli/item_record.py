"""The file in which ``choose-items --record`` keeps what was drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from banzuke.exceptions import ImportFormatError, InvalidInputError
from banzuke.outcomes.files import write_atomic

if TYPE_CHECKING:
    from banzuke.prediction.item_choice import Choice
    from banzuke.prediction.item_draws import Draws


def read_draws(path: Path, model: str, item_ids: list[str]) -> Draws | None:
    """Return the draws of a record; None where there is no file yet.

    Raises
    ------
    ImportFormatError
        For a damaged file, one of another model, or an item that the collection does not have.
    """
    from banzuke.prediction.item_draws import Draws

    if not path.exists():
        return None
    place = {name: column for column, name in enumerate(item_ids)}
    try:
        content = orjson.loads(path.read_bytes())
        owner, before, rows = content["model"], content.get("before"), content["draws"]
        before = None if before is None else int(before)
        draws = [(str(row["item_id"]), float(row["chance"]), bool(row["equal"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        raise ImportFormatError(path, "is no record of choose-items; name another file") from None
    if owner != model:
        raise ImportFormatError(
            path, f"is the record of {str(owner)[:100]!r}, not of {model!r}; keep one for each"
        )
    for item, _, _ in draws:
        if item not in place:
            raise ImportFormatError(
                path, f"names the item {item!r}, which is not among the {len(item_ids)} here"
            )
    columns = tuple(place[item] for item, _, _ in draws)
    return Draws(columns, tuple(c for _, c, _ in draws), tuple(e for _, _, e in draws), before)


def write_draws(path: Path, model: str, choice: Choice, item_ids: list[str]) -> None:
    """Keep the draws of a choice, in place of those before, which it holds.

    Raises
    ------
    InvalidInputError
        Where the items were picked, not drawn.
    """
    draws = choice.draws
    if draws is None:
        raise InvalidInputError(
            f"items of the method {choice.reason!r} are picked, not drawn, and give no valid "
            "interval; leave --record out, or use --method adaptive"
        )
    rows: list[dict[str, Any]] = [
        {"item_id": item_ids[item], "chance": chance, "equal": equal}
        for item, chance, equal in zip(draws.items, draws.chances, draws.equal, strict=True)
    ]
    content = {"model": model, "before": draws.before, "draws": rows}
    write_atomic(path, orjson.dumps(content, option=orjson.OPT_INDENT_2))
