"""Suites of built data sets: files in the JSON layout of llm-jp-eval become tasks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from banzuke.evaluation.data_sets import DataSet, data_sets, read_documents
from banzuke.evaluation.measures import MEASURES
from banzuke.evaluation.suites._clusters import cluster_of
from banzuke.evaluation.suites._measures import labels_of, measures_of, tests_of
from banzuke.evaluation.tasks import Benchmark, Item, Suite, Task
from banzuke.exceptions import ImportFormatError, InvalidInputError, NotFoundError

GROUPS: Mapping[str, str] = {"llm-jp": "ja", "english": "en"}
"""Groups of data sets by the name that a user gives, and the suite of their declarations."""

EVERYTHING = "all"
SPLITS = ("dev", "test")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which data sets of a folder are asked, and how they are prompted.

    Parameters
    ----------
    names : sequence of str, default ("llm-jp",)
        Data sets, or the groups ``llm-jp``, ``english`` and ``all``.
    split : str, default "dev"
        A data set of a group that has no such split is asked on its test split instead.
    n_shots : int, default 0
        A data set of a group that has fewer shots is left out, and named.
    prompts_from : Path, optional
        A folder of the user's own llm-jp-eval files, from which instructions, output
        lengths and shots are taken.
    preamble : str, optional
        The sentence that opens an ``alpaca-ja`` prompt.
    """

    names: Sequence[str] = ("llm-jp",)
    split: str = "dev"
    n_shots: int = 0
    prompts_from: Path | None = None
    preamble: str | None = None


@dataclass(frozen=True, kw_only=True)
class _File:
    """The content of one data set file, checked."""

    path: Path
    sha256: str
    instruction: str
    output_length: int
    metrics: tuple[str, ...]
    few_shots: tuple[tuple[str, str], ...]
    samples: tuple[tuple[str, str], ...]


def load_folder(folder: Path, selection: Selection | None = None) -> tuple[Suite, list[str]]:
    """Read the data sets that ``banzuke suite build`` has built into a folder.

    Parameters
    ----------
    folder : Path
        Holds ``<split>/<name>.json``.
    selection : Selection, optional

    Returns
    -------
    Suite, list of str
        The suite, and remarks on data sets that were left out or replaced by another split.

    Raises
    ------
    NotFoundError
        Where the folder or a named data set is not there.
    ImportFormatError
        Where a file is not of the layout.
    """
    chosen = selection or Selection()
    if not folder.is_dir():
        raise NotFoundError(
            f"{folder} is no folder of built data sets; make one with banzuke suite build --out"
        )
    tasks: list[Task] = []
    sources: dict[str, Any] = {}
    notes: list[str] = []
    for name, named in _wanted(folder, chosen):
        try:
            task, source, note = _task(folder, name, chosen, strictly=named)
        except (NotFoundError, InvalidInputError) as error:
            if named or isinstance(error, ImportFormatError):
                raise
            notes.append(str(error))
            continue
        tasks.append(task)
        sources[name] = source
        notes += note
    if not tasks:
        raise NotFoundError(
            f"no data set in {folder} can be asked: {notes[0] if notes else 'it holds none'}"
        )
    suite = Suite(
        name=_suite_name(chosen.names),
        tasks=tuple(tasks),
        source={"split": chosen.split, "data_sets": sources},
        preamble=chosen.preamble,
    )
    return suite, notes


def _wanted(folder: Path, chosen: Selection) -> Iterable[tuple[str, bool]]:
    """Yield the names of data sets, and whether the user named them one by one."""
    known = data_sets()
    there = sorted({path.stem for split in SPLITS for path in (folder / split).glob("*.json")})
    order = [name for name in known if name in there]
    order += [name for name in there if name not in known]
    seen: set[str] = set()
    for wanted in chosen.names:
        if wanted == EVERYTHING:
            names = order
        elif wanted in GROUPS:
            names = [n for n in known if known[n].suite == GROUPS[wanted]]
        else:
            names = [wanted]
        for name in names:
            if name not in seen:
                seen.add(name)
                yield name, names == [wanted]


def _suite_name(names: Sequence[str]) -> str:
    known = data_sets()
    groups = set()
    for name in names:
        suite = GROUPS.get(name) or (known[name].suite if name in known else None)
        groups.add(next((g for g, s in GROUPS.items() if s == suite), EVERYTHING))
    return groups.pop() if len(groups) == 1 else EVERYTHING


