"""The words of the pages: one catalogue a language, a TOML file a page.

``messages/en/board.toml`` holds the messages ``board.…``. A message is a text with
``{placeholders}``, or a table of ``one`` and ``other`` chosen by the value ``n``. A message
whose key ends in ``_html`` holds markup of ours; every other message, and every value, is
escaped where it enters a page.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from banzuke.exceptions import BanzukeError

LANGUAGES = {"en": "English", "ja": "日本語"}
"""The languages of the pages, each with its own name."""

DEFAULT = "en"

MARKUP = "_html"
"""End of the keys whose messages hold markup."""

_FOLDER = Path(__file__).parent / "messages"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_FORMS = {"one", "other"}


class CatalogueError(BanzukeError, ValueError):
    """The catalogues do not agree with each other, or with the code."""


Message = Mapping[str, str]
"""The forms of a message, by ``one`` and ``other``; a message without number has ``other``."""


@dataclass(frozen=True)
class Catalogue:
    """The messages of one language.

    Attributes
    ----------
    language : str
        As in ``<html lang>``.
    messages : mapping of str to Message
    """

    language: str
    messages: Mapping[str, Message]

    def __call__(self, key: str, **values: object) -> str:
        """Return a message as plain text, its values put in as they are.

        Raises
        ------
        CatalogueError
            Where there is no such message, or a value of it is missing.
        """
        return _fill(self._form(key, values), values, str)

    def markup(self, key: str, **values: object) -> Markup:
        """Return a message for a page: values escaped, and the text too unless ``_html``."""
        text = self._form(key, values)
        safe = text if key.endswith(MARKUP) else str(escape(text))
        return Markup(_fill(safe, values, lambda value: str(escape(value))))  # noqa: S704 - escaped

    def known(self, key: str, otherwise: str) -> str:
        """Return a message without values, or another text where there is no such message."""
        return self(key) if key in self.messages else otherwise

    def _form(self, key: str, values: Mapping[str, object]) -> str:
        if key not in self.messages:
            raise CatalogueError(f"the catalogue '{self.language}' has no message '{key}'")
        forms = self.messages[key]
        return forms["one"] if values.get("n") == 1 and "one" in forms else forms["other"]


def _fill(text: str, values: Mapping[str, object], write: Any) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise CatalogueError(f"the message '{text[:60]}' needs a value for '{match[1]}'")
        found = values[match[1]]
        return str(write(f"{found:,}" if isinstance(found, int) else found))

    return _PLACEHOLDER.sub(value, text)


@cache
def catalogue(language: str) -> Catalogue:
    """Return the checked catalogue of a language; an unknown one gives that of `DEFAULT`."""
    found = load(_FOLDER)
    return found.get(language, found[DEFAULT])


@cache
def load(folder: Path) -> Mapping[str, Catalogue]:
    """Read the catalogues of a folder and check that they agree.

    Parameters
    ----------
    folder : Path
        Holds a folder for each of `LANGUAGES`.

    Returns
    -------
    mapping of str to Catalogue

    Raises
    ------
    CatalogueError
        Where a message is missing in a language, or has other placeholders there.
    """
    found = {language: Catalogue(language, _read(folder / language)) for language in LANGUAGES}
    reference = found[DEFAULT].messages
    for language, other in found.items():
        apart = sorted(set(reference) ^ set(other.messages))
        if apart:
            raise CatalogueError(f"messages '{language}': only in one language: {apart[:10]}")
        for key, forms in other.messages.items():
            if placeholders(forms) != placeholders(reference[key]):
                raise CatalogueError(
                    f"messages '{language}': '{key}' has {sorted(placeholders(forms))}, "
                    f"'{DEFAULT}' has {sorted(placeholders(reference[key]))}"
                )
    return found


def placeholders(message: Message) -> set[str]:
    """Return the names of the values that a message needs."""
    return {name for form in message.values() for name in _PLACEHOLDER.findall(form)}


def _read(folder: Path) -> dict[str, Message]:
    messages: dict[str, Message] = {}
    for path in sorted(folder.glob("*.toml")):
        for key, value in tomllib.loads(path.read_text(encoding="utf-8")).items():
            messages[f"{path.stem}.{key}"] = _message(path, key, value)
    return messages


def _message(path: Path, key: str, value: object) -> Message:
    if isinstance(value, str):
        return {"other": value}
    if isinstance(value, dict) and "other" in value and set(value) <= _FORMS:
        return value
    raise CatalogueError(f"{path.name}: '{key}' must be a text, or 'one' and 'other'")
