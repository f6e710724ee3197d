"""Problems that readers found, kept until the files that had them are read again and good."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from data.types import Problem
from graph.neo4j.names import indexed
from graph.neo4j.server import Server, Transaction

_FOUND = "UNWIND $ids AS id MATCH (q:Problem {id: id}) RETURN id"
_ADD = "UNWIND $rows AS row MERGE (q:Problem {id: row.id}) ON CREATE SET q = row"
_ALL = "MATCH (q:Problem) RETURN q.file, q.field, q.record_id, q.reason, q.blocking, q.raw"
_FILE = (
    "UNWIND $files AS file MATCH (q:Problem) USING INDEX q:Problem(at)"
    " WHERE q.at IN [file[0], ''] AND q.file = file[1] DETACH DELETE q RETURN count(*)"
)


def add_problems(transaction: Transaction, problems: Sequence[Problem]) -> int:
    """Keep problems; returns how many are new."""
    rows: dict[str, dict[str, object]] = {}
    for problem in problems:
        about = (problem.file, problem.field, problem.record_id, problem.reason)
        name = hashlib.sha256(msgspec.json.encode(about)).hexdigest()
        rows.setdefault(name, {"id": name, "at": indexed(problem.file), **msgspec.structs.asdict(problem)})
    known = {row[0] for row in transaction.run(_FOUND, ids=list(rows))}
    if rows:
        transaction.run(_ADD, rows=list(rows.values()))
    return len(rows) - len(known)


def all_problems(server: Server) -> list[Problem]:
    """Every problem, by file, field, record and reason."""
    rows = sorted(server.read(_ALL), key=lambda row: (row[0], row[1], row[2] is not None, row[2] or "", row[3]))
    return [
        Problem(file=file, field=field, record_id=record_id, reason=reason, blocking=blocking, raw=raw)
        for file, field, record_id, reason, blocking, raw in rows
    ]


def release(transaction: Transaction, files: Iterable[str]) -> int:
    """Remove the problems of files; returns how many there were."""
    rows = transaction.run(_FILE, files=[[indexed(file), file] for file in sorted(set(files))])
    return int(rows[0][0]) if rows else 0
