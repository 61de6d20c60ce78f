"""XL-Sum in Japanese: news of the BBC and their one-sentence summaries."""

from __future__ import annotations

from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import DataSet, Part, Sample, Source, Splits

FOLDER = "japanese_XLSum_v2.0"
FILES = {"train": "train", "dev": "val", "test": "test"}
MAX_CHARACTERS = 2048  # longer articles do not fit the context of smaller models


def read(raw: RawFolder) -> Splits:
    """Read articles and summaries; over-long articles are dropped."""
    return {split: _samples(raw, f"{FOLDER}/japanese_{FILES[split]}.jsonl") for split in FILES}


def _samples(raw: RawFolder, name: str) -> list[Sample]:
    samples = [
        Sample(raw.field(row, "text", name), raw.field(row, "summary", name))
        for row in raw.json_lines(name)
    ]
    return [sample for sample in samples if len(sample.input) <= MAX_CHARACTERS]


DATA_SETS = (
    DataSet(
        name="xlsum_ja",
        category="SUM",
        suite="ja",
        folder="xlsum_ja",
        licence="CC BY-NC-SA 4.0",
        homepage="https://github.com/csebuetnlp/xl-sum",
        instruction="ニュース記事の要点を一文にまとめなさい。",
        output_length=100,
        metrics=("rouge2",),
        zero_shot=True,
        sources=(
            Source(
                path=FOLDER,
                url=(
                    "https://huggingface.co/datasets/csebuetnlp/xlsum/resolve/main/data/"
                    "japanese_XLSum_v2.0.tar.bz2"
                ),
                members="japanese_*.jsonl",
                strip=0,
            ),
        ),
        parts=(Part(splits=tuple(FILES), sources=(FOLDER,), read=read),),
    ),
)
