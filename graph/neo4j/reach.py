"""Why a server cannot be reached, in plain words: what the driver says of a cluster's routing does not tell."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

PORT = 7687
"""Where a Neo4j server listens unless told otherwise."""

PROBE_SECONDS = 3.0
"""How long it may take to find out."""


def why_unreachable(address: str, seconds: float = PROBE_SECONDS) -> str | None:
    """What keeps a connection from being made to ``neo4j://host:port``; None where one can be.

    Only the host is named, never a user or password. The name may stand for several addresses: one that takes the
    connection is enough.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or PORT
    except ValueError:  # what is no port is said elsewhere
        return None
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except ConnectionRefusedError:
        return f"connection refused: no server listens on {host}:{port}; start it, or mend host and port of the URL"
    except TimeoutError:
        return f"no answer from {host}:{port}: is it the right host, and does a firewall let this through?"
    except socket.gaierror:
        return f"there is no host named {host}; mend the URL"
    except OSError as error:
        return f"no connection to {host}:{port}: {error.strerror or error}"
    return None
