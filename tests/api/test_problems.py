"""Whatever goes wrong is told as RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.releases import ReleaseHolder
from api.service import OutfitService
from recsys.workspace import Workspace

URL = "/v1/outfits/complete"
JSON = {"content-type": "application/json"}


def problem_of(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= set(problem) and problem["status"] == status
    return problem


def test_no_such_address(client: TestClient) -> None:
    assert problem_of(client.get("/v1/nothing"), 404)["title"] == "Not Found"


def test_no_such_method_names_those_there_are(client: TestClient) -> None:
    response = client.delete("/v1/items/skirt-3")
    assert problem_of(response, 405)["detail"] == "DELETE is not possible here"
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize("body", [b"{", b"", b"[" * 50_000, b"9" * 5_000, b'{"context": ["\xff"]}'])
def test_a_body_that_is_not_json(client: TestClient, body: bytes) -> None:
    status = 400 if body else 422
    problem_of(client.post(URL, content=body, headers=JSON), status)


def test_a_body_that_breaks_off_says_where(client: TestClient) -> None:
    problem = problem_of(client.post(URL, content=b'{"context": [', headers=JSON), 400)
    assert problem["detail"] == "Expecting value at character 13"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_not_declared_as_json(client: TestClient, kind: str) -> None:
    response = client.post(URL, content=b'{"context": ["skirt-3"]}', headers={"content-type": kind} if kind else {})
    assert "application/json is right" in problem_of(response, 415)["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"context": ["skirt-3"], "outfits": NaN}',
        b'{"context": ["skirt-3"], "outfits": 1e400}',
        b'{"context": ["\\ud800"]}',
        b'{"context": ["skirt-3"], "\\udfff": 1}',
        b'"context"',
        b"null",
    ],
)
def test_json_that_is_no_request(client: TestClient, body: bytes) -> None:
    problem_of(client.post(URL, content=body, headers=JSON), 422)


def test_all_faults_are_listed(client: TestClient) -> None:
    problem = problem_of(client.post(URL, json={"context": [1, "skirt-3", ""], "outfits": 0}), 422)
    assert [fault["field"] for fault in problem["errors"]] == ["context.0", "context.2", "outfits"]


def test_a_thousand_faults_are_not_listed(client: TestClient) -> None:
    problem = problem_of(client.post(URL, json={"context": ["skirt-3"], "avoid": [1] * 1000}), 422)
    assert len(problem["errors"]) == 20


class TestDefect:
    @pytest.fixture
    def broken(self, trained: Any) -> Iterator[TestClient]:
        app: FastAPI = create_app(OutfitService(ReleaseHolder(Workspace.open(trained))))

        @app.get("/defect")
        def defect() -> None:
            raise ZeroDivisionError("a secret")

        with TestClient(app) as client:
            yield client

    def test_is_a_problem_that_tells_nothing_but_the_request(self, broken: TestClient) -> None:
        with capture_logs() as lines:
            response = broken.get("/defect")
        assert response.headers["x-request-id"] in problem_of(response, 500)["detail"]
        assert "secret" not in response.text
        assert [line["event"] for line in lines] == ["request.defect", "request"]
        assert lines[1]["status"] == 500


def test_log_lines_hold_the_route_and_not_what_was_asked(client: TestClient) -> None:
    with capture_logs() as lines:
        client.get("/v1/items/skirt-3/similar?top=3")
        client.get("/v1/items/anna@example.org")
        client.post(URL, json={"context": ["anna"]})
        client.get("/anna")
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/v1/items/{item_id}/similar", 200),
        ("/v1/items/{item_id}", 404),
        ("/v1/outfits/complete", 422),
        ("none", 404),
    ]
    assert "skirt-3" not in str(lines) and "anna" not in str(lines)
