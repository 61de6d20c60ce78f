"""Model cards as rows of metadata: JSON, README.md with YAML front matter, config.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import yaml

from banzuke.exceptions import ImportFormatError
from banzuke.outcomes import standardise_models
from banzuke.prediction.card_config import architecture_of, parameters_of
from banzuke.prediction.similarity.outcome_columns import numbers_of

__all__ = ["read_cards"]

_LARGEST = 4_000_000  # bytes; the largest cards of hubs are far below
_LARGEST_SIZE = 100_000.0  # billions of parameters
_RELATIONS = {"finetune": "fine-tuned", "adapter": "fine-tuned", "merge": "merge"}
_RESULTS = ("model-index", "model_index", "eval_results", "metrics")


def read_cards(path: str | Path, *, name: str | None = None) -> pl.DataFrame:
    """Read what is known of models before they are run.

    Parameters
    ----------
    path : str or Path
        One of: a JSON object with ``model`` (or a list of them) and any metadata columns; a
        ``README.md`` with YAML front matter, as on model hubs; a ``config.json`` of
        transformers; a folder with some of ``README.md``, ``config.json`` and
        ``model.safetensors.index.json``. Results in a card (``model-index``) are not read.
    name : str, optional
        The model's name, where a card does not say it; default the name in the card, or of
        its folder.

    Returns
    -------
    polars.DataFrame
        One row a model, in the standard columns (`standardise_models`), with ``purpose`` and
        ``tags`` where known. Sizes come from the card, the weights' index, or are counted from
        the shapes in ``config.json``.

    Raises
    ------
    ImportFormatError
        For a file that is missing, too large, cut off, or no card.
    """
    place = Path(path)
    if place.is_dir():
        rows = [_folder(place, name)]
    elif place.suffix.lower() in {".md", ".markdown"}:
        rows = [_named(_front_matter(place), place, name)]
    elif place.suffix.lower() in {".yaml", ".yml"}:
        rows = [_named(_card(_yaml(_text(place), place), place), place, name)]
    else:
        rows = _json_cards(place, name)
    keys = list(dict.fromkeys(key for row in rows for key in row))
    columns = {key: _column([row.get(key) for row in rows]) for key in keys}
    models = standardise_models(pl.DataFrame(columns))
    _check_sizes(models, [row.get("params_b") for row in rows], place)
    return models


def _check_sizes(models: pl.DataFrame, stated: list[Any], place: Path) -> None:
    """Refuse sizes that would be read as unknown, or counted in single parameters."""
    read = numbers_of(models, "params_b")
    for model, given, size in zip(models["model"].to_list(), stated, read.tolist(), strict=True):
        if given is not None and (isinstance(given, bool) or not 0 < size <= _LARGEST_SIZE):
            raise ImportFormatError(
                place,
                f"params_b of {model[:100]!r} is {str(given)[:40]!r}; give billions of "
                "parameters, such as 7.2, or leave it out",
            )


def _column(values: list[Any]) -> pl.Series:
    """Return lists as lists of text, text as text, numbers as numbers; mixtures as text."""
    if any(isinstance(value, list) for value in values):
        listed = [
            value if isinstance(value, list) or value is None else [value] for value in values
        ]
        texts = [None if v is None else [str(one) for one in v if one is not None] for v in listed]
        return pl.Series(texts, dtype=pl.List(pl.String))
    if any(isinstance(value, (str, dict)) for value in values):
        return pl.Series([None if v is None else str(v) for v in values], dtype=pl.String)
    return pl.Series(values, strict=False)


def _json_cards(place: Path, name: str | None) -> list[dict[str, Any]]:
    content = _json(place)
    cards = content if isinstance(content, list) else [content]
    if not cards:
        raise ImportFormatError(place, "holds no card; write one object, or a list of them")
    rows = []
    for number, one in enumerate(cards):
        if not isinstance(one, dict):
            raise ImportFormatError(
                place, "a card must be an object with the text 'model'", f"card {number + 1}"
            )
        if "model" not in one and ("architectures" in one or "model_type" in one):
            rows.append(_named(_config(one), place, name))
            continue
        given = {**one, "model": name} if name and len(cards) == 1 else one
        if not isinstance(given.get("model"), str) or not given["model"].strip():
            raise ImportFormatError(
                place, "a card must be an object with the text 'model'", f"card {number + 1}"
            )
        rows.append({k: v for k, v in given.items() if k not in _RESULTS})
    return rows


def _folder(place: Path, name: str | None) -> dict[str, Any]:
    readers: dict[str, Callable[[Path], dict[str, Any]]] = {
        "config.json": lambda path: _config(_object(path)),
        "model.safetensors.index.json": lambda path: _weights(_object(path)),
        "README.md": _front_matter,
    }
    there = {file: read for file, read in readers.items() if (place / file).is_file()}
    if not there:
        raise ImportFormatError(place, f"holds none of {', '.join(readers)}")
    row: dict[str, Any] = {}
    for file, read in there.items():
        row.update({k: v for k, v in read(place / file).items() if v is not None})
    return _named(row, place / "README.md", name)


def _named(row: dict[str, Any], place: Path, name: str | None) -> dict[str, Any]:
    """Put the name first: the one given, the one in the card, or that of the folder."""
    folder = place.resolve().parent.name.replace("--", "/").removeprefix("models/")
    found = name or row.pop("model", None) or folder
    return {"model": str(found), **{k: v for k, v in row.items() if k != "model"}}


def _config(content: Mapping[str, Any]) -> dict[str, Any]:
    """Read a configuration of transformers."""
    stated = content.get("_name_or_path")
    return {
        "model": stated if isinstance(stated, str) and _is_public(stated) else None,
        "architecture": architecture_of(content),
        "params_b": parameters_of(content),
        "precision": content.get("torch_dtype") or content.get("dtype"),
        "context_length": content.get("max_position_embeddings"),
    }


def _weights(content: Mapping[str, Any]) -> dict[str, Any]:
    """Read the number of parameters, where the index of the weights states it."""
    metadata = content.get("metadata")
    count = metadata.get("total_parameters") if isinstance(metadata, dict) else None
    return {"params_b": count / 1e9 if isinstance(count, int) and count > 0 else None}


def _is_public(name: str) -> bool:
    """Tell ``owner/name`` from a path of the machine that trained the model."""
    return name.count("/") == 1 and not name.startswith((".", "/", "~"))


def _front_matter(place: Path) -> dict[str, Any]:
    text = _text(place).lstrip("\ufeff")
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        raise ImportFormatError(
            place, "has no front matter; start it with '---', YAML such as base_model: ..., '---'"
        )
    end = next((at for at, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if end is None:
        raise ImportFormatError(place, "its front matter does not end; close it with '---'")
    return _card(_yaml("\n".join(lines[1:end]), place), place)


def _card(content: Any, place: Path) -> dict[str, Any]:
    """Read the fields of a hub's model card that are known before a model is run."""
    if not isinstance(content, dict):
        raise ImportFormatError(place, "its front matter must be 'key: value' lines")
    tags = content.get("tags")
    listed = [str(tag) for tag in tags] if isinstance(tags, list) else []
    relation = str(content.get("base_model_relation") or "").lower()
    merged = relation == "merge" or any(tag.lower() in {"merge", "mergekit"} for tag in listed)
    row = {
        "model": content.get("model") or content.get("model_name") or content.get("model_id"),
        "base_models": _listed(content.get("base_model")),
        "merge_sources": _listed(content.get("merged_models")),
        "is_merged": merged or None,
        "type": "merge" if merged else _RELATIONS.get(relation),
        "license": content.get("license"),
        "purpose": content.get("pipeline_tag"),
        "tags": listed or None,
        "created": content.get("date") or content.get("created"),
        "organization": content.get("organization"),
        "architecture": content.get("architecture"),
        "params_b": content.get("params_b") or content.get("model_size"),
    }
    return {key: value for key, value in row.items() if value is not None}


def _listed(value: Any) -> list[str] | None:
    values = value if isinstance(value, list) else [value]
    return [str(one) for one in values if one] or None


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML of plain values: aliases, which a small file can blow up with, are refused."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not read")
        return super().compose_node(parent, index)


def _yaml(text: str, place: Path) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 2}" if mark is not None else None
        reason = getattr(error, "problem", None) or str(error)
        raise ImportFormatError(place, f"its front matter is not YAML: {reason}", where) from None


def _object(path: Path) -> dict[str, Any]:
    content = _json(path)
    if not isinstance(content, dict):
        raise ImportFormatError(path, "must hold one JSON object")
    return content


def _json(path: Path) -> Any:
    try:
        return orjson.loads(_text(path))
    except orjson.JSONDecodeError as error:
        raise ImportFormatError(path, f"not JSON: {error}") from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise ImportFormatError(path, f"is larger than {_LARGEST // 10**6} MB; no card is")
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ImportFormatError(path, "is not UTF-8 text") from None
    except OSError as error:
        raise ImportFormatError(path, f"cannot be read: {error.strerror}") from None
