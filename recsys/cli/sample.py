"""``recsys sample``: a drawn data set whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recsys.cli.session import session_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sample")(sample)


def sample(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="New or empty folder, or an earlier sample, which is replaced.")],
    images: Annotated[int, typer.Option(help="Photos to draw.")] = 600,
    seed: Annotated[int, typer.Option(help="One seed, one sample.")] = 0,
    items: Annotated[int | None, typer.Option(help="Pieces in the catalogue; else a third of the photos.")] = None,
    faults: Annotated[bool, typer.Option("--faults", help="Plant records that an import has to set aside.")] = False,
) -> None:
    """Draw a data set in K-Fashion's format: photos, annotations, and the truth behind them."""
    from data.sample import SampleSettings, render_sample

    output = session_of(context).output
    settings = SampleSettings(images=images, seed=seed, items=items, faults=faults)
    with output.progress("drawing") as tick:
        truth = render_sample(folder, settings, tick)
    drawn = {"folder": folder.absolute(), "images": images, "items": settings.catalogue_size, "seed": seed}
    output.document({**drawn, "labels": truth.root / "Training"})
    output.line(f"{images} photos of {settings.catalogue_size} pieces drawn; import {folder / 'Training'}")
