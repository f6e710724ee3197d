"""Embeddings on disk: computed once, filed by encoder and version, written so that a kill loses nothing that was said.

A store is a folder with one folder for each encoder and version. Vectors lie in parts, each one safetensors file that
holds ids, vectors and their checksum together: it is there whole or not at all. Parts are never changed; where an id is
in several, the latest counts. `EmbeddingStore.compact` joins them.
"""

from __future__ import annotations

import json
import os
import struct
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np
from numpy.typing import NDArray

from vision.encoder import EncoderLabel, StoredEncoder
from vision.errors import StoreError

SUFFIX = ".safetensors"
MAX_ROWS = 200_000
"""Rows that a part holds at most when parts are joined."""


@dataclass(frozen=True)
class _Part:
    ids: tuple[str, ...]
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
                dim = _read_part(parts[0]).vectors.shape[1]
                found.append(StoredEncoder(unquote(path.parent.name), unquote(path.name), dim))
        return found

    def known_ids(self, encoder: EncoderLabel) -> set[str]:
        """Ids that have a vector of this encoder."""
        return {key for file in _part_files(self._home(encoder)) for key in _read_part(file).ids}

    def missing(self, encoder: EncoderLabel, ids: Iterable[str]) -> list[str]:
        """Those of ``ids``, in order and once each, that have no vector of this encoder."""
        known = self.known_ids(encoder)
        return [key for key in dict.fromkeys(ids) if key not in known]

    def append(self, encoder: EncoderLabel, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Write ``[N, dim]`` vectors as one new part; it outlives a power cut once this returns.

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
        _write_part(home, number, _Part(tuple(ids), np.ascontiguousarray(vectors, dtype=np.float32)))

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
        """Join an encoder's parts into parts of up to ``MAX_ROWS`` rows; returns how many are left.

        Safe to interrupt: joined parts are written before the old ones go, and hold the same vectors. Not safe beside
        another process that appends to the same encoder.
        """
        home = self._home(encoder)
        files = _part_files(home)
        if len(files) <= 1:
            return len(files)
        latest: dict[str, NDArray[np.float32]] = {}
        for file in files:
            part = _read_part(file, encoder.dim)
            latest.update(zip(part.ids, part.vectors, strict=True))
        keys = list(latest)
        number = _number(files[-1])
        starts = range(0, len(keys), MAX_ROWS)
        for offset, start in enumerate(starts, 1):
            chunk = keys[start : start + MAX_ROWS]
            _write_part(home, number + offset, _Part(tuple(chunk), np.stack([latest[key] for key in chunk])))
        for file in (*files, *home.glob("*.tmp")):
            file.unlink(missing_ok=True)
        return len(starts)

    def _home(self, encoder: EncoderLabel) -> Path:
        return self.folder / quote(encoder.name, safe="") / quote(encoder.version, safe="")


def _part_files(home: Path) -> list[Path]:
    return sorted(home.glob(f"part-*{SUFFIX}"))


def _number(file: Path) -> int:
    return int(file.name.split("-")[1])


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
    data = save({"ids": ids, "vectors": part.vectors}, {"crc32": _checksum(ids, part.vectors)})
    target = home / f"part-{number:08d}-{uuid.uuid4().hex[:8]}{SUFFIX}"
    scratch = target.with_suffix(".tmp")
    try:
        home.mkdir(parents=True, exist_ok=True)
        with scratch.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, target)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise StoreError(f"{target}: the embeddings cannot be written: {error.strerror}") from error


def _read_part(file: Path, dim: int | None = None) -> _Part:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        data = file.read_bytes()
        tensors = load(data)
        ids, vectors = tensors["ids"], tensors["vectors"]
        if _stored_checksum(data) != _checksum(ids, vectors):
            raise ValueError("its checksum does not fit its content")
        keys = tuple(json.loads(ids.tobytes().decode()))
        if vectors.ndim != 2 or len(keys) != len(vectors):
            raise ValueError(f"it holds {len(keys)} ids and vectors of shape {vectors.shape}")
    except (OSError, SafetensorError, KeyError, ValueError, struct.error) as error:
        raise StoreError(f"{file}: damaged embeddings part ({error}); delete it and embed again") from error
    if dim is not None and vectors.shape[1] != dim:
        raise StoreError(f"{file}: vectors of length {vectors.shape[1]} where the encoder gives {dim}")
    return _Part(keys, vectors)


def _checksum(ids: NDArray[np.uint8], vectors: NDArray[np.float32]) -> str:
    return f"{zlib.crc32(vectors.tobytes(), zlib.crc32(ids.tobytes())):08x}"


def _stored_checksum(data: bytes) -> str | None:
    """The checksum in a safetensors header: 8 bytes of header length, then the header as JSON."""
    (length,) = struct.unpack("<Q", data[:8])
    metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    checksum: str | None = metadata.get("crc32")
    return checksum
