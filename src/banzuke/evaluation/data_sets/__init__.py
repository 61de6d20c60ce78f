"""The data sets of the Japanese suite, and of an English one: declared, fetched, built.

A data set is one small file in the folder ``catalogue``. It says where its raw files come
from, under which licence, and how they become samples; `build` writes the samples in the
JSON layout of llm-jp-eval, and `fetch` gets raw files that are not there yet.
"""

from __future__ import annotations

from banzuke.evaluation.data_sets._build import BuiltSet, build, counts, read, sample_digest
from banzuke.evaluation.data_sets._documents import read_documents
from banzuke.evaluation.data_sets._fetch import fetch
from banzuke.evaluation.data_sets._raw import RawFolder
from banzuke.evaluation.data_sets._records import SPLITS, DataSet, Part, Sample, Source
from banzuke.evaluation.data_sets._registry import data_sets, select
from banzuke.evaluation.data_sets._verify import missing

__all__ = [
    "SPLITS",
    "BuiltSet",
    "DataSet",
    "Part",
    "RawFolder",
    "Sample",
    "Source",
    "build",
    "counts",
    "data_sets",
    "fetch",
    "missing",
    "read",
    "read_documents",
    "sample_digest",
    "select",
]
