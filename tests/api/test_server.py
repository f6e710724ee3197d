"""The service behind its real server, as ``recsys serve`` starts it."""

from __future__ import annotations

import http.client
import io
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
import uvicorn

from api.app import from_environment
from recsys.cli.app import main
from recsys.errors import SettingsError, WorkspaceError
from recsys.workspace import Workspace


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is written to standard error."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    return stream


@pytest.fixture
def port(trained: Path, monkeypatch: pytest.MonkeyPatch, said: io.StringIO) -> Iterator[int]:
    del said
    monkeypatch.setenv("RECSYS_WORKSPACE", str(trained))
    config = uvicorn.Config("api.app:from_environment", factory=True, port=0, log_level="warning", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def get(port: int, target: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", target)
    response = connection.getresponse()
    status, body = response.status, json.loads(response.read())
    connection.close()
    return status, body


def requests_logged(said: io.StringIO, count: int) -> list[dict[str, Any]]:
    """The lines of so many requests; a line is written after its answer went out, which the client may read before."""
    deadline = time.monotonic() + 60
    while True:
        written = said.getvalue().rpartition("\n")[0].splitlines()
        lines = [line for line in map(json.loads, written) if line["event"] == "request"]
        if len(lines) >= count or time.monotonic() > deadline:
            return lines
        time.sleep(0.02)


def test_ids_arrive_as_they_were_written(port: int, said: io.StringIO) -> None:
    assert get(port, "/readyz")[0] == 200
    assert get(port, "/v1/items/look%2Fsimilar")[1]["item_id"] == "look/similar"
    assert get(port, "/v1/items/look/similar")[1]["item_id"] == "look"
    assert get(port, "/v1/items/100%25/a%252Fb")[1]["item_id"] == "100%/a%2Fb"
    assert get(port, "/v1/items/../../../etc/passwd")[0] == 404
    lines = requests_logged(said, 5)
    assert [line["status"] for line in lines] == [200, 200, 200, 200, 404]
    assert {"request_id", "timestamp", "level", "ms", "route"} <= set(lines[-1])


def test_a_log_that_cannot_be_written_fails_no_request(port: int, said: io.StringIO) -> None:
    said.close()
    assert get(port, "/v1/items/look")[0] == 200
    assert get(port, "/v1/items/nope")[0] == 404


def test_a_workspace_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path / "nowhere"))
    with pytest.raises(WorkspaceError, match="nowhere"):
        from_environment()


def test_settings_that_are_not_valid(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.toml").write_text("[training]\nsead = 1\n")
    monkeypatch.setenv("RECSYS_WORKSPACE", str(trained))
    monkeypatch.setenv("RECSYS_CONFIG", str(tmp_path / "bad.toml"))
    with pytest.raises(SettingsError, match="sead"):
        from_environment()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class TestCommand:
    """What ``recsys serve`` does before it serves."""

    @pytest.fixture
    def started(self, trained: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
        """How the server was started, which it is not."""
        monkeypatch.setenv("RECSYS_WORKSPACE", str(trained))
        calls: list[dict[str, Any]] = []
        monkeypatch.setattr(uvicorn, "run", lambda app, **options: calls.append({"app": app, **options}))
        return calls

    def run(self, *arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["serve", *arguments])
        assert isinstance(ended.value.code, int)
        return int(ended.value.code)

    def test_serves_this_machine_alone(self, started: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
        port = free_port()
        assert self.run("--port", str(port)) == 0
        [call] = started
        assert (call["app"], call["host"], call["port"]) == ("api.app:from_environment", "127.0.0.1", port)
        assert f"http://127.0.0.1:{port}/docs" in capsys.readouterr().err

    def test_another_address_has_to_be_meant(
        self, started: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.run("--host", "0.0.0.0") == 1
        assert not started and "--open" in capsys.readouterr().err
        assert self.run("--host", "0.0.0.0", "--open", "--port", str(free_port())) == 0
        assert started[0]["host"] == "0.0.0.0"

    def test_a_port_in_use_is_one_line(self, started: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            assert self.run("--port", str(port)) == 1
        said = capsys.readouterr().err
        assert not started and said.count("\n") == 1
        assert said.startswith(f"recsys: serve: 127.0.0.1 port {port}: ") and "in use" in said

    @pytest.mark.parametrize(("given", "status"), [(3, 1), (0, 0)])
    def test_a_server_that_cannot_start_exits_as_other_errors_do(
        self, started: list[dict[str, Any]], given: int, status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uvicorn, "run", lambda app, **options: sys.exit(given))
        assert self.run("--port", str(free_port())) == status

    def test_without_a_release_there_is_nothing_to_serve(
        self,
        started: list[dict[str, Any]],
        workspace: Workspace,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        workspace.current.unlink()
        monkeypatch.setenv("RECSYS_WORKSPACE", str(workspace.root))
        assert self.run() == 1
        assert not started and "recsys train" in capsys.readouterr().err
