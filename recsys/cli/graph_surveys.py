"""Commands of ``recsys graph`` over all of it: hubs, orphans, duplicates, merges, communities, changed, trend."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.graph_session import By, Kind, Limit, Seconds, day, open_graph, say_cuts, table

if TYPE_CHECKING:
    from graph.explore.communities import Division
    from graph.explore.hubs import Ranking
    from recsys.cli.output import Output


class Seen(StrEnum):
    """Kinds of nodes that can be orphans."""

    ITEM = "item"
    IMAGE = "image"


class Grouped(StrEnum):
    """What communities are made of."""

    STYLE = "style"
    ITEM = "item"


class Span(StrEnum):
    """Periods."""

    ALL = "all"
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("hubs")(hubs)
    group.command("orphans")(orphans)
    group.command("duplicates")(duplicates)
    group.command("merges")(merges)
    group.command("communities")(communities)
    group.command("changed")(changed)
    group.command("trend")(trend)


def hubs(
    context: typer.Context,
    kind: Annotated[Kind, typer.Option(help="Of which nodes.")] = Kind.ITEM,
    relation: Annotated[By | None, typer.Option(help="By which edges; unset: those that join it to photos.")] = None,
    limit: Limit = 20,
    seconds: Seconds = 30.0,
) -> None:
    """List the nodes with the most neighbours."""
    from graph.explore.budget import Budget
    from graph.explore.hubs import hubs as ask
    from recsys.errors import QueryError

    with open_graph(context) as (output, store):
        budget = Budget(limit=limit, seconds=seconds)
        try:
            found = ask(store, kind.value, relation=relation.value if relation else None, budget=budget)
        except ValueError as error:
            raise QueryError(f"--relation {relation}: {error}") from error
    output.document(found)
    _show_ranking(output, f"{_plural(kind.value)} with the most {found.relations[0]}", found)


def _plural(word: str) -> str:
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def orphans(
    context: typer.Context,
    kind: Annotated[Seen, typer.Option(help="Of which nodes.")] = Seen.ITEM,
    limit: Limit = 20,
    seconds: Seconds = 30.0,
) -> None:
    """List items that no photo and no outfit shows, or photos that show no item."""
    from graph.explore.budget import Budget
    from graph.explore.hubs import orphans as ask

    with open_graph(context) as (output, store):
        found = ask(store, kind.value, budget=Budget(limit=limit, seconds=seconds))
    output.document(found)
    _show_ranking(output, f"{kind.value}s without {' and '.join(found.relations)}", found)


def _show_ranking(output: Output, title: str, found: Ranking) -> None:
    rows = [(ranked.node.label, ranked.degree) for ranked in found.nodes]
    table(output, title, [found.kind, "neighbours"], rows)
    say_cuts(output, found.cut)


def duplicates(
    context: typer.Context,
    overlap: Annotated[float, typer.Option(min=0.0, max=1.0, help="Least share of partners that both have.")] = 0.6,
    limit: Limit = 20,
    seconds: Seconds = 60.0,
) -> None:
    """List items that are probably one: equal category and attributes, nearly the same partners, never together."""
    from graph.explore.budget import Budget
    from graph.explore.duplicates import near_duplicates

    with open_graph(context) as (output, store):
        found = near_duplicates(store, overlap=overlap, budget=Budget(limit=limit, seconds=seconds))
    output.document(found)
    rows = [(p.item_id, p.other_id, p.category, _attributes(p.attributes), p.shared, p.overlap) for p in found.pairs]
    columns = ["item", "and", "category", "attributes", "partners shared", "overlap"]
    table(output, "items that may be one", columns, rows)
    say_cuts(output, found.cut)


def _attributes(attributes: Mapping[str, tuple[str, ...]]) -> str:
    return ", ".join(f"{name} {'/'.join(values)}" for name, values in attributes.items())


def merges(
    context: typer.Context,
    least: Annotated[float, typer.Option(min=0.0, max=1.0, help="Least suspicion.")] = 0.3,
    limit: Limit = 20,
    seconds: Seconds = 60.0,
) -> None:
    """List items whose garments disagree, or were linked unsurely: merges to look at."""
    from graph.explore.budget import Budget
    from graph.explore.merges import suspicious_merges

    with open_graph(context) as (output, store):
        found = suspicious_merges(store, least=least, budget=Budget(limit=limit, seconds=seconds))
    output.document(found)
    rows = [
        (
            merge.item_id,
            merge.garments,
            ", ".join(f"{name} {count}" for name, count in merge.categories.items()),
            ", ".join(f"{name} {share:.0%}" for name, share in merge.disputed.items()),
            merge.confidence,
            merge.suspicion,
        )
        for merge in found.items
    ]
    columns = ["item", "garments", "categories", "disputed", "confidence", "suspicion"]
    table(output, "merges to look at (recsys identity show ITEM)", columns, rows)
    say_cuts(output, found.cut)


def communities(
    context: typer.Context,
    of: Annotated[Grouped, typer.Option(help="Styles that are mixed, or items worn together.")] = Grouped.STYLE,
    period: Annotated[Span, typer.Option(help="Over which time each.")] = Span.QUARTER,
    seed: Annotated[int, typer.Option(help="One seed, one answer.")] = 0,
    limit: Limit = 10,
    seconds: Seconds = 60.0,
) -> None:
    """Show which styles are mixed, or which items are worn together, in communities, period by period."""
    from graph.explore.budget import Budget
    from graph.explore.communities import communities as ask

    with open_graph(context) as (output, store):
        budget = Budget(limit=limit, seconds=seconds)
        found = ask(store, of.value, period=period.value, seed=seed, budget=budget)
    output.document(found)
    for division in found.periods:
        _show_division(output, division)
    if found.undated:
        output.line(f"\n{found.undated:,} images without a date are in no period")
    say_cuts(output, found.cut)


def _show_division(output: Output, division: Division) -> None:
    output.line(f"\n{division.period}: {division.images:,} images, modularity {division.modularity:.2f}")
    rows = [(n, part.size, ", ".join(part.members)) for n, part in enumerate(division.communities, start=1)]
    table(output, "communities", ["", "size", "members"], rows)
    mixed = [(pair.left, pair.right, pair.weight, pair.lift) for pair in division.pairs]
    table(output, "most often together", ["", "and", "weight", "lift"], mixed)


def changed(
    context: typer.Context,
    since: Annotated[date, typer.Argument(parser=day, help="A day, as 2020-11-19.")],
    limit: Limit = 20,
    seconds: Seconds = 60.0,
) -> None:
    """Show what images created since a day brought: new items, styles and shoots."""
    from graph.explore.budget import Budget
    from graph.explore.changes import changes_since

    with open_graph(context) as (output, store):
        found = changes_since(store, since, budget=Budget(limit=limit, seconds=seconds))
    output.document(found)
    output.line(
        f"since {found.since}: {found.images:,} images of {found.shoots:,} new shoots ({found.images_before:,} before, "
        f"{found.undated:,} without a date), {found.items:,} new items, {found.known_items:,} seen again"
    )
    lists = {"new items": found.new_items, "new styles": found.new_styles, "most seen": found.most_seen}
    for title, rows in lists.items():
        if rows:
            output.table(f"\n{title}", ["", "images"], [(fresh.id, fresh.images) for fresh in rows])
    say_cuts(output, found.cut)


def trend(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="An item, style, category, name=value; several: seen together.")],
    since: Annotated[date | None, typer.Option(parser=day, help="Only images created from this day.")] = None,
    until: Annotated[date | None, typer.Option(parser=day, help="Only images created before this day.")] = None,
    limit: Limit = 52,
    seconds: Seconds = 60.0,
) -> None:
    """Show how often something is seen, week by week, and whether that rises or falls."""
    from graph.explore.budget import Budget
    from graph.explore.finding import find
    from graph.explore.trends import trend as ask
    from recsys.errors import QueryError

    budget = Budget(limit=limit, seconds=seconds)
    first, end = since.isoformat() if since else None, until.isoformat() if until else None
    with open_graph(context) as (output, store):
        nodes = [find(store, name) for name in names]
        try:
            found = ask(store, nodes, since=first, until=end, budget=budget)
        except ValueError as error:
            raise QueryError(str(error)) from error
    output.document(found)
    rows = [(str(week.monday), week.shown, week.images, f"{week.share:.1%}") for week in found.weeks]
    title = f"{' with '.join(map(str, nodes))}: {found.direction} (p {found.p:.2g})"
    output.table(title, ["week of", "shown", "images", "share"], rows)
    if found.undated:
        output.line(f"{found.undated:,} images without a date are left out")
    say_cuts(output, found.cut)
