"""The product's own commands, run as a shop would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def recsys(workspace: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> Any:
    """Run one command and return what it prints as JSON, with ``settings`` as environment variables."""
    command = [sys.executable, "-m", "recsys", "-w", str(workspace), "--json", *arguments]
    start = time.perf_counter()
    environment = {**os.environ, **(settings or {})}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    print(f"  {time.perf_counter() - start:6.1f} s  recsys {arguments[0]}", file=sys.stderr)
    return json.loads(done.stdout) if done.stdout.strip() else None
