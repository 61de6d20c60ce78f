"""Why a submission is not taken, with what a message in the reader's language needs."""

from __future__ import annotations

from banzuke.exceptions import ConflictError, InvalidInputError


class RefusedRequestError(InvalidInputError):
    """A submission that is not taken here, and the field that it is about.

    Parameters
    ----------
    field : str
        Name of the field of `SubmissionRequest`.
    code : str
        What is wrong, for a message in the reader's language.
    sentence : str
        The same in English.
    **values
        What the message tells of, as text.
    """

    def __init__(self, field: str, code: str, sentence: str, **values: str) -> None:
        self.field = field
        self.code = code
        self.values = values
        super().__init__(sentence)


class DuplicateError(ConflictError):
    """The same model, revision, endpoint and settings were submitted before.

    Parameters
    ----------
    submission_id : str
        The earlier submission.
    sentence : str
    """

    def __init__(self, submission_id: str, sentence: str) -> None:
        self.submission_id = submission_id
        super().__init__(sentence)
