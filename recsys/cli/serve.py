"""``recsys serve``: the HTTP API over the current release."""

from __future__ import annotations

import os
import socket
from typing import Annotated

import typer

from recsys.cli.session import Exit, session_of
from recsys.errors import RecsysError

LOOPBACK = ("127.0.0.1", "::1", "localhost")

DRAIN_SECONDS = 10
"""How long requests that are being answered may take to end when the service is stopped."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    open_to_all: Annotated[
        bool, typer.Option("--open", help="Listen on another address than this machine's own, without any key.")
    ] = False,
) -> None:
    """Serve the API until interrupted; its description is at /docs."""
    import uvicorn

    from recsys.pipeline.release import current_release

    session = session_of(context)
    if host not in LOOPBACK and not open_to_all:
        raise RecsysError(f"serve: --host {host}: the API has no keys yet and would be open to the network; say --open")
    workspace = session.workspace()
    if current_release(workspace) is None:
        raise RecsysError(f"{workspace.root}: there is no release yet; `recsys train` makes one")
    session.settings(workspace)  # a wrong setting is said here in one line, and not by the server's traceback
    os.environ["RECSYS_WORKSPACE"] = str(workspace.root)
    if session.config:
        os.environ["RECSYS_CONFIG"] = str(session.config)
    _require_free(host, port)
    address = f"[{host}]" if ":" in host else host
    session.output.note(f"http://{address}:{port}/docs")
    try:
        uvicorn.run(
            "api.app:from_environment",
            factory=True,
            host=host,
            port=port,
            log_level="warning",  # the application logs its requests itself
            server_header=False,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    except SystemExit as ended:  # the server could not start, and has logged why
        raise typer.Exit(Exit.ERROR if ended.code else Exit.OK) from ended


def _require_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        reason = str(error.strerror or error).partition(" (")[0]  # the address is said already
        raise RecsysError(
            f"serve: {host} port {port}: {reason}; --port takes another port, --host another address"
        ) from error
