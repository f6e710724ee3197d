"""Files that are there whole or not at all: written beside their place, then moved there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

_SUFFIX = ".part"


@contextmanager
def replacing(path: Path, *, sync: bool = False, parents: bool = True) -> Iterator[Path]:
    """Give an empty file beside ``path`` to be written, and put it in the place of ``path`` once the block ends well.

    A reader finds the old content or the new, never a part; where the block raises, Ctrl-C included, the old one stays
    and nothing else is left. Of several writers the last to end wins, each with a file of its own.

    Parameters
    ----------
    path
        The file to write. It gets the permissions of a new file, as the umask says.
    sync
        Wait until the disk has the content, so that it outlives a power cut too.
    parents
        Make the folder where it is missing; otherwise that is an error.

    Raises
    ------
    OSError
        The folder cannot be made or written, or the disk is full.
    """
    if parents:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:40]}.{uuid4().hex}{_SUFFIX}")
    mode = _create(temporary, path)
    try:
        yield temporary
        os.chmod(temporary, mode)  # some libraries write a file of their own, for the owner alone, and move it here
        if sync:
            _flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a small file, text as UTF-8, with `replacing`; it outlives a power cut once this returns."""
    with replacing(path, sync=True) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def leftovers(folder: Path) -> Iterator[Path]:
    """Files in ``folder`` that writers left who were killed, or are at work still."""
    return folder.glob(f".*{_SUFFIX}")


def _create(temporary: Path, path: Path) -> int:
    """Make the file, which no other writer has; returns the permissions that it got."""
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except OSError as error:
        error.filename = str(path)  # the name that the caller knows
        raise
    try:
        return stat.S_IMODE(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)


def _flush(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
