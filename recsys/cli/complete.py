"""``recsys complete``: an item, several, or a photo, completed to outfits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.session import Session, session_of
from recsys.errors import QueryError

if TYPE_CHECKING:
    from recsys.engine.answers import Completion
    from recsys.engine.engine import OutfitEngine
    from recsys.pipeline.contents import ReleaseContents


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("complete")(complete)


def complete(
    context: typer.Context,
    item: Annotated[list[str] | None, typer.Option(help="Items that are there already.")] = None,
    photo: Annotated[Path | None, typer.Option(help="A photo instead of items.")] = None,
    slot: Annotated[list[str] | None, typer.Option(help="What to add; unset: what such outfits usually hold.")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many outfits.")] = 3,
    sheet: Annotated[Path | None, typer.Option(help="Draw query and answers into this PNG.")] = None,
    release: Annotated[str | None, typer.Option(help="Instead of the current release.")] = None,
) -> None:
    """Complete a partial outfit: empty slots are inferred, items chosen so that the whole goes together."""
    from recsys.bootstrap import open_store
    from recsys.engine.answers import CompletionQuery
    from recsys.pipeline.release import load_release
    from recsys.pipeline.sheet import picture_of, write_sheet

    session = session_of(context)
    if bool(item) == bool(photo):
        raise QueryError("complete: give either --item or --photo")
    workspace = session.workspace()
    _, contents, engine = load_release(workspace, release)
    given = tuple(item or ()) or items_of_photo(session, contents, engine, photo or Path())
    answer = engine.complete(CompletionQuery(context=given, slots=tuple(slot or ()), outfits=top))
    if sheet is not None:
        with open_store(session.settings(workspace), workspace) as store:
            write_sheet(sheet, answer, engine.catalogue, picture_of(store, engine.catalogue), photo)
        session.output.note(f"sheet: {sheet}")
    session.output.document(answer)
    show(session, answer)


def items_of_photo(session: Session, contents: ReleaseContents, engine: OutfitEngine, photo: Path) -> tuple[str, ...]:
    """Items that a photo shows: those linked to it where it was imported, else the one that comes nearest."""
    from recsys.bootstrap import open_encoders, open_store
    from recsys.pipeline.photo_query import items_like_photo, known_photo, photo_likeness

    workspace = session.workspace()
    settings = session.settings(workspace)
    with open_store(settings, workspace) as store:
        image = known_photo(store, photo)
    linked = [r.item_id for r in image.regions if r.item_id and r.item_id in engine.catalogue] if image else []
    if linked:
        session.output.note(f"{photo}: was imported; it shows {', '.join(linked)}")
        return tuple(dict.fromkeys(linked))
    nearest = items_like_photo(engine, photo_likeness(contents, open_encoders(settings), photo), 1)
    session.output.note(f"{photo}: comes nearest to {nearest[0].item_id} (likeness {nearest[0].similarity:.2f})")
    return (nearest[0].item_id,)


def show(session: Session, answer: Completion) -> None:
    """Print the outfits."""
    from recsys.pipeline.sheet import verdict

    output = session.output
    output.line(f"to complete: {', '.join(answer.context)}")
    for outfit in answer.outfits:
        rows = [(s.slot, s.item_id, s.category, s.score, _why(s.reasons)) for s in outfit.items]
        title = f"\noutfit {outfit.rank}: {verdict(outfit)}"
        output.table(title, ["slot", "item", "category", "score", "why"], rows)
    for word in answer.unmet:
        output.note(word)


def _why(reasons: tuple) -> str:  # type: ignore[type-arg]
    """The strongest reason in words."""
    if not reasons:
        return "goes by its looks and attributes"
    best = max(reasons, key=lambda r: (r.together, r.alike))
    if best.together:
        return f"worn with {best.item_id} in {best.together} outfit{'s' * (best.together > 1)}"
    return f"used like what is worn with {best.item_id}"
