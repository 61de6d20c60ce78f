"""The Kyoto corpus: Wikipedia about Kyoto, translated paragraph by paragraph."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import DataSet, Part, Source, Splits
from banzuke.evaluation.data_sets._splits import cut_80_10_10, shuffled
from banzuke.evaluation.data_sets._translation import E_TO_J, J_TO_E, METRICS, Direction

FOLDER = "wiki_corpus_2.01"
SPLITS = ("train", "dev", "test")


def read(raw: RawFolder, direction: Direction) -> Splits:
    """Shuffle the files, and cut them into splits; each paragraph is a sample.

    The order before the shuffle is by file name: the reference takes them as the file
    system gives them, so its own splits differ from one machine to another. A malformed
    file that is left out keeps its place in the shuffle: whether it is mended or not, all
    other files are in the same split.
    """
    cut = cut_80_10_10(shuffled(raw.files(FOLDER, "*.xml")))
    return {
        split: direction.samples(
            (*pair, name) for name, root in raw.each(part, raw.xml) for pair in _pairs(root)
        )
        for split, part in zip(SPLITS, cut, strict=True)
    }


def _pairs(root: Element) -> Iterator[tuple[str, str]]:
    for paragraph in root.iter("par"):
        pairs = [_sentences(sentence) for sentence in paragraph.iterfind("sen")]
        japanese = " ".join(pair[0] for pair in pairs if all(pair))
        english = " ".join(pair[1] for pair in pairs if all(pair))
        if japanese:
            yield japanese, english


def _sentences(sentence: Element) -> tuple[str, str]:
    return sentence.findtext("j", ""), sentence.findtext("e[@type='check']", "")


def _data_set(direction: Direction, output_length: int) -> DataSet:
    return DataSet(
        name=f"wikicorpus-{direction.suffix}",
        category="MT",
        suite="ja",
        folder="wikicorpus_kyoto",
        licence="CC BY-SA 3.0",
        homepage="https://alaginrc.nict.go.jp/WikiCorpus/",
        instruction=direction.instruction,
        output_length=output_length,
        metrics=METRICS,
        sources=(
            Source(
                path=FOLDER,
                url="https://alaginrc.nict.go.jp/WikiCorpus/src/wiki_corpus_2.01.tar.gz",
                members="*.xml",
                note="of its 14,111 files, GNM00155.xml is malformed",
            ),
        ),
        parts=(Part(splits=SPLITS, sources=(FOLDER,), read=lambda raw: read(raw, direction)),),
    )


DATA_SETS = (_data_set(J_TO_E, 550), _data_set(E_TO_J, 300))
