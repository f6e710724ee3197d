"""Releases come, go and break while the service runs."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.releases import ReleaseHolder
from api.service import OutfitService
from data.atomic import write_whole
from recsys.pipeline.release import current_release, load_release, remove_release, use_release, write_release
from recsys.workspace import Workspace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def holder_of(workspace: Workspace) -> tuple[ReleaseHolder, Clock]:
    clock = Clock()
    return ReleaseHolder(workspace, clock=clock), clock


def name_of(holder: ReleaseHolder) -> str | None:
    release = holder.get()
    return release.name if release else None


def test_a_service_without_release_is_up_and_not_ready(tmp_path: Path) -> None:
    holder = ReleaseHolder(Workspace.open(tmp_path / "empty", create=True))
    with TestClient(create_app(OutfitService(holder))) as client:
        assert client.get("/healthz").json() == {"status": "up"}
        ready, asked = client.get("/readyz"), client.get("/v1/items/a")
    for response in (ready, asked):
        assert response.status_code == 503
        assert response.json()["type"] == "urn:problem-type:outfit-recsys:not-ready"
        assert response.headers["retry-after"] == "1"


def test_a_first_release_is_taken_up_without_restart(workspace: Workspace) -> None:
    name = current_release(workspace)
    assert name is not None
    workspace.current.unlink()
    holder, clock = holder_of(workspace)
    with TestClient(create_app(OutfitService(holder))) as client:
        assert client.get("/readyz").status_code == 503
        use_release(workspace, name)
        clock.now += 2
        client.get("/readyz")
        holder.settle()
        assert client.get("/readyz").json() == {"status": "ready", "release": name, "items": 40, "graph": None}


def test_looks_for_another_release_once_a_second(workspace: Workspace, second_release: str) -> None:
    first = min(path.name for path in workspace.releases.iterdir())
    holder, clock = holder_of(workspace)
    holder.start()
    assert name_of(holder) == second_release
    use_release(workspace, first)
    clock.now += 0.9
    holder.get()
    holder.settle()
    assert name_of(holder) == second_release
    clock.now += 0.2
    holder.get()
    holder.settle()
    assert name_of(holder) == first


def test_who_asked_before_keeps_the_release_he_had(workspace: Workspace) -> None:
    holder, clock = holder_of(workspace)
    holder.start()
    kept = holder.get()
    _, contents, _ = load_release(workspace)
    name = write_release(contents, workspace, {})
    clock.now += 2
    holder.get()
    holder.settle()
    assert kept is not None and kept.name != name_of(holder) == name
    remove_release(workspace, kept.name)
    assert len(kept.engine.similar("skirt-3", 5)) == 5


def test_a_damaged_release_leaves_the_old_one_in_place(workspace: Workspace) -> None:
    first = current_release(workspace)
    holder, clock = holder_of(workspace)
    holder.start()
    _, contents, _ = load_release(workspace)
    name = write_release(contents, workspace, {})
    (workspace.releases / name / "items.safetensors").write_bytes(b"rubbish")
    with capture_logs() as lines:
        for _ in range(5):
            clock.now += 2
            holder.get()
            holder.settle()
    assert name_of(holder) == first
    [line] = lines
    assert (line["event"], line["release"]) == ("release.failed", name) and "items.safetensors" in line["reason"]


def test_a_release_that_failed_is_tried_again_later(workspace: Workspace) -> None:
    first = current_release(workspace)
    assert first is not None
    file = workspace.releases / first / "items.safetensors"
    whole = file.read_bytes()
    file.write_bytes(b"rubbish")
    holder, clock = holder_of(workspace)
    holder.start()
    assert holder.get() is None
    file.write_bytes(whole)
    clock.now += 31
    holder.get()
    holder.settle()
    assert name_of(holder) == first


def test_rubbish_in_place_of_the_name_changes_nothing(workspace: Workspace) -> None:
    first = current_release(workspace)
    holder, clock = holder_of(workspace)
    holder.start()
    for rubbish in (b"\xff\xfe", b"../../etc", b"gone", b""):
        write_whole(workspace.current, rubbish)
        clock.now += 40
        holder.get()
        holder.settle()
        assert name_of(holder) == first


def test_no_request_fails_while_releases_are_exchanged(workspace: Workspace, second_release: str) -> None:
    names = sorted(path.name for path in workspace.releases.iterdir())
    assert second_release in names and len(names) == 2
    done = threading.Event()
    answers: list[Any] = []

    def shop(client: TestClient) -> None:
        while not done.is_set():
            answers.append(client.post("/v1/outfits/complete", json={"context": ["skirt-3"], "slots": ["bag"]}))

    def answered_from(name: str) -> bool:
        """Wait until one more question has been answered from a release."""
        begin, deadline = len(answers), time.monotonic() + 60
        while time.monotonic() < deadline:
            if any(answer.status_code != 200 or answer.json()["release"] == name for answer in answers[begin:]):
                return True
            time.sleep(0.02)
        return False

    with (
        TestClient(create_app(OutfitService(ReleaseHolder(workspace, check_seconds=0.0)))) as client,
        ThreadPoolExecutor(2) as pool,
    ):
        shoppers = [pool.submit(shop, client) for _ in range(2)]
        try:
            for turn in range(4):
                use_release(workspace, names[turn % 2])
                assert answered_from(names[turn % 2])
        finally:
            done.set()
        for shopper in shoppers:
            shopper.result()
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["release"] for answer in answers} == set(names)
    assert len({answer.json()["outfits"][0]["items"][0]["item_id"] for answer in answers}) == 1
