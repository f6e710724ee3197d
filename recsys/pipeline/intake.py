"""One import from beginning to end: records, quarantine, items, outfits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import msgspec
from msgspec import Struct

from data.ccp import SOURCE as CCP
from data.identity import IdentitySettings
from data.table import SOURCE as TABLE
from data.types import Problem
from graph.store import GraphCounts, GraphStore
from recsys.bootstrap import open_store
from recsys.pipeline.deletions import Deletions
from recsys.pipeline.identities import Found, Garments, IdentityCounts, assign_items
from recsys.pipeline.importing import ImportCounts, ImportInterruptedError, Record, Watcher, write_records
from recsys.pipeline.journal import ImportEntry, Journal
from recsys.pipeline.sources import read_source
from recsys.pipeline.worn import write_worn_outfits
from recsys.settings import Settings, section
from recsys.workspace import Workspace


class Audience(Protocol):
    """Who is told how an import goes."""

    def problem(self, problem: Problem) -> None:
        """A record, or a part of one, was set aside."""

    def progress(self, phase: str, done: int, total: int | None) -> None:
        """How far a phase has come."""


class ImportReport(Struct, frozen=True, kw_only=True):
    """What one import did and what the store holds after it.

    ``released`` counts problems of earlier runs of the same import that are gone, ``left_out`` records that somebody
    deleted (:mod:`recsys.pipeline.deletions`); ``identity`` is None where the source
    names its items itself; ``own_slots`` are categories of items that fill no known slot.
    """

    kind: str
    images: int
    garments: int
    items: int
    outfits: int
    added: int
    changed: int
    unchanged: int
    quarantined: int
    released: int
    missing_photos: int
    left_out: int
    own_slots: tuple[str, ...]
    notes: dict[str, int]
    identity: IdentityCounts | None
    store: GraphCounts


def take_in(workspace: Workspace, settings: Settings, entry: ImportEntry, audience: Audience) -> ImportReport:
    """Import what an entry names into a workspace.

    Everything is written in whole batches and nothing twice: an import that was stopped, at whatever point, goes on
    when it is run again.

    Raises
    ------
    WorkspaceBusyError
        Another process writes to the workspace.
    SourceError
        The source as a whole cannot be read.
    ImportInterruptedError
        The user stopped it; it carries the counts of what is stored.
    """
    records = read_source(entry)
    with workspace.lock("import"), open_store(settings, workspace) as store:
        journal, stored = Journal(workspace), ImportCounts()
        try:
            job = _Import(entry, records, Deletions(workspace), audience)
            identity = _take_in(workspace, settings, store, job, stored)
        except BaseException as error:
            _note_unfinished(journal, entry, stored.problems)
            if isinstance(error, KeyboardInterrupt):
                raise ImportInterruptedError(stored) from None
            raise
        released = _settle_quarantine(store, journal, entry, stored.problems)
        return _report(entry, stored, released, identity, store.counts())


class _Import(NamedTuple):
    entry: ImportEntry
    records: Iterable[Record]
    deletions: Deletions
    audience: Audience

    def admitted(self, stored: ImportCounts) -> Iterator[Record]:
        """What was read, but for what was deleted."""
        for record in self.records:
            kept = self.deletions.admit(record)
            if kept is None:
                stored.left_out += 1
            else:
                yield kept


def _take_in(
    workspace: Workspace, settings: Settings, store: GraphStore, job: _Import, stored: ImportCounts
) -> IdentityCounts | None:
    """Write records, then find items and outfits; tables name their own."""
    batch, audience = settings.importing.batch, job.audience
    watcher = Watcher(audience.problem, lambda done: audience.progress("reading", done, None))
    write_records(store, job.admitted(stored), stored, batch=batch, watcher=watcher)
    if job.entry.kind == TABLE:
        return None
    found = _find_items(store, workspace, settings, job)
    for problem in found.problems:
        audience.problem(problem)
    stored.problems += found.problems
    stored.outfits += write_worn_outfits(store, batch=batch, source=job.entry.kind)
    return found.counts


def _find_items(store: GraphStore, workspace: Workspace, settings: Settings, job: _Import) -> Found:
    """Find the items in the photos of a source; those of Clothing Co-Parsing are seen once each."""
    chosen = section("identity", settings.identity, IdentitySettings)
    if job.entry.kind == CCP:
        chosen = msgspec.structs.replace(chosen, method="none")
    batch = settings.importing.batch
    garments = Garments(job.entry.kind, job.deletions.garments())
    return assign_items(store, workspace.embeddings, garments, chosen, job.audience.progress, batch=batch)


def _settle_quarantine(store: GraphStore, journal: Journal, entry: ImportEntry, problems: list[Problem]) -> int:
    """Take out of quarantine what this import complained of before and now read without complaint; returns how much."""
    earlier = journal.earlier(entry)
    gone = store.release_problems(earlier.problem_files) if earlier else 0
    back = store.quarantine(problems)
    _note(journal, entry, {problem.file for problem in problems})
    return gone - back


def _note_unfinished(journal: Journal, entry: ImportEntry, problems: list[Problem]) -> None:
    """Remember whom an unfinished import complained of, so that the next one can take it back."""
    earlier = journal.earlier(entry)
    _note(journal, entry, {problem.file for problem in problems} | set(earlier.problem_files if earlier else ()))


def _note(journal: Journal, entry: ImportEntry, problem_files: set[str]) -> None:
    journal.write(ImportEntry(kind=entry.kind, arguments=entry.arguments, problem_files=tuple(sorted(problem_files))))


def _report(
    entry: ImportEntry, stored: ImportCounts, released: int, identity: IdentityCounts | None, counts: GraphCounts
) -> ImportReport:
    return ImportReport(
        kind=entry.kind,
        images=stored.images,
        garments=stored.garments,
        items=stored.items,
        outfits=stored.outfits,
        added=stored.added,
        changed=stored.changed,
        unchanged=stored.unchanged,
        quarantined=stored.quarantined,
        released=released,
        missing_photos=stored.missing_photos,
        left_out=stored.left_out,
        own_slots=tuple(sorted(stored.own_slots)),
        notes=dict(sorted(stored.notes.items())),
        identity=identity,
        store=counts,
    )
