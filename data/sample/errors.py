"""The error that the rendered sample raises."""

from __future__ import annotations

from data.errors import DataError


class SampleError(DataError):
    """A sample cannot be rendered or read: a setting out of range, a folder that is not ours, a missing truth."""
