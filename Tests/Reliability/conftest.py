"""Fixtures of the reliability tests: servers of their own, that are ended whatever happens."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server import Server


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server with these flags on a new data folder."""
    servers: list[Server] = []

    def start(*arguments: str) -> Server:
        server = Server(tmp_path / f"server-{len(servers)}", *arguments)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.kill()
