"""The table of contents: every command, in the order in which a newcomer needs them."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer
from rich.markup import escape

from banzuke._version import __version__
from banzuke.cli import (
    capabilities,
    data,
    database,
    ensemble,
    import_results,
    predict,
    serve,
    submissions,
    submit,
    suite,
    token,
)
from banzuke.cli.compare import compare
from banzuke.cli.demo import demo
from banzuke.cli.evaluate import evaluate
from banzuke.cli.export_run import export_run
from banzuke.cli.worker import worker

app = typer.Typer(
    name="banzuke",
    help="番付: which language model is good at what, for how much, and how sure that is.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

RESULTS = "Results in"
ANALYSES = "What the results say"
PAGES = "For people to see"
SERVICE = "Run the service"

app.command("demo", rich_help_panel=PAGES)(demo)
app.command("serve", rich_help_panel=PAGES)(serve.serve)
app.command("submit", rich_help_panel=PAGES)(submit.submit)
app.add_typer(token.app, name="token", rich_help_panel=SERVICE)
app.command("worker", rich_help_panel=SERVICE)(worker)
app.add_typer(submissions.app, name="submissions", rich_help_panel=SERVICE)
app.add_typer(database.app, name="database", rich_help_panel=SERVICE)
app.command("backup", rich_help_panel=SERVICE)(database.backup)
app.command("restore", rich_help_panel=SERVICE)(database.restore)
app.command("export", rich_help_panel=SERVICE)(database.export)
app.command("import", rich_help_panel=RESULTS)(import_results.import_results)
app.add_typer(data.app, name="data", rich_help_panel=RESULTS)
app.add_typer(suite.app, name="suite", rich_help_panel=RESULTS)
app.command("evaluate", rich_help_panel=RESULTS)(evaluate)
app.command("compare", rich_help_panel=RESULTS)(compare)
app.command("export-run", rich_help_panel=RESULTS)(export_run)
app.add_typer(predict.app, name="predict", rich_help_panel=ANALYSES)
app.add_typer(ensemble.app, name="ensemble", rich_help_panel=ANALYSES)
app.add_typer(capabilities.app, name="capabilities", rich_help_panel=ANALYSES)


def _write_help(group: typer.Typer) -> None:
    """Make each command's help of its docstring: paragraphs in one piece, brackets kept."""
    for command in group.registered_commands:
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(escape(" ".join(text.split())) for text in paragraphs)
    for part in group.registered_groups:
        if part.typer_instance is not None:
            _write_help(part.typer_instance)


_write_help(app)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"banzuke {__version__}")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of banzuke itself."""
