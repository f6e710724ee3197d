"""``recsys train-vision``: models that see, trained on what was imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys.cli.session import Exit, Session, session_of
from recsys.errors import RecsysError

if TYPE_CHECKING:
    from recsys.pipeline.vision_training import DetectorTrained


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(help="Train the models that see, on what was imported.", no_args_is_help=True)
    group.command("detector")(detector)
    app.add_typer(group, name="train-vision")


def detector(
    context: typer.Context,
    test: Annotated[
        Path | None, typer.Option("--test", help="File of image ids, one a line, to measure on and never learn from.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from where a stopped training was.")] = False,
) -> None:
    """Train the detector on imported photos whose garments have masks or polygons, and keep it in the workspace.

    Exits with 2 where photos could not be learned from: the detector was trained without them.
    """
    from recsys.pipeline.vision_training import train_detector

    session = session_of(context)
    workspace, output = session.workspace(), session.output
    settings = session.settings(workspace)
    ids = _ids(test) if test is not None else []

    def tell(told: dict[str, Any]) -> None:
        if "mask_ap50" in told:
            found = f"{told['mask_ap50']:.3f}, box AP50 {told['box_ap50']:.3f}"
            output.note(f"step {told['step']} of {told['steps']}: mask AP50 {found}")
        tick(told["step"], told["steps"], f"loss {told['loss']:.3g}")

    with workspace.lock("train-vision"), output.progress("detector") as tick:
        try:
            done, problems = train_detector(workspace, settings, tell, test=ids, resume=resume)
        except KeyboardInterrupt:
            output.note("what was trained so far is kept; `recsys train-vision detector --resume` goes on from it")
            raise
    for problem in problems:
        output.note(f"left out: {problem}")
    _say(session, done)
    if problems:
        raise typer.Exit(Exit.ATTENTION)


def _say(session: Session, done: DetectorTrained) -> None:
    output = session.output
    output.document(done)
    rows = [
        (name, box["ap"], box["ap50"], mask["ap"], mask["ap50"], mask["ap75"])
        for (name, box), mask in zip(done.report["box"].items(), done.report["mask"].values(), strict=True)
    ]
    where = "never learned from" if done.held_out else "held out to stop the training"
    output.table(
        f"detector, {done.photos} photos; average precision on {done.tested} {where}",
        ["class", "box AP", "AP50", "mask AP", "AP50", "AP75"],
        rows,
    )
    output.line(done.folder)


def _ids(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise RecsysError(f"{file}: is not text: {error}; one image id a line is needed") from error
