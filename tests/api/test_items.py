"""``GET /v1/items/...`` and what addresses do to ids."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

ODD = ["블라우스/0 #1?", "look/similar", "look", "100%/a%2Fb"]


def address(item_id: str) -> str:
    return "/v1/items/" + quote(item_id, safe="")


def test_an_item_with_its_attributes(client: TestClient) -> None:
    answer = client.get("/v1/items/tote-2").json()
    release = answer.pop("release")
    assert release
    assert answer == {"item_id": "tote-2", "category": "tote bag", "slot": "bag", "attributes": {"colour": ["네이비"]}}


@pytest.mark.parametrize("item_id", ODD)
def test_ids_that_addresses_cannot_hold_are_encoded(client: TestClient, item_id: str) -> None:
    assert client.get(address(item_id)).json()["item_id"] == item_id
    similar = client.get(address(item_id) + "/similar").json()
    assert similar["item_id"] == item_id and len(similar["items"]) == 9


def test_slashes_of_ids_may_stay(client: TestClient) -> None:
    assert client.get("/v1/items/블라우스/0%20%231%3F").json()["item_id"] == "블라우스/0 #1?"
    assert client.get("/v1/items/look/similar").json()["items"][0]["rank"] == 1
    assert client.get("/v1/items/look/similar/similar").json()["item_id"] == "look/similar"


def test_similar_items_are_of_the_same_slot_and_in_order(client: TestClient) -> None:
    items = client.get("/v1/items/skirt-3/similar", params={"top": 4}).json()["items"]
    assert [item["rank"] for item in items] == [1, 2, 3, 4]
    assert {item["category"] for item in items} == {"skirt"} and "skirt-3" not in {item["item_id"] for item in items}
    assert items == sorted(items, key=lambda item: -item["similarity"])


@pytest.mark.parametrize("path", ["nope", "nope/similar", "", "../../etc/passwd", "%00", "%ff", "a" * 300, "similar"])
def test_an_unknown_item_is_not_found(client: TestClient, path: str) -> None:
    response = client.get("/v1/items/" + quote(path, safe="%/").replace("..", "%2E%2E"))
    assert response.status_code == 404
    assert response.json()["type"] == "urn:problem-type:outfit-recsys:item-not-found"


@pytest.mark.parametrize(("query", "field"), [("top=0", "top"), ("top=101", "top"), ("top=x", "top"), ("n=3", "n")])
def test_a_query_that_does_not_fit_names_the_field(client: TestClient, query: str, field: str) -> None:
    response = client.get(f"/v1/items/skirt-3/similar?{query}")
    assert (response.status_code, response.json()["field"]) == (422, field)
