"""IFEval: whether an answer keeps instructions that a program can check.

Each of the 25 kinds of instruction is one short function, in the module of its idea. The
definitions are those of Zhou et al. (2023), arXiv:2311.07911; the code is our own.
"""

from __future__ import annotations

from banzuke.evaluation.ifeval.follow import CHECKS, Followed, follow

__all__ = ["CHECKS", "Followed", "follow"]
