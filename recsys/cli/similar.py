"""``recsys similar``: items like an item, or like what a photo shows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recsys.cli.session import session_of
from recsys.errors import QueryError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("similar")(similar)


def similar(
    context: typer.Context,
    item: Annotated[str | None, typer.Option(help="The item.")] = None,
    photo: Annotated[Path | None, typer.Option(help="A photo instead.")] = None,
    slot: Annotated[str | None, typer.Option(help="Only items of this slot (with --photo).")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
    release: Annotated[str | None, typer.Option(help="Instead of the current release.")] = None,
) -> None:
    """Find items that look and are used alike."""
    from recsys.pipeline.photo_query import items_like_photo, open_needed, photo_likeness
    from recsys.pipeline.release import load_release

    session = session_of(context)
    if bool(item) == bool(photo):
        raise QueryError("similar: give either --item or --photo")
    workspace = session.workspace()
    _, contents, engine = load_release(workspace, release)
    if item:
        found = engine.similar(item, top)
    else:
        likeness = photo_likeness(contents, open_needed(contents), photo or Path())
        found = items_like_photo(engine, likeness, top, slot)
    session.output.document(found)
    rows = [(s.rank, s.item_id, s.category, s.similarity) for s in found]
    session.output.table(f"like {item or photo}", ["rank", "item", "category", "similarity"], rows)
