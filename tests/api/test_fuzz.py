"""Requests made up from the service's own description: none crashes it, every answer is as described."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.testclient import TestClient

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE

ROUTES = [
    ("POST", "/v1/outfits/complete", POSITIVE),
    ("POST", "/v1/outfits/complete", NEGATIVE),
    ("GET", "/v1/items/{item_id}", POSITIVE),
    ("GET", "/v1/items/{item_id}/similar", POSITIVE),
    ("GET", "/v1/items/{item_id}/similar", NEGATIVE),
    ("GET", "/healthz", POSITIVE),
    ("GET", "/readyz", POSITIVE),
]
"""Where nothing that is sent could be wrong (any text is an id) there is no negative mode."""


@pytest.mark.parametrize(("method", "path", "mode"), ROUTES)
def test_no_request_breaks_the_service(
    app: FastAPI, client: TestClient, method: str, path: str, mode: GenerationMode
) -> None:
    del client  # it keeps the application started
    operation = schemathesis.openapi.from_asgi("/openapi.json", app)[path][method]
    statuses = set()

    @given(operation.as_strategy(generation_mode=mode))
    @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
    def fuzz(case: Any) -> None:
        response = case.call()
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    fuzz()
    assert statuses and (mode is POSITIVE or 200 not in statuses)


def test_the_fuzz_covers_every_route(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert {(method.upper(), path) for path in paths for method in paths[path]} == {route[:2] for route in ROUTES}
