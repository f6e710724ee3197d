"""Import files that neo4j-admin really reads: the graph that the store itself would have written."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from data.types import ImageRecord, Item, ItemLink, Outfit, Region
from graph import open_store, sqlite_url
from graph.copying import checksums
from graph.neo4j.import_files import ImportFiles, command, link_table
from graph.store import GraphError, InvalidRecordError, UnknownNodeError, WriteCounts
from tests.graph.test_contract_ids import TEXTS
from tests.neo4j_server import ROOT, Neo4jProcess, has_java

HARD = list(TEXTS.values())


def records() -> tuple[list[Item], list[ImageRecord], list[Outfit], list[ItemLink]]:
    """Every hard text as every kind of text."""
    items = [
        Item(item_id=text, category=text, slot="top", source=HARD[-n], attributes={text: (text, "b")}, photo=text)
        for n, text in enumerate(HARD)
    ]
    images = [
        ImageRecord(
            image_id=text,
            source=text,
            shoot=text if n % 2 else None,
            created=text if n % 3 else None,
            styles=(text,),
            substyles=("both", text),
            photo=text,
            regions=tuple(
                Region(region_id=f"{text}/{k}", part=text, slot="top", item_id=item_id)
                for k, item_id in enumerate((HARD[-n], None, HARD[-n]))
            ),
        )
        for n, text in enumerate(HARD)
    ]
    outfits = [
        Outfit(outfit_id=text, item_ids=tuple(sorted({text, HARD[0]})), source=text, image_id=text if n % 2 else None)
        for n, text in enumerate(HARD)
    ]
    links = [ItemLink(f"{text}/0", HARD[-n], "manual", 0.25) for n, text in enumerate(HARD)]
    return items, images, outfits, links


def test_a_database_that_was_imported_holds_what_was_written(tmp_path: Path) -> None:
    if not has_java():
        pytest.skip("no Java on this machine: tests against Neo4j are left out")
    items, images, outfits, links = records()
    with open_store(sqlite_url(tmp_path / "graph.sqlite")) as origin:
        origin.bulk_load(items, images, outfits)
        origin.link(links)
        with ImportFiles(tmp_path / "files", link_table(origin.links())) as files:
            assert files.items(origin.items()) == len(HARD)
            assert files.images(origin.images()) == len(HARD)
            assert files.outfits(origin.outfits()) == len(HARD)
        wanted, counts = checksums(origin), origin.counts()
    server = Neo4jProcess(tmp_path / "server")
    written = (tmp_path / "files" / "import.sh").read_text()
    assert written == f"{command(tmp_path / 'files')}\n"
    admin = [str(ROOT / "scripts" / "neo4j"), "admin", str(server.folder), *shlex.split(written)[1:]]
    subprocess.run(admin, check=True, capture_output=True, env={"NEO4J_HEAP": "512m", **os.environ})
    server.begin()
    try:
        server.wait()
        with open_store(server.url) as store:
            assert store.counts() == counts
            assert checksums(store) == wanted
            assert store.upsert_images(images) == WriteCounts(unchanged=len(HARD))
    finally:
        server.stop()


def test_what_would_break_an_import_is_refused_before(tmp_path: Path) -> None:
    items, images, outfits, _ = records()
    with ImportFiles(tmp_path / "files") as files:
        files.items(items[:2])
        with pytest.raises(InvalidRecordError, match="comes twice"):
            files.items(items[:1])
        with pytest.raises(UnknownNodeError, match="is not there"):
            files.images(images)
        with pytest.raises(UnknownNodeError, match="is not there"):
            files.outfits(outfits[2:])


def test_a_folder_that_the_import_cannot_name_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match=r"a,b/files: .*whose path holds a comma; choose another folder"):
        ImportFiles(tmp_path / "a,b" / "files")
    assert list(tmp_path.iterdir()) == []
