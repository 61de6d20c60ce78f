"""Reading what a server says: nothing in it is trusted to have the right type or letters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from banzuke.evaluation.engines._base import Answer
from banzuke.exceptions import EngineError

_LARGEST = 2**53  # of counts and sizes
_SHOWN = 200


def read_answer(reply: Any, seconds: float) -> Answer:
    """Return the answer in a reply of either endpoint.

    Raises
    ------
    EngineError
        Where there is no text where the OpenAI API puts it.
    """
    try:
        choice = reply["choices"][0]
        message = choice.get("message")
        text = _content(choice["text"] if message is None else message.get("content"))
        thinking = (message or {}).get("reasoning_content") or (message or {}).get("reasoning")
        finish = choice.get("finish_reason")
        usage = as_dict(reply.get("usage"))
        logprobs = _logprobs(choice.get("logprobs"))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise EngineError(
            "the server's answer has no text where the OpenAI API puts it; "
            f"it has {one_line(str(reply))[:_SHOWN]}"
        ) from error
    return Answer(
        text=text,
        thinking=clean(thinking) if isinstance(thinking, str) and thinking else None,
        finish_reason=clean(finish) if isinstance(finish, str) else None,
        prompt_tokens=whole(usage.get("prompt_tokens")),
        completion_tokens=whole(usage.get("completion_tokens")),
        latency_seconds=seconds,
        logprobs=logprobs,
    )


def _content(found: Any) -> str:
    """Return a text, or the texts of a list of parts (one of audio, say, has none)."""
    if found is None:
        return ""
    if isinstance(found, list):
        texts = [part["text"] for part in found if part["type"] == "text"]
        found = "".join(texts) if texts else found
    if not isinstance(found, str):
        raise TypeError("no text")
    return clean(found)


def _logprobs(found: Any) -> tuple[float, ...] | None:
    """Read both layouts: a list of numbers (completions), or a list of tokens (chat)."""
    if not isinstance(found, dict):
        return None
    tokens = found.get("content")
    if isinstance(tokens, list):
        values = [token.get("logprob") for token in tokens if isinstance(token, dict)]
    else:
        values = found.get("token_logprobs") or []
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    return tuple(numbers) if numbers else None


def read_json(response: httpx.Response) -> Any:
    """Return the JSON of a response.

    Raises
    ------
    ValueError
        Where it is none, or too deep to be read.
    """
    try:
        return response.json()
    except RecursionError:
        raise ValueError("JSON of too many levels") from None


def clean(text: str) -> str:
    r"""Return a text that can be stored: halves of surrogate pairs become U+FFFD.

    Examples
    --------
    >>> clean("\ud800abc")
    '�abc'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def one_line(text: str) -> str:
    r"""Return a text as one line of printable characters.

    Examples
    --------
    >>> one_line("\x1b[31mbad\nline two\r\x07")
    '[31mbad line two'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def whole(value: Any) -> int | None:
    """Return a count or size, which some servers write as a text; None where it is none.

    Examples
    --------
    >>> whole(4096), whole("4096"), whole(10.0), whole("many"), whole(-1), whole(True)
    (4096, 4096, 10, None, None, None)
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 17:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if 0 <= value <= _LARGEST and value == int(value) else None


def as_dict(value: Any) -> Mapping[str, Any]:
    """Return a mapping, empty where the value is none."""
    return value if isinstance(value, dict) else {}
