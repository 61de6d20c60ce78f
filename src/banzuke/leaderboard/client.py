"""A leaderboard from Python: read its boards, submit models, follow and flag them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from banzuke.exceptions import ServerError
from banzuke.leaderboard import schemas
from banzuke.leaderboard import schemas_submissions as sent
from banzuke.leaderboard.links import api_model_url, api_url
from banzuke.leaderboard.transport import Transport

T = TypeVar("T", bound=BaseModel)
_API = "/api/v1"
_ENDED = ("finished", "failed", "withdrawn")
_PER_PAGE = 200


class Client:
    """Everything that a leaderboard shows, and what may be done there with a token.

    What the server sent before is not sent again (ETags). A server that is busy is asked
    again when it says so.

    Parameters
    ----------
    url : str
        Where the leaderboard is, such as ``https://llm.example.org``.
    token : str, optional
        For submitting and flagging; reading needs none.
    transport : Transport, optional
        Stands in for the connection made from the two.

    Raises
    ------
    NotFoundError, InvalidInputError, ConflictError, AccessError, ServerError
        From every method: what the server says, as one sentence.

    Examples
    --------
    >>> client = Client("https://llm.example.org")  # nothing is asked yet
    >>> client.url
    'https://llm.example.org'
    """

    def __init__(
        self, url: str, token: str | None = None, *, transport: Transport | None = None
    ) -> None:
        self._transport = transport or Transport(url, token)
        self.url = self._transport.url

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def boards(self) -> list[schemas.BoardSummary]:
        """Return the boards of the server."""
        return self._get(f"{_API}/boards", schemas.BoardList).boards

    def models(self, board: str, **query: Any) -> Iterator[schemas.ModelRow]:
        """Return the rows of a board, page by page as they are asked for.

        Parameters
        ----------
        board : str
        **query
            What the page's address takes: ``q``, ``type``, ``sort``, ``predicted``...
        """
        page = 1
        while True:
            parameters = {"per_page": _PER_PAGE, **query, "page": page}
            found = self._get(api_url(board, ".json"), schemas.BoardRowsPage, parameters)
            yield from found.rows
            if page >= found.n_pages:
                return
            page += 1

    def model(self, board: str, model: str) -> schemas.ModelDetail:
        """Return all scores and metadata of one model."""
        return self._get(api_model_url(board, model), schemas.ModelDetail)

    def whoami(self) -> sent.WhoAmI:
        """Return whose token this client has, and what it may do."""
        return self._get(f"{_API}/whoami", sent.WhoAmI)

    def submit(self, model: str, **settings: Any) -> sent.SubmissionInfo:
        """Submit a model; it is stored when this returns.

        Parameters
        ----------
        model : str
            ``organization/name``.
        **settings
            ``endpoint``, ``revision``, ``precision``, ``type``, ``architecture``,
            ``params_b``, ``base_model``, ``license``, ``shots``, ``prompt_style``,
            ``suite``, ``contact``; what is left out or None takes the server's default.
        """
        given = {key: value for key, value in settings.items() if value is not None}
        return self._post(f"{_API}/submissions", {"model": model, **given}, sent.SubmissionInfo)

    def submissions(
        self, *, state: str | None = None, model: str | None = None, submitter: str | None = None
    ) -> Iterator[sent.SubmissionInfo]:
        """Return submissions, newest first, page by page as they are asked for."""
        page = 1
        while True:
            parameters = {
                "state": state,
                "model": model,
                "submitter": submitter,
                "page": page,
                "per_page": _PER_PAGE,
            }
            found = self._get(f"{_API}/submissions", sent.SubmissionsPage, parameters)
            yield from found.submissions
            if page >= found.n_pages:
                return
            page += 1

    def submission(self, submission: str) -> sent.SubmissionInfo:
        """Return one submission as it stands."""
        return self._get(_path(submission), sent.SubmissionInfo)

    def events(self, submission: str) -> list[sent.EventInfo]:
        """Return every change of a submission, oldest first."""
        return self._get(_path(submission, "events"), sent.EventList).events

    def steps(self, submission: str) -> list[sent.StepInfo]:
        """Return how far each data set of a submission is."""
        return self._get(_path(submission, "steps"), sent.StepList).steps

    def items(self, submission: str, *, data_set: str | None = None) -> Iterator[sent.AnsweredItem]:
        """Return the questions of a submission with what the model answered.

        Those of a data set are there once it is finished.
        """
        page = 1
        while True:
            parameters = {"data_set": data_set, "page": page, "per_page": _PER_PAGE}
            found = self._get(_path(submission, "items"), sent.ItemsPage, parameters)
            yield from found.items
            if page >= found.n_pages:
                return
            page += 1

    def withdraw(self, submission: str, reason: str | None = None) -> sent.SubmissionInfo:
        """Withdraw a submission; its history stays."""
        return self._post(_path(submission, "withdraw"), {"reason": reason}, sent.SubmissionInfo)

    def rerun(self, submission: str, reason: str | None = None) -> sent.SubmissionInfo:
        """Have a submission evaluated again."""
        return self._post(_path(submission, "rerun"), {"reason": reason}, sent.SubmissionInfo)

    def wait(
        self, submission: str, *, timeout_seconds: float = 3600.0, poll_seconds: float = 2.0
    ) -> sent.SubmissionInfo:
        """Return a submission once it has ended: finished, failed or withdrawn.

        Raises
        ------
        ServerError
            Where it has not ended in time; it goes on.
        """
        until = time.monotonic() + timeout_seconds
        while True:
            found = self.submission(submission)
            if found.state in _ENDED:
                return found
            if time.monotonic() + poll_seconds > until:
                raise ServerError(
                    f"the submission {submission} is still {found.state} after "
                    f"{timeout_seconds:g} s; it goes on, see {self.url}{found.url}"
                )
            time.sleep(poll_seconds)

    def flag(self, board: str, model: str, reason: str, link: str | None = None) -> sent.FlagInfo:
        """Flag a model on a board, with a reason that all can read."""
        body = {"board": board, "model": model, "reason": reason, "link": link}
        return self._post(f"{_API}/flags", body, sent.FlagInfo)

    def flags(
        self, *, board: str | None = None, model: str | None = None, state: str | None = None
    ) -> list[sent.FlagInfo]:
        """Return the newest flags with the operator's answers."""
        parameters = {"board": board, "model": model, "state": state}
        return self._get(f"{_API}/flags", sent.FlagList, parameters).flags

    def answer_flag(self, flag: str, state: sent.FlagVerdict, answer: str) -> sent.FlagInfo:
        """Uphold or reject a flag, as an operator."""
        path = f"{_API}/flags/{quote(flag, safe='')}/answer"
        return self._post(path, {"state": state, "answer": answer}, sent.FlagInfo)

    def _get(self, path: str, kind: type[T], parameters: dict[str, Any] | None = None) -> T:
        return self._read(kind, self._transport.get(path, parameters))

    def _post(self, path: str, body: dict[str, Any], kind: type[T]) -> T:
        return self._read(kind, self._transport.post(path, body))

    def _read(self, kind: type[T], value: Any) -> T:
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise ServerError(
                f"{self.url} sent a {kind.__name__} that this version cannot read (at '{where}'); "
                "client and server should have the same version of banzuke"
            ) from None


def _path(submission: str, page: str = "") -> str:
    return f"{_API}/submissions/{quote(submission, safe='')}" + (f"/{page}" if page else "")
