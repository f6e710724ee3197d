"""docs/api.md shows every call, every kind of problem and every field."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.limits import MAX_AVOIDED, MAX_OUTFITS, MAX_SLOTS, Limits
from api.problems import Kind
from api.schemas import CompleteRequest
from recsys.engine.engine import MAX_CONTEXT

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_call_is_shown_and_no_other(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    there = {f"{method.upper()} {path}" for path in paths for method in paths[path]}
    assert set(re.findall(r"^\| \[`(.+?)`\]", PAGE, flags=re.MULTILINE)) == there


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
def test_every_kind_of_problem_is_explained(kind: Kind) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and f"`{kind.type.rpartition(':')[2]}`" in line]
    assert any(str(kind.status) in row for row in rows)


def test_the_limits_are_those_that_hold() -> None:
    said = dict(re.findall(r"^\| `(\w+)` \|.*\| ([\d,]+) \|$", PAGE, flags=re.MULTILINE))
    assert {name: int(number.replace(",", "")) for name, number in said.items()} == {
        "context": MAX_CONTEXT,
        "slots": MAX_SLOTS,
        "outfits": MAX_OUTFITS,
        "avoid": MAX_AVOIDED,
    }
    assert set(said) == set(CompleteRequest.model_fields)
    assert Limits().body_bytes == 1024 * 1024 and "above 1 MiB" in PAGE


def test_answers_shown_have_the_fields_of_answers_given(client: TestClient) -> None:
    shown = [json.loads(block) for block in re.findall(r"```json\n(\{.*?\n\})\n```", PAGE, flags=re.DOTALL)]
    given = [
        client.post("/v1/outfits/complete", json={"context": ["blouse-1", "skirt-9"], "slots": ["shoes", "bag"]}),
        client.get("/v1/items/blouse-1"),
        client.get("/v1/items/blouse-1/similar?top=2"),
        client.post("/v1/outfits/complete", json={"context": ["blouse-1", "TS-9"]}),
        client.post("/v1/outfits/complete", json={"context": [], "outfits": 50}),
    ]
    assert len(shown) == len(given)
    for one, other in zip(shown, given, strict=True):
        assert set(one) == set(other.json())
    assert set(shown[0]["outfits"][0]) == set(given[0].json()["outfits"][0])
    assert shown[3:] == [response.json() for response in given[3:]]


def test_the_description_has_examples_that_are_answered(app: FastAPI, client: TestClient) -> None:
    schemas = app.openapi()["components"]["schemas"]
    assert {"Problem", "Fault"} <= set(schemas) and "HTTPValidationError" not in schemas
    examples = schemas["CompleteRequest"]["examples"]
    assert [client.post("/v1/outfits/complete", json=example).status_code for example in examples] == [200, 200]
