"""The workspace: the one folder that holds a shop's graph, embeddings, training state and releases."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from data.atomic import write_whole
from recsys import __version__
from recsys.errors import WorkspaceBusyError, WorkspaceError

FORMAT = 1
MARKER = "workspace.json"


class Workspace:
    """Where everything of one workspace lies.

    ::

        workspace.json    what this folder is, and in which format
        recsys.toml       settings (optional)
        graph.sqlite      the image-item graph, where the store is the embedded one
        embeddings/       one folder an encoder
        training/         checkpoints of a training under way
        vision/           one folder a vision model trained here
        releases/         one folder a release, immutable
        current           the name of the release in use
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Workspace:
        """Open the workspace at a path; with ``create``, make one where there is none yet.

        Raises
        ------
        WorkspaceError
            There is nothing at the path, or something that is not a workspace, or one in a newer format.
        """
        root = path.expanduser().absolute()
        if not (root / MARKER).exists():
            if not create:
                raise WorkspaceError(_why_not(root))
            _create(root)
        _check_format(root / MARKER)
        workspace = cls(root)
        for folder in (workspace.embeddings, workspace.releases, workspace.training):
            folder.mkdir(exist_ok=True)
        return workspace

    @property
    def settings_file(self) -> Path:
        return self.root / "recsys.toml"

    @property
    def graph_file(self) -> Path:
        return self.root / "graph.sqlite"

    @property
    def embeddings(self) -> Path:
        return self.root / "embeddings"

    @property
    def training(self) -> Path:
        return self.root / "training"

    @property
    def vision(self) -> Path:
        return self.root / "vision"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def current(self) -> Path:
        return self.root / "current"

    @property
    def in_use(self) -> str | None:
        """Name of the release in use, None where there is none."""
        try:
            return self.current.read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Hold the workspace for writing, so that two imports or trainings cannot mix.

        The lock goes with the process: one that died leaves none behind. Readers need no lock.

        Raises
        ------
        WorkspaceBusyError
            Another process holds it; the message names its pid, what it does and since when.
        """
        with (self.root / "lock").open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WorkspaceBusyError(self._busy(file.name, purpose)) from None
            file.truncate(0)
            holder = {"pid": os.getpid(), "purpose": purpose, "since": datetime.now(UTC).isoformat(timespec="seconds")}
            file.write(json.dumps(holder))
            file.flush()
            try:
                yield
            finally:
                file.truncate(0)

    def _busy(self, lock_file: str, purpose: str) -> str:
        try:
            holder = json.loads(Path(lock_file).read_text(encoding="utf-8"))
            who = f"process {holder['pid']} ({holder['purpose']}, since {holder['since']})"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        return f"{self.root}: {purpose}: {who} is writing to this workspace; wait until it has ended"


def _why_not(root: Path) -> str:
    if root.is_file():
        return f"{root}: is a file; a workspace is a folder"
    if root.is_dir():
        return f"{root}: is no workspace (it holds no {MARKER}); name one with -w or RECSYS_WORKSPACE"
    return f"{root}: there is no workspace yet; `recsys -w {root} import ...` makes one"


def _create(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise WorkspaceError(_why_not(root))
    if root.is_dir() and any(entry.name != "recsys.toml" for entry in root.iterdir()):
        raise WorkspaceError(
            f"{root}: is neither empty nor a workspace (it holds no {MARKER}); name a new or an empty folder"
        )
    root.mkdir(parents=True, exist_ok=True)
    content = {"format": FORMAT, "made_by": f"recsys {__version__}"}
    write_whole(root / MARKER, json.dumps(content, indent=2).encode() + b"\n")


def _check_format(marker: Path) -> None:
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"{marker}: cannot be read ({error}); it should hold {{'format': {FORMAT}}}") from error
    if not isinstance(found, int) or not 1 <= found <= FORMAT:
        raise WorkspaceError(f"{marker}: format: {found!r}; this program (recsys {__version__}) reads 1 to {FORMAT}")
