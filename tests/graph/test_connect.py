"""Stores by URL."""

from __future__ import annotations

import pytest

from graph import open_store, sqlite_url
from graph.connect import place_of
from graph.sqlite import SqliteGraphStore
from graph.store import GraphError


def test_absolute_and_relative_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for url, expected in (
        (f"sqlite:///{tmp_path}/a.sqlite", tmp_path / "a.sqlite"),
        ("sqlite:///b 100%25 #1?x=y.sqlite", tmp_path / "b 100%25 #1?x=y.sqlite"),
        (sqlite_url(tmp_path / "가.sqlite"), tmp_path / "가.sqlite"),
    ):
        with open_store(url) as store:
            assert isinstance(store, SqliteGraphStore)
        assert expected.is_file()


@pytest.mark.parametrize("url", ["mysql://user:secret@host/db", "graph.sqlite", "", "://x"])
def test_an_unknown_scheme_names_the_known_and_no_secret(url):
    with pytest.raises(GraphError, match="sqlite://") as raised:
        open_store(url)
    assert "secret" not in str(raised.value)


def test_urls_of_one_store_have_one_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = f"sqlite:///{tmp_path.resolve()}/a.sqlite"
    assert place_of("sqlite:///a.sqlite") == place_of(f"sqlite:///{tmp_path}/b/../a.sqlite") == here
    assert place_of("bolt://u:p@host:7687/db") == place_of("neo4j+s://host:7687/db") == "neo4j://host:7687/db"
    assert len({place_of(url) for url in ("neo4j://host/a", "neo4j://host/b", "neo4j://host:1/a")}) == 3
    with pytest.raises(GraphError, match="no graph store goes by this scheme"):
        place_of("workspace")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite://graph.sqlite", "sqlite:///:memory:"])
def test_a_sqlite_url_without_a_file_says_how_to_write_it(url):
    with pytest.raises(GraphError, match="sqlite:///relative/path"):
        open_store(url)
