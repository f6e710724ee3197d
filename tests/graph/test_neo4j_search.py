"""The full-text index of the Neo4j store: Korean words in ids, categories, attributes and styles."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from graph import GraphStore

pytestmark = pytest.mark.parametrize("store_factory", ["neo4j"], indirect=True)

QUERY = (
    "CALL db.index.fulltext.queryNodes('texts', $words) YIELD node, score"
    " RETURN labels(node)[0], coalesce(node.name, node.id), node.value, score"
)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("로맨틱", {("Style", "로맨틱 무드", None)}),
        ("자켓", {("Category", "트위드 자켓", None), ("Item", "봄 자켓 7", None)}),
        ("네이비", {("Attribute", "색상", "다크 네이비")}),
        ("색상", {("Attribute", "색상", "다크 네이비"), ("Attribute", "색상", "아이보리")}),
        ("드레스", set()),
    ],
)
def test_korean_words_are_found_in_every_kind_of_text(
    store: GraphStore, make: SimpleNamespace, words: str, wanted: set[tuple[str, str, str | None]]
) -> None:
    store.upsert_items(
        [
            make.item("봄 자켓 7", category="트위드 자켓", 색상=("다크 네이비",)),
            make.item("가을 코트", category="코트", 색상=("아이보리",)),
        ]
    )
    store.upsert_images([make.image("p", "봄 자켓 7", styles=("로맨틱 무드",)), make.image("q", styles=("클래식",))])
    rows = store._server.read(QUERY, words=words)
    assert {(label, name, value) for label, name, value, _ in rows} == wanted
    assert all(score > 0 for *_, score in rows)
