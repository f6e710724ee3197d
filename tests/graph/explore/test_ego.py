"""Ego networks, and their way into other tools."""

from __future__ import annotations

import networkx as nx
import pyarrow.parquet as pq
import pytest

from graph.explore.budget import Budget
from graph.explore.ego import ego_network
from graph.networks import node_name, nodes_to_networkx, write_graphml
from graph.nodes import Node
from graph.parquet import EDGES, NODES, write_parquet, write_rows
from graph.store import UnknownNodeError


def placed(ego) -> dict[str, int]:
    return {node_name(each.node): each.distance for each in ego.nodes}


def test_depth_by_depth(wardrobe):
    bag = Node("item", "bag")
    assert placed(ego_network(wardrobe, bag, depth=0)) == {"item:bag": 0}
    near = {"item:bag": 0, "attribute:프린트=스트라이프": 1, "category:가방": 1, "image:p4": 1, "outfit:o1": 1}
    one = ego_network(wardrobe, bag, depth=1)
    assert list(placed(one).items()) == sorted(near.items(), key=lambda pair: pair[1])
    assert {edge.relation for edge in one.edges} == {"IN_CATEGORY", "HAS_ATTRIBUTE", "CONTAINS", "STYLED_IN"}
    two = ego_network(wardrobe, bag, depth=2)
    assert placed(two) == {**near, "item:hat": 2, "item:skirt": 2}
    ends = {(edge.start.id, edge.end.id) for edge in two.edges}
    assert ("p4", "skirt") in ends and ("skirt", "프린트") in ends and ("hat", "o1") in ends
    assert len(two.edges) == 7 and two.cut == ()
    worn = ego_network(wardrobe, bag, depth=2, relations=["CONTAINS"])
    assert placed(worn) == {"item:bag": 0, "image:p4": 1, "item:skirt": 2}


def test_edges_between_the_outermost_are_there(store, make):
    store.upsert_items([make.item(name) for name in "abc"])
    store.upsert_images([make.image("p", "a", "b"), make.image("q", "a", "b")])
    ego = ego_network(store, Node("image", "p"), depth=1, relations=["CONTAINS"])
    assert len(ego.edges) == 2
    ego = ego_network(store, Node("item", "a"), depth=2)
    assert {(e.start.id, e.end.id) for e in ego.edges if e.relation == "CONTAINS"} == {
        (p, i) for p in "pq" for i in "ab"
    }


def test_cuts(wardrobe, store):
    ego = ego_network(wardrobe, Node("item", "shirt"), depth=2, budget=Budget(limit=4))
    assert len(ego.nodes) == 4 and max(placed(ego).values()) == 1
    assert ego.cut[-1].detail == "the 4 nearest nodes are shown; there are more"
    hub = ego_network(wardrobe, Node("item", "shirt"), depth=1, budget=Budget(limit=100, fan=2))
    assert hub.cut[0].detail == "item shirt: only 2 of 3 by CONTAINS were followed"
    late = ego_network(wardrobe, Node("item", "shirt"), budget=Budget(seconds=0))
    assert (placed(late), late.cut[0].reason) == ({"item:shirt": 0}, "time")
    with pytest.raises(UnknownNodeError, match="item 'shirts'"):
        ego_network(wardrobe, Node("item", "shirts"))


def test_an_ego_network_in_other_tools(wardrobe, tmp_path):
    ego = ego_network(wardrobe, Node("item", "bag"))
    nodes = [(each.node, {"distance": each.distance}) for each in ego.nodes]
    graph = nodes_to_networkx(nodes, ego.edges)
    assert graph.nodes["item:skirt"] == {"id": "skirt", "value": "", "kind": "item", "distance": 2}
    assert graph.edges["image:p4", "item:bag"]["regions"] == ("p4/아우터#1",)
    write_graphml(graph, tmp_path / "ego.graphml")
    assert set(nx.read_graphml(tmp_path / "ego.graphml")) == set(graph)
    counts = write_rows(nodes, ego.edges, tmp_path / "ego")
    assert (counts.nodes, counts.edges) == (7, 7)
    table = pq.read_table(tmp_path / "ego" / NODES)
    assert table.column("distance").to_pylist() == [0, 1, 1, 1, 1, 2, 2]


def test_names_never_meet():
    names = [("a=b", "c"), ("a", "b=c"), ("a%3Db", "c"), ("a", "b%3Dc"), ("a%", "=c")]
    assert len({node_name(Node("attribute", *name)) for name in names}) == len(names)


def test_the_whole_graph_as_parquet(wardrobe, tmp_path):
    counts = write_parquet(wardrobe, tmp_path)
    nodes, edges = pq.read_table(tmp_path / NODES), pq.read_table(tmp_path / EDGES)
    assert (nodes.num_rows, edges.num_rows) == (counts.nodes, counts.edges)
    names = [(row["kind"], row["id"], row["value"]) for row in nodes.to_pylist()]
    assert len(set(names)) == len(names) == 4 + 6 + 1 + 2 + 2 + 5 + 4
    assert names[:4] == [("image", f"p{n}", "") for n in range(1, 5)]
    assert nodes.to_pylist()[0]["created"] == "2020-11-02 10:00:00" and nodes.to_pylist()[4]["slot"] == "outer"
    by_relation = {}
    for row in edges.to_pylist():
        by_relation.setdefault(row["relation"], []).append(row)
    assert {name: len(rows) for name, rows in by_relation.items()} == {
        "CONTAINS": 8,
        "HAS_STYLE": 3,
        "IN_SHOOT": 3,
        "IN_CATEGORY": 6,
        "HAS_ATTRIBUTE": 7,
        "STYLED_IN": 2,
    }
    assert by_relation["CONTAINS"][0] == {
        "relation": "CONTAINS",
        "start_kind": "image",
        "start_id": "p1",
        "end_kind": "item",
        "end_id": "coat",
        "end_value": "",
        "regions": ["p1/아우터#0"],
        "confidence": 1.0,
        "method": "product_id",
    }
    assert sorted(path.name for path in tmp_path.glob("*parquet")) == [EDGES, NODES]


def test_an_empty_graph_as_parquet(store, tmp_path):
    assert write_parquet(store, tmp_path / "new").nodes == 0
    assert pq.read_table(tmp_path / "new" / EDGES).num_rows == 0
