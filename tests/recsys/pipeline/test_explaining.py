"""Evidence of the graph, ranked by what moved the score of a release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.types import Outfit
from graph import GraphStore, open_store, sqlite_url
from graph.explore.budget import Budget
from graph.explore.evidence import Evidence
from graph.explore.explaining import explain
from graph.nodes import Node
from recsys.engine.shares import Share, ValueMove
from recsys.pipeline.explaining import ItemExplanation, explain_item
from recsys.pipeline.explaining import _rank as order
from recsys.pipeline.explaining import _weighed as weighed
from tests.neo4j_server import empty
from tests.recsys.small_shop import ATTRIBUTES, PATHS_COSINE, TOGETHER, engine, stock


@pytest.fixture(params=["neo4j", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GraphStore]:
    url = sqlite_url(tmp_path / "graph.sqlite")
    if request.param == "neo4j":
        url = request.getfixturevalue("neo4j_servers")[0]
    with open_store(url) as opened:
        if request.param == "neo4j":
            empty(url)
        stock(opened)
        yield opened


def told(found: ItemExplanation) -> list[tuple[str, str, float | None]]:
    return [(each.kind, each.other_id, None if each.moved is None else round(each.moved, 3)) for each in found.evidence]


def test_without_a_release_it_is_the_graphs_own_answer(store: GraphStore) -> None:
    found, plain = explain_item(store, None, "shirt", ["skirt", "bag"]), explain(store, "shirt", ["skirt", "bag"])
    assert [each.text for each in found.evidence] == [each.text for each in plain.evidence]
    assert {each.moved for each in found.evidence} == {None}
    assert (found.text, found.unconnected, found.cut) == (plain.text, plain.unconnected, plain.cut)
    assert (found.score, found.unknown) == (None, ())


def test_what_moved_the_score_comes_first_though_the_graph_ranks_it_last(store: GraphStore) -> None:
    """Photos are the graph's strongest evidence; this model goes by attributes alone."""
    plain = explain(store, "shirt", ["skirt"])
    assert plain.evidence[0].kind == "image"
    found = explain_item(store, engine({ATTRIBUTES: 1.0}), "shirt", ["skirt"])
    first, *rest = told(found)
    assert first[:2] == ("attribute", "skirt") and (first[2] or 0) > 0.01
    assert found.text == "shirt and skirt share colour red with 2 other items"
    assert ("image", "skirt", 0.0) in rest, "not used, and not dropped"
    assert {each.text for each in found.evidence} == {each.text for each in plain.evidence}
    assert ("attribute", "skirt", None) in rest, "that all are made here is nothing the model can read"
    unused = [each.strength for each in found.evidence[1:]]
    assert unused == sorted(unused, reverse=True)


def test_photos_are_ranked_by_what_they_moved(store: GraphStore) -> None:
    found = told(explain_item(store, engine({TOGETHER: 1.0}), "shirt", ["skirt", "bag"]))
    assert found[:2] == [("image", "skirt", 0.938), ("image", "bag", 0.592)]
    down = explain_item(store, engine({TOGETHER: -1.0}), "shirt", ["skirt", "bag"])
    assert told(down)[:2] == [("image", "skirt", -0.938), ("image", "bag", -0.592)]
    strongest = explain(store, "shirt", ["skirt", "bag"]).text
    assert down.text == f"nothing in the graph moved its score up; the strongest in the graph: {strongest}"
    none = explain_item(store, engine({}), "shirt", ["skirt", "bag"])
    assert none.text == down.text and {each.moved or 0.0 for each in none.evidence} == {0.0}


def test_the_headline_is_of_all_reasons_and_not_of_those_shown(store: GraphStore) -> None:
    whole = explain_item(store, engine({ATTRIBUTES: 1.0}), "shirt", ["skirt"])
    none_shown = explain_item(store, engine({ATTRIBUTES: 1.0}), "shirt", ["skirt"], budget=Budget(limit=0))
    assert none_shown.evidence == () and none_shown.text == whole.text


def test_items_between_have_each_their_part(store: GraphStore) -> None:
    found = told(explain_item(store, engine({PATHS_COSINE: 1.0}), "blouse", ["skirt"]))
    assert found[0][:2] == ("between", "skirt") and (found[0][2] or 0) > 0.1


