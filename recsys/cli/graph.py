"""``recsys graph``: look around in the graph, ask it why, take it elsewhere."""

from __future__ import annotations

import typer

from recsys.cli import graph_copy, graph_delete, graph_export, graph_reasons, graph_surveys, graph_walks


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, help="Look around in the graph, ask it why, take it elsewhere.")
    for module in (graph_walks, graph_reasons, graph_surveys, graph_export, graph_copy, graph_delete):
        module.add_to(group)
    app.add_typer(group, name="graph")
