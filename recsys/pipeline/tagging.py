"""Tagging photos as a job: found in folders, tagged in turn, written down as it goes, so that a stop loses nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from glob import glob, has_magic
from pathlib import Path

import msgspec
from msgspec import Struct

from data.archives import split_reference
from data.atomic import replacing
from data.errors import SourceError
from data.photos import PHOTO_SUFFIXES
from data.sourcefiles import SourceFile, files_under, require
from data.types import Problem
from recsys.errors import RecsysError
from vision.detector.detect import SETTINGS, WEIGHTS
from vision.tagger import Tagger
from vision.tags import TaggedPhoto


class _Head(Struct, frozen=True):
    """First line of a job's file: by what the photos were tagged."""

    tagger: str


class Answer(Struct, frozen=True, omit_defaults=True):
    """One photo of a job: its reference, its file's size and time, and what was found or why it cannot be read."""

    photo: str
    stamp: str = ""
    tagged: TaggedPhoto | None = None
    problem: Problem | None = None


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


class TaggingJob:
    """The tagging of ``photos``, whose answers lie in ``file``, one a line: a stop costs no more than a few photos.

    An answer holds as long as the photo's file has the same size and time, and the ``tagger`` is the same.
    """

    def __init__(self, file: Path, tagger: str, photos: Sequence[str]) -> None:
        self.file, self._tagger, self._photos = file, tagger, photos
        self._known: dict[str, tuple[str, int]] = {}  # stamp, and where in the file the line begins
        file.parent.mkdir(parents=True, exist_ok=True)
        self._read()

    def _read(self) -> None:
        """Learn what an earlier run has answered; what a stop cut off is dropped, and what another tagger said."""
        if not self.file.is_file():
            return
        end = 0
        with self.file.open("rb") as lines:
            for line in lines:
                try:
                    if not end and msgspec.json.decode(line, type=_Head).tagger != self._tagger:
                        break
                    if end:
                        entry = msgspec.json.decode(line, type=Answer)
                        self._known[entry.photo] = entry.stamp, end
                except msgspec.MsgspecError:
                    break
                if not line.endswith(b"\n"):
                    break
                end += len(line)
        os.truncate(self.file, end)

    @property
    def left(self) -> list[str]:
        """The photos that are not answered yet."""
        return [photo for photo in self._photos if self._known.get(photo, ("", 0))[0] != _stamp(photo)]

    def run(self, tagger: Tagger, tick: Callable[[int], None]) -> None:
        """Tag the photos that are left."""
        left = self.left
        with self.file.open("ab") as lines:
            if not lines.tell():
                lines.write(msgspec.json.encode(_Head(self._tagger)) + b"\n")
            tick(len(self._photos) - len(left))
            for number, (photo, told) in enumerate(zip(left, tagger.tag(left), strict=True), 1):
                problem, tagged = (told, None) if isinstance(told, Problem) else (None, told)
                stamp, begin = _stamp(photo), lines.tell()
                lines.write(msgspec.json.encode(Answer(photo, stamp, tagged, problem)) + b"\n")
                lines.flush()
                self._known[photo] = stamp, begin
                tick(len(self._photos) - len(left) + number)

    def answers(self) -> Iterator[Answer]:
        """What was found, in the order asked for, read from the file."""
        with self.file.open("rb") as lines:
            for photo in self._photos:
                lines.seek(self._known[photo][1])
                yield msgspec.json.decode(lines.readline(), type=Answer)

    def tagged(self) -> Iterator[TaggedPhoto]:
        """The photos that could be read."""
        return (answer.tagged for answer in self.answers() if answer.tagged is not None)

    def problems(self) -> Iterator[Problem]:
        """Why the others could not."""
        return (answer.problem for answer in self.answers() if answer.problem is not None)

    def finish(self) -> None:
        """Drop the file, once all that was wanted has been written."""
        self.file.unlink()


def write_answers(path: Path, answers: Iterable[Answer]) -> None:
    """The answers alone, one a line, to be read again by :func:`read_answers`."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.writelines(msgspec.json.encode(answer) + b"\n" for answer in answers)


def read_answers(path: Path) -> Iterator[Answer]:
    """Inverse of :func:`write_answers`.

    Raises
    ------
    SourceError
        The file is missing, or holds something else.
    """
    try:
        with path.open("rb") as lines:
            for line in lines:
                yield msgspec.json.decode(line, type=Answer)
    except (OSError, msgspec.MsgspecError) as error:
        raise SourceError(f"{path}: cannot be read: {error}; run `recsys import photos` again") from error


def tagger_name(detector: Path, sure: float) -> str:
    """What tells taggers apart: the detector's files, and the score from which it is believed."""
    digest = hashlib.blake2b(repr(sure).encode(), digest_size=16)
    for part in (WEIGHTS, SETTINGS):
        digest.update((detector / part).read_bytes())
    return digest.hexdigest()


def job_file(out: Path) -> Path:
    """Where the answers of a job lie while it writes ``out``: beside it, hidden."""
    if out.is_dir():
        raise RecsysError(f"{out}: is a folder; name a file in it")
    return out.with_name(f".{out.name}.tagging")


def _stamp(photo: str) -> str:
    """Size and time of change of a photo's file, or of the archive that it lies in."""
    try:
        found = os.stat(split_reference(photo)[0])
    except OSError:
        return "gone"
    return f"{found.st_size} {found.st_mtime_ns}"
