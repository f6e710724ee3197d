"""The Neo4j store stopped in the middle: loaders and servers killed, two at once, refused batches, a hanging server."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess

import numpy as np
import pytest

from data.types import ImageRecord, Item, Outfit, Region
from graph import GraphStore, open_store, sqlite_url
from graph.connect import open_vectors
from graph.copying import checksums
from graph.neo4j import Neo4jGraphStore, deletion, loading
from graph.neo4j.server import Server, Waits
from graph.neo4j.vector_parts import Part
from graph.neo4j.vectors import index_name
from graph.nodes import Node
from graph.store import GraphError, StoreUnavailableError
from tests.graph import asking_a_hanging_server
from tests.neo4j_server import PASSWORD, ROOT

ITEMS = [
    Item(item_id=f"i{n}", category=f"c{n % 3}", slot="top", source="shop", attributes={"colour": (f"k{n % 5}",)})
    for n in range(900)
]
IMAGES = [
    ImageRecord(
        image_id=f"p{n:05d}",
        source="shop",
        shoot=f"s{n // 3}",
        styles=(f"style {n % 4}",),
        regions=tuple(
            Region(
                region_id=f"p{n:05d}/x#{k}", part="x", slot="top", item_id=f"i{(n * 7 + k * 11) % 900}" if k else None
            )
            for k in range(3)
        ),
    )
    for n in range(6_000)
]
OUTFITS = [
    Outfit(outfit_id=f"o{n}", item_ids=(f"i{n % 900}", f"i{(n + 1) % 900}"), source="shop", image_id=f"p{n:05d}")
    for n in range(3_000)
]


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Checksums of the whole graph."""
    with open_store(sqlite_url(tmp_path_factory.mktemp("whole") / "graph.sqlite")) as store:
        store.bulk_load(ITEMS, IMAGES, OUTFITS)
        return checksums(store)


def load(url: str) -> None:
    with open_store(url) as store:
        store.bulk_load(ITEMS, IMAGES, OUTFITS)


def begun(url: str) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=load, args=(url,))
    process.start()
    return process


def wait_for_images(store: GraphStore) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = store.counts().photos
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("no image was written within a minute")


def test_a_loader_that_is_killed_is_begun_again_and_ends_in_the_same_graph(url, wanted):
    with open_store(url) as store:
        process = begun(url)
        found = wait_for_images(store)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert 0 < found < len(IMAGES), "killed in the middle"
        load(url)
        assert checksums(store) == wanted


def test_a_server_that_is_killed_keeps_what_it_committed(server, url, wanted):
    process = begun(url)
    with open_store(url) as store:
        wait_for_images(store)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)  # while the server is killed, nothing more is committed
        found = store.counts().photos
    server.kill()
    os.kill(process.pid, signal.SIGCONT)
    assert 0 < found < len(IMAGES), "killed in the middle"
    server.begin()
    server.wait()
    process.join(timeout=120)
    assert process.exitcode == 0, "the loader waited for the server"
    with open_store(url) as store:
        assert store.counts().photos >= found
        load(url)
        assert checksums(store) == wanted


