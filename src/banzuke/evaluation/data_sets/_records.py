"""The records of which a declaration consists: where raw files come from, how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banzuke.evaluation.data_sets._raw import RawFolder

SPLITS = ("train", "dev", "test")
"""The names of the splits, in the order in which they are built."""

Splits = Mapping[str, Sequence["Sample"]]
"""Samples by the name of their split."""


@dataclass(frozen=True)
class Sample:
    """What the model reads, and the answer that it should give.

    Samples of one ``document`` are not independent; it is no part of the built file.
    """

    input: str
    output: str
    document: str = field(default="", compare=False, kw_only=True)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A raw file, or a folder of raw files, and the official place to get it from.

    Parameters
    ----------
    path : str
        Below the raw folder of the data set: a file, or a folder where `names` or
        `members` is given.
    url : str
        The official address. ``{name}`` in it stands for each of `names`.
    sha256 : str, optional
        Digest of the file. For a folder: of the lines ``<sha256>  <name>`` of its files,
        sorted by name. None where no official copy could be measured.
    names : sequence of str
        The files of a folder that is fetched file by file.
    members : str
        The pattern of the files that are taken out of the archive at `url`, such as
        ``"*_ann.json"``; they keep their place below the folder.
    strip : int, default 1
        How many leading folders of the archive's paths are dropped.
    substitute : str
        Another file with the same content in the layout that the reader knows; it is used
        where `path` is not there, and its digest is not checked.
    manual : bool, default False
        Whether a program cannot fetch it; a mirror can still stand in.
    note : str
        What a user should know where the address does not answer.
    """

    path: str
    url: str
    sha256: str | None = None
    names: Sequence[str] = ()
    members: str = ""
    strip: int = 1
    substitute: str = ""
    manual: bool = False
    note: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether the source is a folder of files."""
        return bool(self.names or self.members)

    @property
    def archive_name(self) -> str:
        """The file name of the archive at `url`."""
        return self.url.rsplit("/", 1)[-1].split("?")[0]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Splits that are read from the same raw files.

    Parameters
    ----------
    splits : sequence of str
        The names of the splits that `read` gives.
    sources : sequence of str
        The paths of the sources that `read` opens.
    read : callable
        Turns the raw folder of the data set into samples by split.
    """

    splits: Sequence[str]
    sources: Sequence[str]
    read: Callable[[RawFolder], Splits]


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """The declaration of a data set.

    Parameters
    ----------
    name : str
        The name of its files, as in llm-jp-eval.
    category : str
        The category of the leaderboard, such as ``"NLI"``.
    suite : {"ja", "en"}
        The suite to which it belongs.
    folder : str
        The folder of its raw files.
    licence, homepage : str
        Of the data, not of this package.
    instruction : str
        What the model is told to do, in our own words.
    output_length : int
        How many tokens an answer may have.
    metrics : sequence of str
        The first one is the main metric.
    sources : sequence of Source
        Every raw file.
    parts : sequence of Part
        Together they give every split that the data set has.
    zero_shot : bool, default False
        Whether it is asked without shots, however many the others get.
    """

    name: str
    category: str
    suite: str
    folder: str
    licence: str
    homepage: str
    instruction: str
    output_length: int
    metrics: Sequence[str]
    sources: Sequence[Source]
    parts: Sequence[Part] = field(repr=False)
    zero_shot: bool = False

    def source(self, path: str) -> Source:
        """Return the source at a path."""
        return next(source for source in self.sources if source.path == path)

    @property
    def splits(self) -> tuple[str, ...]:
        """The names of all splits, in the order of `SPLITS`."""
        have = {split for part in self.parts for split in part.splits}
        return tuple(split for split in SPLITS if split in have)
