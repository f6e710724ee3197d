"""``recsys complete``: an item, several, or a photo, completed to outfits."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.session import Session, session_of
from recsys.errors import QueryError

if TYPE_CHECKING:
    from recsys.engine.answers import Completion
    from recsys.engine.engine import OutfitEngine
    from recsys.pipeline.contents import ReleaseContents
    from recsys.pipeline.photo_query import PhotoReading


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
    detector: Annotated[
        Path | None,
        typer.Option(help="A detector's folder, for --photo; else the workspace's, else the product's own."),
    ] = None,
) -> None:
    """Complete a partial outfit: empty slots are inferred, items chosen so that the whole goes together."""
    import msgspec

    from data.photos import open_photo
    from recsys.bootstrap import open_indexes, open_store
    from recsys.engine.answers import CompletionQuery
    from recsys.pipeline.photo_sheet import seen_in
    from recsys.pipeline.release import load_release
    from recsys.pipeline.sheet import picture_of, write_sheet

    session = session_of(context)
    if bool(item) == bool(photo):
        raise QueryError("complete: give either --item or --photo")
    workspace = session.workspace()
    with closing(open_indexes(session.settings(workspace), workspace)) as indexes:
        _, contents, engine = load_release(workspace, release, indexes)
        reading = items_of_photo(session, contents, engine, photo, detector) if photo else None
        given = tuple(item or ()) if reading is None else tuple(shown.item_id for shown in reading.items)
        answer = engine.complete(CompletionQuery(context=given, slots=tuple(slot or ()), outfits=top))
    if sheet is not None:
        with open_store(session.settings(workspace), workspace) as store:
            seen = seen_in(open_photo(str(photo)), reading.garments) if photo and reading else None
            write_sheet(sheet, answer, engine.catalogue, picture_of(store, engine.catalogue), seen)
        session.output.note(f"sheet: {sheet}")
    session.output.document(answer if reading is None else msgspec.to_builtins(answer) | {"photo": reading})
    show(session, answer)


def items_of_photo(
    session: Session, contents: ReleaseContents, engine: OutfitEngine, photo: Path, detector: Path | None
) -> PhotoReading:
    """Read a photo as items and say which, and how near they come."""
    from recsys.bootstrap import open_store
    from recsys.cli.tag import detector_of
    from recsys.pipeline.photo_query import read_photo

    workspace = session.workspace()
    with open_store(session.settings(workspace), workspace) as store:
        reading = read_photo(store, contents, engine, photo, detector or detector_of(session))
    if reading.imported:
        session.output.note(f"{photo}: was imported; it shows {', '.join(item.item_id for item in reading.items)}")
        return reading
    if reading.garments:
        shown = [f"{garment.category} ({garment.score:.2f})" for garment in reading.garments]
        session.output.note(f"{photo}: shows {', '.join(shown)}")
    near = [f"{item.item_id} ({item.slot}, likeness {item.likeness:.2f})" for item in reading.items]
    session.output.note(f"{photo}: was never imported; completed as what comes nearest: {', '.join(near)}")
    return reading


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
