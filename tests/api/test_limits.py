"""What is refused before it costs anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.limits import Limits
from api.releases import ReleaseHolder
from api.service import OutfitService
from recsys.engine.engine import OutfitEngine
from recsys.workspace import Workspace

URL = "/v1/outfits/complete"


def test_a_body_announced_too_large(client: TestClient) -> None:
    response = client.post(URL, content=b"x" * 100_001)
    assert (response.status_code, response.json()["title"]) == (413, "The body is too large")


def test_a_body_that_turns_out_too_large(client: TestClient) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(150):
            sent += 1000
            yield b" " * 1000

    assert client.post(URL, content=pieces(), headers={"content-type": "application/json"}).status_code == 413
    assert sent > 100_000


def test_a_body_in_pieces_is_put_together(client: TestClient) -> None:
    pieces = iter([b'{"context": ["ski', b'rt-3"], "slots"', b': ["bag"]}'])
    response = client.post(URL, content=pieces, headers={"content-type": "application/json"})
    assert response.json()["slots"] == ["bag"]


def test_who_would_wait_too_long_is_turned_away(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, inside = threading.Event(), threading.Semaphore(0)
    real = OutfitEngine.similar

    def slow(self: OutfitEngine, item_id: str, count: int = 10) -> object:
        inside.release()
        assert gate.wait(20)
        return real(self, item_id, count)

    monkeypatch.setattr(OutfitEngine, "similar", slow)
    service = OutfitService(ReleaseHolder(Workspace.open(trained)), Limits(answering=1, waiting=2))
    app: FastAPI = create_app(service)
    with TestClient(app) as client, ThreadPoolExecutor(3) as pool:
        taken = [pool.submit(client.get, "/v1/items/skirt-3/similar") for _ in range(3)]
        assert inside.acquire(timeout=20)
        deadline = time.monotonic() + 20
        while service.waiting < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        refused = client.get("/v1/items/skirt-3/similar")
        ready = client.get("/readyz")
        gate.set()
        answered = [one.result().status_code for one in taken]
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["type"] == "urn:problem-type:outfit-recsys:busy"
    assert ready.status_code == 200
    assert answered == [200, 200, 200]
