"""``recsys stats``: what the workspace holds, counted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.output import Output
from recsys.cli.session import session_of

if TYPE_CHECKING:
    from data.statistics import Statistics

SHOWN = 12
"""Rows of a table for people; the page and the JSON hold all."""

TABLES = (
    ("styles", "Styles"),
    ("regions", "Regions"),
    ("categories", "Categories"),
    ("colours", "Colours"),
    ("unknown_values", "Values outside the vocabulary"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("stats")(stats)


def stats(
    context: typer.Context,
    html: Annotated[Path | None, typer.Option(help="Write a page with all counts.")] = None,
    near_duplicates: Annotated[
        bool,
        typer.Option(
            "--near-duplicates/--no-near-duplicates",
            help="Look for near-duplicates among all photos first.",
        ),
    ] = True,
) -> None:
    """Count images, garments, styles, regions, categories, colours and attributes, and the shares of an 8:1:1 split."""
    from data.statistics_page import write_statistics
    from recsys.bootstrap import open_store
    from recsys.pipeline.counting import count_store
    from recsys.pipeline.fingerprints import Fingerprints

    session = session_of(context)
    workspace = session.workspace()
    settings = session.settings(workspace)
    with open_store(settings, workspace) as store, session.output.progress("counting") as tick:
        hashes = Fingerprints(workspace).of(store.images(), tick) if near_duplicates else None
        statistics = count_store(store, seed=settings.training.seed, hashes=hashes)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        write_statistics(statistics, html)
        session.output.note(f"page: {html}")
    session.output.document(statistics.to_json())
    show(session.output, statistics)


def show(output: Output, statistics: Statistics) -> None:
    """Print the counts that people ask for first."""
    output.line(
        f"{statistics.images} images, {statistics.looks} looks, {statistics.garments} garments, "
        f"{statistics.items} items of tables, {statistics.quarantined} problems in quarantine"
    )
    output.line(
        f"{statistics.without_garment} images without a garment, "
        f"{statistics.without_category} garments without a category"
    )
    for name, title in TABLES:
        counts = getattr(statistics, name).most_common(SHOWN)
        if counts:
            total = max(1, sum(getattr(statistics, name).values()))
            rows = [(value, count, f"{count / total:.1%}") for value, count in counts]
            output.table(f"\n{title}", ["value", "count", "share"], rows)
    if statistics.split_shares:
        shares = ", ".join(f"{part} {share:.1%}" for part, share in statistics.split_shares.items())
        output.line(f"\nSplit by shoot: {shares}")
