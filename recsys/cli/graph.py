"""``recsys graph``: look around in the graph, and ask it why."""

from __future__ import annotations

import typer

from recsys.cli import graph_export, graph_surveys, graph_walks


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, help="Look around in the graph, and ask it why.")
    for module in (graph_walks, graph_surveys, graph_export):
        module.add_to(group)
    app.add_typer(group, name="graph")
