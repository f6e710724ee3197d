"""Errors that the engine's own parts raise; each message names what was given, where, and what would be right."""

from __future__ import annotations

OWN_PACKAGES = frozenset(
    {"data", "graph", "vision", "evaluation", "graphsage", "bert4rec", "labeling", "recsys", "api", "web"}
)


class RecsysError(Exception):
    """Base of all errors that ``recsys`` raises."""


class WorkspaceError(RecsysError):
    """A folder cannot be used as a workspace."""


class WorkspaceBusyError(WorkspaceError):
    """Another process is writing to the workspace."""


class SettingsError(RecsysError):
    """A setting is unknown or has a value that does not fit."""


class ImportFailedError(RecsysError):
    """An import could not be carried out at all."""


def is_expected(error: BaseException) -> bool:
    """Tell an error whose message is meant for the user from a defect of the program.

    Expected are all error types that the product defines itself, and what the system refuses: missing files, no
    permission, a full disk.
    """
    return isinstance(error, OSError) or type(error).__module__.split(".")[0] in OWN_PACKAGES
