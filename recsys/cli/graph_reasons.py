"""Commands of ``recsys graph`` that say why: connects, explain."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.graph_session import Limit, Seconds, open_graph, say_cuts, table
from recsys.cli.session import session_of
from recsys.errors import QueryError, ReleaseError

if TYPE_CHECKING:
    from graph.explore.evidence import Evidence
    from recsys.cli.output import Output
    from recsys.engine.engine import OutfitEngine
    from recsys.engine.shares import Attribution
    from recsys.pipeline.explaining import ItemExplanation

MOVES = ("moved", "together", "between", "path", "style", "attribute", "look", "usual", "rest")
"""What is shown of a share of the score."""


class Ground(StrEnum):
    """What evidence is ranked by."""

    SCORE = "score"
    STRENGTH = "strength"


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("connects")(connects)
    group.command("explain")(explain)


def connects(
    context: typer.Context,
    items: Annotated[list[str], typer.Argument(help="Items of one outfit.")],
    limit: Limit = 20,
    seconds: Seconds = 10.0,
) -> None:
    """Show what holds an outfit together: what its items have in common, and what joins each pair."""
    from graph.explore.budget import Budget
    from graph.explore.explaining import connect

    with open_graph(context) as (output, store):
        found = connect(store, items, budget=Budget(limit=limit, seconds=seconds))
    output.document(found)
    whole = len(found.groups) == 1
    output.line("all hang together" if whole else f"{len(found.groups)} groups that nobody wore together:")
    for group in () if whole else found.groups:
        output.line(f"  {', '.join(group)}")
    rows = [(str(common.node), len(common.item_ids), ", ".join(common.item_ids)) for common in found.common]
    table(output, "\nin common", ["what", "items", ""], rows)
    _show_evidence(output, found.evidence)
    for left, right in found.unconnected:
        output.line(f"no photo, outfit or item between joins {left} and {right}")
    say_cuts(output, found.cut)


def explain(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="Item id.")],
    beside: Annotated[list[str], typer.Option("--context", help="Items that it goes with.")],
    by: Annotated[
        Ground | None, typer.Option(help="Rank by what moved the score of a release, or by the graph alone.")
    ] = None,
    release: Annotated[str | None, typer.Option(help="Whose score, instead of the current release's.")] = None,
    limit: Limit = 20,
    seconds: Seconds = 10.0,
) -> None:
    """Show what in the graph speaks for an item beside others, what moved the score most first; nothing is made up."""
    import msgspec

    from graph.explore.budget import Budget
    from recsys.pipeline.explaining import explain_item

    if by is Ground.STRENGTH and release is not None:
        raise QueryError("explain: --by strength asks the graph alone; leave --release out, or say --by score")
    with open_graph(context) as (output, store):
        name, engine = _asked_release(context, release, needed=by is Ground.SCORE) if by != Ground.STRENGTH else _NONE
        found = explain_item(store, engine, item, beside, budget=Budget(limit=limit, seconds=seconds))
    if found.unscored and (by is Ground.SCORE or release is not None):
        raise QueryError(found.unscored)
    output.document({"release": name, **msgspec.structs.asdict(found)})
    output.line(f"{item} beside {', '.join(found.context)}: {found.text}")
    if found.score is not None:
        _show_score(output, found.score, str(name))
    _show_moved(output, found)
    for other in found.unconnected:
        output.line(f"no path within 3 steps of photos and outfits from {item} to {other}")
    if found.unscored:
        output.note(f"ranked by strength: {found.unscored}")
    if found.unknown:
        output.note(f"release {name} does not hold {', '.join(found.unknown)}; ranked by strength as far as they go")
    say_cuts(output, found.cut)


_NONE: tuple[None, None] = (None, None)


def _asked_release(
    context: typer.Context, release: str | None, *, needed: bool
) -> tuple[str, OutfitEngine] | tuple[None, None]:
    """The release whose score is asked for; none where there is none and nobody said that one is needed."""
    session = session_of(context)
    workspace = session.workspace()
    needed = needed or release is not None
    if not needed and workspace.in_use is None:
        return _NONE
    from recsys.pipeline.release import load_release  # loads the models' library

    try:
        name, _, engine = load_release(workspace, release)
    except ReleaseError as error:
        if needed:
            raise
        session.output.note(f"ranked by strength: {error}")
        return _NONE
    return name, engine


def _show_score(output: Output, score: Attribution, release: str) -> None:
    from recsys.engine.orders import PAIRS

    output.line(f"its score in release {release}: {score.score:.3f}, of which {score.alone:.3f} beside nothing")
    shares = sorted(score.shares, key=lambda share: -share.moved)
    shown = [name for name in MOVES if any(getattr(share, name) is not None for share in shares)]
    rows = [(share.item_id, *(f"{getattr(share, name):+.3f}" for name in shown)) for share in shares]
    how = "" if score.exact else f" (estimate over {2 * PAIRS} orders)"
    table(output, f"\nwhat moved it{how}", ["item", *shown], rows)


def _show_moved(output: Output, found: ItemExplanation) -> None:
    """Evidence with how far it moved the score; without a score as :func:`_show_evidence` does."""
    if found.score is None:
        _show_evidence(output, found.evidence)
        return
    rows = []
    for each in found.evidence:
        moved = "shared" if each.shared else "" if each.moved is None else f"{each.moved:+.3f}"
        rows.append((moved, f"{each.strength:.2g}", each.kind, _why(each)))
    if rows:
        output.table("\nevidence", ["moved", "strength", "kind", "why"], rows)


def _why(each: Evidence) -> str:
    return f"{each.text}{', or more' * each.at_least}"


def _show_evidence(output: Output, evidence: tuple[Evidence, ...]) -> None:
    rows = [(f"{each.strength:.2g}", each.kind, _why(each)) for each in evidence]
    if rows:
        output.table("\nevidence", ["strength", "kind", "why"], rows)
