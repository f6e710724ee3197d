"""``recsys releases``: which trained states there are, which one answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from recsys.cli.session import session_of

if TYPE_CHECKING:
    from recsys.pipeline.release import ReleaseInfo


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="List, choose and remove releases.", no_args_is_help=True)
    group.command("list")(list_them)
    group.command("use")(use)
    group.command("remove")(remove)
    app.add_typer(group, name="releases")


def list_them(context: typer.Context) -> None:
    """List all releases, oldest first."""
    from recsys.pipeline.release import list_releases

    session = session_of(context)
    found = list_releases(session.workspace())
    session.output.document(found)
    rows = [(r.name, r.created, r.items, r.outfits, _state(r)) for r in found]
    session.output.table("Releases", ["name", "created", "items", "outfits", ""], rows)


def _state(release: ReleaseInfo) -> str:
    of_other = "" if release.readable else f"of format {release.format}, cannot be read: train again"
    return ", ".join(text for text in ("in use" if release.current else "", of_other) if text)


def use(context: typer.Context, name: str) -> None:
    """Make a release the one that answers."""
    from recsys.pipeline.release import use_release

    session = session_of(context)
    use_release(session.workspace(), name)
    session.output.document({"current": name})
    session.output.line(f"release {name} is in use")


def remove(context: typer.Context, name: str) -> None:
    """Delete a release that is not in use."""
    from recsys.pipeline.release import remove_release

    session = session_of(context)
    workspace = session.workspace()
    with workspace.lock("remove a release"):
        remove_release(workspace, name)
    session.output.document({"removed": name})
    session.output.line(f"release {name} is removed")
