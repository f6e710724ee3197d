"""The command's entry: global options, lazy registration of command groups, exit statuses, one-line errors."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from recsys.cli.arguments import normalise
from recsys.cli.output import Output
from recsys.cli.session import Exit, Session, default_workspace
from recsys.errors import is_expected

COMMANDS = (
    "sample",
    "importing",
    "quarantine",
    "identity",
    "stats",
    "graph",
    "check",
    "train",
    "train_vision",
    "tag",
    "complete",
    "similar",
    "evaluate",
    "serve",
    "releases",
)
"""Modules of this package, in the order of the help; each has ``register(app: typer.Typer) -> None`` and imports
nothing heavy at its top."""

EPILOG = "-w/--workspace, --config, --json and --debug may stand before or after the command."


def build() -> typer.Typer:
    """Make the application with all its commands."""
    app = typer.Typer(
        name="recsys",
        help="Outfits completed by a graph of photos and items.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_global_options)
    for name in COMMANDS:
        import_module(f"recsys.cli.{name}").register(app)
    return app


def _global_options(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option("-w", "--workspace", help="Folder of graph, embeddings and releases [RECSYS_WORKSPACE]."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file instead of the workspace's recsys.toml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error arose.")] = False,
) -> None:
    del debug  # read by main(), which is where errors arrive
    named = config or (Path(os.environ["RECSYS_CONFIG"]) if os.environ.get("RECSYS_CONFIG") else None)
    context.obj = Session(workspace or default_workspace(), named, Output(as_json=as_json))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 all well, 1 error, 2 something needs attention, 130 interrupted."""
    given = normalise(list(sys.argv[1:] if arguments is None else arguments))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = build()(args=given, standalone_mode=False)
    except Exception as error:
        if "--debug" in given:
            raise
        sys.exit(_report(error))
    if status == Exit.INTERRUPTED:
        typer.echo("recsys: interrupted", err=True)
    sys.exit(status if isinstance(status, int) else Exit.OK)


def _report(error: Exception) -> int:
    usage = getattr(error, "format_message", None)  # what the command line parser raises for wrong arguments
    if usage is not None:
        typer.echo(f"recsys: {usage()} (recsys --help lists commands, recsys COMMAND --help options)", err=True)
        return Exit.ERROR
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.ERROR
    if not is_expected(error):
        raise error
    typer.echo(f"recsys: {_one_line(error)}", err=True)
    return Exit.ERROR


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"{error.filename or 'disk'}: no space left; what was stored before is whole, free some space and go on"
    return " ".join(str(error).split())
