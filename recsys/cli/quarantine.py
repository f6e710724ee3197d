"""``recsys quarantine``: what imports set aside, and reading it again once it is mended."""

from __future__ import annotations

import typer

from recsys.cli.session import Exit, session_of


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, help="List what imports set aside, or read it again.")
    group.command("list")(list_problems)
    group.command("replay")(replay)
    app.add_typer(group, name="quarantine")


def list_problems(context: typer.Context) -> None:
    """Show each problem: file, field and reason."""
    from recsys.bootstrap import open_store

    session = session_of(context)
    workspace = session.workspace()
    with open_store(session.settings(workspace), workspace) as store:
        problems = list(store.problems())
    session.output.document({"quarantined": len(problems), "problems": problems})
    for problem in problems:
        session.output.line(f"{problem}{'' if problem.blocking else ' (the record itself is kept)'}")
    session.output.line(f"{len(problems)} problems in quarantine")


def replay(context: typer.Context) -> None:
    """Run again every import that something was set aside of; what reads well now leaves the quarantine."""
    from recsys.cli.importing import Narrator
    from recsys.pipeline.intake import take_in
    from recsys.pipeline.journal import Journal

    session = session_of(context)
    workspace = session.workspace()
    settings = session.settings(workspace)
    entries = [entry for entry in Journal(workspace).entries() if entry.problem_files]
    reports = []
    with session.output.progress("reading again") as tick:
        for entry in entries:
            reports.append(take_in(workspace, settings, entry, Narrator(session.output, tick)))
    released = sum(report.released for report in reports)
    remaining = sum(report.quarantined for report in reports)
    session.output.document({"imports": reports, "released": released, "remaining": remaining})
    session.output.line(f"{len(entries)} imports read again: {released} problems gone, {remaining} remain")
    if remaining:
        raise typer.Exit(Exit.ATTENTION)
