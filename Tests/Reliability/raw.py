"""HTTP by hand, for what no client library does: to stop in the middle, to stop reading, to say a wrong length."""

import contextlib
import re
import secrets
import socket
from collections.abc import Iterator

from model import base64url, verifier

PATIENCE = 120.0  # seconds for one step of a machine under load
SECRETS = "/api/v1/secrets"


class Tokens:
    """What belongs to one secret."""

    def __init__(self) -> None:
        self.id = ""
        self.link, self.access, self.receipt = (secrets.token_bytes(32) for _ in range(3))
        self.key = base64url(secrets.token_bytes(16))

    @property
    def verifiers(self) -> dict[str, str]:
        tokens = {"Link": self.link, "Access": self.access, "Receipt": self.receipt}
        return {f"Keylink-{name}-Verifier": verifier(token) for name, token in tokens.items()}

    def bearer(self, scheme: str) -> str:
        """For one of the security schemes of Spec/openapi.yaml."""
        token = {"linkToken": self.link, "accessTokens": self.link + self.access, "receiptToken": self.receipt}[scheme]
        return f"Bearer {base64url(token)}"

    @property
    def claiming(self) -> dict[str, str]:
        return {"Authorization": self.bearer("accessTokens"), "Idempotency-Key": self.key}


class Connection:
    """One connection, one request at a time."""

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self._rest = b""

    def head(self, method: str, path: str, headers: dict[str, str]) -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
        self.send("\r\n".join([*lines, "", ""]).encode())

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def chunk(self, octets: bytes) -> None:
        self.send(b"%x\r\n%b\r\n" % (len(octets), octets))

    def answer(self) -> tuple[int, int]:
        """The status and the Content-Length of the answer, once its head is there."""
        while b"\r\n\r\n" not in self._rest:
            octets = self.socket.recv(1 << 16)
            if not octets:
                raise ConnectionError("the connection ended before the answer's head did")
            self._rest += octets
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", head.lower())
        return int(head.split(b" ", 2)[1]), int(length[1]) if length else 0

    def body(self, length: int) -> Iterator[bytes]:
        """Its octets as they come."""
        while length > 0:
            octets = self._rest or self.socket.recv(1 << 18)
            self._rest = b""
            if not octets:
                raise ConnectionError(f"{length} octets are missing")
            length -= len(octets)
            yield octets

    def close(self) -> None:
        self.socket.close()

    def shut(self) -> None:
        """Nothing more is sent; answers are still heard."""
        with contextlib.suppress(OSError):  # the server may have been faster
            self.socket.shutdown(socket.SHUT_WR)


def ask(port: int, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
    """One whole call on a connection of its own."""
    connection = Connection(port)
    try:
        connection.head(method, path, {**headers, "Content-Length": str(len(body)), "Connection": "close"})
        connection.send(body)
        status, length = connection.answer()
        return status, b"".join(connection.body(length))
    finally:
        connection.close()
