"""``recsys evaluate``: the ranker and every baseline on the same questions, in one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recsys.cli.session import Session, session_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluation.questions import Questions
    from evaluation.tasks import Report
    from recsys.pipeline.contents import ReleaseContents
    from recsys.pipeline.embedding import Rows


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    context: typer.Context,
    questions: Annotated[Path, typer.Option(help="Folder with fitb.jsonl, compat.jsonl, cir.jsonl ...")],
    predictions: Annotated[Path | None, typer.Option(help="Write the ranker's answers here.")] = None,
    answers: Annotated[list[Path] | None, typer.Option(help="Answers of another ranker, as a further row.")] = None,
    release: Annotated[str | None, typer.Option(help="Instead of the current release.")] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Resamples for the 95 % intervals; 0: none.")] = 1000,
    breakdown: Annotated[bool, typer.Option("--breakdown", help="Also by slot, outfit size and popularity.")] = False,
) -> None:
    """Measure the current release and all baselines, with 95 % intervals over outfits."""
    from evaluation import read_questions
    from evaluation.questions import TASKS
    from evaluation.table import as_json, differences, plain
    from evaluation.tasks import ask, report, write_predictions
    from recsys.errors import QueryError
    from recsys.pipeline import measuring
    from recsys.pipeline.jobs import tensor_threads
    from recsys.pipeline.release import load_release

    session = session_of(context)
    workspace = session.workspace()
    settings = session.settings(workspace)
    asked = read_questions(questions)
    if not len(asked):
        files = ", ".join(f"{task}.jsonl" for task in TASKS)
        raise QueryError(f"{questions}: there are no questions in this folder; it should hold one or more of {files}")
    name, contents, _ = load_release(workspace, release)
    names = _names(session, asked, contents)
    original, asked = asked, measuring.rename(asked, names)
    scorers = [*measuring.model_rows(contents), *measuring.baselines(contents, _appearance(session, contents))]
    groups = measuring.groups(contents, every=breakdown)
    with tensor_threads(settings.training.threads), session.output.progress("asking") as tick:
        given = []
        for done, scorer in enumerate(scorers, 1):
            given.append(ask(scorer, asked))
            tick(done, len(scorers), scorer.name)
    given += [measuring.read_answers(folder, asked, names) for folder in answers or []]
    if predictions is not None:
        write_predictions(given[0], original, predictions)
        session.output.note(f"predictions: {predictions}")
    reports = [report(one, asked, bootstrap=bootstrap, groups=groups) for one in given]
    versus = measuring.against_baselines(given[: len(scorers)], asked, groups, bootstrap=bootstrap)
    silent = measuring.against_silent(given[: len(scorers)], asked, groups, bootstrap=bootstrap)
    session.output.document(
        {"release": name, "reports": as_json(reports), "difference": versus, "difference_silent": silent}
    )
    session.output.line(plain(reports, interval=bootstrap > 0))
    for table in _broken_down(reports, {m.against for m in versus if not m.by}, interval=bootstrap > 0):
        session.output.line(f"\n{table}")
    if not silent:
        session.output.line("\nin this release the network has no share: what ranks is what counting says")
    lines = differences(versus, "against the best baseline")
    if silent:
        lines += differences(silent, f"against {measuring.COUNTS_ALONE}")
    session.output.line("\n" + "\n".join(lines))


def _broken_down(reports: list[Report], best: set[str], *, interval: bool) -> Iterator[str]:
    """Known items and new ones apart where both are asked for, all scorers; then the other breakdowns, for the ranker
    and the baselines that are ``best`` in some metric."""
    from evaluation.table import by_group
    from recsys.pipeline.measuring import STATUS

    breakdowns = list(dict.fromkeys(m.by for m in reports[0].metrics if m.by))
    for by in breakdowns:
        several = len({m.group for m in reports[0].metrics if m.by == by}) > 1
        if by == STATUS and several:
            yield by_group(reports, by, interval=interval)
        elif by != STATUS:
            yield by_group([r for r in reports if r is reports[0] or r.scorer in best], by, interval=interval)


def _names(session: Session, asked: Questions, contents: ReleaseContents) -> dict[str, str]:
    """Items for the region ids that questions may name in their place."""
    from recsys.bootstrap import open_store
    from recsys.pipeline.measuring import ids_of

    unknown = {i for i in ids_of(asked) if i not in contents.catalogue}
    if not unknown:
        return {}
    workspace = session.workspace()
    with open_store(session.settings(workspace), workspace) as store:
        names = {link.region_id: link.item_id for link in store.links() if link.region_id in unknown}
    lost = sorted(unknown - names.keys())
    if lost:
        session.output.note(f"{len(lost)} ids of the questions are not in the release, such as {lost[0]!r}")
    return names


def _appearance(session: Session, contents: ReleaseContents) -> dict[str, Rows]:
    """Colours of garments and backdrops, where embeddings of them were made."""
    from recsys.bootstrap import open_store
    from recsys.pipeline.embedding import item_vectors
    from vision.colour import MEAN, SPREAD
    from vision.connect import open_encoder
    from vision.embeddings import EmbeddingStore

    workspace = session.workspace()
    vectors = EmbeddingStore(workspace.embeddings)
    with open_store(session.settings(workspace), workspace) as store:
        images = list(store.images())
    items = contents.catalogue.items
    rows, known = item_vectors(open_encoder("garment"), vectors, items, images)
    walls, seen = item_vectors(open_encoder("backdrop"), vectors, items, images)
    return {"colour": (rows[:, MEAN.start : SPREAD.stop], known), "backdrop": (walls, seen)}
