"""MBPP in Japanese: short Python problems, machine-translated by LLM-jp."""

from __future__ import annotations

from banzuke.evaluation.data_sets._code import INSTRUCTION, METRICS, mbpp_splits
from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import DataSet, Part, Source, Splits

FILE = "mbpp_ja.jsonl"


def read(raw: RawFolder) -> Splits:
    """Read the problems with their Japanese text."""
    return mbpp_splits(raw.json_lines(FILE), lambda row: str(raw.field(row, "text_jpn", FILE)))


DATA_SETS = (
    DataSet(
        name="mbpp",
        category="CG",
        suite="ja",
        folder="mbpp",
        licence="CC BY 4.0",
        homepage="https://huggingface.co/datasets/llm-jp/mbpp-ja",
        instruction=INSTRUCTION,
        output_length=1000,
        metrics=METRICS,
        zero_shot=True,
        sources=(
            Source(
                path=FILE,
                url="https://huggingface.co/datasets/llm-jp/mbpp-ja",
                manual=True,
                note=(
                    "save all its rows there as JSON Lines with the field text_jpn; the "
                    "English original is the data set mbpp_en"
                ),
            ),
        ),
        parts=(Part(splits=("train", "dev", "test"), sources=(FILE,), read=read),),
    ),
)
