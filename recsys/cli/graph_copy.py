"""``recsys graph copy`` and ``import-files``: the whole graph into another store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from recsys.cli.output import Ticker
from recsys.cli.session import Session, session_of

if TYPE_CHECKING:
    from graph import GraphStore

Record = TypeVar("Record")

WORKSPACE = "workspace"
"""The word for the store of the workspace in use."""


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("copy")(copy)
    group.command("import-files")(import_files)


def copy(
    context: typer.Context,
    origin: Annotated[str, typer.Argument(metavar="FROM", help="URL of a store, or the word workspace.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="URL of a store, or the word workspace.")],
    exact: Annotated[bool, typer.Option("--exact", help="Remove from TO what FROM does not hold.")] = False,
) -> None:
    """Copy a whole graph into another store, then compare the two record by record.

    Begun again after a stop, it goes on; repeated later, it brings what is new, and with --exact follows deletions too.
    """
    from graph.copying import copy as copy_graph

    session = session_of(context)
    output = session.output
    _require_two(session, origin, target)
    with (
        _opened(session, origin) as there,
        _opened(session, target, writing=True) as here,
        output.progress("copying") as tick,
    ):
        done = copy_graph(there, here, lambda what, n: tick(n, phase=what), exact=exact)
        counts = here.counts()
    told = {"removed": done.removed, "written": done.written, "links": done.links, "checksums": done.checksums}
    output.document({**told, "counts": counts})
    written, removed = done.written, done.removed
    if exact:
        output.line(
            f"removed from the copy: {removed.images:,} images, {removed.items:,} items, {removed.outfits:,} outfits, "
            f"{removed.problems:,} problems"
        )
    output.line(f"written: {written.added:,} new, {written.changed:,} changed, {written.unchanged:,} as they were")
    output.line(
        f"both hold {counts.photos + counts.looks:,} images, {counts.items:,} items, {counts.outfits:,} outfits and "
        f"{counts.links:,} links: checksums agree"
    )


def import_files(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    origin: Annotated[str, typer.Option("--from", help="URL of a store, or the word workspace.")] = WORKSPACE,
) -> None:
    """Write the files for neo4j-admin's import of a whole graph, and the command that reads them."""
    from graph.neo4j.import_files import COMMAND, ImportFiles, link_table, require_nameable

    session = session_of(context)
    output = session.output
    require_nameable(folder.absolute())
    with _opened(session, origin) as store, output.progress("writing") as tick:
        with ImportFiles(folder.absolute(), link_table(store.links())) as files:
            counts = {
                "items": files.items(_counted(store.items(), tick, "items")),
                "images": files.images(_counted(store.images(), tick, "images")),
                "outfits": files.outfits(_counted(store.outfits(), tick, "outfits")),
            }
        problems = len(store.problems())
    output.document({**counts, "command": folder / COMMAND})
    output.line(", ".join(f"{number:,} {kind}" for kind, number in counts.items()))
    output.line(f"stop the server, then run {folder / COMMAND} where neo4j-admin is")
    if problems:
        output.note(f"{problems} problems in quarantine stay where they are: import files hold the graph alone")


def _require_two(session: Session, origin: str, target: str) -> None:
    """See that FROM and TO are not one place; opens neither. Whether two places are one store, they say themselves."""
    from graph.connect import place_of
    from graph.copying import ONE_STORE, CopyError

    if origin == target or place_of(_url(session, origin)) == place_of(_url(session, target)):
        raise CopyError(ONE_STORE)


def _url(session: Session, name: str) -> str:
    """The URL of a store that is given by it or by the word workspace."""
    from recsys.bootstrap import graph_url

    if name != WORKSPACE:
        return name
    workspace = session.workspace()
    return graph_url(session.settings(workspace), workspace)


@contextmanager
def _opened(session: Session, name: str, *, writing: bool = False) -> Iterator[GraphStore]:
    """The store that a URL or the word workspace names; the workspace's own is locked while it is written to."""
    from graph import open_store
    from graph.connect import require_there
    from recsys.bootstrap import open_store as open_own

    with ExitStack() as stack:
        if name != WORKSPACE:
            if not writing:
                require_there(name)
            yield stack.enter_context(open_store(name))
            return
        workspace = session.workspace()
        if writing:
            stack.enter_context(workspace.lock("graph copy"))
        yield stack.enter_context(open_own(session.settings(workspace), workspace))


def _counted(records: Iterator[Record], tick: Ticker, what: str) -> Iterator[Record]:
    for done, record in enumerate(records, start=1):
        if done % 1_000 == 0:
            tick(done, phase=what)
        yield record
