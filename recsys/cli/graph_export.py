"""``recsys graph export``: the graph, or what lies around a node, for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recsys.cli.graph_session import KindOf, Seconds, open_graph, say_cuts


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command("export")(export)


def export(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="FILE.graphml, or a folder for nodes.parquet and edges.parquet.")],
    around: Annotated[str | None, typer.Option(help="Only what lies around this node.")] = None,
    kind: KindOf = None,
    depth: Annotated[int, typer.Option(min=0, max=6, help="With --around: edges away from it.")] = 2,
    limit: Annotated[int, typer.Option(min=1, help="With --around: most nodes.")] = 500,
    seconds: Seconds = 60.0,
) -> None:
    """Write the graph as GraphML or Parquet, whole or the surroundings of a node."""
    from graph.explore.budget import Budget
    from graph.explore.ego import ego_network
    from graph.explore.finding import find
    from graph.networks import nodes_to_networkx, to_networkx, write_graphml
    from graph.parquet import write_parquet, write_rows

    as_graphml = out.suffix.lower() == ".graphml"
    with open_graph(context) as (output, store):
        if around is not None:
            node = find(store, around, kind.value if kind else None)
            ego = ego_network(store, node, depth=depth, budget=Budget(limit=limit, seconds=seconds))
            say_cuts(output, ego.cut)
            nodes = [(placed.node, {"distance": placed.distance}) for placed in ego.nodes]
            counts = (len(nodes), len(ego.edges))
            if as_graphml:
                write_graphml(nodes_to_networkx(nodes, ego.edges), out)
            else:
                write_rows(nodes, ego.edges, out)
        elif as_graphml:
            whole = to_networkx(store)
            write_graphml(whole, out)
            counts = (whole.number_of_nodes(), whole.number_of_edges())
        else:
            written = write_parquet(store, out)
            counts = (written.nodes, written.edges)
    output.document({"out": out, "nodes": counts[0], "edges": counts[1]})
    output.line(f"{counts[0]:,} nodes and {counts[1]:,} edges: {out}")
