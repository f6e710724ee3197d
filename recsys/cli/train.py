"""``recsys train``: both models from what was imported, into a new release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from recsys.cli.session import Exit, Session, session_of

if TYPE_CHECKING:
    from bert4rec.workers import Workers
    from data.types import Problem
    from recsys.pipeline.contents import ReleaseContents
    from recsys.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train")(train)


def train(
    context: typer.Context,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from where a stopped training was.")] = False,
) -> None:
    """Train GraphSAGE and BERT4Rec on the imported outfits and make the result the current release.

    Started by `torchrun` or `accelerate launch`, all processes train together; the first one reads, writes and speaks.
    Exits with 2 where photos could not be read: the release was written without them.
    """
    from bert4rec.sharing import assist
    from bert4rec.workers import Workers

    workers = Workers.joined()
    if not workers.main:
        assist(workers)
        workers.part()
        return
    session = session_of(context)
    workspace = session.workspace()
    with workspace.lock("train"):
        name, contents, unread = _train(session, workspace, workers, resume=resume)
    workers.part()
    output = session.output
    for problem in unread:
        output.note(f"quarantined: {problem}")
    metrics = contents.metrics
    output.document({"release": name, **metrics})
    output.line(f"release {name}: {metrics['items']} items, {metrics['outfits']} outfits")
    output.line(f"  {workspace.releases / name}")
    output.line(f"  {share_of(metrics['bert4rec']['gain'])}")
    if metrics["held_out_ranking"]:
        output.line(f"  {ranked(metrics['held_out_ranking'])}")
    if unread:
        output.line(f"{len(unread)} photos could not be embedded; they are named above and in quarantine")
        raise typer.Exit(Exit.ATTENTION)


def _train(
    session: Session, workspace: Workspace, workers: Workers, *, resume: bool
) -> tuple[str, ReleaseContents, list[Problem]]:
    """Name and contents of the new release, and the photos that could not be read."""
    from recsys.pipeline.jobs import train_release

    output, settings = session.output, session.settings(workspace)
    done = 0
    unread: list[Problem] = []

    def tell(stage: str, state: dict[str, Any]) -> None:
        output.note(f"{stage}: {describe(state)}")

    with output.progress("embedding") as tick:

        def embedded(count: int) -> None:
            nonlocal done
            done += count
            tick(done)

        try:
            name, contents = train_release(
                workspace, settings, tell, embedded, resume=resume, failed=unread.append, workers=workers
            )
        except KeyboardInterrupt:
            output.note("what was embedded and trained so far is kept; `recsys train --resume` goes on from it")
            raise
    return name, contents, unread


def share_of(gain: dict[str, float]) -> str:
    """Who speaks in the score of known and of new items: counting alone, or the network too."""
    told = [f"{kind} items {f'at {share:.2g} of its weight' if share else 'silent'}" for kind, share in gain.items()]
    return f"the network beside what counting says: {', '.join(told)}"


def ranked(told: dict[str, Any]) -> str:
    """How the release ranks held-out outfits beside plain counting, and a warning where it surely ranks worse."""
    line = f"held-out outfits: the right item first of four in {told['model']:.3f}, by co-occurrence counts in "
    warning = "; it is behind plain counting and should not be used before it is known why"
    return f"{line}{told['cooccurrence']:.3f}{warning if told['behind'] else ''}"


def describe(state: dict[str, Any]) -> str:
    """One line about a stage's progress."""
    return ", ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in state.items())
