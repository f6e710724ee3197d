"""What was imported into a workspace and from where: so that a quarantine can be read again once it is mended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from data.atomic import write_whole
from recsys.errors import WorkspaceError
from recsys.workspace import Workspace


class ImportEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One import: its kind, what it was called with (absolute paths), and the files that it had to complain about."""

    kind: str
    arguments: dict[str, Any]
    problem_files: tuple[str, ...] = ()

    def is_same_import(self, other: ImportEntry) -> bool:
        return (self.kind, self.arguments) == (other.kind, other.arguments)


class Journal:
    """The imports of a workspace, in the order in which they were first made."""

    def __init__(self, workspace: Workspace) -> None:
        self._file: Path = workspace.root / "imports.json"

    def entries(self) -> list[ImportEntry]:
        """Read all imports.

        Raises
        ------
        WorkspaceError
            The file is not what this program writes.
        """
        if not self._file.exists():
            return []
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=list[ImportEntry])
        except msgspec.MsgspecError as error:
            raise WorkspaceError(
                f"{self._file}: {error}; it is written by `recsys import`, restore or remove it"
            ) from error

    def earlier(self, entry: ImportEntry) -> ImportEntry | None:
        """The same import as it was noted before."""
        return next((known for known in self.entries() if known.is_same_import(entry)), None)

    def forget(self, kind: str) -> None:
        """Strike out all imports of a kind: what they brought was deleted."""
        entries = self.entries()
        left = [entry for entry in entries if entry.kind != kind]
        if len(left) < len(entries):
            self._write(left)

    def write(self, entry: ImportEntry) -> None:
        """Note an import, in the place of the same one before."""
        entries = self.entries()
        places = [place for place, known in enumerate(entries) if known.is_same_import(entry)]
        if places:
            entries[places[0]] = entry
        else:
            entries.append(entry)
        self._write(entries)

    def _write(self, entries: list[ImportEntry]) -> None:
        write_whole(self._file, msgspec.json.format(msgspec.json.encode(entries), indent=1) + b"\n")