def test_what_the_release_does_not_hold_is_said(store: GraphStore) -> None:
    found = explain_item(store, engine({TOGETHER: 1.0}, leave_out=("bag",)), "shirt", ["skirt", "bag"])
    assert found.unknown == ("bag",)
    assert found.score is not None and [share.item_id for share in found.score.shares] == ["skirt"]
    assert {each.moved for each in found.evidence if each.other_id == "bag"} == {None}
    assert told(found)[0][:2] == ("image", "skirt")
    nobody = explain_item(store, engine({TOGETHER: 1.0}, leave_out=("shirt",)), "shirt", ["skirt", "bag"])
    assert (nobody.score, nobody.unknown) == (None, ("shirt",))
    assert [e.text for e in nobody.evidence] == [e.text for e in explain(store, "shirt", ["skirt", "bag"]).evidence]


def test_what_came_into_the_graph_since_moved_nothing(store: GraphStore) -> None:
    """The release knows neither that shirt and jeans meet now, nor over whom else."""
    from data.types import ImageRecord, Region

    regions = tuple(
        Region(region_id=f"new/{k}", part="상의", slot="top", category="셔츠", item_id=name)
        for k, name in enumerate(("shirt", "jeans"))
    )
    store.upsert_images([ImageRecord(image_id="new", source="s", regions=regions)])
    found = told(explain_item(store, engine({TOGETHER: 1.0}), "shirt", ["jeans"]))
    assert ("image", "jeans", 0.0) in found


def test_the_limit_cuts_what_moved_least(store: GraphStore) -> None:
    found = explain_item(store, engine({ATTRIBUTES: 1.0}), "shirt", ["skirt"], budget=Budget(limit=1))
    assert [kind for kind, _, _ in told(found)] == ["attribute"]
    assert "the first 1 of" in found.cut[0].detail
    late = explain_item(store, engine({ATTRIBUTES: 1.0}), "shirt", ["skirt"], budget=Budget(seconds=0))
    assert (late.evidence, late.cut[0].reason) == ((), "time")


def test_evidence_of_one_input_has_its_number_once(store: GraphStore) -> None:
    """Two photos in two styles and an outfit of their own; what moved the score by itself is not pushed out."""
    store.upsert_outfits([Outfit(outfit_id="own", item_ids=("shirt", "skirt"), source="s")])
    found = explain_item(store, engine({TOGETHER: 1.0, ATTRIBUTES: 1.0}), "shirt", ["skirt"])
    together = [each for each in found.evidence if each.kind in ("image", "outfit")]
    assert sorted(each.kind for each in together) == ["image", "outfit"]
    assert [(each.moved is None, each.shared) for each in together] == [(False, False), (True, True)]
    assert together[0].strength > together[1].strength
    assert [each.kind for each in found.evidence[:2]] == [together[0].kind, "attribute"]
    shares = found.score.shares if found.score else ()
    assert together[0].moved == shares[0].together
    assert not any(each.shared for each in found.evidence if each.kind in ("between", "attribute"))
    plain = explain(store, "shirt", ["skirt"])
    assert {each.text for each in found.evidence} == {each.text for each in plain.evidence}, "nothing is dropped"
    apart = explain_item(store, engine({ATTRIBUTES: 1.0}, evidence=False), "shirt", ["skirt"])
    assert not any(each.shared for each in apart.evidence), "a model that reads none of it shares nothing"


def test_many_styles_do_not_push_out_what_moved_the_score() -> None:
    def style(name: str, strength: float) -> Evidence:
        return Evidence("style", "shirt", "skirt", (Node("style", name),), 1, strength, name)

    colour = Evidence("attribute", "shirt", "skirt", (Node("attribute", "colour", "red"),), 1, 0.001, "red")
    share = Share(
        item_id="skirt", moved=1.0, together=None, between=None, path=None, style=0.9, attribute=0.1, look=None,
        usual=0.0, rest=0.0, values=(ValueMove("colour", "red", 0.1),),
    )  # fmt: skip
    styles = [style(f"style {k}", 1 / k) for k in range(1, 9)]
    ranked = sorted(weighed([*styles, colour], {"skirt": share}), key=order)
    assert [each.text for each in ranked] == ["style 1", "red", *(f"style {k}" for k in range(2, 9))]
    assert [each.moved for each in ranked] == [0.9, 0.1, *[None] * 7]
