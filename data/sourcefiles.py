"""Finding files in folders and archives alike, in an order that does not change from run to run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from data.archives import SEPARATOR, Archive, archive_files, archive_name, open_archive
from data.errors import SourceError
from data.types import Problem
from data.zipdirectory import ArchiveError, Member


class SourceFile(NamedTuple):
    """A file by reference: ``prefix`` is its folder with a stroke, or its archive with ``::``; ``name`` the rest."""

    prefix: str
    name: str
    archive: Archive | None = None
    member: Member | None = None

    @property
    def ref(self) -> str:
        return self.prefix + self.name

    def read(self) -> bytes:
        """All its bytes; raises OSError or MemberError."""
        if self.archive is not None and self.member is not None:
            return self.archive.read(self.member)
        with open(self.ref, "rb", buffering=0) as file:
            return file.readall()


def require(path: Path) -> None:
    """Raise SourceError unless a path is a folder, a file, or an archive in parts."""
    if not path.exists() and not all(part.exists() for part in archive_files(path)):
        raise SourceError(f"{path}: there is no such folder or archive")


def files_under(path: Path, suffixes: frozenset[str]) -> Iterator[SourceFile | Problem]:
    """Files with one of these endings (lower case), in a folder, an archive, and archives in the folder.

    Folders go by name, archives by their own order. Hidden files, macOS's double files and linked folders are passed
    over. An archive that cannot be read, and a member (of any ending) whose name is unsafe, is a Problem.
    """
    if path.is_dir():
        yield from _in_folder(str(path), suffixes)
        return
    whole = archive_name(path.name)
    if whole is not None:
        yield from _in_archive(str(path.with_name(whole)), suffixes)
    elif _ending(path.name) in suffixes:
        yield SourceFile(f"{path.parent}{os.sep}", path.name)


def _in_folder(folder: str, suffixes: frozenset[str]) -> Iterator[SourceFile | Problem]:
    prefix = folder if folder.endswith(os.sep) else folder + os.sep
    folders: list[str] = []
    archives: set[str] = set()
    names: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            whole = archive_name(entry.name)
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            elif whole is not None:
                archives.add(whole)
            elif _ending(entry.name) in suffixes:
                names.append(entry.name)
    for name in sorted(names):
        yield SourceFile(prefix, name)
    del names
    for whole in sorted(archives):
        yield from _in_archive(prefix + whole, suffixes)
    for inner in sorted(folders):
        yield from _in_folder(prefix + inner, suffixes)


def _in_archive(path: str, suffixes: frozenset[str]) -> Iterator[SourceFile | Problem]:
    prefix = path + SEPARATOR
    try:
        archive = open_archive(path)
        for member in archive.members():
            if member.refusal is not None:
                yield Problem(file=prefix + member.name, field="member", reason=member.refusal)
            elif _ending(member.name) in suffixes and not _is_hidden(member.name):
                yield SourceFile(prefix, member.name, archive, member)
    except ArchiveError as error:
        yield Problem(file=path, field="archive", reason=str(error).removeprefix(f"{path}: "))


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def _ending(name: str) -> str:
    return name[name.rfind(".") :].lower()
