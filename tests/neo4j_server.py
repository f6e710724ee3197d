"""Real Neo4j servers for tests, from ``scripts/neo4j``."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import neo4j
from neo4j.exceptions import Neo4jError, ServiceUnavailable

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 120

PASSWORD = "s3cret:of/the@shop"
"""Of servers that ask for one; every sign in it has a meaning in a URL."""


class Neo4jProcess:
    """A server in a folder of its own, on a port of this machine; stopped, killed and started again."""

    def __init__(self, folder: Path, password: str | None = None) -> None:
        self.folder = folder
        self.password = password
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        login = "" if self.password is None else f"neo4j:{quote(self.password, safe='')}@"
        return f"neo4j://{login}127.0.0.1:{self.port}/neo4j"

    @property
    def running(self) -> bool:
        """Whether it was begun, and neither stopped nor killed since."""
        return self._process is not None

    def begin(self) -> None:
        """Start; :meth:`wait` says when it is there."""
        command = [str(ROOT / "scripts" / "neo4j"), "run", str(self.folder), str(self.port)]
        environment = {"NEO4J_HEAP": "512m", "NEO4J_PAGECACHE": "64m", **os.environ}
        if self.password is not None:
            environment["NEO4J_NEW_PASSWORD"] = self.password
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )

    def wait(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        auth = None if self.password is None else ("neo4j", self.password)
        while True:
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = (self.folder.parent / f"{self.folder.name}.log").read_text(errors="replace")
                raise RuntimeError(f"the Neo4j server did not start:\n{log[-3000:]}")
            try:
                with (
                    neo4j.GraphDatabase.driver(f"bolt://127.0.0.1:{self.port}", auth=auth) as driver,
                    driver.session(database="neo4j") as session,
                ):
                    session.run("RETURN 1").consume()
                return
            except (ServiceUnavailable, Neo4jError):
                time.sleep(0.25)

    def kill(self) -> None:
        """Stop it as a power cut would."""
        self._signal(signal.SIGKILL)

    def freeze(self) -> None:
        """Let it hang: connections stay open, and nothing answers."""
        self._tell(signal.SIGSTOP)

    def thaw(self) -> None:
        self._tell(signal.SIGCONT)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, number: int) -> None:
        if self._process is not None:
            self._tell(number)
            self._process.wait()
            self._process = None

    def _tell(self, number: int) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, number)


def has_java() -> bool:
    return shutil.which("java") is not None


def empty(url: str) -> None:
    """Take everything but the schema out of a database."""
    parts = urlsplit(url)
    auth = None if parts.password is None else (parts.username or "neo4j", unquote(parts.password))
    everything = "MATCH (n) WHERE NOT n:GraphSchema CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"
    with (
        neo4j.GraphDatabase.driver(f"neo4j://{parts.hostname}:{parts.port}", auth=auth) as driver,
        driver.session(database=parts.path[1:]) as session,
    ):
        session.run(everything).consume()
