"""The release that answers: loaded once, exchanged while serving when another one is put in use."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Thread

import structlog

from recsys.engine.engine import OutfitEngine
from recsys.errors import RecsysError
from recsys.pipeline.indexes import FaissIndexes, ReleaseIndexes
from recsys.pipeline.release import current_release, load_release
from recsys.workspace import Workspace

log = structlog.stdlib.get_logger("api.releases")


@dataclass(frozen=True, slots=True)
class LoadedRelease:
    """A release in memory: its name and the engine over it."""

    name: str
    engine: OutfitEngine


class ReleaseHolder:
    """Holds the current release of a workspace and follows it.

    Whoever asks gets a reference to a whole release and keeps it for the length of his question, so that an exchange
    is one assignment and disturbs nobody. Which release is current is looked up at most once in ``check_seconds``; a
    new one is loaded by a thread of its own while the old one answers. One that cannot be loaded is logged and tried
    again after ``retry_seconds``, or at once when yet another is put in use.
    """

    def __init__(
        self,
        workspace: Workspace,
        indexes: ReleaseIndexes | None = None,
        *,
        check_seconds: float = 1.0,
        retry_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspace, self._indexes = workspace, indexes or FaissIndexes()
        self._check_seconds, self._retry_seconds, self._clock = check_seconds, retry_seconds, clock
        self._loaded: LoadedRelease | None = None
        self._lock = Lock()
        self._next_check = 0.0
        self._loader: Thread | None = None
        self._failed: tuple[str, float] | None = None
        self._closed = False

    def get(self) -> LoadedRelease | None:
        """The release to answer from, None where none has been loaded yet. Never waits for one to load."""
        if self._clock() >= self._next_check and self._lock.acquire(blocking=False):
            try:
                self._next_check = self._clock() + self._check_seconds
                self._follow()
            finally:
                self._lock.release()
        return self._loaded

    def start(self) -> None:
        """Load the current release, if there is one, and wait for it."""
        self._closed, self._next_check = False, 0.0
        self.get()
        self.settle()

    def settle(self) -> None:
        """Wait until a load that is under way has ended."""
        loader = self._loader
        if loader is not None:
            loader.join()

    def close(self) -> None:
        """Follow no further releases; waits for a load that is under way."""
        with self._lock:
            self._closed = True
        self.settle()
        self._indexes.close()

    def _follow(self) -> None:
        """Start to load the current release where it is another one than that in memory."""
        if self._closed or (self._loader is not None and self._loader.is_alive()):
            return
        name = self._current()
        if name is None or (self._loaded is not None and self._loaded.name == name):
            return
        if self._failed is not None and self._failed[0] == name and self._clock() < self._failed[1]:
            return
        self._loader = Thread(target=self._load, args=(name,), name=f"load release {name}")
        self._loader.start()

    def _current(self) -> str | None:
        try:
            return current_release(self._workspace)
        except (OSError, ValueError) as error:
            log.error("release.unreadable", file=str(self._workspace.current), reason=str(error))
            return None

    def _load(self, name: str) -> None:
        began = self._clock()
        try:
            _, _, engine = load_release(self._workspace, name, self._indexes)
        except (RecsysError, OSError) as error:
            self._fail(name, str(error))
        except Exception as error:  # whatever a damaged release does, the old one goes on answering
            log.exception("release.defect", release=name)
            self._fail(name, repr(error))
        else:
            before, self._loaded, self._failed = self._loaded, LoadedRelease(name, engine), None
            log.info(
                "release.loaded",
                release=name,
                before=before.name if before else None,
                items=len(engine.catalogue),
                seconds=round(self._clock() - began, 3),
            )

    def _fail(self, name: str, reason: str) -> None:
        self._failed = (name, self._clock() + self._retry_seconds)
        log.error("release.failed", release=name, reason=reason, retry_seconds=self._retry_seconds)
