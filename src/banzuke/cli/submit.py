"""``banzuke submit``: a model to a leaderboard somewhere, over its API."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from banzuke.cli.options import JsonOption
from banzuke.cli.output import print_json, print_note
from banzuke.exceptions import AccessError

if TYPE_CHECKING:
    from banzuke.leaderboard.client import Client

TOKEN_VARIABLE = "BANZUKE_TOKEN"  # noqa: S105 - the name of the variable


def submit(
    model: Annotated[str, typer.Argument(help="organization/name.")],
    url: Annotated[str, typer.Option("--url", help="Address of the leaderboard.")],
    *,
    endpoint: Annotated[
        str | None,
        typer.Option("--endpoint", help="OpenAI-compatible server that serves the model."),
    ] = None,
    revision: Annotated[str | None, typer.Option("--revision", help="Branch, tag, commit.")] = None,
    precision: Annotated[
        str | None, typer.Option("--precision", help="Such as bfloat16 or int8.")
    ] = None,
    type: Annotated[str | None, typer.Option("--type", help="Such as pretrained or chat.")] = None,
    architecture: Annotated[
        str | None, typer.Option("--architecture", help="Such as LlamaForCausalLM.")
    ] = None,
    params_b: Annotated[
        float | None, typer.Option("--params-b", help="Billions of parameters.")
    ] = None,
    base_model: Annotated[str | None, typer.Option("--base-model", help="What it is from.")] = None,
    license: Annotated[str | None, typer.Option("--license", help="Such as apache-2.0.")] = None,
    shots: Annotated[int | None, typer.Option("--shots", help="Solved examples.", min=0)] = None,
    prompt_style: Annotated[
        str | None, typer.Option("--prompt-style", help="chat or base.")
    ] = None,
    suite: Annotated[str | None, typer.Option("--suite", help="What is asked.")] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", help="Told to operators only.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until it has ended.")] = False,
    json: JsonOption = False,
) -> None:
    """Submit a model to a leaderboard; the token is read from BANZUKE_TOKEN.

    JSON keys: those of a submission in the API, such as id, state, n_done, n_items.
    """
    from banzuke.leaderboard.client import Client

    settings = {
        "endpoint": endpoint,
        "revision": revision,
        "precision": precision,
        "type": type,
        "architecture": architecture,
        "params_b": params_b,
        "base_model": base_model,
        "license": license,
        "shots": shots,
        "prompt_style": prompt_style,
        "suite": suite,
        "contact": contact,
    }
    with Client(url, _token()) as client:
        _report(client, client.submit(model, **settings).model_dump(mode="json"), wait, json)


def _token() -> str:
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise AccessError(
            f"submitting needs a token in {TOKEN_VARIABLE}; the operator of the board makes one "
            "with banzuke token create"
        )
    return token


def _report(client: Client, made: dict[str, Any], wait: bool, json: bool) -> None:
    page = f"{client.url}{made['url']}"
    if not json:
        print_note(f"Submitted as {made['id']}: {page}")
    if wait:
        made = _follow(client, made["id"])
    if json:
        print_json(made)
    elif wait:
        reason = f": {made['reason']}" if made["reason"] else ""
        print_note(f"{made['model']} is {made['state']}{reason}")


def _follow(client: Client, submission: str) -> dict[str, Any]:
    from banzuke import progress

    with progress.shown(), progress.step(f"waiting for {submission}"):
        ended = client.wait(submission, timeout_seconds=7 * 24 * 3600.0)
    return ended.model_dump(mode="json")
