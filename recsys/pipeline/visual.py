"""What items look like: encoder vectors brought to one small space, and visual words that count like attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2, vq

Floats = NDArray[np.float32]

COMPONENTS = 48
SAMPLE = 20_000
MAX_WORDS = 32
ITEMS_A_WORD = 12


@dataclass(frozen=True, slots=True)
class Projection:
    """Standardise, then project on the leading principal components: ``(x - mean) / scale @ axes``.

    ``mean`` and ``scale`` [F], ``axes`` [F, D], scaled so that the projection of the training vectors has unit variance
    in all (not in each) of its D dimensions. ``words`` [W, D] are centres of visual words, empty where there are too
    few vectors.
    """

    mean: Floats
    scale: Floats
    axes: Floats
    words: Floats

    @classmethod
    def fit(cls, vectors: Floats, seed: int) -> Projection:
        """Learn from known vectors [n, F]."""
        rng = np.random.default_rng(seed)
        if len(vectors) > SAMPLE:
            vectors = vectors[np.sort(rng.choice(len(vectors), SAMPLE, replace=False))]
        mean, scale = vectors.mean(0), vectors.std(0)
        scale = np.where(scale > 1e-6, scale, 1.0).astype(np.float32)
        centred = (vectors - mean) / scale
        _, singular, axes = np.linalg.svd(centred, full_matrices=False)
        keep = max(1, min(COMPONENTS, int((singular > 1e-4 * singular[0]).sum())))
        axes = axes[:keep].T
        flow = centred @ axes
        axes = (axes / max(float(np.sqrt((flow**2).mean())), 1e-6)).astype(np.float32)
        projected = centred @ axes
        count = min(MAX_WORDS, len(vectors) // ITEMS_A_WORD)
        words = kmeans2(projected.astype(np.float64), count, minit="++", rng=rng)[0] if count > 1 else projected[:0]
        return cls(mean.astype(np.float32), scale, axes, words.astype(np.float32))

    def __call__(self, vectors: Floats) -> Floats:
        """[n, F] to [n, D]."""
        return np.asarray((vectors - self.mean) / self.scale @ self.axes, np.float32)

    def nearest_word(self, projected: Floats, known: NDArray[np.bool_]) -> list[str]:
        """The visual word of each projected vector [n, D], "" where it is not known."""
        if not len(self.words):
            return [""] * len(projected)
        codes = vq(projected.astype(np.float64), self.words.astype(np.float64))[0]
        return [str(c) if k else "" for c, k in zip(codes, known, strict=True)]


@dataclass(frozen=True, slots=True)
class NeededEncoder:
    """Which encoder a view was learned from: how to open it (as in the settings), its version and length."""

    spec: str
    version: str
    dim: int


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at an item: a block of an encoder's vector with its projection.

    ``needs`` is None where it is not recorded which encoder that was beyond its name.
    """

    name: str
    encoder: str
    block: slice
    projection: Projection
    needs: NeededEncoder | None = None


class VisualSpace:
    """All views side by side: the dense features of items."""

    def __init__(self, views: Sequence[View]) -> None:
        self.views = tuple(views)

    @classmethod
    def fit(
        cls,
        vectors: dict[str, tuple[Floats, NDArray[np.bool_]]],
        blocks: dict[str, dict[str, slice]],
        seed: int,
    ) -> VisualSpace:
        """Learn one projection a block from each encoder's vectors [N, F] and which are known [N]."""
        views = []
        for encoder, (rows, known) in vectors.items():
            if known.sum() < 2:
                continue
            for name, block in blocks.get(encoder, {encoder: slice(0, rows.shape[1])}).items():
                views.append(View(name, encoder, block, Projection.fit(rows[known][:, block], seed)))
        return cls(views)

    def needing(self, encoders: Mapping[str, NeededEncoder]) -> VisualSpace:
        """The same space with a record of the encoders, by name, that it was learned from."""
        return VisualSpace([replace(view, needs=encoders[view.encoder]) for view in self.views])

    @property
    def widths(self) -> list[int]:
        """Columns of each view."""
        return [view.projection.axes.shape[1] for view in self.views]

    @property
    def dim(self) -> int:
        return sum(self.widths)

    def encode(
        self, vectors: dict[str, tuple[Floats, NDArray[np.bool_]]], n: int
    ) -> tuple[Floats, NDArray[np.bool_], dict[str, list[str]]]:
        """Dense features [n, dim] (zero where unknown), whether any view is known [n], and visual words by view."""
        dense = np.zeros((n, self.dim), np.float32)
        seen = np.zeros(n, bool)
        words: dict[str, list[str]] = {}
        start = 0
        for view in self.views:
            rows, known = vectors[view.encoder]
            stop = start + view.projection.axes.shape[1]
            projected = view.projection(rows[:, view.block])
            dense[known, start:stop] = projected[known]
            words[f"look:{view.name}"] = view.projection.nearest_word(projected, known)
            seen |= known
            start = stop
        return dense, seen, words

    def arrays(self) -> dict[str, Floats]:
        """Named arrays for a release."""
        return {
            f"{view.name}.{part}": getattr(view.projection, part)
            for view in self.views
            for part in ("mean", "scale", "axes", "words")
        }

    def description(self) -> list[dict[str, object]]:
        """The rest of what :meth:`from_arrays` needs, as plain values."""
        return [
            {"name": v.name, "encoder": v.encoder, "start": v.block.start, "stop": v.block.stop}
            | ({} if v.needs is None else asdict(v.needs))
            for v in self.views
        ]

    @classmethod
    def from_arrays(cls, description: list[dict[str, str | int]], arrays: dict[str, Floats]) -> VisualSpace:
        """Inverse of :meth:`arrays` and :meth:`description`."""
        views = []
        for row in description:
            name = str(row["name"])
            parts = (arrays[f"{name}.{part}"] for part in ("mean", "scale", "axes", "words"))
            block = slice(int(row["start"]), int(row["stop"]))
            needs = None
            if "spec" in row:
                needs = NeededEncoder(str(row["spec"]), str(row["version"]), int(row["dim"]))
            views.append(View(name, str(row["encoder"]), block, Projection(*parts), needs))
        return cls(views)


def unit(rows: Floats) -> Floats:
    """Rows [n, D] brought to length 1; rows of zeros stay."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
