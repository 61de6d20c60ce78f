"""The made-up data sets of the tests of evaluation, for its commands."""

from __future__ import annotations

from tests.evaluation.conftest import suite_folder

__all__ = ["suite_folder"]
