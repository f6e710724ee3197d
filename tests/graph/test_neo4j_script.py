"""``scripts/neo4j run``: what it says, and what it does where another server is just ending.

A small program stands in for Java; the kill tests start the real server by the same script.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STAND_IN = f"""#!{sys.executable}
import os, re, socket, time
conf = open(os.environ["NEO4J_CONF"] + "/neo4j.conf").read()
with socket.socket() as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(re.search("listen_address=127.0.0.1:([0-9]+)", conf)[1])))
    time.sleep(0.4)
    server.listen()
    time.sleep(60)
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Start]:
    """Starts the script on a folder; what it started is killed at the end."""
    if shutil.which("flock") is None:
        pytest.skip("no flock on this machine, which the script needs")
    programs, jars = tmp_path / "bin", tmp_path / "jars"
    programs.mkdir()
    jars.mkdir()
    (jars / "complete").touch()
    (programs / "java").write_text(STAND_IN)
    (programs / "java").chmod(0o755)
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, wait: float = 20) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(ROOT / "scripts" / "neo4j"), "run", str(tmp_path / "home"), str(port), *arguments],
            env={
                **os.environ,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "NEO4J_JARS": str(jars),
                "NEO4J_WAIT": str(wait),
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def test_it_says_on_one_line_when_it_is_ready_and_where(start: Start, port: int) -> None:
    began = time.monotonic()
    process = start()
    assert "starting on" in _said(process)
    ready = _said(process)
    assert ready.startswith(f"neo4j: ready: neo4j://127.0.0.1:{port}/neo4j, it asks for no password; stop it with ")
    assert ready.endswith(f"kill {process.pid}\n"), "the server has the script's own number"
    assert time.monotonic() - began >= 0.4, "not before it takes connections"


def test_a_dead_servers_lock_is_waited_for(start: Start, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with (tmp_path / "home" / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = start()
        assert "waiting up to 20 seconds for it to end" in _said(process)
    assert "starting on" in _said(process) and "ready: " in _said(process)
    refused = start(wait=0.2)
    assert refused.wait(10) == 2
    assert "waiting up to 0.2" in _said(refused) and "a server already runs on" in _said(refused)


def test_a_port_that_is_taken_is_said(start: Start, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        process = start()
        assert process.wait(10) == 2
        assert f"something else listens on port {port}" in _said(process)
