"""``recsys check``: the acquisition rules over everything that was imported."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.output import Output, Ticker
from recsys.cli.session import Exit, session_of

if TYPE_CHECKING:
    from data.checks import Finding
    from recsys.pipeline.faces import FaceCopies


class FaceTreatment(StrEnum):
    """What becomes of faces."""

    MASK = "mask"
    CROP = "crop"


VERDICTS = ("pass", "fail", "not_judged")

KEPT = "nothing was changed: all photos stay imported, whatever was found"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check")(check)


def check(
    context: typer.Context,
    html: Annotated[Path | None, typer.Option(help="Write a page with the photos that failed.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Judge only so many photos, in order of id.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 2 where a photo failed a rule.")] = False,
    faces: Annotated[
        FaceTreatment | None, typer.Option(help="Write copies whose faces are masked or cropped away; needs --out.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the copies of --faces.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that judge photos; else one a processor core.")
    ] = None,
) -> None:
    """Judge every imported photo by the acquisition rules: size, blur, colour, text, faces, duplicates and more."""
    from data.checks import CheckSettings, Judges, check_images, write_report
    from data.checks.faces import HaarFaceDetector
    from data.workers import processors
    from recsys.bootstrap import open_store
    from recsys.pipeline.faces import FaceCopies
    from recsys.settings import section

    if (faces is None) != (out is None):
        raise typer.BadParameter("--faces and --out go together, as in --faces mask --out copies")
    session = session_of(context)
    workspace = session.workspace()
    settings = session.settings(workspace)
    rules = section("checks", settings.checks, CheckSettings)
    if faces is not None and "face" in rules.skip:
        raise typer.BadParameter("--faces: the settings skip the rule 'face' (checks.skip), so no face is looked for")
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)  # now rather than after hours
    tally = Tally()
    copies = None if faces is None or out is None else FaceCopies(out, faces.value)
    with open_store(settings, workspace) as store, session.output.progress("checking photos") as tick:
        images = islice((image for image in store.images() if image.photo is not None), limit)
        photos = min(store.counts().photos, limit or sys.maxsize)
        detector = None if "face" in rules.skip else HaarFaceDetector()
        judges = Judges(face_detector=detector)
        with closing(check_images(images, rules, judges, workers=workers or processors())) as findings:
            watched = tally.watch(findings, tick, photos, copies)
            if html is None:
                deque(watched, maxlen=0)
            else:
                write_report(watched, html)
    tally.show(session.output, html)
    if copies is not None:
        show_copies(session.output, copies, out)
    if strict and tally.failures:
        raise typer.Exit(Exit.ATTENTION)


def _summary(found: int, photos: int, by_rule: dict[str, int]) -> str:
    """How many photos have findings, and of which rules, the most frequent first."""
    rules = ", ".join(
        f"{code} {by_rule[code]}" for code in sorted(by_rule, key=lambda code: -by_rule[code]) if by_rule[code]
    )
    return f"{found} of {photos} photos have findings" + (f": {rules}" if rules else "")


def show_copies(output: Output, copies: FaceCopies, folder: Path | None) -> None:
    """Say on standard error how many copies there are, and which photos have none and why."""
    for image_id, reason in copies.failed.items():
        output.note(f"no copy of {image_id}: {reason}")
    output.note(f"{copies.written} copies without faces: {folder}")


class Tally:
    """Counts verdicts by rule while findings pass by, and keeps those that failed."""

    def __init__(self) -> None:
        self.verdicts: Counter[tuple[str, str]] = Counter()
        self.failures: list[Finding] = []
        self.photos = 0

    def watch(
        self, findings: Iterable[Finding], tick: Ticker, total: int, copies: FaceCopies | None = None
    ) -> Iterator[Finding]:
        last = None
        for finding in findings:
            self.verdicts[finding.code, finding.verdict] += 1
            if copies is not None:
                copies.add(finding)
            if finding.verdict == "fail":
                self.failures.append(finding)
            if finding.image_id != last:
                last = finding.image_id
                self.photos += finding.code != "duplicate"
                tick(self.photos, max(total, self.photos))
            yield finding

    def show(self, output: Output, html: Path | None) -> None:
        codes = list(dict.fromkeys(code for code, _ in self.verdicts))
        rules = {code: {verdict: self.verdicts[code, verdict] for verdict in VERDICTS} for code in codes}
        failed = len({finding.image_id for finding in self.failures})
        output.document({"photos": self.photos, "failed": failed, "rules": rules, "failures": self.failures})
        columns = ["rule", "pass", "fail", "not judged"]
        output.table("Acquisition rules", columns, [(code, *counts.values()) for code, counts in rules.items()])
        output.line(_summary(failed, self.photos, {code: counts["fail"] for code, counts in rules.items()}))
        output.line(KEPT)
        if html is not None:
            output.note(f"report: {html}")
