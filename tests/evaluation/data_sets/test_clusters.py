"""Which real items share a passage, so that errors are honest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from banzuke.evaluation import Selection, load_folder
from banzuke.evaluation.data_sets import Sample, sample_digest
from banzuke.exceptions import ImportFormatError
from tests.evaluation.conftest import place
from tests.evaluation.data_sets.conftest import Built


def test_documents_pairs_passages_and_premises_are_recognised(built: Built) -> None:
    suite, _ = load_folder(built.out, Selection(names=("llm-jp",)))
    clusters = {task.benchmark.name: [item.cluster for item in task.items] for task in suite.tasks}
    documents = set(clusters["wiki_reading"])
    assert len(documents) == 100
    for name in ("wiki_coreference", "wiki_dependency", "wiki_ner", "wiki_pas"):
        assert set(clusters[name]) <= documents  # the same documents in all five tasks
    assert clusters["wikicorpus-e-to-j"] == clusters["wikicorpus-j-to-e"]
    assert len(set(clusters["wikicorpus-e-to-j"])) == 30  # articles, of 467 paragraphs
    assert len(set(clusters["chabsa"])) == 165  # reports, of 321 sentences
    assert len(set(clusters["jsquad"])) == 1145  # of 4,442 questions
    assert len(set(clusters["jamp"])) == 995
    assert not any(clusters["jcommonsenseqa"] + clusters["mawps"] + clusters["aio"])


def test_documents_are_beside_the_data_set_and_of_the_same_build(tmp_path: Path) -> None:
    place(tmp_path, "chabsa", [("文章：a", "x positive"), ("文章：b", "y positive")], ["set_f1"])
    assert _clusters(tmp_path) == ["", ""]
    path = tmp_path / "documents" / "dev" / "chabsa.json"
    path.parent.mkdir(parents=True)
    digest = sample_digest([Sample("文章：a", "x positive"), Sample("文章：b", "y positive")])
    path.write_text(json.dumps({"samples_sha256": digest, "documents": ["e1", "e1"]}))
    first, second = _clusters(tmp_path)
    assert first == second != ""
    path.write_text(json.dumps({"samples_sha256": "0" * 64, "documents": ["e1", "e1"]}))
    assert _clusters(tmp_path) == ["", ""]  # of another build
    path.write_text("{")
    with pytest.raises(ImportFormatError, match="delete it, and build again"):
        _clusters(tmp_path)


def _clusters(folder: Path) -> list[str]:
    suite, _ = load_folder(folder, Selection(names=("chabsa",)))
    return [item.cluster for item in suite.tasks[0].items]
