"""Flags: doubts about models, with the operator's answers, and the form for a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from banzuke.leaderboard.catalogue import Catalogue
from banzuke.leaderboard.links import flag_url, model_url
from banzuke.leaderboard.markdown import safe_markdown
from banzuke.leaderboard.service.flags import Flag, FlagState
from banzuke.leaderboard.snapshot import Snapshot
from banzuke.leaderboard.views.queue_page import Moment, moment


class FlagsQuery(BaseModel):
    """Which flags to list; empty values are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    board: str | None = Field(None, max_length=100)
    model: str | None = Field(None, max_length=200)
    state: FlagState | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, values: object) -> object:
        return {k: v for k, v in values.items() if v != ""} if isinstance(values, dict) else values


@dataclass(frozen=True, kw_only=True)
class FlagCard:
    """One flag; reason and answer are Markdown made harmless."""

    id: str
    board: str
    model: str
    model_url: str | None
    state: str
    state_name: str
    reason: Markup
    link: str | None
    reporter: str
    created: Moment | None
    answer: Markup | None
    operator: str | None
    answered: Moment | None


@dataclass(frozen=True, kw_only=True)
class FlagsPage:
    """Context of ``flags.html``.

    ``board`` and ``model`` are what the form flags; there is no form without them.
    """

    title: str
    csrf: str
    flags: list[FlagCard]
    states: list[tuple[str, str, bool]]
    board: str
    model: str
    reason: str
    link: str
    errors: Mapping[str, str]
    can_flag: bool
    can_answer: bool
    login_url: str


def flags_page(
    flags: Sequence[Flag],
    query: FlagsQuery,
    *,
    snapshot: Snapshot,
    csrf: str,
    say: Catalogue,
    role: str | None,
    typed: Mapping[str, str] | None = None,
    error: Exception | None = None,
) -> FlagsPage:
    """Compute the list, and the form where a model was named and somebody is logged in."""
    values = dict(typed or {})
    named = query.board or "", query.model or ""
    here = flag_url(*named)
    states = [("/flags", say("flags.all"), query.state is None)]
    for state in FlagState:
        address = f"/flags?state={state.value}"
        states.append((address, say(f"flags.state_{state.value}"), query.state is state))
    return FlagsPage(
        title=say("flags.title"),
        csrf=csrf,
        flags=[_card(one, snapshot, say) for one in flags],
        states=states,
        board=named[0],
        model=named[1],
        reason=values.get("reason", ""),
        link=values.get("link", ""),
        errors=_errors(error, say),
        can_flag=role is not None and all(named),
        can_answer=role == "operator",
        login_url=f"/login?{urlencode({'next': here})}",
    )


def _card(flag: Flag, snapshot: Snapshot, say: Catalogue) -> FlagCard:
    known = flag.board in snapshot.boards and flag.model in snapshot.board(flag.board).board.rows
    return FlagCard(
        id=flag.id,
        board=flag.board,
        model=flag.model,
        model_url=model_url(flag.board, flag.model) if known else None,
        state=flag.state.value,
        state_name=say(f"flags.state_{flag.state.value}"),
        reason=safe_markdown(flag.reason),
        link=flag.link,
        reporter=flag.reporter,
        created=moment(flag.created_at),
        answer=None if flag.answer is None else safe_markdown(flag.answer),
        operator=flag.operator,
        answered=moment(flag.answered_at),
    )


def _errors(error: Exception | None, say: Catalogue) -> dict[str, str]:
    """Return a sentence for each field, empty where it is fine; the whole form's has no name."""
    found = {"": "", "reason": "", "link": ""}
    if isinstance(error, ValidationError):
        found[""] = say("flags.look_again")
        names = {str(one["loc"][0]) if one["loc"] else "" for one in error.errors()}
        found |= {name: say.known(f"flags.wrong_{name}", say("flags.wrong")) for name in names}
    elif error is not None:
        found[""] = say("flags.open_already")
    return found
