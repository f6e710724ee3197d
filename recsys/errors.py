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


class ReleaseError(RecsysError):
    """A release is missing, damaged, or of another format than this program reads."""


class IndexUnavailableError(RecsysError):
    """The vectors of a release cannot be searched, written or removed now: their server fails or is not there."""


class TrainingError(RecsysError):
    """There is too little to learn from."""


class QueryError(RecsysError):
    """A question to the engine cannot be answered as it stands."""


class UnknownItemError(QueryError):
    """An item is not in the catalogue of the release."""

    def __init__(self, item_id: str, size: int) -> None:
        super().__init__(f"item {item_id!r}: is not among the {size} items of this release")
        self.item_id = item_id


def is_expected(error: BaseException) -> bool:
    """Tell an error whose message is meant for the user from a defect of the program.

    Expected are all error types that the product defines itself, and what the system refuses: missing files, no
    permission, a full disk.
    """
    return isinstance(error, OSError) or type(error).__module__.split(".")[0] in OWN_PACKAGES
