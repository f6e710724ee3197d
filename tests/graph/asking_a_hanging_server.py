"""A process of its own that asks a server which hangs: told what to do line by line, it says what came of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from data.types import Item
from graph.connect import check_store
from graph.neo4j import Neo4jGraphStore
from graph.neo4j.server import Server, Waits
from graph.store import StoreUnavailableError
from tests.neo4j_server import PASSWORD

ITEMS = [Item(item_id=f"i{n}", category="c", slot="top", source="shop") for n in range(50)]
SILENCE = 0.7


def connect(address: str) -> Server:
    return Server(address, ("neo4j", PASSWORD), waits=Waits(connect=SILENCE, silence=SILENCE))


def outcome(ask: Callable[[], object]) -> dict[str, object]:
    began = time.monotonic()
    try:
        said = str(ask())
    except StoreUnavailableError as error:
        said = f"unavailable: {error}"
    return {"said": said, "seconds": time.monotonic() - began}


def say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main(url: str, address: str) -> None:
    store = Neo4jGraphStore(connect(address))
    store.upsert_items(ITEMS)
    asked: dict[str, Callable[[], object]] = {
        "count": lambda: store.counts().items,
        "export": lambda: len(store.export().item_ids),
        "write": lambda: store.upsert_items(ITEMS).unchanged,
        "read": lambda: len(list(store.items())),
        "open": lambda: connect(address),
        "look": lambda: check_store(url, seconds=2 * SILENCE).reason,
        "close": store.close,
    }
    say(sorted(asked))
    for line in sys.stdin:
        say(outcome(asked[line.strip()]))


if __name__ == "__main__":
    main(*sys.argv[1:])
