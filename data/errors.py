"""Errors that the data package raises; each message names what was given, where, and what would be right."""

from __future__ import annotations


class DataError(Exception):
    """Base of all errors about input data."""


class SourceError(DataError):
    """A whole source (folder, archive, table) cannot be read."""


class PhotoError(DataError):
    """One photo cannot be read: missing, not a picture, truncated, or larger than the limit."""

    def __init__(self, photo: str, reason: str) -> None:
        super().__init__(f"{photo}: photo: {reason}")
        self.photo = photo
        self.reason = reason
