"""Every declaration is complete, and every data set is what its authors published."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from banzuke.evaluation import data_sets
from banzuke.evaluation.data_sets import catalogue

ALL = data_sets.data_sets()

JAPANESE = [
    *("jamp", "janli", "jnli", "jsem", "jsick"),
    *("jemhopqa", "niilc", "aio", "jsquad"),
    *("jcommonsenseqa", "commonsensemoralja", "kuci", "chabsa"),
    *("wiki_reading", "wiki_ner", "wiki_dependency", "wiki_pas", "wiki_coreference"),
    *("mawps", "mgsm", "jsts", "mmlu_en", "jmmlu", "xlsum_ja", "mbpp"),
    *("alt-j-to-e", "alt-e-to-j", "wikicorpus-j-to-e", "wikicorpus-e-to-j"),
]
ENGLISH = [
    *("mmlu_pro", "medmcqa", "bbh", "math", "gpqa", "gpqa_diamond", "ifeval", "jhumaneval"),
    "mbpp_en",
]

# Train, dev, test: published sizes, divided as the splits say; Kyoto's and the corpus's train
# are the parts of them that are beside the checkout.
COUNTS = {
    "jamp": (8955, 995, 348),  # 9,950 and 348
    "janli": (12312, 1368, 720),  # 13,680 and 720
    "jnli": (None, None, 2434),
    "jsem": (12667, 1583, 1584),
    "jsick": (4500, 500, 4927),  # 5,000 and 4,927
    "jemhopqa": (953, 106, 120),  # 1,059 and 120
    "niilc": (715, 80, 198),
    "aio": (1792, 200, 2000),  # 1,992 and 2,000
    "jsquad": (None, None, 4442),
    "jcommonsenseqa": (8045, 894, 1119),  # 8,939 and 1,119
    "commonsensemoralja": (13975, 1996, 3992),
    "chabsa": (2572, 321, 322),
    "wiki_reading": (200, 100, 200),
    "wiki_ner": (126, 64, 113),
    "wiki_dependency": (200, 100, 200),
    "wiki_pas": (200, 100, 199),
    "wiki_coreference": (200, 100, 200),
    "mawps": (8, 500, 500),
    "mgsm": (8, 125, 125),  # 250
    "wikicorpus-j-to-e": (3819, 467, 574),
    "wikicorpus-e-to-j": (3819, 467, 574),
    "jsts": (11205, 1246, 1457),  # 12,451 and 1,457
    "mmlu_en": (285, None, 14042),
    "jmmlu": (32, 3524, 3541),  # 7,097
    "mmlu_pro": (None, None, 12032),
    "medmcqa": (None, 4183, None),
    "bbh": (81, None, 6511),
    "math": (None, None, 5000),
    "gpqa": (None, None, 448),
    "gpqa_diamond": (None, None, 198),
    "ifeval": (None, None, 541),
    "jhumaneval": (None, None, 164),
    "mbpp_en": (384, 90, 500),  # 974
}


def test_every_data_set_of_the_two_suites_is_declared():
    assert sorted(name for name, one in ALL.items() if one.suite == "ja") == sorted(JAPANESE)
    assert sorted(name for name, one in ALL.items() if one.suite == "en") == sorted(ENGLISH)


@pytest.mark.parametrize("name", ALL)
def test_declaration_is_complete(name: str):
    one = ALL[name]
    assert one.name == name
    assert re.fullmatch(r"[a-z0-9_-]+", name)
    assert one.category
    assert one.licence
    assert one.homepage.startswith("https://")
    assert len(one.instruction) > 10
    assert one.output_length > 0
    assert one.metrics
    assert set(one.splits) <= set(data_sets.SPLITS)
    declared = {source.path for source in one.sources}
    assert {path for part in one.parts for path in part.sources} == declared
    for source in one.sources:
        assert source.url.startswith("https://")
        assert source.sha256 is None or re.fullmatch("[0-9a-f]{64}", source.sha256)
        assert not (source.names and source.members)
        assert ("{name}" in source.url) == bool(source.names)


def test_each_file_of_the_catalogue_declares_something():
    files = [path.stem for path in Path(catalogue.__path__[0]).glob("*.py")]
    assert len(files) > 25
    for stem in set(files) - {"__init__"}:
        module = __import__(f"{catalogue.__name__}.{stem}", fromlist=["DATA_SETS"])
        assert module.DATA_SETS


REFERENCE = [
    *("jamp", "janli", "jcommonsenseqa", "jemhopqa", "wiki_reading", "mawps", "niilc"),
    pytest.param(
        "wiki_ner",
        marks=pytest.mark.xfail(reason="64 samples as there, but not the same bytes", strict=True),
    ),
]


@pytest.fixture(scope="session")
def reference(shared_data: Path) -> dict[str, dict[str, object]]:
    path = shared_data.parent / "reference" / "sample_digests.json"
    if not path.is_file():
        pytest.skip("needs the digests beside the real data")
    return json.loads(path.read_text())["digests"]


@pytest.mark.parametrize("name", REFERENCE)
def test_dev_samples_are_those_of_the_reference(built, reference, name: str):
    assert built.sets[name].counts["dev"] == reference[name]["samples"]
    assert built.sets[name].digests["dev"] == reference[name]["sha256"]


def test_every_digest_of_the_reference_is_compared(reference):
    compared = {getattr(one, "values", [one])[0] for one in REFERENCE}
    assert compared == set(reference)


@pytest.mark.parametrize("name", COUNTS)
def test_counts(built, name: str):
    expected = zip(data_sets.SPLITS, COUNTS[name], strict=True)
    assert built.sets[name].counts == {split: n for split, n in expected if n is not None}


@pytest.mark.parametrize("name", sorted(set(ALL) - set(COUNTS)))
def test_what_cannot_be_built_says_where_to_get_it(built, name: str):
    message = str(built.errors[name])
    assert "is not there" in message
    assert ALL[name].sources[0].url.split("{")[0] in message


def test_all_is_built_or_explained(built):
    for name, one in built.sets.items():
        assert set(one.counts) | set(one.missing) == set(ALL[name].splits), name
        for reason in one.missing.values():
            assert "is not there" in reason


@pytest.mark.parametrize("name", COUNTS)
def test_labels_are_what_the_instruction_asks_for(built, name: str):
    labels = {
        "jamp": {"entailment", "contradiction", "neutral"},
        "janli": {"entailment", "non-entailment"},
        "jnli": {"entailment", "contradiction", "neutral"},
        "jsem": {"yes", "no", "unknown", "undef"},
        "jsick": {"entailment", "contradiction", "neutral"},
        "jcommonsenseqa": set("01234"),
        "commonsensemoralja": set("01"),
        "jmmlu": set("ABCD"),
        "mmlu_en": set("ABCD"),
        "medmcqa": set("ABCD"),
        "gpqa": set("ABCD"),
        "gpqa_diamond": set("ABCD"),
        "mmlu_pro": set("ABCDEFGHIJ"),
    }
    for split in built.sets[name].counts:
        document = json.loads((built.out / split / f"{name}.json").read_text())
        outputs = {sample["output"] for sample in document["samples"]}
        assert all(outputs)
        if name in labels:
            assert outputs == labels[name]


def test_no_shot_is_scored(built):
    """Shots come from train; a pair that the authors repeat in dev is theirs to explain."""
    for name in ("mawps", "jmmlu", "mgsm", "janli"):
        document = json.loads((built.out / "dev" / f"{name}.json").read_text())
        samples = {(sample["input"], sample["output"]) for sample in document["samples"]}
        shots = {(shot["input"], shot["output"]) for shot in document["few_shots"]}
        assert shots
        assert not shots & samples, name
