"""What all commands share: the workspace asked for, the settings, and where words go."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from recsys.cli.output import Output
from recsys.errors import RecsysError

if TYPE_CHECKING:
    from recsys.settings import Settings
    from recsys.workspace import Workspace


class Exit(IntEnum):
    """Exit statuses of every command."""

    OK = 0
    ERROR = 1
    ATTENTION = 2
    INTERRUPTED = 130


@dataclass(frozen=True)
class Session:
    """The global options of one run of ``recsys``."""

    workspace_path: Path
    config: Path | None
    output: Output

    def workspace(self, *, create: bool = False) -> Workspace:
        """Open the workspace that the user named."""
        from recsys.workspace import Workspace

        return Workspace.open(self.workspace_path, create=create)

    def settings(self, workspace: Workspace | None = None) -> Settings:
        """Read the settings that hold for a workspace."""
        from recsys.settings import load_settings

        return load_settings(self.config, workspace=workspace.root if workspace else None)


def session_of(context: typer.Context) -> Session:
    """Get the session that the application has put into a command's context."""
    session = context.obj
    if not isinstance(session, Session):
        raise RecsysError("a command was called without the application around it")
    return session


def default_workspace() -> Path:
    """Tell which workspace is meant where no option names one."""
    return Path(os.environ.get("RECSYS_WORKSPACE") or "workspace")
