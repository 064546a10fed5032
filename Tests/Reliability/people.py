"""What senders, recipients and strangers do, over real connections; every answer is held against the model.

A call whose answer is lost says so with `Lost`. Whoever made it asks again, as the API lets them.
"""

import asyncio
import datetime
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from marks import MARK, Marks
from model import Claim, Fault, Secret, base64url
from server import Server

PIECE = 1 << 16
LONGEST = aiohttp.ClientTimeout(total=None, sock_read=120)
"""A server that runs and says nothing for so long hangs."""


class Lost(Exception):
    """No answer, or half of one."""


@dataclass
class Answer:
    status: int
    body: dict
    retry_after: int = 0

    @property
    def code(self) -> str:
        return self.body.get("code", "")


class People:
    def __init__(self, server: Server, marks: Marks, seed: random.Random) -> None:
        self.server = server
        self.marks = marks
        self.seed = seed
        self.ahead = 0
        """Seconds by which the server's clock is ahead."""
        self._is_ending = False
        """The server was told to end: it may refuse."""
        self._endings = 0
        """How often it was told so: what it refused then may be read when the next one runs already."""
        self.calls = 0
        self._up = asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(expect_broken_connections)
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=LONGEST, auto_decompress=False)

    async def close(self) -> None:
        await self._session.close()

    def now(self) -> float:
        return time.time() + self.ahead

    def ending(self) -> None:
        self._is_ending = True
        self._endings += 1

    def up(self, is_up: bool) -> None:
        if is_up:
            self._is_ending = False
            self._up.set()
        else:
            self._up.clear()

    # Calls.

    async def create(self, secret: Secret, body: bytes | None = None, *, cut: int | None = None, length: bool = True) -> Answer:
        """Stores it, with its own octets unless others are given; with `cut` the connection breaks off there."""
        octets = self.marks.envelope(secret.number, secret.size) if body is None else body
        headers = {"Content-Type": "application/octet-stream", **secret.verifiers}
        if length:
            headers["Content-Length"] = str(len(octets))
        secret.asked_at = secret.asked_at or self.now()
        path = f"?ttl={secret.ttl}&views={secret.views}"
        answer = await self._ask(secret, "POST", path, headers, pieces(octets, cut))
        match answer.status:
            case 201:
                expires_at = datetime.datetime.fromisoformat(answer.body["expiresAt"]).timestamp()
                secret.created(answer.body["id"], expires_at, answer.body["views"])
            case 410:
                secret.gone(answer.code, self.now())
            case 400 if answer.code == "malformed-envelope":
                if secret.is_created:
                    secret.blame(Fault.LOST, "its creation is forgotten")
            case 413:
                pass
            case _:
                secret.blame(Fault.WRONG, f"creating: {answer.status} {answer.code}")
        return answer

    async def look(self, secret: Secret) -> None:
        over = secret.over
        answer = await self._ask(secret, "GET", f"/{secret.id}", bearer(secret.link))
        match answer.status:
            case 200 if over or answer.body["size"] != secret.size:
                secret.blame(Fault.WRONG, "looking shows what is gone, or another")
            case 200:
                pass
            case 410:
                secret.gone(answer.code, self.now())
            case 404:
                secret.blame(Fault.LOST, "looking: 404")
            case _:
                secret.blame(Fault.WRONG, f"looking: {answer.status} {answer.code}")

    async def claim(self, secret: Secret, claim: Claim, *, drop_after: int | None = None) -> Answer:
        """Takes a view, or under a key that has one begins anew; with `drop_after` the connection is dropped there."""
        if claim not in secret.claims:
            secret.claims.append(claim)
        return await self._receive("POST", secret, claim, 0, drop_after)

    async def resume(self, secret: Secret, claim: Claim, start: int, *, drop_after: int | None = None) -> Answer:
        return await self._receive("GET", secret, claim, start, drop_after)

    async def acknowledge(self, secret: Secret, claim: Claim) -> Answer:
        claim.acknowledging = True
        answer = await self._ask(secret, "DELETE", f"/{secret.id}/claim", keyed(secret, claim))
        if answer.status == 204:
            secret.acknowledged(claim)
        else:
            self._refused(secret, claim, answer, "DELETE")
        return answer

    async def guess(self, secret: Secret) -> Answer:
        """A stranger with the link and without the passphrase."""
        claim = self.new_claim()
        secret.guesses += 1
        headers = keyed(secret, claim, access=self.seed.randbytes(32))
        answer = await self._ask(secret, "POST", f"/{secret.id}/claim", headers)
        match answer.status:
            case 403:
                secret.wrong += 1
            case 200:
                secret.blame(Fault.TWICE, "octets for a wrong key")
            case 429:
                pass
            case 410:
                secret.gone(answer.code, self.now())
            case _:
                secret.blame(Fault.LOST, f"guessing: {answer.status} {answer.code}")
        return answer

    async def revoke(self, secret: Secret) -> Answer:
        secret.revoking = True
        answer = await self._ask(secret, "DELETE", f"/{secret.id}", bearer(secret.receipt))
        match answer.status:
            case 204:
                secret.was_revoked()
            case 410:
                secret.gone(answer.code, self.now())
            case _:
                secret.blame(Fault.LOST, f"revoking: {answer.status} {answer.code}")
        return answer

    async def ask_receipt(self, secret: Secret) -> Answer:
        return await self._ask(secret, "GET", f"/{secret.id}/receipt", bearer(secret.receipt))

    async def read_receipt(self, secret: Secret) -> dict | None:
        answer = await self.ask_receipt(secret)
        if answer.status != 200:
            secret.blame(Fault.LOST, f"the receipt: {answer.status} {answer.code}")
            return None
        return answer.body

    def new_claim(self) -> Claim:
        return Claim(base64url(self.seed.randbytes(16)), self.now())

    # Below them.

    async def _receive(self, method: str, secret: Secret, claim: Claim, start: int, drop_after: int | None) -> Answer:
        ended = secret.revoked or claim.acknowledged
        headers = keyed(secret, claim)
        if start:
            headers["Range"] = f"bytes={start}-"
        expected = self.marks.envelope(secret.number, secret.size)[start:]

        async def receive(response: aiohttp.ClientResponse) -> None:
            got = 0
            async for piece in response.content.iter_chunked(PIECE):
                if got == 0:
                    secret.served(claim, ended)
                if piece != expected[got : got + len(piece)]:
                    secret.blame(Fault.LOST, f"other octets than were stored, from {start + got}")
                got += len(piece)
                if drop_after is not None and got >= drop_after:
                    response.close()
                    raise Lost("dropped")
            if got != len(expected):
                raise Lost("short")
            claim.whole = True

        answer = await self._ask(secret, method, f"/{secret.id}/claim", headers, receive=receive)
        if answer.status not in (200, 206):
            self._refused(secret, claim, answer, method)
        return answer

    def _refused(self, secret: Secret, claim: Claim, answer: Answer, method: str) -> None:
        match answer.status, answer.code:
            case 410, code:
                secret.gone(code, self.now(), but=claim)
            case 409, "lease-ended":
                secret.lease_ended(claim, self.now(), answer.body.get("state"))
            case 409, "no-lease" if not claim.taken and method != "POST":
                pass
            case 429, "too-many-attempts" if secret.guesses >= 10 and not claim.taken:
                pass
            case status, code:
                secret.blame(Fault.LOST, f"{method} of a claim: {status} {code}")

    async def _ask(
        self,
        secret: Secret,
        method: str,
        path: str,
        headers: dict[str, str],
        data: AsyncIterator[bytes] | None = None,
        receive: Callable[[aiohttp.ClientResponse], Awaitable[None]] | None = None,
    ) -> Answer:
        await self._up.wait()
        self.calls += 1
        was_ending, endings = self._is_ending, self._endings
        url = f"{self.server.base}/api/v1/secrets{path}"
        called = f"{self.now():.3f} {method} {path.removeprefix('/' + secret.id)} {headers.get('Idempotency-Key', '')[:4]}"
        try:
            async with self._session.request(method, url, headers=headers, data=data) as response:
                if response.status in (200, 206) and receive is not None:
                    secret.history.append(f"{called}: {response.status}, octets follow")
                    await receive(response)
                    return Answer(response.status, {})
                text = await response.read()
                if response.status == 503 and (was_ending or self._endings > endings):
                    raise Lost("the server is ending")
                retry_after = int(response.headers.get("Retry-After", 0))
                answer = Answer(response.status, json.loads(text) if text else {}, retry_after)
                secret.history.append(f"{called}: {answer.status} {answer.code}")
                return answer
        except (TimeoutError, aiohttp.ClientError, OSError, Cut) as error:
            if isinstance(error, asyncio.TimeoutError):
                raise RuntimeError(f"the server does not answer {method}") from error
            secret.history.append(f"{called}: {type(error).__name__}")
            raise Lost(type(error).__name__) from error


def expect_broken_connections(loop: asyncio.AbstractEventLoop, context: dict) -> None:
    """aiohttp's writers end with the connection, and have nobody to tell."""
    if not isinstance(context.get("exception"), aiohttp.ClientConnectionError):
        loop.default_exception_handler(context)


class Cut(Exception):
    """A sender breaks off."""


async def pieces(octets: bytes, cut: int | None = None) -> AsyncIterator[bytes]:
    for start in range(0, len(octets) if cut is None else cut, PIECE):
        yield octets[start : min(start + PIECE, cut or len(octets))]
    if cut is not None:
        raise Cut


def bearer(token: bytes) -> dict[str, str]:
    return {"Authorization": f"Bearer {base64url(token)}"}


def keyed(secret: Secret, claim: Claim, access: bytes | None = None) -> dict[str, str]:
    return {**bearer(secret.link + (access or secret.access)), "Idempotency-Key": claim.key}


def not_an_envelope(octets: bytes) -> bytes:
    return octets[:3] + b"?" + octets[4:]


def grown(octets: bytes, size: int) -> bytes:
    """The same marks over and over, up to so many octets."""
    return octets + octets[MARK:] * (size // (len(octets) - MARK) + 1)
