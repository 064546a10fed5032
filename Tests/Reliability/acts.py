"""What happens while the server is killed over and over: every act that the API knows, by many people at once."""

import asyncio
import random
from collections.abc import Awaitable

from model import Claim, Secret
from people import Lost, People, grown, not_an_envelope

STANDARD_TTL, SHORTEST_TTL = 86_400, 60
LARGEST = 2 << 20  # octets of an envelope that is taken
RECENT = 120  # secrets among which people choose: few enough that they meet


class Acts:
    """The secrets of one round, and what people do to them."""

    def __init__(self, people: People, seed: random.Random, first: int) -> None:
        self.people = people
        self.seed = seed
        self.secrets: list[Secret] = []
        self._first = first
        self._acts = {
            self.create: 30,
            self.create_twice: 3,
            self.break_off: 5,
            self.be_refused: 3,
            self.look: 8,
            self.open: 25,
            self.open_at_once: 6,
            self.repeat: 8,
            self.guess: 4,
            self.guess_often: 1,
            self.revoke: 4,
        }

    async def one(self) -> None:
        """Any act. An answer that was lost is asked for again at once, or when the round is settled."""
        act = self.seed.choices(list(self._acts), list(self._acts.values()))[0]
        try:
            await act()
        except Lost:
            return

    async def create(self) -> None:
        secret = self._draw()
        await self._again(lambda: self.people.create(secret, length=self.seed.random() < 0.8))

    async def create_twice(self) -> None:
        secret = self._draw()
        await self._at_once(self.people.create(secret), self.people.create(secret, length=False))

    async def break_off(self) -> None:
        secret = self._draw()
        await self.people.create(secret, cut=self.seed.randrange(secret.size), length=self.seed.random() < 0.5)

    async def be_refused(self) -> None:
        secret = self._draw()
        octets = self.people.marks.envelope(secret.number, secret.size)
        if self.seed.random() < 0.5:
            answer = await self.people.create(secret, not_an_envelope(octets))
        else:
            answer = await self.people.create(secret, grown(octets, LARGEST), length=False)
        secret.never = answer.status in (400, 413)
        secret.over = secret.never

    async def look(self) -> None:
        if secret := self._any():
            await self.people.look(secret)

    async def open(self) -> None:
        if secret := self._any():
            await self._open(secret)

    async def open_at_once(self) -> None:
        """More recipients than views; and two with the same key, as two tabs have."""
        if secret := self._any():
            claim = self.people.new_claim()
            await self._at_once(
                self.people.claim(secret, claim), self.people.claim(secret, claim), *(self._open(secret) for _ in range(3))
            )

    async def repeat(self) -> None:
        """What a client does that does not know what became of its call."""
        if not (secret := self._any()):
            return
        await self.people.create(secret, b"" if self.seed.random() < 0.5 else None)
        if secret.claims:
            claim = self.seed.choice(secret.claims)
            if claim.acknowledging:
                await self.people.acknowledge(secret, claim)
            await self.people.claim(secret, claim)

    async def guess(self) -> None:
        if secret := self._any():
            await self.people.guess(secret)

    async def guess_often(self) -> None:
        if secret := self._any():
            await self._at_once(*(self.people.guess(secret) for _ in range(12)))

    async def revoke(self) -> None:
        if secret := self._any():
            await self._again(lambda: self.people.revoke(secret))

    async def _open(self, secret: Secret) -> None:
        """Claims, breaks off perhaps, goes on where it broke off, and acknowledges unless it forgets to."""
        claim = self.people.new_claim()
        if self.seed.random() < 0.3:
            await self._break_off_opening(secret, claim)
        answer = await self._again(lambda: self.people.claim(secret, claim))
        if answer.status in (200, 206) and self.seed.random() < 0.8:
            await self._again(lambda: self.people.acknowledge(secret, claim))

    async def _break_off_opening(self, secret: Secret, claim: Claim) -> None:
        place = self.seed.randrange(secret.size)
        try:
            await self.people.claim(secret, claim, drop_after=place)
        except Lost:
            if claim.served:
                await self.people.resume(secret, claim, place)

    async def _again(self, ask) -> object:
        """Mostly asks again until there is an answer."""
        while True:
            try:
                return await ask()
            except Lost:
                if self.seed.random() < 0.3:
                    raise

    async def _at_once(self, *calls: Awaitable[object]) -> None:
        for result in await asyncio.gather(*calls, return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(result, Lost):
                raise result

    def _draw(self) -> Secret:
        chance = self.seed.random()
        if chance < 0.85:
            size = self.seed.randint(97, 2000)
        elif chance < 0.9:
            size = self.seed.randint(65_500, 65_600)
        else:
            size = self.seed.randint(100_000, LARGEST)
        views = self.seed.choices([1, 2, 3, 7], [70, 15, 10, 5])[0]
        ttl = SHORTEST_TTL if self.seed.random() < 0.2 else STANDARD_TTL
        secret = Secret.draw(self.seed, self._first + len(self.secrets), size, views, ttl)
        self.secrets.append(secret)
        return secret

    def _any(self) -> Secret | None:
        created = [secret for secret in self.secrets[-RECENT:] if secret.is_created]
        waiting = [secret for secret in created if not secret.over]
        among = waiting if waiting and self.seed.random() < 0.85 else created
        return self.seed.choice(among) if among else None