def _task(
    folder: Path, name: str, chosen: Selection, *, strictly: bool
) -> tuple[Task, dict[str, Any], list[str]]:
    declared = data_sets().get(name)
    split, notes = chosen.split, []
    if not _path(folder, split, name).is_file() and not strictly:
        split = next((s for s in SPLITS if _path(folder, s, name).is_file()), split)
        if split != chosen.split:
            notes.append(f"{name} has no split {chosen.split} here; its {split} split is asked")
    file = _read(_path(folder, split, name), name)
    prompts = _prompts(file, chosen, split, name)
    benchmark = _benchmark(name, declared, file, prompts)
    shots = () if benchmark.zero_shot else _shots(folder, prompts, name, chosen)
    if benchmark.zero_shot and chosen.n_shots:
        notes.append(f"{name} is asked without shots, as in llm-jp-eval")
    benchmark = replace(benchmark, labels=labels_of(benchmark, [o for _, o in file.samples]))
    documents = read_documents(folder, split, name, file.samples)
    task = Task(
        benchmark=benchmark,
        shots=tuple(_item(benchmark, "train", i, pair) for i, pair in enumerate(shots, 1)),
        items=tuple(
            _item(benchmark, split, i, pair, document)
            for i, (pair, document) in enumerate(zip(file.samples, documents, strict=True), 1)
        ),
    )
    source = {"split": split, "sha256": file.sha256}
    if prompts is not file:
        source["prompts_sha256"] = prompts.sha256
    return task, source, notes


def _path(folder: Path, split: str, name: str) -> Path:
    if not name or name != Path(name).name or name.startswith("."):
        raise InvalidInputError(
            f"{name!r} is no name of a data set; use those of banzuke suite list"
        )
    return folder / split / f"{name}.json"


def _prompts(file: _File, chosen: Selection, split: str, name: str) -> _File:
    """Return the file that instruction, output length and shots come from."""
    if chosen.prompts_from is None:
        return file
    places = [_path(chosen.prompts_from, s, name) for s in (split, "dev", "test", "train")]
    places.append(chosen.prompts_from / f"{name}.json")
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise NotFoundError(
            f"--prompts-from {chosen.prompts_from} has no file for {name}; "
            f"it was looked for at {split}/{name}.json"
        )
    return _read(found, name)


def _shots(
    folder: Path, prompts: _File, name: str, chosen: Selection
) -> tuple[tuple[str, str], ...]:
    if len(prompts.few_shots) >= chosen.n_shots:
        return prompts.few_shots
    train = _path(chosen.prompts_from or folder, "train", name)
    if train.is_file():
        samples = _read(train, name).samples
        if len(samples) >= chosen.n_shots:
            return samples[: chosen.n_shots]
    raise InvalidInputError(
        f"{name} has {len(prompts.few_shots)} shots here, not {chosen.n_shots}: "
        "its train split was not built; use fewer --shots, or leave it out"
    )


def _benchmark(name: str, declared: DataSet | None, file: _File, prompts: _File) -> Benchmark:
    measures = measures_of(name, declared.metrics if declared else file.metrics)
    if not measures:
        raise InvalidInputError(
            f"{name} cannot be scored: of its metrics ({', '.join(file.metrics)}) none is known; "
            f"there are {', '.join(MEASURES)}"
        )
    return Benchmark(
        name=name,
        category=declared.category if declared else "OTHER",
        metric=measures[0],
        measures=measures,
        instruction=prompts.instruction,
        layout="",
        output_tokens=prompts.output_length,
        zero_shot=declared is not None and declared.zero_shot,
    )


def _item(
    benchmark: Benchmark, split: str, number: int, pair: tuple[str, str], document: str = ""
) -> Item:
    text, gold = pair
    digest = hashlib.sha256(orjson.dumps(pair)).hexdigest()[:8]
    return Item(
        # the digest too: another build of the data set numbers other questions alike
        item_id=f"{benchmark.name}-{split}-{number}-{digest}",
        text=text,
        answers=(gold,),
        labels=benchmark.labels,
        tests=tests_of(benchmark, text, gold),
        cluster=cluster_of(benchmark, text, gold, document),
    )


def _read(path: Path, name: str) -> _File:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(
            f"{name} is not built: {path} is not there; run banzuke suite build {name}"
        ) from None
    except OSError as error:
        raise ImportFormatError(path, f"cannot be read ({error.strerror})") from error
    try:
        content = orjson.loads(data)
        return _File(
            path=path,
            sha256=hashlib.sha256(data).hexdigest(),
            instruction=_text(content["instruction"]),
            output_length=_length(content["output_length"]),
            metrics=tuple(_text(metric) for metric in content["metrics"]),
            few_shots=_pairs(content.get("few_shots") or ()),
            samples=_pairs(content["samples"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImportFormatError(
            path,
            f"is not a data set file ({type(error).__name__}: {error}); it needs instruction, "
            "output_length, metrics, few_shots and samples of input and output",
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, not {str(value)[:40]}")
    return value


def _length(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise TypeError(f"output_length must be a whole number of 1 or more, not {value!r}")
    return value


def _pairs(rows: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_text(row["input"]), _text(row["output"])) for row in rows)
