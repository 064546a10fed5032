"""After the chaos of a round: every lost answer is asked for again, every secret comes to an end, nothing is left."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable

from acts import SHORTEST_TTL
from model import Fault, Secret
from people import Lost, People

CARRIED = 20  # secrets at most that wait until the next round
AT_ONCE = 16


class Settlement:
    """The server runs, and is not ended while this works."""

    def __init__(self, people: People, seed: random.Random, secrets: list[Secret], swept_within: float) -> None:
        self.people = people
        self.swept_within = swept_within
        self.seed = seed
        self.secrets = secrets

    async def bring_to_an_end(self) -> list[Secret]:
        """Opens, revokes, or leaves to time; those that go on waiting are given back."""
        await self._each(self.secrets, self._ask_again)
        await self._each(self.secrets, self._check)
        carried = []
        ends: list[tuple[Callable[[Secret], Awaitable[None]], list[Secret]]] = [
            (self._open, []),
            (self._claim, []),
            (self._revoke, []),
        ]
        for secret in self.secrets:
            if not secret.is_created or secret.over:
                continue
            untouched = not secret.claims and not secret.revoking and secret.ttl > SHORTEST_TTL
            if untouched and len(carried) < CARRIED and self.seed.random() < 0.5:
                carried.append(secret)
            elif secret.ttl > SHORTEST_TTL or self.seed.random() < 0.5:
                self.seed.choices(ends, [60, 20, 20])[0][1].append(secret)
        for end, secrets in ends:
            await self._each(secrets, end)
        await self._each([secret for secret in self.secrets if secret not in carried], self._check)
        return carried

    async def open_all(self) -> None:
        await self._each(self.secrets, self._open)

    async def see_that_nothing_is_left(self, waiting: Iterable[Secret]) -> None:
        """Nobody asks before the sweeper has been there: what time ends is gone although nobody asks."""
        numbers = {secret.number for secret in waiting}
        deadline = time.monotonic() + self.swept_within
        left = self.people.marks.found(self.people.server.data)
        while left.keys() - numbers and time.monotonic() < deadline:
            await asyncio.sleep(0.3)
            left = self.people.marks.found(self.people.server.data)
        for secret in self.secrets:
            if secret.number in left and secret.number not in numbers:
                secret.blame(Fault.LEFT, f"in {sorted(left[secret.number])} after everything had ended")
            if secret.number not in left and secret.number in numbers:
                secret.blame(Fault.LOST, "it waits, and lies nowhere")
        await self._each([secret for secret in self.secrets if secret.number not in numbers], self._see_the_end)

    async def see_that_all_is_forgotten(self) -> None:
        """After the tombstone's time an ID is one that never was."""
        await self._each(self.secrets, self._see_that_it_is_forgotten)

    async def _ask_again(self, secret: Secret) -> None:
        """Until everything about it is certain."""
        if not secret.is_created and not secret.never:
            answer = await self.people.create(secret, b"" if self.seed.random() < 0.7 else None)
            secret.never = answer.status == 400
            secret.over = secret.over or secret.never
        for claim in secret.claims:
            if claim.acknowledging and not claim.acknowledged:
                await self._patiently(lambda claim=claim: self.people.acknowledge(secret, claim))
            if not claim.refused and not claim.ended:
                await self._patiently(lambda claim=claim: self.people.claim(secret, claim))

    async def _open(self, secret: Secret) -> None:
        """Every view that is left can be opened, and then none."""
        await self._claim(secret)
        for claim in secret.claims:
            if claim.taken and not claim.ended:
                await self.people.resume(secret, claim, self.seed.randrange(secret.size))
                await self.people.acknowledge(secret, claim)
        latecomer = self.people.new_claim()
        await self._patiently(lambda: self.people.claim(secret, latecomer))

    async def _claim(self, secret: Secret) -> None:
        """Every view is taken and none acknowledged: their leases lapse."""
        for _ in range(secret.views - sum(claim.taken for claim in secret.claims)):
            claim = self.people.new_claim()
            await self._patiently(lambda claim=claim: self.people.claim(secret, claim))

    async def _revoke(self, secret: Secret) -> None:
        await self.people.revoke(secret)
        for claim in secret.claims:
            await self._patiently(lambda claim=claim: self.people.claim(secret, claim))

    async def _check(self, secret: Secret) -> None:
        if secret.is_created and (receipt := await self.people.read_receipt(secret)):
            secret.check_receipt(receipt, self.people.now())

    async def _see_the_end(self, secret: Secret) -> None:
        if not secret.is_created:
            return
        await self._check(secret)
        receipt = await self.people.read_receipt(secret)
        if receipt and receipt["endedAt"] is None:
            secret.blame(Fault.WRONG, f"nothing of it is left, and the receipt says {receipt['state']}")
        for claim in secret.claims:
            await self.people.claim(secret, claim)

    async def _see_that_it_is_forgotten(self, secret: Secret) -> None:
        answer = await self.people.ask_receipt(secret)
        if answer.status != 404:
            secret.blame(Fault.WRONG, f"still known after its tombstone's time: {answer.status} {answer.code}")

    async def _patiently(self, ask: Callable[[], Awaitable]) -> None:
        """As somebody who is told to come back later because of others' guesses."""
        while (answer := await ask()).status == 429:
            await asyncio.sleep(answer.retry_after)

    async def _each(self, secrets: list[Secret], what: Callable[[Secret], Awaitable[None]]) -> None:
        """Where an answer is lost although nobody ended the server, that is said and not asked again."""
        places = asyncio.Semaphore(AT_ONCE)

        async def one(secret: Secret) -> None:
            async with places:
                try:
                    await what(secret)
                except Lost as error:
                    secret.blame(Fault.WRONG, f"no answer from a server that runs: {error}")

        await asyncio.gather(*(one(secret) for secret in secrets))
