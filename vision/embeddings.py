"""Embeddings on disk: computed once, filed by encoder and version, written so that a kill loses nothing that was said.

A store is a folder with one folder for each encoder and version. Vectors lie in parts, each one safetensors file that
holds ids, vectors, fingerprints of what they were computed from, and checksums together: it is there whole or not at
all. Parts are never changed; where an id is in several, the latest counts. `EmbeddingStore.compact` joins small ones.
"""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray

from data.atomic import leftovers, write_whole
from vision.encoder import EncoderLabel, StoredEncoder
from vision.errors import StoreError

SUFFIX = ".safetensors"
MAX_ROWS = 200_000
"""Rows that a part holds at most when parts are joined; parts with less than half of it are."""

Marks = NDArray[np.uint64]


@dataclass(frozen=True)
class _Index:
    """A part without its vectors."""

    ids: tuple[str, ...]
    marks: Marks  # [rows], 0 where it is not known what the vector was computed from
    dim: int


@dataclass(frozen=True)
class _Part:
    ids: tuple[str, ...]
    marks: Marks  # [rows]
    vectors: NDArray[np.float32]  # [rows, dim]


class EmbeddingStore:
    """Vectors by encoder and id, in a folder.

    Parameters
    ----------
    folder
        Created when the first vectors come.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def encoders(self) -> list[StoredEncoder]:
        """The encoders that have vectors here, by name and version."""
        found = []
        for path in sorted(self.folder.glob("*/*/")):
            parts = _part_files(path)
            if parts:
                dim = _read_index(parts[0]).dim
                found.append(StoredEncoder(unquote(path.parent.name), unquote(path.name), dim))
        return found

    def known_ids(self, encoder: EncoderLabel) -> set[str]:
        """Ids that have a vector of this encoder."""
        return {key for file in _part_files(self._home(encoder)) for key in _read_index(file).ids}

    def marks(self, encoder: EncoderLabel) -> dict[str, int]:
        """By id, the fingerprint that its latest vector was stored with, 0 where it had none; reads no vectors."""
        found: dict[str, int] = {}
        for file in _part_files(self._home(encoder)):
            index = _read_index(file)
            found.update(zip(index.ids, index.marks.tolist(), strict=True))
        return found

    def missing(self, encoder: EncoderLabel, ids: Iterable[str]) -> list[str]:
        """Those of ``ids``, in order and once each, that have no vector of this encoder."""
        known = self.known_ids(encoder)
        return [key for key in dict.fromkeys(ids) if key not in known]

    def append(
        self,
        encoder: EncoderLabel,
        ids: Sequence[str],
        vectors: NDArray[np.float32],
        marks: Sequence[int] | None = None,
    ) -> None:
        """Write ``[N, dim]`` vectors as one new part; it outlives a power cut once this returns.

        ``marks`` are fingerprints of what the vectors were computed from (`vision.fingerprint`), 64 bits each.

        Raises
        ------
        StoreError
            Shapes do not fit, a value is not finite, an id comes twice, or the disk does not take it.
        """
        if not len(ids) and not len(vectors):
            return
        _check(encoder, ids, vectors)
        home = self._home(encoder)
        number = max((_number(file) for file in _part_files(home)), default=0) + 1
        kept = np.zeros(len(ids), np.uint64) if marks is None else np.array(marks, np.uint64)
        _write_part(home, number, _Part(tuple(ids), kept, np.ascontiguousarray(vectors, dtype=np.float32)))

    def load(self, encoder: EncoderLabel, ids: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Look up vectors.

        Returns
        -------
        tuple
            Vectors ``[N, dim]`` in the order of ``ids``, zero where there is none, and ``[N]`` bool: which there are.

        Raises
        ------
        StoreError
            A part is damaged or holds vectors of another length; the message names it.
        """
        rows: dict[str, list[int]] = {}
        for row, key in enumerate(ids):
            rows.setdefault(key, []).append(row)
        vectors = np.zeros((len(ids), encoder.dim), dtype=np.float32)
        known = np.zeros(len(ids), dtype=bool)
        for file in _part_files(self._home(encoder)):
            part = _read_part(file, encoder.dim)
            pairs = [(target, source) for source, key in enumerate(part.ids) for target in rows.get(key, ())]
            if pairs:
                targets, sources = np.array(pairs).T
                vectors[targets], known[targets] = part.vectors[sources], True
        return vectors, known

    def compact(self, encoder: EncoderLabel) -> int:
        """Join parts that hold less than half of ``MAX_ROWS`` latest vectors; returns how many parts are left.

        Larger parts stay as they are, and no more than ``MAX_ROWS`` vectors are in memory at once. Safe to interrupt:
        joined parts are written before the old ones go, and hold the same vectors. Not safe beside another process
        that appends to the same encoder.
        """
        home = self._home(encoder)
        files = _part_files(home)
        small = {file: rows for file, rows in _latest_rows(files).items() if 2 * len(rows) < MAX_ROWS}
        written = 0
        if len(small) > 1 or not all(map(len, small.values())):
            number = _number(files[-1])
            for written, part in enumerate(_joined(small, encoder.dim), 1):
                _write_part(home, number + written, part)
            for file in small:
                file.unlink(missing_ok=True)
        else:
            written = len(small)
        for scratch in leftovers(home):
            scratch.unlink(missing_ok=True)
        return len(files) - len(small) + written

    def discard(self, encoder: EncoderLabel, ids: Iterable[str]) -> int:
        """Take vectors out; returns how many ids had one.

        Safe to interrupt: a part goes once the one that takes its place, in order too, is on disk; called again, the
        rest goes. Not safe beside another process that appends to the same encoder.
        """
        doomed, gone = set(ids), set[str]()
        home = self._home(encoder)
        for file in _part_files(home):
            found = doomed.intersection(_read_index(file).ids)
            if not found:
                continue
            part = _read_part(file, encoder.dim)
            rows = [row for row, key in enumerate(part.ids) if key not in doomed]
            if rows:
                left = _Part(tuple(part.ids[row] for row in rows), part.marks[rows], part.vectors[rows])
                _write_part(home, _number(file), left)
            file.unlink(missing_ok=True)
            gone |= found
        return len(gone)

    def _home(self, encoder: EncoderLabel) -> Path:
        return self.folder / quote(encoder.name, safe="") / quote(encoder.version, safe="")


