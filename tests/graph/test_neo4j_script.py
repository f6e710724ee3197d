"""``scripts/neo4j run``: what it says, what it does where another server is just ending, and which password it sets.

A small program stands in for Java where it is about the script alone; all other tests start the real server by it.
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

from graph.connect import check_store
from tests.neo4j_server import Neo4jProcess, has_java

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

    def run(*arguments: str, wait: float = 20, **variables: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(ROOT / "scripts" / "neo4j"), "run", str(tmp_path / "home"), str(port), *arguments],
            env={
                **os.environ,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "NEO4J_JARS": str(jars),
                "NEO4J_WAIT": str(wait),
                **variables,
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


def test_a_password_for_programs_that_log_in_makes_no_server_ask(start: Start, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("choose-a-password\n")
    process = start(NEO4J_PASSWORD="choose-a-password", NEO4J_PASSWORD_FILE=str(tmp_path / "secret"))
    assert "starting on" in _said(process)
    assert "it asks for no password" in _said(process)
    assert "auth_enabled=false" in (tmp_path / "home" / "conf" / "neo4j.conf").read_text()


def test_a_folder_that_was_started_without_a_password_takes_none_later(start: Start, tmp_path: Path) -> None:
    (tmp_path / "home" / "data" / "databases" / "system").mkdir(parents=True)
    process = start(NEO4J_NEW_PASSWORD="choose-a-password")
    assert process.wait(10) == 2
    assert "was first started without a password" in _said(process)


def test_a_folder_whose_password_was_never_set_is_not_opened_to_anybody(start: Start, tmp_path: Path) -> None:
    (tmp_path / "home" / "conf").mkdir(parents=True)
    (tmp_path / "home" / "conf" / "neo4j.conf").write_text("dbms.security.auth_enabled=true\n")
    process = start()
    assert process.wait(10) == 2
    assert "is to ask for a password and has none" in _said(process)


def test_a_password_as_an_argument_is_refused(start: Start) -> None:
    process = start("choose-a-password")
    assert process.wait(10) == 2
    said = _said(process)
    assert "a password is given by NEO4J_NEW_PASSWORD" in said and "choose" not in said


@pytest.mark.parametrize(
    ("text", "words"), [(None, "cannot be read"), ("\n", "holds no password"), ("a\nb", "one line")]
)
def test_a_file_without_a_password_starts_no_server(start: Start, tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "secret").write_text(text)
    process = start(NEO4J_NEW_PASSWORD_FILE=str(tmp_path / "secret"))
    assert process.wait(10) == 2
    assert process.stderr is not None and words in process.stderr.read()
    assert not (tmp_path / "home" / "conf").exists()


def _arguments() -> str:
    """Of all processes of this machine."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            lines.append((process / "cmdline").read_bytes())
        except OSError:  # it has ended
            continue
    return b"\n".join(lines).decode(errors="replace")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc on this machine, which tells arguments")
def test_no_process_ever_has_the_password_among_its_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_java():
        pytest.skip("no Java on this machine: tests against Neo4j are left out")
    password = r"""@-"s3cret", it's #1 \n "비밀"""
    (tmp_path / "secret").write_text(password + "\n", encoding="utf-8")
    monkeypatch.setenv("NEO4J_NEW_PASSWORD_FILE", str(tmp_path / "secret"))
    server = Neo4jProcess(tmp_path / "server")
    server.begin()
    try:
        seen = ""
        deadline = time.monotonic() + 120
        while "CommunityEntryPoint" not in seen:
            assert time.monotonic() < deadline
            now = _arguments()
            seen += "\n".join(line for line in now.splitlines() if str(tmp_path) in line or "AdminTool" in line)
            assert "s3cret" not in now
        assert "set-initial-password" in seen, "it was looked at while the password was set"
        server.password = password
        server.wait()
        assert check_store(server.url).reachable
        assert "asks for a password" in str(check_store(f"bolt://127.0.0.1:{server.port}").reason)
    finally:
        server.stop()
