"""``banzuke token``: who may submit to a board, and who operates it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from banzuke.cli.options import DEFAULT_DATA, DataOption, JsonOption
from banzuke.cli.output import print_json, print_note, print_table

if TYPE_CHECKING:
    from banzuke.leaderboard.service.tokens import Token, TokenStore

app = typer.Typer(help="Make, list and revoke the tokens with which people submit models.")

_Name = Annotated[str, typer.Argument(help="Who uses it; shown as the submitter.")]


class TokenRole(StrEnum):
    """What a token may do."""

    SUBMITTER = "submitter"
    OPERATOR = "operator"


@app.command("create")
def create(
    name: _Name,
    role: Annotated[
        TokenRole,
        typer.Option("--role", help="An operator also decides flags and other people's models."),
    ] = TokenRole.SUBMITTER,
    days: Annotated[
        float | None, typer.Option("--days", help="After which it stops working.", min=0)
    ] = None,
    data: DataOption = DEFAULT_DATA,
    json: JsonOption = False,
) -> None:
    """Make a token and print it, this once.

    JSON keys: name, role, expires_at, token.
    """
    from banzuke.leaderboard.service.tokens import Role

    with _tokens(data) as tokens:
        token, secret = tokens.create(name, role=Role(role.value), days=days)
    if json:
        print_json({**_facts(token, "name", "role", "expires_at"), "token": secret})
        return
    print(secret)
    print_note("Keep it: it is stored as a digest and cannot be shown again.")


@app.command("list")
def list_tokens(data: DataOption = DEFAULT_DATA, json: JsonOption = False) -> None:
    """List all tokens, revoked ones too; never the tokens themselves.

    JSON keys: tokens [{name, role, created_at, expires_at, used_at, revoked_at}].
    """
    keys = ("name", "role", "created_at", "expires_at", "used_at", "revoked_at")
    with _tokens(data) as tokens:
        rows = [_facts(token, *keys) for token in tokens.list()]
    if json:
        print_json({"tokens": rows})
    elif rows:
        print_table("tokens", keys, [list(row.values()) for row in rows])
    else:
        print_note("There are no tokens yet; make one with: banzuke token create NAME")


@app.command("revoke")
def revoke(name: _Name, data: DataOption = DEFAULT_DATA, json: JsonOption = False) -> None:
    """Stop a token from working, at once and for good.

    JSON keys: name, role, revoked_at.
    """
    with _tokens(data) as tokens:
        token = tokens.revoke(name)
    if json:
        print_json(_facts(token, "name", "role", "revoked_at"))
    else:
        print_note(f"The token '{name}' no longer works.")


@contextmanager
def _tokens(data: str) -> Iterator[TokenStore]:
    from banzuke.leaderboard.service.database import Database
    from banzuke.leaderboard.service.migrating import upgrade
    from banzuke.leaderboard.service.settings import load_settings
    from banzuke.leaderboard.service.tokens import TokenStore

    settings = load_settings(data=None if data == DEFAULT_DATA else data)
    database = Database(settings.results_database)
    try:
        upgrade(database)
        yield TokenStore(database)
    finally:
        database.close()


def _facts(token: Token, *keys: str) -> dict[str, Any]:
    facts = token.model_dump(mode="json")
    return {key: facts[key] for key in keys}
