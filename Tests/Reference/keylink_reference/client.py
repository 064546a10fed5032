"""Shares and opens over the HTTP API (Spec/openapi.yaml), for tests.

It follows the order that keeps a secret safe: look, check the parameters, claim, verify, put the output away, and only
then acknowledge. What it leaves out is the claim record on disk: killed between claim and acknowledgement, it has no
way to go on, and the lease runs out.
"""

import contextlib
import functools
import http.client
import ipaddress
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from nacl.utils import random as random_bytes

from . import keys
from .envelope import Opened, open_pieces, seal
from .header import Header, parse_parameters
from .link import Link, ReceiptLink, encode, parse, parse_receipt
from .link import decode as decode_base64url
from .payload import Item

PIECE_BYTES = 65536
TRIES = 5
TIMEOUT_SECONDS = 60


class ServerRefused(Exception):
    """A problem document: `status` and `code` as in the table of the API."""

    def __init__(self, status: int, code: str, detail: str):
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code


class Unreachable(Exception):
    """No answer, or answers that break off, however often it was tried."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry a token to a host that nobody chose."""

    def redirect_request(self, *_args):
        return None


# No proxies: tests speak to this machine, and a token is for the server alone.
_opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Shared:
    """What a sender has afterwards."""

    link: Link
    receipt: ReceiptLink
    expires_at: str
    views: int


@dataclass(frozen=True)
class Look:
    """What the link alone tells."""

    size: int
    expires_at: str
    views_left: int
    parameters: Header


def check_transport(base: str, allow_http: bool = False) -> None:
    """Refuses plain http to anything but this machine: tokens and envelope could be taken on the way."""
    url = urllib.parse.urlsplit(base)
    if url.scheme == "https" or allow_http or url.hostname == "localhost":
        return
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(url.hostname or "").is_loopback:
            return
    raise ValueError("plain http to another machine needs --allow-http")


def share(
    base: str,
    items: Iterable[Item],
    passphrase: str | None = None,
    *,
    ttl: int | None = None,
    views: int | None = None,
    create_token: str | None = None,
) -> Shared:
    """Seals, stores, and gives link and receipt. A lost answer is asked for again under the same verifiers."""
    link_key, receipt_key = random_bytes(32), random_bytes(32)
    sealed = seal(items, link_key, passphrase)
    headers = {
        "Content-Type": "application/octet-stream",
        "Keylink-Link-Verifier": encode(keys.verifier(keys.link_token(link_key))),
        "Keylink-Access-Verifier": encode(keys.verifier(sealed.keys.access_token)),
        "Keylink-Receipt-Verifier": encode(keys.verifier(keys.receipt_token(receipt_key))),
    }
    query = urllib.parse.urlencode({k: v for k, v in {"ttl": ttl, "views": views}.items() if v is not None})
    url = f"{base}/api/v1/secrets" + (f"?{query}" if query else "")
    request = functools.partial(_request, "POST", url, create_token, headers, sealed.envelope)
    answer = _again(lambda: json.loads(_whole(request())))
    # The ID is the server's word: what it makes must be a link to here and nothing else.
    return Shared(
        parse(str(Link(base, answer["id"], link_key))),
        parse_receipt(str(ReceiptLink(base, answer["id"], receipt_key))),
        answer["expiresAt"],
        answer["views"],
    )


def look(link: Link) -> Look:
    """What there is, burning nothing. The parameters keep the header's rules; the link tag is not checked yet."""
    token = encode(keys.link_token(link.key))
    answer = _again(lambda: json.loads(_whole(_request("GET", _secret(link), token))))
    parameters = parse_parameters(decode_base64url(answer["parameters"], 48))
    return Look(answer["size"], answer["expiresAt"], answer["viewsLeft"], parameters)


class Claim:
    """One view of a secret, from the claim to its acknowledgement.

    Nothing is sent before the parameters have proved to be the sender's; a wrong passphrase is `wrong-key` from the
    server, and takes no view.
    """

    def __init__(self, link: Link, passphrase: str | None = None):
        self.link = link
        self._passphrase = passphrase
        self._parameters = look(link).parameters
        # Parameters and envelope ask for the same stretching.
        self._stretch = functools.lru_cache(maxsize=1)(keys.argon2id)
        unlocked = keys.unlock(link.key, passphrase, self._parameters, self._stretch)
        self._token = encode(keys.link_token(link.key) + unlocked.access_token)
        self._key = encode(random_bytes(16))

    def open(self) -> Opened:
        """Claims and reads to the verified end."""
        return open_pieces(
            self._octets(),
            self.link.key,
            self._passphrase,
            parameters=self._parameters.parameters,
            stretch=self._stretch,
        )

    def acknowledge(self) -> None:
        """After the output is safe: the server may destroy what it has."""
        _again(lambda: _whole(self._send("DELETE")))

    def _send(self, method: str, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        headers = {"Idempotency-Key": self._key, **(headers or {})}
        return _request(method, f"{_secret(self.link)}/claim", self._token, headers)

    def _octets(self) -> Iterator[bytes]:
        """The envelope; where the transfer breaks off it goes on behind what has come, under the same claim."""
        answer = _again(lambda: self._send("POST"))
        size = int(answer.headers["Content-Length"])
        got = tries = 0
        while True:
            before = got
            for piece in _pieces(answer, size - got):
                got += len(piece)
                yield piece
            if got == size:
                return
            tries = 0 if got > before else tries + 1
            if tries >= TRIES:
                raise Unreachable("the transfer keeps breaking off")
            answer = _again(functools.partial(self._send, "GET", {"Range": f"bytes={got}-"}))
            if answer.status != 206:
                raise Unreachable("the server does not go on where it broke off")


def _pieces(answer: http.client.HTTPResponse, size: int) -> Iterator[bytes]:
    """At most `size` bytes; fewer where the connection breaks."""
    with answer:
        while size > 0:
            try:
                piece = answer.read(min(PIECE_BYTES, size))
            except (OSError, http.client.HTTPException):
                return
            if not piece:
                return
            size -= len(piece)
            yield piece


def _secret(link: Link) -> str:
    return f"{link.base}/api/v1/secrets/{link.id}"


def _whole(answer: http.client.HTTPResponse) -> bytes:
    with answer:
        return answer.read()


def _request(
    method: str,
    url: str,
    token: str | None,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, method=method, data=body, headers=headers or {})
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        return _opener.open(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        raise _refusal(error) from error


def _refusal(error: urllib.error.HTTPError) -> ServerRefused:
    try:
        problem = json.loads(error.read())
        return ServerRefused(error.code, problem["code"], problem.get("detail", ""))
    except (ValueError, KeyError, TypeError):
        return ServerRefused(error.code, "unknown", "the answer is no problem document")


Answer = TypeVar("Answer")


def _again(ask: Callable[[], Answer]) -> Answer:
    """Asks until there is an answer. Only for calls that may be made twice, which all of ours may."""
    for attempt in range(TRIES):
        try:
            return ask()
        except (OSError, http.client.HTTPException) as error:
            problem = error
            time.sleep(0.2 * 2**attempt)
    raise Unreachable("no answer from the server") from problem
