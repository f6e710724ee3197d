"""Servers that several folders of tests use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.neo4j_server import Neo4jProcess, has_java


@pytest.fixture(scope="session")
def neo4j_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """URLs of two servers that hold nothing, without passwords; NEO4J_TEST_SERVERS may name two that run already."""
    running = os.environ.get("NEO4J_TEST_SERVERS", "").split()
    if running:
        yield running
        return
    if not has_java():
        pytest.skip("no Java on this machine: tests against Neo4j are left out")
    folder = tmp_path_factory.mktemp("neo4j")
    servers = [Neo4jProcess(folder / name) for name in ("one", "two")]
    try:
        for server in servers:
            server.begin()
        for server in servers:
            server.wait()
        yield [server.url for server in servers]
    finally:
        for server in servers:
            server.stop()
