"""``recsys tag``: the garments of photos, found and described."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.session import Exit, Session, session_of
from recsys.workspace import MARKER

if TYPE_CHECKING:
    from data.types import Problem
    from recsys.pipeline.tagging import TaggingJob

FORMATS = (".xlsx", ".csv", ".jsonl")
SHOWN = 20
"""Garments that are printed where all are in a file."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("tag")(tag)


def tag(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(help="Photos, folders and zip archives of photos, patterns.")],
    out: Annotated[
        list[Path], typer.Option(help="File for the garments: .xlsx, .csv or .jsonl; may be given several times.")
    ],
    pictures: Annotated[Path | None, typer.Option(help="Folder for the photos with what was found drawn on.")] = None,
    detector: Annotated[
        Path | None, typer.Option(help="A detector's folder; else the workspace's, else the product's own.")
    ] = None,
    sure: Annotated[float, typer.Option(min=0, max=1, help="Score from which a garment is one.")] = 0.5,
) -> None:
    """Find the garments in photos, cut out and describe each; stopped and started again, it goes on where it was.

    Exits with 2 where a photo could not be read: the rest is tagged.
    """
    from recsys.pipeline.tagging import job_file

    session = session_of(context)
    wrong = [str(file) for file in out if file.suffix.lower() not in FORMATS]
    if wrong:
        raise typer.BadParameter(f"--out {wrong[0]}: a name ends in {', '.join(FORMATS)}")
    job, unread = run_tagging(session, paths, detector or detector_of(session), sure, job_file(out[0]))
    unread += job.problems()
    _write(job, out, pictures, unread)
    _say(session, job, unread, out)
    job.finish()
    if unread:
        raise typer.Exit(Exit.ATTENTION)


def run_tagging(
    session: Session, paths: list[str], detector: Path, sure: float, file: Path
) -> tuple[TaggingJob, list[Problem]]:
    """Tag the photos that are not tagged yet; answers lie in ``file``. Archives that cannot be read come along."""
    from data.types import Problem
    from recsys.pipeline.jobs import tensor_threads
    from recsys.pipeline.tagging import TaggingJob, photos_of, tagger_name
    from vision.detector.detect import Detector
    from vision.tagger import Tagger

    tagger = Tagger(Detector.load(detector), sure=sure)
    found = list(photos_of(paths))
    photos = [photo for photo in found if not isinstance(photo, Problem)]
    job = TaggingJob(file, tagger_name(detector, sure), photos)
    with session.output.progress("tagging") as tick, tensor_threads(session.settings().training.threads):
        try:
            job.run(tagger, lambda done: tick(done, len(photos)))
        except KeyboardInterrupt:
            session.output.note(
                f"{len(photos) - len(job.left)} of {len(photos)} photos are tagged; go on with the same"
            )
            raise
    return job, [problem for problem in found if isinstance(problem, Problem)]


def detector_of(session: Session) -> Path:
    """The detector that was trained in the workspace, else the one that comes with the product."""
    from vision.detector.detect import packaged_detector

    if (session.workspace_path / MARKER).exists():
        folder = session.workspace().vision / "detector"
        if folder.is_dir():
            return folder
    return packaged_detector()


def _write(job: TaggingJob, out: list[Path], pictures: Path | None, unread: list[Problem]) -> None:
    from recsys.pipeline.tag_pictures import write_pictures
    from recsys.pipeline.tag_tables import write_csv, write_lines, write_workbook

    for file in out:
        match file.suffix.lower():
            case ".xlsx":
                write_workbook(file, job.tagged, unread)
            case ".csv":
                write_csv(file, job.tagged)
            case _:
                write_lines(file, job.tagged)
    if pictures is not None:
        unread += write_pictures(pictures, job.tagged())


def _say(session: Session, job: TaggingJob, unread: list[Problem], out: list[Path]) -> None:
    output = session.output
    photos = garments = 0
    rows: list[tuple[object, ...]] = []
    for photo in job.tagged():
        photos += 1
        garments += len(photo.garments)
        for garment in photo.garments[: SHOWN - len(rows)]:
            colour = ", ".join(value.value for value in garment.attributes.get("colour", ()))
            rows.append((photo.photo, garment.category, garment.score, colour))
    output.document({"photos": photos, "garments": garments, "unread": unread, "files": out})
    first = f", the first {len(rows)}" if garments > len(rows) else ""
    output.table(f"{garments} garments in {photos} photos{first}", ["photo", "category", "score", "colour"], rows)
    for file in out:
        output.line(str(file))
    for problem in unread:
        output.note(f"not read: {problem.file}: {problem.reason}")
