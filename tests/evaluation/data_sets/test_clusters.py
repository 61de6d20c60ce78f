"""Which real items share a passage, so that errors are honest."""

from __future__ import annotations

from banzuke.evaluation import Selection, load_folder
from tests.evaluation.data_sets.conftest import Built


def test_documents_pairs_passages_and_premises_are_recognised(built: Built) -> None:
    suite, _ = load_folder(built.out, Selection(names=("llm-jp",)))
    clusters = {task.benchmark.name: [item.cluster for item in task.items] for task in suite.tasks}
    documents = set(clusters["wiki_reading"])
    assert len(documents) == 100
    for name in ("wiki_coreference", "wiki_dependency", "wiki_ner", "wiki_pas"):
        assert set(clusters[name]) <= documents  # the same documents in all five tasks
    both = set(clusters["wikicorpus-e-to-j"]) & set(clusters["wikicorpus-j-to-e"])
    assert len(both) == len(clusters["wikicorpus-e-to-j"]) == 492
    assert len(set(clusters["jsquad"])) == 1145  # of 4,442 questions
    assert len(set(clusters["jamp"])) == 995
    assert not any(clusters["jcommonsenseqa"] + clusters["mawps"] + clusters["aio"])
