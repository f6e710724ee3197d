"""What the commands of ``recsys graph`` share: kinds by name, the open store, the budget, what was cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.output import Output
from recsys.cli.session import session_of

if TYPE_CHECKING:
    from graph import GraphStore
    from graph.explore.budget import Cut
    from graph.nodes import Relation


class Kind(StrEnum):
    """Kinds of nodes."""

    IMAGE = "image"
    ITEM = "item"
    OUTFIT = "outfit"
    SHOOT = "shoot"
    STYLE = "style"
    CATEGORY = "category"
    ATTRIBUTE = "attribute"


class By(StrEnum):
    """Kinds of edges."""

    CONTAINS = "CONTAINS"
    IN_CATEGORY = "IN_CATEGORY"
    HAS_ATTRIBUTE = "HAS_ATTRIBUTE"
    HAS_STYLE = "HAS_STYLE"
    IN_SHOOT = "IN_SHOOT"
    STYLED_IN = "STYLED_IN"
    READ_FROM = "READ_FROM"


Limit = Annotated[int, typer.Option(min=1, help="Most answers of a kind.")]
Seconds = Annotated[float, typer.Option(min=0.0, help="How long it may take; then what was found is shown.")]
KindOf = Annotated[Kind | None, typer.Option(help="What the id names; unset: the first that has it, items first.")]


def day(given: str) -> date:
    """A day of the command line.

    Raises
    ------
    BadParameter
        It is none.
    """
    try:
        return datetime.strptime(given, "%Y-%m-%d").date()
    except ValueError:
        raise typer.BadParameter(f"{given!r} is no day; write year, month and day, as 2026-11-23") from None


@contextmanager
def open_graph(context: typer.Context) -> Iterator[tuple[Output, GraphStore]]:
    """Where to say things, and the workspace's store."""
    from recsys.bootstrap import open_store

    session = session_of(context)
    workspace = session.workspace()
    with open_store(session.settings(workspace), workspace) as store:
        yield session.output, store


def relations(given: list[By] | None) -> list[Relation] | None:
    """The relations that were named, in order; None where none was."""
    from graph.nodes import RELATIONS

    return [relation for relation in RELATIONS if By(relation) in given] if given else None


def say_cuts(output: Output, cuts: Iterable[Cut]) -> None:
    """Say on standard error what was left out."""
    for cut in cuts:
        output.note(f"cut short: {cut.detail}")


def table(output: Output, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table, or that there is nothing to put into one."""
    if rows:
        output.table(title, columns, rows)
    else:
        output.line(f"{title}: none")


def categories(store: GraphStore, item_ids: Iterable[str]) -> dict[str, str]:
    """Category by item, for people."""
    from graph.nodes import Node

    found = store.neighbours([Node("item", item_id) for item_id in item_ids], relations=["IN_CATEGORY"])
    return {around.node.id: around.edges[0].end.id for around in found if around.edges}
