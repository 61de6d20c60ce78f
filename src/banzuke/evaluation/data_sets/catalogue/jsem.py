"""JSeM: semantic phenomena of Japanese, one by one."""

from __future__ import annotations

from collections.abc import Iterator

from banzuke.evaluation.data_sets._inference import inference
from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import DataSet, Part, Sample, Source
from banzuke.evaluation.data_sets._splits import train_dev_test

# The order decides which samples the shuffle puts where.
NAMES = [
    "Adjectives",
    "Adverb",
    "Attitudes",
    "AuxiliaryVerb",
    "CaseParticle",
    "Comparatives",
    "CompoundAdjective",
    "CompoundVerb",
    "Conditional",
    "Conjunction",
    "Coordination",
    "Ellipsis",
    "GeneralizedQuantifier",
    "Modality",
    "NP",
    "NewAdjective",
    "NominalAnaphora",
    "Plurals",
    "Question",
    "TemporalReference",
    "Toritate",
    "Verbs",
]
NOT_A_LABEL = {"", "infelicitous", "unacceptable", "weakacceptable"}


def read(raw: RawFolder) -> Iterator[Sample]:
    """Read the problems; several premises are joined without a separator.

    Of each text the white space around it is dropped, which is indentation of the XML (as in
    niilc, whose digest shows it).
    """
    for name in NAMES:
        for problem in raw.xml(f"v1.0/{name}.xml").iter("problem"):
            label = problem.get("answer", "")
            if label in NOT_A_LABEL:
                continue
            premise = "".join(
                (script.text or "").strip() for script in problem.iterfind("p/script")
            )
            yield inference(premise, (problem.findtext("h/script") or "").strip(), label)


DATA_SETS = (
    DataSet(
        name="jsem",
        category="NLI",
        suite="ja",
        folder="jsem",
        licence="BSD-3-Clause",
        homepage="https://github.com/DaisukeBekki/JSeM",
        instruction=(
            "前提から仮説が言えるなら yes、仮説の否定が言えるなら no、どちらも言えないなら "
            "unknown、与えられた文では定まらないなら undef と、一語だけ答えなさい。"
        ),
        output_length=3,
        metrics=("exact_match",),
        sources=(
            Source(
                path="v1.0",
                url="https://raw.githubusercontent.com/DaisukeBekki/JSeM/master/data/v1.0/{name}",
                sha256="14f967e0c52f0a2b8ea04b09542b433150592f97df707dd7a5ea3a90c1dd91a6",
                names=tuple(f"{name}.xml" for name in NAMES),
            ),
        ),
        parts=(
            Part(
                splits=("train", "dev", "test"),
                sources=("v1.0",),
                read=lambda raw: train_dev_test(read(raw)),
            ),
        ),
    ),
)
