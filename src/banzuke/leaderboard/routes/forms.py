"""Forms: read whole, checked to come from our own page, sent by whoever is logged in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request

from banzuke.leaderboard.account import visitor
from banzuke.leaderboard.refusals import ForbiddenError, NotLoggedInError, RefusedError
from banzuke.leaderboard.security.cross_site import FIELD, is_csrf_token
from banzuke.leaderboard.security.identity import Identity

_MOST_FIELDS = 40
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def _form(request: Request) -> Mapping[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _FORMS:
        raise ForbiddenError("errors.cross_site")
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as found:
        values = {name: value for name, value in found.items() if isinstance(value, str)}
    if not is_csrf_token(request.session, values.pop(FIELD, None)):
        raise ForbiddenError("errors.cross_site")
    if any("\x00" in value for value in values.values()):
        raise RefusedError("errors.nul")
    return values


def _logged_in(request: Request) -> Identity:
    who = visitor(request)
    if who is None:
        raise NotLoggedInError("errors.log_in_first")
    return who


Form = Annotated[Mapping[str, str], Depends(_form)]
LoggedIn = Annotated[Identity, Depends(_logged_in)]
