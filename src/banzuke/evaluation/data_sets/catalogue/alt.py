"""ALT: news of Wikinews, translated sentence by sentence; both directions."""

from __future__ import annotations

from collections.abc import Iterator

from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import DataSet, Part, Source, Splits
from banzuke.evaluation.data_sets._translation import E_TO_J, J_TO_E, METRICS, Direction

HOME = "https://www2.nict.go.jp/astrec-att/member/mutiyama/ALT"
FOLDER = "ALT-Parallel-Corpus-20191206"
MAX_CHARACTERS = 500  # of both sentences together; longer pairs are dropped
SPLITS = ("train", "dev", "test")


def read(raw: RawFolder, split: str, direction: Direction) -> Splits:
    """Read the pairs of a split: those whose article is in the list of the split."""
    articles = {line.split("\t")[0].removeprefix("URL.") for line in raw.lines(f"URL-{split}.txt")}
    return {split: direction.samples(_pairs(raw, articles))}


def _pairs(raw: RawFolder, articles: set[str]) -> Iterator[tuple[str, str, str]]:
    japanese = _sentences(raw, "ja")
    for identifier, english in _sentences(raw, "en").items():
        sentence = japanese.get(identifier, "")
        article = identifier.split(".")[1]
        kept = bool(sentence and english) and article in articles
        if kept and len(sentence) + len(english) < MAX_CHARACTERS:
            yield sentence, english, article


def _sentences(raw: RawFolder, language: str) -> dict[str, str]:
    rows = (line.partition("\t") for line in raw.lines(f"{FOLDER}/data_{language}.txt"))
    return {key: text for key, _, text in rows if key.startswith("SNT.")}


def _part(split: str, direction: Direction) -> Part:
    return Part(
        splits=(split,),
        sources=(FOLDER, f"URL-{split}.txt"),
        read=lambda raw: read(raw, split, direction),
    )


def _data_set(direction: Direction, output_length: int) -> DataSet:
    return DataSet(
        name=f"alt-{direction.suffix}",
        category="MT",
        suite="ja",
        folder="alt",
        licence="CC BY 4.0",
        homepage=f"{HOME}/",
        instruction=direction.instruction,
        output_length=output_length,
        metrics=METRICS,
        sources=(
            Source(path=FOLDER, url=f"{HOME}/{FOLDER}.zip", members="data_*.txt"),
            *(Source(path=f"URL-{split}.txt", url=f"{HOME}/URL-{split}.txt") for split in SPLITS),
        ),
        parts=tuple(_part(split, direction) for split in SPLITS),
    )


DATA_SETS = (_data_set(J_TO_E, 500), _data_set(E_TO_J, 250))
