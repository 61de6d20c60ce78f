"""Prompt styles: from an instruction, shots and an item to what the engine is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import orjson

from banzuke.evaluation.tasks import Benchmark, Item, Task
from banzuke.evaluation.text import first_block
from banzuke.exceptions import InvalidInputError

Prompt = str | tuple[Mapping[str, str], ...]
"""A text to be completed, or chat messages with ``role`` and ``content``."""

STYLES: Mapping[str, str] = MappingProxyType(
    {
        "chat": "messages through the server's chat template; shots are earlier turns",
        "alpaca-ja": "one text with the headings ### 指示, ### 入力, ### 応答",
        "raw": "one text without headings, for base models",
    }
)
"""Name of each prompt style and what it is, in the words of the help page."""

_PREAMBLE = (
    "これから、ある課題についての指示と、その対象となる入力を示します。"
    "指示に従い、応答の欄に答えだけを書いてください。"
)
_RAW_LEAD = "答え："
_HEADING = "\n###"
_BLANK_LINE = "\n\n"
_LONG = ("code_exec", "expression", "instruction_following")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a model said, taken apart.

    Parameters
    ----------
    answer : str
        What is scored.
    thinking : str or None
        What a reasoning model wrote between ``<think>`` and ``</think>``.
    complete : bool
        True where the text went on after the answer, so a cut-off at the end of the text
        does not concern it.
    first_paragraph : str
        What stands before the first blank line, stripped: what llm-jp-eval scores.
    """

    answer: str
    thinking: str | None
    complete: bool
    first_paragraph: str = ""


def build_prompt(
    style: str, task: Task, item: Item, n_shots: int = 0, *, preamble: str | None = None
) -> Prompt:
    """Build the prompt of an item.

    Parameters
    ----------
    style : {"chat", "alpaca-ja", "raw"}
    task : Task
        Its first `n_shots` shots are used, the same for every model and item.
    item : Item
    n_shots : int, default 0
    preamble : str, optional
        The sentence that opens an ``alpaca-ja`` prompt; our own by default.

    Returns
    -------
    str or tuple of messages

    Raises
    ------
    InvalidInputError
        Where the style does not exist or the task has too few shots.

    Examples
    --------
    >>> from banzuke.evaluation.suites import load_suite
    >>> task = load_suite("mini").tasks[1]
    >>> print(build_prompt("raw", task, task.items[0], 1))
    質問に、できるだけ短い語句で答えてください。説明や文の形は要りません。
    <BLANKLINE>
    質問：フランスの首都はどこですか。
    答え：パリ
    <BLANKLINE>
    質問：日本で一番高い山の名前は何ですか。
    答え：
    """
    if style not in STYLES:
        raise InvalidInputError(f"there is no prompt style '{style}'; use {', '.join(STYLES)}")
    if task.benchmark.zero_shot:
        n_shots = 0
    if not 0 <= n_shots <= len(task.shots):
        raise InvalidInputError(
            f"benchmark '{task.benchmark.name}' has {len(task.shots)} shots, not {n_shots}"
        )
    pairs = [(shot.text, shot.answers[0]) for shot in task.shots[:n_shots]]
    if style == "alpaca-ja":
        return _alpaca(preamble or _PREAMBLE, task.benchmark.instruction, pairs, item.text)
    build = {"chat": _chat, "raw": _raw}[style]
    return build(task.benchmark.instruction, pairs, item.text)


def _chat(instruction: str, pairs: Sequence[tuple[str, str]], text: str) -> Prompt:
    # no system message: some chat templates refuse one
    messages: list[Mapping[str, str]] = []
    for shot, answer in pairs:
        messages.append({"role": "user", "content": shot})
        messages.append({"role": "assistant", "content": answer})
    messages.append({"role": "user", "content": text})
    messages[0] = {"role": "user", "content": f"{instruction}\n\n{messages[0]['content']}"}
    return tuple(messages)


def _alpaca(preamble: str, instruction: str, pairs: Sequence[tuple[str, str]], text: str) -> Prompt:
    turns = [f"### 入力:\n{shot}\n\n### 応答:\n{answer}" for shot, answer in pairs]
    turns.append(f"### 入力:\n{text}\n\n### 応答:\n")
    return "\n\n".join([preamble, f"### 指示:\n{instruction}", *turns])


def _raw(instruction: str, pairs: Sequence[tuple[str, str]], text: str) -> Prompt:
    turns = [f"{shot}\n{_RAW_LEAD}{answer}" for shot, answer in pairs]
    return "\n\n".join([instruction, *turns, f"{text}\n{_RAW_LEAD}"])


def stop_sequences(style: str, benchmark: Benchmark) -> tuple[str, ...]:
    """Return what ends an answer in that style, besides the model's own end.

    A built data set stops at a blank line, where its answer ends by definition. Programs
    and essays have blank lines and may go on.
    """
    if style == "chat":
        return ()
    if benchmark.measures and not is_long(benchmark):
        return (_BLANK_LINE,)
    return (_HEADING,) if style == "alpaca-ja" else ()


def read_reply(text: str, style: str, thinking: str | None = None, *, whole: bool = False) -> Reply:
    r"""Take a model's text apart.

    Thinking is what stands before ``</think>`` (a template may have written the opening
    tag), or everything after a ``<think>`` that is never closed. In ``chat`` the rest is the
    answer; in the completion styles it is the text before the first blank line, where a
    base model starts to write another question.

    Parameters
    ----------
    text : str
    style : str
    thinking : str, optional
        Thinking that the server has split off already.
    whole : bool, default False
        The answer has blank lines, as programs do: all of the text is the answer.

    Examples
    --------
    >>> read_reply("<think>山は…</think>\n富士山", "chat")
    Reply(answer='富士山', thinking='山は…', complete=False, first_paragraph='富士山')
    >>> read_reply("富士山\n\n質問：川は", "raw").answer
    '富士山'
    """
    before, closed, rest = text.partition("</think>")
    if closed:
        thinking, text = before.replace("<think>", "", 1).strip(), rest.lstrip()
    elif text.lstrip().startswith("<think>"):
        thinking, text = text.lstrip().removeprefix("<think>").strip(), ""
    first = text.split(_BLANK_LINE, 1)[0].strip()
    text = text if whole else text.strip()
    answer = text if style == "chat" or whole else first_block(text)
    return Reply(
        answer=answer, thinking=thinking, complete=len(answer) < len(text), first_paragraph=first
    )


def is_long(benchmark: Benchmark) -> bool:
    """Return whether answers have blank lines, as programs and essays do."""
    return any(name in _LONG for name in (benchmark.metric, *benchmark.measures))


def prompt_text(prompt: Prompt) -> str:
    """Return a prompt as one text: a text as it is, messages as JSON."""
    return prompt if isinstance(prompt, str) else orjson.dumps(prompt).decode()


def digest(*parts: object) -> str:
    """Return the sha256 of JSON values, as 64 hexadecimal digits."""
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()
