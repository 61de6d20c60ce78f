"""Asking many questions at a time and storing the answers in small groups as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")
_WATCH_SECONDS = 0.1


async def ask_all(
    questions: Iterable[Q],
    answer: Callable[[Q], Awaitable[A]],
    save: Callable[[Sequence[A]], object],
    *,
    concurrency: int,
    must_stop: Callable[[], bool] = lambda: False,
    must_break_off: Callable[[], bool] = lambda: False,
) -> bool:
    """Answer questions, and store every answer that was given, whatever happens to others.

    Parameters
    ----------
    questions : iterable
    answer : callable
        Coroutine function from a question to an answer.
    save : callable
        Stores answers, in one transaction; runs in a thread, one call at a time.
    concurrency : int
        Questions at a time.
    must_stop : callable
        True: take no new question, but wait for the answers under way.
    must_break_off : callable
        True: wait for nothing.

    Returns
    -------
    bool
        True where every question was answered.

    Raises
    ------
    Exception
        The first of `save`, else the first of `answer`; what was answered until then is
        stored.
    """
    waiting = iter(questions)
    answered: asyncio.Queue[A | None] = asyncio.Queue()
    left_out = False

    async def work() -> None:
        nonlocal left_out
        for question in waiting:
            if must_stop() or must_break_off():
                left_out = True
                return
            answered.put_nowait(await answer(question))

    async def watch() -> None:
        while not must_break_off():
            await asyncio.sleep(_WATCH_SECONDS)

    workers = [asyncio.create_task(work()) for _ in range(concurrency)]
    asking = asyncio.gather(*workers)
    saving = asyncio.create_task(_save_all(answered, save))
    watching = asyncio.create_task(watch())
    tasks: tuple[asyncio.Future[Any], ...] = (saving, asking)
    await asyncio.wait({*tasks, watching}, return_when=asyncio.FIRST_COMPLETED)
    broken_off = watching.done() and not asking.done()
    for task in (watching, *workers):
        task.cancel()
    await asyncio.gather(watching, *workers, return_exceptions=True)
    answered.put_nowait(None)
    await asyncio.gather(*tasks, return_exceptions=True)
    for ended in tasks:
        error = None if ended.cancelled() else ended.exception()
        if error is not None:
            raise error
    return not (left_out or broken_off)


async def _save_all(
    answered: asyncio.Queue[A | None], save: Callable[[Sequence[A]], object]
) -> None:
    """Store answers together that came while the ones before were stored."""
    while True:
        group = [await answered.get()]
        while not answered.empty():
            group.append(answered.get_nowait())
        records = [record for record in group if record is not None]
        if records:
            await asyncio.to_thread(save, records)
        if len(records) < len(group):
            return
