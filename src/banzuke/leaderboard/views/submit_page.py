"""The form for submitting a model: fields, what was typed, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from pydantic import ValidationError

from banzuke.exceptions import BanzukeError
from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.service.addresses import RefusedAddressError
from banzuke.leaderboard.service.refusals import DuplicateError, RefusedRequestError
from banzuke.leaderboard.service.schemas import ModelType, Precision, PromptStyle, SubmissionRequest
from banzuke.leaderboard.service.settings import ServiceSettings

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "where": ("model", "revision", "endpoint"),
    "about": ("type", "architecture", "params_b", "precision", "base_model", "license"),
    "how": ("suite", "shots", "prompt_style"),
    "who": ("contact",),
}
_NUMBERS = {"params_b", "shots"}
_DEFAULTS = {
    name: str(field.default)
    for name, field in SubmissionRequest.model_fields.items()
    if not field.is_required() and field.default is not None
}


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One field: options are (value, label) of a selection, empty for what is typed."""

    name: str
    label: str
    help: str
    kind: str
    value: str
    error: str
    required: bool
    longest: int
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class SubmitPage:
    """Context of ``submit.html``.

    ``problem`` is about the whole form; ``earlier_url`` leads to the submission that this one
    would repeat.
    """

    title: str
    csrf: str
    groups: list[tuple[str, list[FormField]]]
    problem: str
    earlier_url: str | None

    @property
    def wrong(self) -> list[FormField]:
        """The fields that were refused."""
        return [field for _, fields in self.groups for field in fields if field.error]


def submit_page(
    settings: ServiceSettings,
    say: Catalogue,
    csrf: str,
    typed: Mapping[str, str] | None = None,
    error: Exception | None = None,
) -> SubmitPage:
    """Compute the form.

    Parameters
    ----------
    settings : ServiceSettings
    say : Catalogue
    csrf : str
        Token of the session.
    typed : mapping of str to str, optional
        What the visitor typed before.
    error : ValidationError or BanzukeError, optional
        Why it was refused.
    """
    values = _DEFAULTS | {"suite": settings.default_suite} | dict(typed or {})
    errors = _errors(error, say)
    groups = [
        (
            say(f"submit.group_{group}"),
            [_field(name, settings, say, values, errors) for name in names],
        )
        for group, names in _GROUPS.items()
    ]
    earlier = error.submission_id if isinstance(error, DuplicateError) else None
    return SubmitPage(
        title=say("submit.title"),
        csrf=csrf,
        groups=groups,
        problem=errors.get("", ""),
        earlier_url=f"/submissions/{earlier}" if earlier else None,
    )


def _field(
    name: str,
    settings: ServiceSettings,
    say: Catalogue,
    values: Mapping[str, str],
    errors: Mapping[str, str],
) -> FormField:
    needs_endpoint = name == "endpoint" and settings.engine == "none"
    return FormField(
        name=name,
        label=say(f"submit.label_{name}"),
        help=say.known(f"submit.help_{name}", ""),
        kind="number" if name in _NUMBERS else "url" if name == "endpoint" else "text",
        value=values.get(name, ""),
        error=errors.get(name, ""),
        required=name == "model" or needs_endpoint,
        longest=500 if name == "endpoint" else 200,
        options=_options(name, settings, say),
    )


def _options(name: str, settings: ServiceSettings, say: Catalogue) -> tuple[tuple[str, str], ...]:
    if name == "type":
        slugs = {value: value.replace(" ", "_").replace("-", "_") for value in get_args(ModelType)}
        return tuple((value, say(f"submit.type_{slug}")) for value, slug in slugs.items())
    if name == "prompt_style":
        return tuple((value, say(f"submit.style_{value}")) for value in get_args(PromptStyle))
    if name == "precision":
        return tuple((value, value) for value in get_args(Precision))
    if name == "suite":
        return tuple((value, value) for value in settings.suites)
    return ()


def _errors(error: Exception | None, say: Catalogue) -> dict[str, str]:
    """Return a sentence for each field that was refused; the whole form's has no name."""
    if error is None:
        return {}
    if isinstance(error, ValidationError):
        names = {str(one["loc"][0]) if one["loc"] else "" for one in error.errors()}
        whole = say("submit.wrong")
        return {name: say.known(f"submit.wrong_{name}", whole) for name in sorted(names)}
    if isinstance(error, RefusedAddressError):
        return {"endpoint": say(f"submit.address_{error.code}")}
    if isinstance(error, RefusedRequestError):
        return {error.field: say(f"submit.refused_{error.code}", **error.values)}
    if isinstance(error, DuplicateError):
        return {"": say("submit.duplicate")}
    assert isinstance(error, BanzukeError)  # noqa: S101 - what the routes catch
    return {"": str(error)}
