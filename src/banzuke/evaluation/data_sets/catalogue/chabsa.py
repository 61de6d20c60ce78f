"""chABSA: what securities reports say about whom, and in which tone."""

from __future__ import annotations

from collections.abc import Iterator

from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import DataSet, Part, Sample, Source
from banzuke.evaluation.data_sets._splits import train_dev_test

FOLDER = "chABSA-dataset"


def read(raw: RawFolder) -> Iterator[Sample]:
    """Read the sentences that hold an opinion, one line of gold for each opinion."""
    for name in raw.files(FOLDER, "*_ann.json"):
        for sentence in raw.field(raw.json(name), "sentences", name):
            opinions = raw.field(sentence, "opinions", name)
            gold = "\n".join(f"{opinion['target']} {opinion['polarity']}" for opinion in opinions)
            if gold:
                yield Sample(f"文章：{sentence['sentence']}", gold, document=name)


DATA_SETS = (
    DataSet(
        name="chabsa",
        category="EL",
        suite="ja",
        folder="chabsa",
        licence="CC BY 4.0",
        homepage="https://github.com/chakki-works/chABSA-dataset",
        instruction=(
            "文章で評価されている対象をすべて抜き出し、一行に一つずつ「対象 極性」の形で"
            "書きなさい。極性は positive、negative、neutral のどれかです。"
        ),
        output_length=191,
        metrics=("set_f1",),
        sources=(
            Source(
                path=FOLDER,
                url=(
                    "https://s3-ap-northeast-1.amazonaws.com/dev.tech-sketch.jp/chakki/public/"
                    "chABSA-dataset.zip"
                ),
                sha256="b92619ac564d2822d41b420e54b07fba0ca033507170350a316b2fefac79fbec",
                members="*_ann.json",
                note=(
                    "the archive is gone from its original bucket; get a copy of the folder "
                    "chABSA-dataset and put it there"
                ),
            ),
        ),
        parts=(
            Part(
                splits=("train", "dev", "test"),
                sources=(FOLDER,),
                read=lambda raw: train_dev_test(read(raw)),
            ),
        ),
    ),
)
