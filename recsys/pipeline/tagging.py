"""Tagging photos as a job: found in folders, tagged in turn, written down as it goes, so that a stop loses nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

import msgspec
from msgspec import Struct

from data.atomic import replacing
from data.errors import SourceError
from data.photos import PHOTO_SUFFIXES
from data.sourcefiles import SourceFile, files_under, require
from data.types import Problem
from recsys.errors import RecsysError
from vision.detector.detect import SETTINGS, WEIGHTS
from vision.tagger import Tagger
from vision.tags import TaggedPhoto

Told = TaggedPhoto | Problem


class _Head(Struct, frozen=True):
    """First line of a job's file: which job."""

    job: str


class _Entry(Struct, frozen=True):
    """One photo of a job: its reference, and either what was found or why it cannot be read."""

    photo: str
    tagged: TaggedPhoto | None = None
    problem: Problem | None = None

    @property
    def told(self) -> Told:
        told = self.tagged or self.problem
        assert told is not None
        return told


def photos_of(paths: Sequence[str]) -> Iterator[str | Problem]:
    """References of the photos that files, folders, archives and patterns name, each once; what cannot be read told.

    Raises
    ------
    SourceError
        A path does not exist, a pattern matches nothing, or no photo is under a path.
    """
    seen: set[str] = set()
    for path in _paths(paths):
        found = False
        for file in files_under(path, PHOTO_SUFFIXES):
            found = True
            if not isinstance(file, SourceFile):
                yield file
            elif file.ref not in seen:
                seen.add(file.ref)
                yield file.ref
        if not found:
            raise SourceError(f"{path}: no photo is there; a photo ends in {', '.join(sorted(PHOTO_SUFFIXES))}")


def _paths(given: Sequence[str]) -> list[Path]:
    """The paths themselves; patterns replaced by what they match, in order."""
    paths: list[Path] = []
    for path in given:
        if has_magic(path) and not os.path.lexists(path):
            matched = [Path(match) for match in sorted(glob(path, recursive=True))]
            if not matched:
                raise SourceError(f"{path}: nothing matches this pattern")
            paths += [match for match in matched if match.is_dir() or match.suffix.lower() in PHOTO_SUFFIXES]
        else:
            require(Path(path))
            paths.append(Path(path))
    return paths


@dataclass(frozen=True)
class TaggingJob:
    """The tagging of some photos, whose answers lie in ``file`` until :meth:`finish`.

    ``name`` tells jobs apart: another detector, another threshold or other photos are another job, which starts anew.
    """

    file: Path
    name: str

    @classmethod
    def of(cls, file: Path, detector: Path, sure: float, photos: Iterable[str]) -> TaggingJob:
        digest = hashlib.blake2b(digest_size=16)
        for part in (WEIGHTS, SETTINGS):
            digest.update((detector / part).read_bytes())
        digest.update(repr(sure).encode())
        for photo in photos:
            digest.update(os.fsencode(photo) + b"\0" + _stamp(photo))
        return cls(file, digest.hexdigest())

    def done(self) -> int:
        """How many photos an earlier run of this job has answered; what a stop cut off is dropped."""
        if not self.file.is_file():
            return 0
        raw = self.file.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        head, *lines = whole.splitlines() or [b""]
        try:
            known = msgspec.json.decode(head, type=_Head).job == self.name
        except msgspec.MsgspecError:
            known = False
        if not known:
            self.file.unlink()
            return 0
        if len(whole) < len(raw):
            with replacing(self.file) as temporary:
                temporary.write_bytes(whole)
        return len(lines)

    def run(self, tagger: Tagger, photos: Sequence[str], tick: Callable[[int], None]) -> None:
        """Tag the photos that are not answered yet."""
        done = self.done()
        with self.file.open("ab") as lines:
            if not done and not lines.tell():
                lines.write(msgspec.json.encode(_Head(self.name)) + b"\n")
            tick(done)
            for photo, told in zip(photos[done:], tagger.tag(photos[done:]), strict=True):
                entry = _Entry(photo, problem=told) if isinstance(told, Problem) else _Entry(photo, tagged=told)
                lines.write(msgspec.json.encode(entry) + b"\n")
                lines.flush()
                done += 1
                tick(done)

    def answers(self) -> Iterator[Told]:
        """What was told of each photo so far, in order, read from the file."""
        with self.file.open("rb") as lines:
            next(lines)
            for line in lines:
                yield msgspec.json.decode(line, type=_Entry).told

    def tagged(self) -> Iterator[TaggedPhoto]:
        """Those of the answers that are about a photo that could be read."""
        return (told for told in self.answers() if isinstance(told, TaggedPhoto))

    def problems(self) -> Iterator[Problem]:
        """The others."""
        return (told for told in self.answers() if isinstance(told, Problem))

    def finish(self) -> None:
        """Drop the file, once all that was wanted has been written."""
        self.file.unlink()


def job_file(out: Path) -> Path:
    """Where the answers of a job lie while it writes ``out``: beside it, hidden."""
    if out.is_dir():
        raise RecsysError(f"{out}: is a folder; name a file in it")
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.with_name(f".{out.name}.tagging")


def _stamp(photo: str) -> bytes:
    """Size and time of change of a photo's file, or of the archive that it lies in."""
    try:
        found = os.stat(photo.split("::", 1)[0])
    except OSError:
        return b""
    return f"{found.st_size} {found.st_mtime_ns}".encode()
