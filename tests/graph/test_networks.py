"""Export to networkx and GraphML."""

from __future__ import annotations

import networkx as nx
import pytest

from graph.networks import to_networkx, write_graphml


def test_networkx_has_every_node_and_merged_edge(filled, make):
    filled.link([make.link("b/아우터#1", "item-2", confidence=0.25)])
    graph = to_networkx(filled)
    assert nx.is_bipartite(graph)
    assert list(graph) == ["image:a", "image:b", "image:c", *[f"item:item-{n}" for n in range(5)]]
    assert {node for node, side in graph.nodes(data="bipartite") if side == 0} == {"image:a", "image:b", "image:c"}
    assert graph.number_of_edges() == filled.export().n_edges == 7
    assert graph.edges["image:b", "item:item-2"] == {"regions": ("b/아우터#0", "b/아우터#1"), "confidence": 1.0}
    assert graph.degree("item:item-4") == 0
    assert graph.nodes["item:item-1"] == {
        "bipartite": 1,
        "id": "item-1",
        "kind": "item",
        "source": "shop",
        "category": "자켓",
        "slot": "outer",
        "attributes": {"colour": ("colour 1",)},
    }
    assert graph.nodes["image:a"]["styles"] == ("클래식",)
    assert graph.nodes["image:b"]["kind"] == "look"


def test_an_image_and_an_item_of_one_id_stay_apart(store, make):
    store.upsert_items([make.item("x")])
    store.upsert_images([make.image("x", "x")])
    assert list(to_networkx(store).edges) == [("image:x", "item:x")]


def test_what_is_written_while_the_graph_is_read_is_left_out(filled, make, monkeypatch):
    read_links, read_images = filled.links, filled.images

    def links():
        yield from list(read_links())
        filled.upsert_images([make.image("new", "item-0")])

    def images():
        yield from list(read_images())
        filled.delete_items(["item-1"])

    whole = to_networkx(filled)
    monkeypatch.setattr(filled, "links", links)
    monkeypatch.setattr(filled, "images", images)
    graph = to_networkx(filled)
    assert "image:new" in graph and graph.degree("image:new") == 0
    assert "item:item-1" not in graph
    assert set(graph.edges) == {ends for ends in whole.edges if "item:item-1" not in ends}


def test_networkx_finds_what_worn_with_finds(filled):
    graph = to_networkx(filled)
    for item in filled.items():
        images = set(graph[f"item:{item.item_id}"])
        for other in filled.worn_with(item.item_id):
            assert len(images & set(graph[f"item:{other.item_id}"])) == other.count


def test_graphml_can_be_read_again(store, make, tmp_path):
    store.upsert_items([make.item("a\0b", colour=("레드", "블루"), print=("무지",)), make.item("<&>")])
    store.upsert_images([make.image("p", "a\0b", None, "a\0b", styles=("x", "y"))])
    path = tmp_path / "graph.graphml"
    write_graphml(store, path)
    graph = nx.read_graphml(path)
    assert set(graph) == {"image:p", "item:a\ufffdb", "item:<&>"}
    assert graph.nodes["item:a\ufffdb"]["attribute_colour"] == "레드; 블루"
    assert graph.nodes["image:p"]["styles"] == "x; y"
    assert graph.edges["image:p", "item:a\ufffdb"] == {"regions": "p/아우터#0; p/아우터#2", "confidence": 1.0}
    assert [entry.name for entry in tmp_path.iterdir() if "graphml" in entry.name] == ["graph.graphml"]


def test_graphml_that_cannot_be_written_leaves_nothing(filled, tmp_path):
    with pytest.raises(FileNotFoundError):
        write_graphml(filled, tmp_path / "no folder" / "graph.graphml")
    assert not (tmp_path / "no folder").exists()
