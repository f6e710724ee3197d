"""``recsys import``: photos, outfits and tables into the workspace."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys.cli.output import Output, Ticker
from recsys.cli.session import Exit, Session, session_of

if TYPE_CHECKING:
    from data.types import Problem
    from recsys.pipeline.intake import ImportReport


NAMED = 10
"""Categories that are named, at most, where more have no known slot."""


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, help="Bring photos, outfits and tables into the workspace.")
    group.command("kfashion")(kfashion)
    group.command("table")(table)
    group.command("ccp")(ccp)
    group.command("photos")(photos)
    app.add_typer(group, name="import")


def kfashion(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Folders or zips with annotations, photos beside them or apart.")],
    images: Annotated[
        list[Path] | None, typer.Option(help="Folders or zips with the photos, where they are apart.")
    ] = None,
) -> None:
    """Import K-Fashion annotations and photos, from folders or straight from zips."""
    arguments = {"paths": _absolute(paths), "images": _absolute(images or [])}
    run_import(session_of(context), "kfashion", arguments)


def table(
    context: typer.Context,
    items: Annotated[Path, typer.Option(help="CSV or Parquet with item_id, category, image and any attributes.")],
    outfits: Annotated[Path, typer.Option(help="CSV or Parquet with outfit_id, item_id and, if known, image.")],
    images: Annotated[Path | None, typer.Option(help="Folder that image paths start from.")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN where a column has another name; may be repeated.")
    ] = None,
) -> None:
    """Import a shop's catalogue and its outfits."""
    columns = dict(_column(text) for text in mapping or [])
    arguments = {
        "items": str(items.absolute()),
        "outfits": str(outfits.absolute()),
        "images": None if images is None else str(images.absolute()),
        "columns": columns,
    }
    session = session_of(context)
    if images is None:
        for path in (items, outfits):
            if _names_images(path, columns):
                session.output.note(f"{path}: names images; without --images they are not read")
    run_import(session, "table", arguments)


def _names_images(path: Path, columns: dict[str, str]) -> bool:
    """Whether a table has a column of images; False too where it cannot be read, which the import will say."""
    from data.errors import DataError
    from data.tablefile import TableFile

    try:
        return columns.get("image", "image") in TableFile(path).columns
    except (DataError, OSError):
        return False


def ccp(
    context: typer.Context, folder: Annotated[Path, typer.Argument(help="Folder with photos/, masks/ and labels.txt.")]
) -> None:
    """Import Clothing Co-Parsing: street photos with a pixel mask each."""
    run_import(session_of(context), "ccp", {"folder": str(folder.absolute())})


def photos(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(help="Photos, folders and zip archives of photos, patterns.")],
    sure: Annotated[float, typer.Option(min=0, max=1, help="Score from which a garment goes into the graph.")] = 0.7,
    review: Annotated[float, typer.Option(min=0, max=1, help="Score from which others are listed for review.")] = 0.3,
    detector: Annotated[
        Path | None, typer.Option(help="A detector's folder; else the workspace's, else the product's own.")
    ] = None,
) -> None:
    """Import photos that nobody annotated: a detector finds their garments, the unsure ones are listed for review."""
    from hashlib import blake2b
    from itertools import chain

    from recsys.cli.tag import detector_of, run_tagging
    from recsys.pipeline.tagging import Answer, write_answers

    session = session_of(context)
    workspace = session.workspace(create=True)
    absolute = [str(Path(path).absolute()) for path in paths]
    name = blake2b("\n".join(absolute).encode(), digest_size=8).hexdigest()
    folder = workspace.vision / "tagged"
    job, unread = run_tagging(
        session, absolute, detector or detector_of(session), min(sure, review), folder / f"{name}.tagging"
    )
    answers = folder / f"{name}.jsonl"
    write_answers(answers, chain(job.answers(), (Answer(problem.file, problem=problem) for problem in unread)))
    run_import(session, "photos", {"file": str(answers), "masks": str(workspace.vision / "masks"), "sure": sure})


def run_import(session: Session, kind: str, arguments: dict[str, Any]) -> None:
    """Import, say what came of it, and exit with 2 where something was set aside."""
    from recsys.pipeline.importing import ImportInterruptedError
    from recsys.pipeline.intake import take_in
    from recsys.pipeline.journal import ImportEntry

    workspace = session.workspace(create=True)
    settings = session.settings(workspace)
    entry = ImportEntry(kind=kind, arguments=arguments)
    try:
        with session.output.progress("importing") as tick:
            report = take_in(workspace, settings, entry, Narrator(session.output, tick))
    except ImportInterruptedError as stopped:
        session.output.note(str(stopped))
        raise typer.Exit(Exit.INTERRUPTED) from None
    show(session.output, report)
    if report.quarantined:
        raise typer.Exit(Exit.ATTENTION)


class Narrator:
    """Says on standard error what an import meets."""

    def __init__(self, output: Output, tick: Ticker) -> None:
        self._output = output
        self._tick = tick

    def problem(self, problem: Problem) -> None:
        """Name what was set aside, where, and why."""
        self._output.note(f"quarantined: {problem}")

    def progress(self, phase: str, done: int, total: int | None) -> None:
        """Move the bar."""
        self._tick(done, total, phase)


def show(output: Output, report: ImportReport) -> None:
    """Print what an import did."""
    output.document(report)
    output.line(
        f"read {report.images} images with {report.garments} garments, {report.items} items, {report.outfits} outfits: "
        f"{report.added} new, {report.changed} changed, {report.unchanged} as before"
    )
    if report.identity is not None:
        found = report.identity
        output.line(f"{found.items} items found in {found.regions} garments ({found.method})")
    if report.missing_photos:
        output.line(f"{report.missing_photos} images have no readable photo; their labels are kept")
    if report.left_out:
        output.line(f"{report.left_out} records are left out, deleted before; `recsys graph delete list` shows them")
    if report.own_slots:
        output.line(_own_slots(report.own_slots))
    if report.notes:
        output.table("Mended or missing", ["what", "times"], report.notes.items())
    if report.released:
        output.line(f"{report.released} earlier problems are gone")
    if report.quarantined:
        output.line(f"{report.quarantined} problems in quarantine; `recsys quarantine list` shows them")


def _own_slots(categories: Sequence[str]) -> str:
    """Name categories whose words are not known, and how they get a slot."""
    from data.taxonomy import SLOTS

    named = ", ".join(categories[:NAMED]) + (f" and {len(categories) - NAMED} more" if len(categories) > NAMED else "")
    return (
        f"of no known slot, so each is a slot of its own: {named}; to change that, put a known word before it in the "
        f"category column, as in 'shoes > {categories[0]}' (slots are {', '.join(SLOTS)})"
    )


def _absolute(paths: list[Path]) -> list[str]:
    return [str(path.absolute()) for path in paths]


def _column(text: str) -> tuple[str, str]:
    name, separator, column = text.partition("=")
    if not separator or not name or not column:
        raise typer.BadParameter(f"--map {text}: write FIELD=COLUMN, as in --map item_id=sku")
    return name, column
