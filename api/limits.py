"""How much one request, and all of them together, may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from data.workers import processors

MAX_OUTFITS = 20
MAX_SLOTS = 12
MAX_AVOIDED = 1_000
MAX_SIMILAR = 100
MAX_ID = 256
"""Characters of an item id or a slot."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a running service.

    ``body_bytes``: largest request body (a thousand ids of 256 letters make 0.26 MB). ``answering``: questions worked
    on at once (None: one a core). ``waiting``: questions that may wait for their turn; further ones are turned away at
    once, which is better than answers nobody waits for any more. ``tensor_threads``: of the tensor library, a question.
    """

    body_bytes: int = 1024 * 1024
    answering: int | None = None
    waiting: int = 64
    tensor_threads: int = 1

    @property
    def workers(self) -> int:
        return self.answering or processors()
