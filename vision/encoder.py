"""What every encoder offers: crops in, one vector each out, under a name and a version that stored vectors keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vision.crops import Crop


class EncoderLabel(Protocol):
    """What stored vectors are filed under: vectors of equal name and version can be compared, others cannot."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def dim(self) -> int: ...


class Encoder(EncoderLabel, Protocol):
    """Turns crops into vectors; the same crop always gives the same vector, whatever else is in the batch."""

    def encode(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """Vectors ``[N, dim]`` of ``N`` crops, finite, in their order."""
        ...


@dataclass(frozen=True)
class StoredEncoder:
    """An encoder known only by what it left in a store; enough to read its vectors."""

    name: str
    version: str
    dim: int
