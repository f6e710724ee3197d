"""The graph's part of ``/readyz``: seen in the background, remembered, never waited for."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app, from_environment
from api.graph_watch import GraphWatch, Pace
from api.releases import ReleaseHolder
from api.service import OutfitService
from graph import open_store
from recsys.workspace import Workspace

QUICK = Pace(every=0.02, longest=0.05, patience=0.2)


@dataclass(frozen=True)
class Seen:
    store: str = "neo4j"
    reachable: bool = True
    schema_ok: bool | None = True
    reason: str | None = None
    milliseconds: float = 1.5


DOWN = Seen(reachable=False, schema_ok=None, reason="neo4j://db:7687: the server cannot be used now")
OLD = Seen(schema_ok=False, reason="has schema version 0")


def until(ready: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


@pytest.fixture
def watched() -> Iterator[Callable[..., GraphWatch]]:
    """Makes watches that have begun, and ends them."""
    made: list[GraphWatch] = []

    def watch(look: Callable[[], Any], **options: Any) -> GraphWatch:
        made.append(GraphWatch(look, **{"pace": QUICK, **options}))
        made[-1].start()
        return made[-1]

    yield watch
    for one in made:
        one.close()


def looking_threads() -> int:
    return sum(thread.name == "graph health" for thread in threading.enumerate())


def test_before_the_first_look_nothing_is_claimed() -> None:
    state = GraphWatch(Seen).state()
    assert (state.reachable, state.schema_ok, state.seconds_ago) == (None, None, None)
    assert state.reason == "was not looked at yet"


def test_what_was_seen_is_told_with_its_age(watched: Callable[..., GraphWatch]) -> None:
    now = [100.0]
    watch = watched(Seen, clock=lambda: now[0], pace=Pace(every=1000))
    until(lambda: watch.state().reachable is not None)
    now[0] += 4
    state = watch.state()
    assert (state.store, state.reachable, state.schema_ok, state.reason) == ("neo4j", True, True, None)
    assert (state.milliseconds, state.seconds_ago) == (1.5, 4.0)


def test_a_change_is_seen_by_itself(watched: Callable[..., GraphWatch]) -> None:
    answers = [Seen()]
    watch = watched(lambda: answers[-1])
    until(lambda: watch.state().reachable is True)
    answers.append(DOWN)
    until(lambda: watch.state().reachable is False)
    assert watch.state().reason == DOWN.reason
    answers.append(Seen())
    until(lambda: watch.state().reachable is True)


def test_a_look_that_hangs_holds_up_nobody_and_stays_the_only_one(watched: Callable[..., GraphWatch]) -> None:
    before, freed, looks = looking_threads(), threading.Event(), [0]

    def hang() -> Seen:
        looks[0] += 1
        freed.wait(60)
        return Seen()

    watch = watched(hang)
    until(lambda: watch.state().reason == "no answer within 0.2 s")
    began = time.monotonic()
    for _ in range(1000):
        assert watch.state().reachable is False
        watch.start()
    assert time.monotonic() - began < 5 and looks == [1] and looking_threads() <= before + 1
    freed.set()
    until(lambda: watch.state().reachable is True)


def test_failures_are_looked_at_less_often(watched: Callable[..., GraphWatch]) -> None:
    """At 0.01 s a look there would be hundreds; with 0.02, 0.04, 0.08, ... s between them there are few."""
    looks: list[float] = []

    def down() -> Seen:
        looks.append(time.monotonic())
        return DOWN

    watched(down, pace=Pace(every=0.01, longest=10.0))
    until(lambda: len(looks) >= 4)
    gaps = [later - earlier for earlier, later in itertools.pairwise(looks)]
    assert gaps[0] >= 0.015 and gaps[1] >= 0.035 and gaps[2] >= 0.075


def test_a_look_that_breaks_is_a_reason(watched: Callable[..., GraphWatch]) -> None:
    def broken() -> Seen:
        raise ZeroDivisionError("with a password in it")

    watch = watched(broken)
    until(lambda: watch.state().reachable is False)
    assert watch.state().reason == "the look failed: ZeroDivisionError"


@pytest.fixture
def client_of(workspace: Workspace) -> Iterator[Callable[..., TestClient]]:
    opened: list[TestClient] = []

    def client(app: FastAPI) -> TestClient:
        opened.append(TestClient(app).__enter__())
        return opened[-1]

    yield client
    for one in opened:
        one.__exit__(None, None, None)


@pytest.mark.parametrize("seen", [DOWN, OLD])
def test_the_service_stays_ready_unless_the_graph_is_required(
    workspace: Workspace, client_of: Callable[..., TestClient], seen: Seen
) -> None:
    answers = [seen]
    for required, status in ((False, 200), (True, 503)):
        watch = GraphWatch(lambda: answers[-1], required=required, pace=QUICK)
        client = client_of(create_app(OutfitService(ReleaseHolder(workspace), graph=watch)))
        until(lambda watch=watch: watch.state().reachable is not None)  # type: ignore[misc]
        ready = client.get("/readyz")
        assert ready.status_code == status
        assert client.get("/v1/items/skirt-3").status_code == 200, "no question needs the graph"
        if status == 200:
            told = ready.json()["graph"]
            assert told.pop("seconds_ago") < 30
            assert told == {name: getattr(seen, name) for name in told} and ready.json()["status"] == "ready"
        else:
            assert ready.json()["type"].endswith(":graph-unavailable") and seen.reason in ready.json()["detail"]
            assert "api.graph_required" in ready.json()["detail"] and "index.kind" in ready.json()["detail"]
            assert ready.headers["retry-after"] == "1"
    answers.append(Seen())
    until(lambda: client.get("/readyz").status_code == 200)


def test_a_graph_that_hangs_does_not_hold_up_readyz(workspace: Workspace, client_of: Callable[..., TestClient]) -> None:
    freed = threading.Event()
    watch = GraphWatch(lambda: freed.wait(60) and Seen(), pace=QUICK)  # type: ignore[arg-type,return-value]
    client = client_of(create_app(OutfitService(ReleaseHolder(workspace), graph=watch)))
    began = time.monotonic()
    assert client.get("/readyz").json()["graph"]["reachable"] in (None, False)
    assert time.monotonic() - began < 10
    freed.set()


@pytest.fixture
def application(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], FastAPI]]:
    """The application as servers start it, over a workspace whose settings are given."""

    def make(settings: str) -> FastAPI:
        workspace.settings_file.write_text(settings, encoding="utf-8")
        monkeypatch.setenv("RECSYS_WORKSPACE", str(workspace.root))
        return from_environment()

    yield make
    structlog.reset_defaults()


def seen_by(client: TestClient) -> dict[str, Any]:
    until(lambda: client.get("/readyz").json()["graph"]["reachable"] is not None)
    found: dict[str, Any] = client.get("/readyz").json()["graph"]
    return found


def test_the_workspaces_file(
    workspace: Workspace, application: Callable[[str], FastAPI], client_of: Callable[..., TestClient]
) -> None:
    told = seen_by(client_of(application("")))
    assert (told["store"], told["reachable"], told["schema_ok"], told["reason"]) == ("sqlite", True, True, None)
    workspace.graph_file.unlink()
    told = seen_by(client_of(application("")))
    assert told["reason"] == "graph.sqlite: is not there; the first import makes it"
    assert not workspace.graph_file.exists()
    client = client_of(application("[api]\ngraph_required = true\n"))
    until(lambda: "is not there" in client.get("/readyz").json().get("detail", ""))
    assert client.get("/readyz").status_code == 503


def test_a_server(
    application: Callable[[str], FastAPI], client_of: Callable[..., TestClient], neo4j_servers: list[str]
) -> None:
    open_store(neo4j_servers[0]).close()
    told = seen_by(client_of(application(f'[graph]\nurl = "{neo4j_servers[0]}"\n')))
    assert (told["store"], told["reachable"], told["schema_ok"]) == ("neo4j", True, True)
    gone = "bolt://neo4j:s3cret@127.0.0.1:1/neo4j"
    client = client_of(application(f'[graph]\nurl = "{gone}"\n'))
    told = seen_by(client)
    assert (told["store"], told["reachable"]) == ("neo4j", False) and "cannot be used now" in told["reason"]
    assert "s3cret" not in client.get("/readyz").text and client.get("/readyz").status_code == 200


def test_who_searches_in_the_server_is_not_ready_without_it(application: Callable[[str], FastAPI]) -> None:
    server = '[graph]\nurl = "bolt://127.0.0.1:1/neo4j"\n'
    for more, required in (("", False), ('[index]\nkind = "neo4j"\n', True), ("[api]\ngraph_required = true\n", True)):
        assert application(server + more).state.service.graph.required is required


def test_a_workspace_path_is_not_told(
    application: Callable[[str], FastAPI], client_of: Callable[..., TestClient], tmp_path: Path
) -> None:
    (tmp_path / "other.sqlite").write_bytes(b"x" * 5000)
    told = seen_by(client_of(application(f'[graph]\nurl = "sqlite:///{tmp_path}/other.sqlite"\n')))
    assert not told["reachable"] and str(tmp_path) not in told["reason"]