def test_two_loaders_at_once_write_everything_once(url, wanted):
    processes = [begun(url), begun(url)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    with open_store(url) as store:
        assert checksums(store) == wanted
        around = store.neighbours([Node("image", image.image_id) for image in IMAGES[:3]])
        assert [n.degrees["HAS_STYLE"] for n in around] == [1, 1, 1]
        assert [n.degrees["IN_SHOOT"] for n in around] == [1, 1, 1]


def test_a_batch_that_is_refused_stops_the_load_and_keeps_whole_batches(url, monkeypatch):
    monkeypatch.setattr(loading, "BATCH", 100)
    wrong = ImageRecord(
        image_id="wrong", source="shop", regions=(Region(region_id="w", part="x", slot="top", item_id="nobody"),)
    )
    with open_store(url) as store:
        with pytest.raises(GraphError, match="nobody"):
            store.bulk_load(ITEMS, [*IMAGES[:500], wrong, *IMAGES[500:]])
        kept = store.counts().photos
        assert kept < len(IMAGES) and store.image("wrong") is None
        assert store.bulk_load(ITEMS, IMAGES).added == len(IMAGES) - kept


def test_deleting_a_source_goes_on_after_it_was_stopped(url, monkeypatch):
    monkeypatch.setattr(deletion, "BATCH", 500)
    load(url)
    with open_store(url) as store:
        assert isinstance(store, Neo4jGraphStore)
        calls = 0
        write = Server.write

        def breaking(self, work):
            nonlocal calls
            calls += 1
            if calls == 9:
                raise KeyboardInterrupt
            return write(self, work)

        monkeypatch.setattr(Server, "write", breaking)
        with pytest.raises(KeyboardInterrupt):
            store.delete_source("shop")
        left = store.counts()
        assert left.outfits == 0 and 0 < left.photos < len(IMAGES) and left.items == len(ITEMS)
        assert store.delete_source("shop") == left.photos + left.items
        assert not any(getattr(store.counts(), kind) for kind in store.counts().__struct_fields__)
        assert store._server.read("MATCH (n) WHERE NOT n:GraphSchema RETURN count(*)") == [[0]]


def test_vectors_of_a_server_that_hangs_or_was_killed(server, url):
    key, name = "5e" * 16, index_name("5e" * 16, 0)
    part = Part(np.arange(3), ["a", "b", "c"], np.eye(3, dtype=np.float32))
    query = np.array([[0.1, 0.9, 0.2]], np.float32)
    sets = open_vectors(url)
    try:
        sets.write(key, "release", [part])
        server.freeze()
        try:
            began = time.monotonic()
            with pytest.raises(StoreUnavailableError, match=r"no answer within 0\.5 seconds"):
                sets.search(name, query, 2, asked=3, seconds=0.5)
            assert time.monotonic() - began < 5
        finally:
            server.thaw()
        server.kill()
        with pytest.raises(StoreUnavailableError):
            sets.search(name, query, 2, asked=3, seconds=0.5)
        server.begin()
        server.wait()
        assert sets.state(key) == ([3], True, [])
        (found,) = sets.search(name, query, 2, asked=3, seconds=30)
        assert found.tolist() == [1, 2]
        sets.remove(key)
    finally:
        sets.close()


def test_a_server_that_hangs_is_given_up_and_served_again_when_it_wakes(server, url):
    command = [sys.executable, "-m", asking_a_hanging_server.__name__, url, f"neo4j://127.0.0.1:{server.port}"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def ask(what):
        child.stdin.write(f"{what}\n")
        child.stdin.flush()
        return json.loads(child.stdout.readline())

    try:
        assert "count" in json.loads(child.stdout.readline())
        server.freeze()
        for what in ("count", "export", "write", "read", "open", "look"):
            told = ask(what)
            assert told["seconds"] < 8, (what, told)
            assert "hangs (no answer for 1.4 seconds)" in told["said"] or what in ("open", "look"), (what, told)
            assert what == "look" or told["said"].startswith("unavailable: "), (what, told)
        server.thaw()
        assert [ask(what)["said"] for what in ("count", "write", "read", "export")] == ["50"] * 4
        server.freeze()
        assert "hangs" in ask("count")["said"]
        assert ask("close")["seconds"] < 8
        child.stdin.close()
        assert child.wait(10) == 0, "a process ends although a server hangs"
    finally:
        server.thaw()
        child.kill()
        child.wait()
        child.stdout.close()


def test_an_answer_that_takes_long_is_waited_for_as_long_as_the_server_answers(server):
    asked = Server(f"neo4j://127.0.0.1:{server.port}", ("neo4j", PASSWORD), waits=Waits(silence=1.5))
    try:
        began = time.monotonic()
        slow = "UNWIND range(1, 200000) AS a UNWIND range(1, 1000) AS b WITH a, b WHERE a * b % 7 = 8 RETURN count(*)"
        assert asked.read(slow) == [[0]]
        assert time.monotonic() - began > 3, "it took more than silence and probe together"
    finally:
        asked.close()