def _part_files(home: Path) -> list[Path]:
    return sorted(home.glob(f"part-*{SUFFIX}"))


def _number(file: Path) -> int:
    return int(file.name.split("-")[1])


def _latest_rows(files: Sequence[Path]) -> dict[Path, NDArray[np.int64]]:
    """By part, in their order, the rows whose ids are in no later part."""
    seen: set[str] = set()
    found = {}
    for file in reversed(files):
        ids = _read_index(file).ids
        found[file] = np.array([row for row, key in enumerate(ids) if key not in seen], np.int64)
        seen.update(ids)
    return {file: found[file] for file in files}


def _joined(rows: dict[Path, NDArray[np.int64]], dim: int) -> Iterator[_Part]:
    """The given rows of parts, as parts of up to ``MAX_ROWS`` rows."""
    stream = (
        (part.ids[row], part.marks[row], part.vectors[row])
        for file, chosen in rows.items()
        if len(chosen)
        for part in [_read_part(file, dim)]
        for row in chosen
    )
    while chunk := list(islice(stream, MAX_ROWS)):
        ids, marks, vectors = zip(*chunk, strict=True)
        yield _Part(ids, np.array(marks, np.uint64), np.stack(vectors))


def _check(encoder: EncoderLabel, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
    if vectors.shape != (len(ids), encoder.dim):
        raise StoreError(
            f"{encoder.name}: vectors {vectors.shape} for {len(ids)} ids; [{len(ids)}, {encoder.dim}] fits"
        )
    if len(set(ids)) != len(ids):
        twice = next(key for key in ids if ids.count(key) > 1)
        raise StoreError(f"{encoder.name}: id {twice!r} comes twice in one append")
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        raise StoreError(f"{encoder.name}: the vector of {ids[int(finite.argmin())]!r} is not finite")


def _write_part(home: Path, number: int, part: _Part) -> None:
    from safetensors.numpy import save

    ids = np.frombuffer(json.dumps(part.ids, ensure_ascii=False).encode(), dtype=np.uint8)
    sums = {"index_crc32": _checksum(ids, part.marks), "vectors_crc32": _checksum(part.vectors)}
    data = save({"ids": ids, "marks": part.marks, "vectors": part.vectors}, sums)
    target = home / f"part-{number:08d}-{uuid.uuid4().hex[:8]}{SUFFIX}"
    try:
        write_whole(target, data)
    except OSError as error:
        raise StoreError(f"{target}: the embeddings cannot be written: {error.strerror}") from error


def _read_index(file: Path) -> _Index:
    with _opened(file) as tensors:
        return _index_of(tensors)


def _read_part(file: Path, dim: int) -> _Part:
    with _opened(file) as tensors:
        index = _index_of(tensors)
        vectors = tensors.get_tensor("vectors")
        _verify(tensors, "vectors_crc32", vectors)
    if index.dim != dim:
        raise StoreError(f"{file}: vectors of length {index.dim} where the encoder gives {dim}")
    return _Part(index.ids, index.marks, vectors)


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """The tensors of a part, read when asked for; whatever is wrong with them is a StoreError."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as tensors:
            yield tensors
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{file}: damaged embeddings part ({error}); delete it and embed again") from error


def _index_of(tensors: Any) -> _Index:
    ids = tensors.get_tensor("ids")
    keys = tuple(json.loads(ids.tobytes().decode()))
    rows, dim = tensors.get_slice("vectors").get_shape()
    if "marks" in tensors.keys():  # noqa: SIM118 - not a mapping
        marks = tensors.get_tensor("marks")
        _verify(tensors, "index_crc32", ids, marks)
    else:  # written before fingerprints were kept
        marks = np.zeros(len(keys), np.uint64)
    if not len(keys) == len(marks) == rows:
        raise ValueError(f"it holds {len(keys)} ids, {len(marks)} fingerprints and {rows} vectors")
    return _Index(keys, marks, dim)


def _verify(tensors: Any, name: str, *arrays: NDArray[Any]) -> None:
    stored = (tensors.metadata() or {}).get(name)
    if stored is not None and stored != _checksum(*arrays):
        raise ValueError("its checksum does not fit its content")


def _checksum(*arrays: NDArray[Any]) -> str:
    total = 0
    for array in arrays:
        total = zlib.crc32(array.tobytes(), total)
    return f"{total:08x}"
