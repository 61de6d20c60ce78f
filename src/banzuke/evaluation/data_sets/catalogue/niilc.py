"""NIILC-QA: questions to an encyclopaedia, all right answers wanted."""

from __future__ import annotations

from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import DataSet, Part, Sample, Source
from banzuke.evaluation.data_sets._splits import only_test, train_dev

HOME = "https://raw.githubusercontent.com/mynlp/niilc-qa/master/data"


def read(raw: RawFolder, name: str) -> list[Sample]:
    """Read the questions; those without an answer, or with ``-`` for one, are left out.

    White space around questions and answers is dropped: only so does the digest of the
    reference agree.
    """
    samples = []
    for question in raw.xml(name).iter("question"):
        answers = [(answer.text or "").strip() for answer in question.iterfind("answers/answer")]
        gold = ",".join(answer for answer in answers if answer)
        text = question.findtext("text", "").strip()
        if gold and gold != "-":
            samples.append(Sample(f"質問：{text}", gold))
    return samples


DATA_SETS = (
    DataSet(
        name="niilc",
        category="QA",
        suite="ja",
        folder="niilc",
        licence="CC BY-SA 4.0",
        homepage="https://github.com/mynlp/niilc-qa",
        instruction="質問の答えを書きなさい。答えが二つ以上あるときは半角コンマ（,）で区切って並べなさい。",
        output_length=180,
        metrics=("char_f1",),
        sources=(
            Source(
                path="NIILC-ECQA2015_dev.xml",
                url=f"{HOME}/NIILC-ECQA2015_dev.xml",
                sha256="983dcaeb9ef38ca45d1114e8b420fdd4b358e827c235b1bfb4fc5e50ca70caf3",
            ),
            Source(
                path="NIILC-ECQA2015_test.xml",
                url=f"{HOME}/NIILC-ECQA2015_test.xml",
                sha256="4a787463961db87e56e496c49cb40ca59f26d220e3ccc48588ad65b0dd4ce0d2",
            ),
        ),
        parts=(
            Part(
                splits=("train", "dev"),
                sources=("NIILC-ECQA2015_dev.xml",),
                read=lambda raw: train_dev(read(raw, "NIILC-ECQA2015_dev.xml")),
            ),
            Part(
                splits=("test",),
                sources=("NIILC-ECQA2015_test.xml",),
                read=lambda raw: only_test(read(raw, "NIILC-ECQA2015_test.xml")),
            ),
        ),
    ),
)
