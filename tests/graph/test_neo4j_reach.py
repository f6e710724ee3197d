"""What keeps a server from being reached, in words."""

from __future__ import annotations

import socket

import pytest

from graph.neo4j.reach import why_unreachable


def test_whether_somebody_listens_is_told() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        refused = why_unreachable(f"neo4j://127.0.0.1:{port}")
        assert refused is not None
        assert refused.startswith(f"connection refused: no server listens on 127.0.0.1:{port}")
        server.listen()
        assert why_unreachable(f"bolt+s://127.0.0.1:{port}") is None


def test_an_unknown_host_is_named() -> None:
    assert (
        why_unreachable("neo4j://no.such.host.invalid:7687")
        == "there is no host named no.such.host.invalid; mend the URL"
    )


def test_a_host_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(address: tuple[str, int], timeout: float) -> None:
        assert (address, timeout) == (("db", 7687), 0.5)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", silent)
    assert str(why_unreachable("neo4j://db", 0.5)).startswith("no answer from db:7687")


def test_what_is_no_port_is_left_to_others() -> None:
    assert why_unreachable("neo4j://db:99999") is None
