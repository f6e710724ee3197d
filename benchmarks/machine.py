"""The machine a number was measured on: without it the number says little."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "torch", "faiss-cpu", "polars", "msgspec")


def describe() -> str:
    """One line: processor, usable cores, memory, Python and the packages whose version moves the numbers."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name)))
    return (
        f"{_processor()}, {cores} cores, {_memory_gib():.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {sys.version.split()[0]}, {versions}"
    )


def seconds_of(call: Callable[[], object]) -> float:
    """How long a call takes by the clock."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def _memory_gib() -> float:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return float("nan")
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3


if __name__ == "__main__":
    print(describe())
