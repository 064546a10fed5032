"""However a secret or an upload ends, no piece of it is left in any file below the data folder: seen from outside the process.

Time passes by the server's clock between an end and a start. Nobody asks then: what is due is gone because the sweeper came.
"""

import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from marks import Marks
from raw import SECRETS, Connection, Tokens, ask
from server import WITHIN, Server

SIZES = [1000, 65_536, 300_000]  # in the database, the largest there, and a file
LIMIT = 400_000  # octets of an envelope
HOUR_AND_MORE = 3700  # seconds: a lease of these sizes holds for an hour at most


@dataclass
class Place:
    """A server and its folder, and what was sent there."""

    server: Server
    marks: Marks = field(default_factory=lambda: Marks(random.Random(1)))
    count: int = 0

    def draw(self, size: int) -> bytes:
        self.count += 1
        return self.marks.envelope(self.count, size)

    def create(self, size: int, ttl: int = 3600) -> tuple[Tokens, int]:
        """What belongs to it, and the number of its marks."""
        tokens, octets = Tokens(), self.draw(size)
        status, answer = ask(self.server.port, "POST", f"{SECRETS}?ttl={ttl}", headers(tokens), octets)
        assert status == 201, answer
        tokens.id = answer.split(b'"id":"')[1][:22].decode()
        assert self.count in self.left(), "the search finds nothing"
        return tokens, self.count

    def claim(self, tokens: Tokens) -> None:
        assert ask(self.server.port, "POST", f"{SECRETS}/{tokens.id}/claim", tokens.claiming)[0] == 200

    def left(self) -> dict[int, set[str]]:
        return self.marks.found(self.server.data)

    def wait_until_gone(self, number: int) -> None:
        wait_until(lambda: number not in self.left())

    def restart(self, ahead: int = 0) -> None:
        self.server.kill()
        self.server.start(ahead)


def headers(tokens: Tokens) -> dict[str, str]:
    return {"Content-Type": "application/octet-stream", **tokens.verifiers}


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def place(serve: Callable[..., Server]) -> Iterator[Place]:
    """Beside everything that ends there is a secret that goes on waiting: nothing may be gone by accident."""
    place = Place(serve("--max-envelope-bytes", str(LIMIT)))
    bystanders = [place.create(size, ttl=86_400) for size in SIZES]
    yield place
    for tokens, number in bystanders:
        assert number in place.left()
        place.claim(tokens)
    place.restart()
    assert place.left().keys() == {number for _, number in bystanders}


@pytest.mark.parametrize("size", SIZES)
def test_acknowledged(place: Place, size: int) -> None:
    tokens, number = place.create(size)
    place.claim(tokens)
    assert ask(place.server.port, "DELETE", f"{SECRETS}/{tokens.id}/claim", tokens.claiming)[0] == 204
    assert number not in place.left()


@pytest.mark.parametrize("size", SIZES)
def test_revoked_while_somebody_receives_it(place: Place, size: int) -> None:
    tokens, number = place.create(size)
    reader = Connection(place.server.port, receive_buffer=4096)
    reader.head("POST", f"{SECRETS}/{tokens.id}/claim", tokens.claiming)
    assert reader.answer()[0] == 200
    revoking = {"Authorization": tokens.bearer("receiptToken")}
    assert ask(place.server.port, "DELETE", f"{SECRETS}/{tokens.id}", revoking)[0] == 204
    assert number not in place.left()
    reader.close()


@pytest.mark.parametrize("size", SIZES)
def test_lapsed_and_expired(place: Place, size: int) -> None:
    claimed, lapsing = place.create(size)
    place.claim(claimed)
    _, expiring = place.create(size, ttl=60)
    place.restart(HOUR_AND_MORE)
    place.wait_until_gone(lapsing)
    place.wait_until_gone(expiring)


class Upload:
    """One that does not come to its end."""

    def __init__(self, place: Place, size: int, chunked: bool) -> None:
        self.place, self.chunked = place, chunked
        self.octets = place.draw(size)
        self.number = place.count
        self.connection = Connection(place.server.port)
        self.tokens = Tokens()
        length = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(size)}
        self.connection.head("POST", SECRETS, {**headers(self.tokens), **length})

    def send(self, octets: bytes) -> None:
        if self.chunked:
            self.connection.chunk(octets)
        else:
            self.connection.send(octets)

    def send_most(self) -> None:
        """Until the server has written of it what it writes before the end, where that is anything."""
        self.send(self.octets[: len(self.octets) * 3 // 4])
        if len(self.octets) > 200_000:
            wait_until(lambda: self.number in self.place.left())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("end", ["closed", "reset", "killed"])
def test_upload_broken_off(place: Place, size: int, chunked: bool, end: str) -> None:
    upload = Upload(place, size, chunked)
    upload.send_most()
    match end:
        case "closed":
            upload.connection.close()
        case "reset":
            upload.connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            upload.connection.close()
        case "killed":
            place.restart()
    place.wait_until_gone(upload.number)
    wait_until(lambda: not parts(place.server.data))
    # Nothing was stored either: the same verifiers are as good as new.
    assert ask(place.server.port, "POST", SECRETS, headers(upload.tokens))[0] == 400


def parts(data: Path) -> list[str]:
    return [path.name for path in (data / "envelopes").iterdir() if path.suffix == ".part"]


@pytest.mark.parametrize("size", SIZES)
def test_upload_refused_by_how_it_begins(place: Place, size: int) -> None:
    octets = place.draw(size)
    status, answer = ask(place.server.port, "POST", SECRETS, headers(Tokens()), b"?" + octets[1:])
    assert (status, b"malformed-envelope" in answer) == (400, True)
    assert place.count not in place.left()


def test_upload_refused_in_the_middle(place: Place) -> None:
    """Too large, as it turns out: its length was not said."""
    upload = Upload(place, LIMIT, chunked=True)
    upload.send(upload.octets)
    upload.send(upload.octets[:1000])
    status, _ = upload.connection.answer()
    assert status == 413
    assert upload.number not in place.left()
    upload.connection.close()


def test_killed_while_it_is_burned(place: Place) -> None:
    """Not answered yet, and then asked for again."""
    tokens, number = place.create(300_000)
    place.claim(tokens)
    connection = Connection(place.server.port)
    connection.head("DELETE", f"{SECRETS}/{tokens.id}/claim", tokens.claiming)
    place.restart()
    assert ask(place.server.port, "DELETE", f"{SECRETS}/{tokens.id}/claim", tokens.claiming)[0] == 204
    assert number not in place.left()
    connection.close()
