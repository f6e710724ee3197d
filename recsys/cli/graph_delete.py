"""``recsys graph delete``: images, items or whole imports, for good."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.session import Session, session_of

if TYPE_CHECKING:
    from recsys.cli.output import Output
    from recsys.pipeline.removal import Removed, Remover

Dry = Annotated[bool, typer.Option("--dry-run", help="Say what would go, and delete nothing.")]


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    deleting = typer.Typer(no_args_is_help=True, help="Delete images, items or whole imports, for good.")
    deleting.command("image")(image)
    deleting.command("item")(item)
    deleting.command("import")(import_)
    deleting.command("list")(list_deleted)
    deleting.command("revoke")(revoke)
    group.add_typer(deleting, name="delete")


def image(
    context: typer.Context, ids: Annotated[list[str], typer.Argument(help="Image ids.")], dry_run: Dry = False
) -> None:
    """Delete images with their garments, what was read from them, and found items that no other image shows."""
    _delete(session_of(context), lambda remover: remover.images(ids), dry=dry_run)


def item(
    context: typer.Context, ids: Annotated[list[str], typer.Argument(help="Item ids.")], dry_run: Dry = False
) -> None:
    """Delete items: outfits lose them, garments in photos that show them stay and are unknown."""
    _delete(session_of(context), lambda remover: remover.items(ids), dry=dry_run)


def import_(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="kfashion, table or ccp: what was imported with it.")],
    dry_run: Dry = False,
) -> None:
    """Delete everything that one kind of import brought; it may be imported again."""
    _delete(session_of(context), lambda remover: remover.imported(source), dry=dry_run)


def list_deleted(context: typer.Context) -> None:
    """List the images and items that were deleted, which imports leave out."""
    from recsys.pipeline.deletions import Deletions

    session = session_of(context)
    entries = Deletions(session.workspace()).entries
    session.output.document({"deleted": entries})
    rows = [(entry.kind, entry.id, entry.source, len(entry.regions)) for entry in entries]
    if rows:
        session.output.table("Left out by imports", ["kind", "id", "of", "garments"], rows)
    else:
        session.output.line("nothing was deleted that imports would leave out")


def revoke(
    context: typer.Context, ids: Annotated[list[str], typer.Argument(help="Ids of deleted images or items.")]
) -> None:
    """Let the next import bring deleted images or items again."""
    from recsys.pipeline.deletions import Deletions

    session = session_of(context)
    workspace = session.workspace()
    with workspace.lock("graph delete revoke"):
        revoked = Deletions(workspace).revoke(ids)
    session.output.document({"revoked": revoked})
    session.output.line(f"{revoked} taken from the list: the next import that reads them brings them again")


def _delete(session: Session, delete: Callable[[Remover], Removed], *, dry: bool) -> None:
    import msgspec

    from recsys.bootstrap import open_store
    from recsys.pipeline.removal import Remover

    workspace = session.workspace()
    settings = session.settings(workspace)
    with ExitStack() as stack:
        if not dry:
            stack.enter_context(workspace.lock("graph delete"))
        store = stack.enter_context(open_store(settings, workspace))
        removed = delete(Remover(workspace, store, batch=settings.importing.batch, dry=dry))
    session.output.document({"dry_run": dry, **msgspec.structs.asdict(removed)})
    _show(session.output, removed, dry=dry)


def _show(output: Output, removed: Removed, *, dry: bool) -> None:
    output.line(
        f"{'would go' if dry else 'gone'}: {removed.images:,} images with {removed.garments:,} garments, "
        f"{removed.items:,} items, {removed.outfits:,} outfits, {removed.vectors:,} vectors of photos"
    )
    if removed.outfits_changed or removed.unlinked:
        output.line(
            f"{removed.outfits_changed:,} outfits lose an item, {removed.unlinked:,} garments in other images are of "
            "no known item"
        )
    if removed.already:
        output.line(f"{removed.already:,} deleted before")
    counts = removed.counts
    output.line(
        f"the graph holds {counts.photos + counts.looks:,} images, {counts.items:,} items, {counts.outfits:,} outfits "
        f"and {counts.links:,} links{' now' * dry}"
    )
    if removed.in_release:
        output.note(
            f"release {removed.release} holds {removed.in_release:,} of these items and recommends them until the next "
            "`recsys train`; `recsys releases remove` deletes older releases"
        )
