"""Commands of ``recsys graph`` that start from something: neighbours, together, path, ego."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.graph_session import By, KindOf, Limit, Seconds, categories, open_graph, relations, say_cuts, table

if TYPE_CHECKING:
    from graph.nodes import Edge, Node

Item = Annotated[str, typer.Argument(help="Item id.")]
Name = Annotated[str, typer.Argument(help="Id of an item, image, outfit, ...; an attribute as name=value.")]


class Order(StrEnum):
    """What companions are ranked by."""

    COUNT = "count"
    LIFT = "lift"


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("neighbours")(neighbours)
    group.command("together")(together)
    group.command("path")(path)
    group.command("ego")(ego)


def neighbours(
    context: typer.Context,
    name: Name,
    kind: KindOf = None,
    relation: Annotated[list[By] | None, typer.Option(help="Only these.")] = None,
    limit: Limit = 20,
    seconds: Seconds = 10.0,
) -> None:
    """Show what an item, an image or any other node is joined to."""
    from graph.explore.around import around
    from graph.explore.budget import Budget
    from graph.explore.finding import find

    with open_graph(context) as (output, store):
        node = find(store, name, kind.value if kind else None)
        found = around(store, node, relations=relations(relation), budget=Budget(limit=limit, seconds=seconds))
    output.document(found)
    output.line(f"{node.label} ({node.kind})")
    for by, degree in found.degrees.items():
        rows = [_row(node, edge) for edge in found.edges if edge.relation == by]
        columns = ["", "id", "garments", "found by", "confidence"] if by == "CONTAINS" else ["", "id"]
        output.table(f"\n{by} ({degree:,})", columns, [row[: len(columns)] for row in rows])
    say_cuts(output, found.cut)


def _row(node: Node, edge: Edge) -> tuple[object, ...]:
    other = edge.other(node)
    return other.kind, other.label, ", ".join(edge.regions), edge.method, edge.confidence


def together(
    context: typer.Context,
    item: Item,
    by: Annotated[Order, typer.Option(help="Rank by how often, or by how much more often than by chance.")] = (
        Order.COUNT
    ),
    limit: Limit = 20,
    seconds: Seconds = 10.0,
) -> None:
    """List the items worn together with one, with counts and lift."""
    from graph.explore.budget import Budget
    from graph.explore.together import worn_together

    with open_graph(context) as (output, store):
        found = worn_together(store, item, by=by.value, budget=Budget(limit=limit, seconds=seconds))
        names = categories(store, [other.item_id for other in found.companions]) if not output.as_json else {}
    output.document(found)
    rows = [(o.item_id, names.get(o.item_id), o.count, o.images, o.lift) for o in found.companions]
    title = f"worn with {item}, which is in {found.images:,} of {found.of_images:,} images"
    table(output, title, ["item", "category", "together", "images", "lift"], rows)
    say_cuts(output, found.cut)


def path(
    context: typer.Context,
    start: Item,
    end: Item,
    strongest: Annotated[bool, typer.Option("--strongest", help="The strongest way instead of the shortest.")] = False,
    steps: Annotated[int, typer.Option(min=1, max=6, help="Most steps from item to item.")] = 3,
    relation: Annotated[list[By] | None, typer.Option(help="Walk only over these.")] = None,
    limit: Limit = 5,
    seconds: Seconds = 10.0,
) -> None:
    """Show how two items hang together: the shortest ways over photos and outfits, or the strongest over anything."""
    from graph.explore.budget import Budget
    from graph.explore.paths import ALIKE, WORN, shortest_paths, strongest_path

    budget = Budget(limit=limit, seconds=seconds)
    chosen = relations(relation) or (ALIKE if strongest else WORN)
    search = strongest_path if strongest else shortest_paths
    with open_graph(context) as (output, store):
        found = search(store, start, end, relations=chosen, steps=steps, budget=budget)
    output.document(found)
    output.line(found.text)
    for chain in found.chains:
        more = f" ({chain.ways - 1:,} more over the same items)" if chain.ways > 1 else ""
        output.line(f"  {chain.strength:.2g}  {chain.text}{more}")
    say_cuts(output, found.cut)


def ego(
    context: typer.Context,
    name: Name,
    kind: KindOf = None,
    depth: Annotated[int, typer.Option(min=0, max=6, help="Edges away from it.")] = 2,
    relation: Annotated[list[By] | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most nodes.")] = 500,
    seconds: Seconds = 10.0,
) -> None:
    """List the nodes around one, by distance; export writes them with their edges."""
    from collections import Counter

    from graph.explore.budget import Budget
    from graph.explore.ego import ego_network
    from graph.explore.finding import find
    from graph.nodes import RELATIONS

    chosen = relations(relation) or RELATIONS
    with open_graph(context) as (output, store):
        node = find(store, name, kind.value if kind else None)
        found = ego_network(store, node, depth=depth, relations=chosen, budget=Budget(limit=limit, seconds=seconds))
    output.document(found)
    output.line(f"{node.label} ({node.kind}): {len(found.nodes):,} nodes, {len(found.edges):,} edges")
    counts = Counter((placed.distance, placed.node.kind) for placed in found.nodes)
    shown = {place: [p.node.label for p in found.nodes if (p.distance, p.node.kind) == place][:3] for place in counts}
    rows = [(*place, count, ", ".join(shown[place])) for place, count in sorted(counts.items())]
    output.table("\naround", ["distance", "kind", "nodes", "as"], rows)
    say_cuts(output, found.cut)
