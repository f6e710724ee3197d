"""Problems that readers found, kept until the files that had them are read again and good."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from data.types import Problem


def add_problems(connection: sqlite3.Connection, problems: Iterable[Problem]) -> int:
    """Keep problems; returns how many are new."""
    before = connection.total_changes
    connection.executemany(
        "INSERT OR IGNORE INTO problem (file, field, record_id, reason, blocking, raw) VALUES (?, ?, ?, ?, ?, ?)",
        (
            (problem.file, problem.field, problem.record_id, problem.reason, problem.blocking, problem.raw)
            for problem in problems
        ),
    )
    return connection.total_changes - before


def all_problems(connection: sqlite3.Connection) -> list[Problem]:
    """Every problem, by file, field, record and reason."""
    rows = connection.execute(
        "SELECT file, field, record_id, reason, blocking, raw FROM problem ORDER BY file, field, record_id, reason"
    )
    return [
        Problem(file=file, field=field, record_id=record_id, reason=reason, blocking=bool(blocking), raw=raw)
        for file, field, record_id, reason, blocking, raw in rows
    ]


def release(connection: sqlite3.Connection, files: Iterable[str]) -> int:
    """Remove the problems of files; returns how many there were."""
    before = connection.total_changes
    connection.executemany("DELETE FROM problem WHERE file = ?", ((file,) for file in files))
    return connection.total_changes - before
