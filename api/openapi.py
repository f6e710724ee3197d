"""The service's own description: which problems a route may answer with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from api.problems import MEDIA_TYPE, Kind, Problem

REFERENCE = "#/components/schemas/{model}"


def problems(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Describe the problems of a route for its ``responses``, those of one status together."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in (*kinds, Kind.INTERNAL_ERROR):
        described = found.setdefault(
            kind.status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}, "examples": {}}},
            },
        )
        described["description"] = "; ".join(filter(None, [described["description"], kind.title]))
        example = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": "..."}
        described["content"][MEDIA_TYPE]["examples"][kind.name.lower()] = {"value": example}
    return found


def describe_problems(app: FastAPI) -> None:
    """Add the problem details' schema to the description that an application gives of itself."""
    made_by_routes: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        document = made_by_routes()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            schema = Problem.model_json_schema(ref_template=REFERENCE)
            schemas.update(schema.pop("$defs", {}))
            schemas["Problem"] = schema
        return document

    app.openapi = openapi  # type: ignore[method-assign]
