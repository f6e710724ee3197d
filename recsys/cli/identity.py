"""``recsys identity``: say which garments are one item, and take it back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.session import Session, session_of

if TYPE_CHECKING:
    from data.identity import IdentityEdit
    from recsys.pipeline.edits import ItemEditor


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, help="Say which garments are one item, and take it back.")
    group.command("list")(list_items)
    group.command("show")(show)
    group.command("merge")(merge)
    group.command("split")(split)
    group.command("undo")(undo)
    app.add_typer(group, name="identity")


def list_items(context: typer.Context, top: Annotated[int, typer.Option(min=1, help="How many items.")] = 20) -> None:
    """List the items that the most garments show."""
    from recsys.bootstrap import open_store

    session = session_of(context)
    workspace = session.workspace()
    with open_store(session.settings(workspace), workspace) as store:
        shown = Counter(link.item_id for link in store.links())
        often = sorted(shown.items(), key=lambda pair: (-pair[1], pair[0]))[:top]
        found = [(store.item(item_id), count) for item_id, count in often]
    items = [
        {"item_id": item.item_id, "slot": item.slot, "category": item.category, "garments": count}
        for item, count in found
        if item is not None
    ]
    session.output.document({"items": items})
    columns = ["item", "slot", "category", "garments"]
    session.output.table("Items by how often they are worn", columns, [tuple(item.values()) for item in items])


def show(context: typer.Context, item: Annotated[str, typer.Argument(help="Item id.")]) -> None:
    """Show the garments that are taken for one item, how each was found, and how surely."""
    from recsys.bootstrap import open_store
    from recsys.errors import RecsysError

    session = session_of(context)
    workspace = session.workspace()
    with open_store(session.settings(workspace), workspace) as store:
        if store.item(item) is None:
            raise RecsysError(f"{item}: no such item in {workspace.root}")
        links = [link for link in store.links() if link.item_id == item]
    session.output.document({"item_id": item, "regions": links})
    rows = [(link.region_id, link.method, link.confidence) for link in links]
    session.output.table(item, ["garment", "found by", "confidence"], rows)


def merge(
    context: typer.Context, items: Annotated[list[str], typer.Argument(help="Item ids; the first one stays.")]
) -> None:
    """Say that several items are one piece."""
    _edit(session_of(context), lambda editor: editor.merge(items))


def split(
    context: typer.Context,
    item: Annotated[str, typer.Argument(help="Item id.")],
    regions: Annotated[list[str], typer.Argument(help="Ids of the garments that are another piece.")],
) -> None:
    """Say that some garments of an item are another piece."""
    _edit(session_of(context), lambda editor: editor.split(item, regions))


def undo(context: typer.Context) -> None:
    """Take back the last merge or split that stands."""
    _edit(session_of(context), lambda editor: editor.undo())


def _edit(session: Session, change: Callable[[ItemEditor], IdentityEdit]) -> None:
    with _editor(session) as editor:
        edit = change(editor)
    session.output.document(edit)
    items = sorted({link.item_id for link in edit.after})
    session.output.line(f"{edit.kind}: {len(edit.after)} garments now show {', '.join(items)}")


@contextmanager
def _editor(session: Session) -> Iterator[ItemEditor]:
    from data.identity import IdentityLog
    from recsys.bootstrap import open_store
    from recsys.pipeline.edits import LOG, ItemEditor

    workspace = session.workspace()
    settings = session.settings(workspace)
    with workspace.lock("identity"), open_store(settings, workspace) as store:
        yield ItemEditor(store, IdentityLog(workspace.root / LOG), batch=settings.importing.batch)
