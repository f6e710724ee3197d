"""``recsys releases``: which trained states there are, which one answers."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.session import Exit, session_of
from recsys.errors import IndexUnavailableError, QueryError

if TYPE_CHECKING:
    from recsys.pipeline.release import ReleaseInfo


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="List, choose, publish and remove releases.", no_args_is_help=True)
    group.command("list")(list_them)
    group.command("use")(use)
    group.command("remove")(remove)
    group.command("publish")(publish)
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
    from recsys.bootstrap import open_indexes
    from recsys.pipeline.release import require_published, use_release

    session = session_of(context)
    workspace = session.workspace()
    settings = session.settings(workspace)
    if settings.index.kind != "faiss":
        with closing(open_indexes(settings, workspace)) as indexes:
            require_published(workspace, name, indexes)
    use_release(workspace, name)
    session.output.document({"current": name})
    session.output.line(f"release {name} is in use")


def remove(context: typer.Context, name: str) -> None:
    """Delete a release that is not in use, and its vectors where they were published."""
    from recsys.bootstrap import open_published
    from recsys.pipeline.release import remove_release

    session = session_of(context)
    workspace = session.workspace()
    left = False
    with (
        workspace.lock("remove a release"),
        closing(open_published(session.settings(workspace), workspace)) as indexes,
    ):
        try:
            remove_release(workspace, name, indexes)
        except IndexUnavailableError as error:
            left = True
            session.output.note(
                f"{error}; vectors that were published of it are still there: the same command again removes them"
            )
    session.output.document({"removed": name, "vectors_left": left})
    session.output.line(f"release {name} is removed{' but for what was published of it' * left}")
    if left:
        raise typer.Exit(Exit.ATTENTION)


def publish(
    context: typer.Context, name: Annotated[str | None, typer.Argument(help="Unset: the one in use.")] = None
) -> None:
    """Write a release's vectors into the Neo4j server that is to search them (index.kind), or go on writing them."""
    from recsys.bootstrap import open_indexes
    from recsys.pipeline.release import publish_release

    session = session_of(context)
    workspace = session.workspace()
    settings = session.settings(workspace)
    if settings.index.kind == "faiss":
        raise QueryError(
            "releases publish: index.kind is 'faiss', which searches the release's own files; set it to 'neo4j' first"
        )
    with (
        workspace.lock("publish a release"),
        closing(open_indexes(settings, workspace)) as indexes,
        session.output.progress("publishing") as tick,
    ):
        chosen, written = publish_release(workspace, name, indexes, tick)
    session.output.document({"release": chosen, "written": written})
    session.output.line(f"release {chosen}: its vectors {'are published' if written else 'were published already'}")
