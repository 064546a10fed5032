"""The server's memory does not grow with what goes through it: as the kernel counts it, of the real process."""

import json
import time
from collections.abc import Callable

from raw import SECRETS, Connection, Tokens, ask
from server import Server

MIB = 1 << 20
PIECE = bytes(MIB)
WITHIN = 120.0


def upload(server: Server, size: int) -> Tokens:
    """An envelope of so many octets, that never is in this process's memory either."""
    tokens = Tokens()
    connection = Connection(server.port)
    begin(connection, tokens, size)
    left = size - 4
    while left > 0:
        connection.send(PIECE[: min(left, MIB)])
        left -= MIB
    finish(connection, tokens)
    return tokens


def begin(connection: Connection, tokens: Tokens, size: int) -> None:
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size), **tokens.verifiers}
    connection.head("POST", SECRETS, headers)
    connection.send(b"KLNK")


def finish(connection: Connection, tokens: Tokens) -> None:
    status, length = connection.answer()
    body = b"".join(connection.body(length))
    connection.close()
    assert status == 201, body
    tokens.id = json.loads(body)["id"]


def claim(server: Server, tokens: Tokens, receive_buffer: int | None = None) -> tuple[Connection, int]:
    """Takes the view and reads no further than the head."""
    connection = Connection(server.port, receive_buffer)
    connection.head("POST", f"{SECRETS}/{tokens.id}/claim", tokens.claiming)
    status, length = connection.answer()
    assert status == 200
    return connection, length


def test_a_gibibyte_up_and_down(serve: Callable[..., Server]) -> None:
    server = serve()
    tokens = upload(server, 1024 * MIB)
    connection, length = claim(server, tokens)
    assert length == 1024 * MIB
    assert sum(len(octets) for octets in connection.body(length)) == 1024 * MIB
    connection.close()
    assert server.peak_memory() < 128 * MIB
    # Beside it, so that the folder does not stay as large as this: the acknowledgement gives the room back.
    assert ask(server.port, "DELETE", f"{SECRETS}/{tokens.id}/claim", tokens.claiming)[0] == 204
    assert list((server.data / "envelopes").iterdir()) == []


def test_five_hundred_slow_uploads_at_once(serve: Callable[..., Server]) -> None:
    """Each has sent most of its octets before any of them ends."""
    server = serve()
    size, count = 256 * 1024, 500
    senders = [(Connection(server.port), Tokens()) for _ in range(count)]
    for connection, tokens in senders:
        begin(connection, tokens, size)
    step = 16 * 1024
    for start in range(4, size, step):
        for connection, _ in senders:
            connection.send(PIECE[: min(step, size - start)])
    for connection, tokens in senders:
        finish(connection, tokens)
    assert server.peak_memory() < 512 * MIB


def test_a_reader_that_stops_reading_is_not_read_ahead_for(serve: Callable[..., Server]) -> None:
    """Twenty of them, together ten times what may grow; each goes on and gets everything."""
    server = serve()
    size, count = 32 * MIB, 20
    everybody = [upload(server, size) for _ in range(count)]
    before = server.resident_memory()
    server.forget_peak()
    readers = [claim(server, tokens, receive_buffer=64 * 1024)[0] for tokens in everybody]
    wait_until_still(server)
    assert server.peak_memory() - before < 64 * MIB
    for connection in readers:
        assert sum(len(octets) for octets in connection.body(size)) == size
        connection.close()


def wait_until_still(server: Server) -> None:
    """Until it has read what it will read from its disk."""
    deadline = time.monotonic() + WITHIN
    last, still = -1, 0
    while still < 5 and time.monotonic() < deadline:
        time.sleep(0.1)
        count = server.octets_read()
        still = still + 1 if count == last else 0
        last = count
