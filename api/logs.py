"""Structured logs: one JSON object a line on standard error."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TextIO

import structlog


def configure_logs(level: int = logging.INFO) -> None:
    """Write the service's logs as JSON to standard error; tracebacks without the values of variables."""
    stream = sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *names: LineWriter(stream),
        cache_logger_on_first_use=False,
    )


class LineWriter:
    """Writes lines to a stream. A line that cannot be written, to a full disk or a closed pipe, is lost and no more:
    requests are not to fail for their log."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write one line at once."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = exception = critical = msg
