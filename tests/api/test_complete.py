"""``POST /v1/outfits/complete``."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

URL = "/v1/outfits/complete"


def complete(client: TestClient, **query: object) -> Any:
    response = client.post(URL, json=query)
    assert response.status_code == 200, response.text
    return response.json()


def suggested(answer: Any) -> list[str]:
    return [item["item_id"] for outfit in answer["outfits"] for item in outfit["items"]]


def test_fills_what_such_outfits_usually_hold(client: TestClient) -> None:
    answer = complete(client, context=["blouse-1"])
    assert sorted(answer["slots"]) == ["bag", "bottom", "shoes"]
    assert [outfit["rank"] for outfit in answer["outfits"]] == [1, 2, 3]
    for outfit in answer["outfits"]:
        assert sorted(item["slot"] for item in outfit["items"]) == ["bag", "bottom", "shoes"]
        assert 0 <= outfit["compatibility"] <= 1
    assert answer["unmet"] == []


def test_says_which_release_answered(client: TestClient) -> None:
    assert complete(client, context=["blouse-1"])["release"] == client.get("/readyz").json()["release"]


def test_best_outfit_first(client: TestClient) -> None:
    scores = [outfit["score"] for outfit in complete(client, context=["blouse-1"], slots=["bag"], outfits=5)["outfits"]]
    assert scores == sorted(scores, reverse=True) and len(scores) == 5


def test_fills_only_the_slots_asked_for(client: TestClient) -> None:
    answer = complete(client, context=["blouse-1"], slots=["shoes"], outfits=1)
    [item] = answer["outfits"][0]["items"]
    assert (item["slot"], item["category"]) == ("shoes", "sneakers")


def test_reasons_are_about_the_context(client: TestClient) -> None:
    answer = complete(client, context=["blouse-1", "skirt-1"], slots=["shoes"])
    reasons = [reason for outfit in answer["outfits"] for item in outfit["items"] for reason in item["reasons"]]
    assert {reason["item_id"] for reason in reasons} == {"blouse-1", "skirt-1"}
    assert max(reason["together"] for reason in reasons) >= 1


def test_what_is_to_be_avoided_does_not_appear(client: TestClient) -> None:
    first = suggested(complete(client, context=["blouse-1"], slots=["shoes"], outfits=4))
    second = suggested(complete(client, context=["blouse-1"], slots=["shoes"], outfits=4, avoid=[*first, "unheard of"]))
    assert len(second) == 4 and not set(first) & set(second)


def test_fewer_answers_are_explained(client: TestClient) -> None:
    answer = complete(client, context=["blouse-1"], slots=["shoes"], outfits=20)
    assert sorted(suggested(answer)) == [f"sneakers-{k}" for k in range(10)]
    assert answer["unmet"] == ["outfits: 10 of 20; the catalogue holds no more that differ"]


def test_a_slot_with_one_item_left_does_not_cost_outfits(client: TestClient) -> None:
    avoid = [f"sneakers-{k}" for k in range(9)]
    answer = complete(client, context=["blouse-1"], slots=["shoes", "bag"], outfits=9, avoid=avoid)
    assert len({tuple(sorted(i["item_id"] for i in outfit["items"])) for outfit in answer["outfits"]}) == 9


def test_nothing_left_is_explained(client: TestClient) -> None:
    everything = [f"sneakers-{k}" for k in range(10)]
    answer = complete(client, context=["blouse-1"], slots=["shoes"], avoid=everything)
    assert answer["outfits"] == [] and answer["unmet"] == ["no slot could be filled"]


def test_one_question_has_one_answer(client: TestClient) -> None:
    assert complete(client, context=["blouse-1"]) == complete(client, context=["blouse-1"])


def test_ids_of_any_letters(client: TestClient) -> None:
    odd = "블라우스/0 #1?"
    assert complete(client, context=[odd])["context"] == [odd]


IDS = [f"{kind}-{k}" for kind in ("blouse", "skirt", "sneakers", "tote") for k in (1, 2, 3, 5, 6, 7)]
QUERIES = st.fixed_dictionaries(
    {"context": st.lists(st.sampled_from(IDS), min_size=1, max_size=6)},
    optional={
        "slots": st.lists(st.sampled_from(["top", "bottom", "shoes", "bag"]), max_size=4),
        "outfits": st.integers(1, 20),
        "avoid": st.lists(st.sampled_from(IDS), max_size=20),
    },
)


@given(query=QUERIES)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_asked_answers_keep_their_promises(client: TestClient, query: dict[str, Any]) -> None:
    answer = complete(client, **query)
    outfits = [tuple(sorted(item["item_id"] for item in outfit["items"])) for outfit in answer["outfits"]]
    for outfit in outfits:
        assert len(set(outfit)) == len(outfit)
        assert not set(outfit) & {*query["context"], *query.get("avoid", [])}
    assert len(outfits) == query.get("outfits", 3) or answer["unmet"]
    assert answer["slots"] == (query.get("slots") or answer["slots"])


@pytest.mark.parametrize(
    ("query", "field", "type_", "reason"),
    [
        ({"context": ["blouse-1", "nope"]}, "context.1", "unknown-item", "'nope'"),
        ({"context": ["blouse-1"], "slots": ["hat"]}, "slots", "unanswerable", "bag, bottom, shoes, top"),
        ({}, "context", "invalid-request", "Field required"),
        ({"context": []}, "context", "invalid-request", "at least 1"),
        ({"context": ["blouse-1"] * 31}, "context", "invalid-request", "at most 30"),
        ({"context": ["a" * 257]}, "context.0", "invalid-request", "256"),
        ({"context": [7]}, "context.0", "invalid-request", "valid string"),
        ({"context": ["blouse-1"], "outfits": 21}, "outfits", "invalid-request", "20"),
        ({"context": ["blouse-1"], "outfits": 0}, "outfits", "invalid-request", "1"),
        ({"context": ["blouse-1"], "outfits": "3"}, "outfits", "invalid-request", "integer"),
        ({"context": ["blouse-1"], "slots": ["top"] * 13}, "slots", "invalid-request", "12"),
        ({"context": ["blouse-1"], "avoid": ["x"] * 1001}, "avoid", "invalid-request", "1000"),
        ({"context": ["blouse-1"], "budget": 9}, "budget", "invalid-request", "not permitted"),
    ],
)
def test_a_request_that_does_not_fit_names_the_field(
    client: TestClient, query: dict[str, Any], field: str, type_: str, reason: str
) -> None:
    response = client.post(URL, json=query)
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")
    assert (problem["field"], problem["status"]) == (field, 422)
    assert problem["type"] == f"urn:problem-type:outfit-recsys:{type_}"
    assert reason in problem["detail"]
