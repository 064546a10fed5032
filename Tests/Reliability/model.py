"""What clients were told about each secret, and what a server may therefore still say.

The rules are those of Spec/openapi.yaml, from outside: an answer is wrong when no order of the calls that were under way
could have brought it about. Times are Unix seconds by the server's clock.
"""

import base64
import hashlib
import random
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

LEASE = 300  # seconds a lease holds at least after its holder's last request
CAP = 3600  # seconds a lease of a small envelope holds at most
TOLD_WRONG = 10  # guesses before one may be told to wait


class Fault(StrEnum):
    LOST = "lost"
    TWICE = "delivered twice"
    LEFT = "left over"
    WRONG = "answered wrongly"


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def verifier(token: bytes) -> str:
    return base64url(hashlib.blake2b(token, digest_size=32).digest())


@dataclass
class Claim:
    """One key. Whatever is only asked may have happened."""

    key: str
    asked_at: float
    taken: bool = False
    """It is certain that this key took a view."""
    served: bool = False
    """It received octets."""
    whole: bool = False
    acknowledging: bool = False
    acknowledged: bool = False
    ended: bool = False
    """Its lease is over, whoever ended it."""
    refused: bool = False
    """It is certain that this key took none."""


@dataclass
class Secret:
    number: int
    size: int
    views: int
    ttl: int
    link: bytes
    access: bytes
    receipt: bytes
    asked_at: float = 0.0
    id: str = ""
    expires_at: float = 0.0
    claims: list[Claim] = field(default_factory=list)
    guesses: int = 0
    wrong: int = 0
    """Guesses that were told that they are wrong."""
    revoking: bool = False
    revoked: bool = False
    over: bool = False
    """Somebody was told that nothing of it is left."""
    never: bool = False
    """It is certain that nothing was stored."""
    faults: list[tuple[Fault, str]] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    """Every call and its answer, for who looks for the reason of a fault."""

    @staticmethod
    def draw(seed: random.Random, number: int, size: int, views: int, ttl: int) -> "Secret":
        return Secret(number, size, views, ttl, *(seed.randbytes(32) for _ in range(3)))

    @property
    def is_created(self) -> bool:
        return self.id != ""

    @property
    def verifiers(self) -> dict[str, str]:
        tokens = {"Link": self.link, "Access": self.access, "Receipt": self.receipt}
        return {f"Keylink-{name}-Verifier": verifier(token) for name, token in tokens.items()}

    def blame(self, fault: Fault, what: str) -> None:
        self.faults.append((fault, what))
        self.history.append(f"{fault}: {what}")

    def may_be_expired(self, now: float) -> bool:
        return now >= (self.expires_at or self.asked_at + self.ttl)

    def may_be_exhausted(self, but: Claim | None = None) -> bool:
        """Whether other keys can have taken every view."""
        others = [claim for claim in self.claims if claim is not but and not claim.refused]
        return len(others) >= self.views

    def may_be_gone(self, code: str, now: float, but: Claim | None = None) -> bool:
        """Whether a 410 with this code can be true."""
        match code:
            case "revoked":
                return self.revoking
            case "expired":
                return self.may_be_expired(now)
            case "opened" | "claimed":
                return self.may_be_exhausted(but)
        return False

    def may_have_ended(self, claim: Claim, now: float) -> bool:
        """Whether the lease under this key can be over."""
        return claim.acknowledging or self.revoking or now >= claim.asked_at + LEASE

    # What an answer teaches.

    def created(self, id: str, expires_at: float, views: int) -> None:
        if self.is_created and (id, expires_at) != (self.id, self.expires_at):
            self.blame(Fault.WRONG, "the same verifiers made two secrets")
        if views != self.views:
            self.blame(Fault.WRONG, f"it has {views} views instead of {self.views}")
        if self.never:
            self.blame(Fault.WRONG, "a creation that was refused made a secret")
        self.id, self.expires_at = id, expires_at

    def served(self, claim: Claim, ended: bool) -> None:
        """Octets came under this key. `ended`: what ends them had been confirmed before they were asked for."""
        if ended:
            self.blame(Fault.TWICE, "octets came after their end had been confirmed")
        claim.taken = claim.served = True
        if sum(claim.served for claim in self.claims) > self.views:
            self.blame(Fault.TWICE, f"{sum(claim.served for claim in self.claims)} keys received octets")

    def gone(self, code: str, now: float, but: Claim | None = None) -> None:
        if not self.may_be_gone(code, now, but):
            self.blame(Fault.LOST, f"said to be {code}, which nobody can have brought about")
        if but is not None:
            if but.taken:
                self.blame(Fault.LOST, f"a claim under way is forgotten: {code}")
            but.refused = True
        self._came_to(code)

    def lease_ended(self, claim: Claim, now: float, state: str | None) -> None:
        if not self.may_have_ended(claim, now):
            self.blame(Fault.LOST, "a lease ended that nobody ended")
        claim.taken = claim.ended = True
        self._came_to(state)

    def acknowledged(self, claim: Claim) -> None:
        claim.taken = claim.acknowledged = claim.ended = True
        if sum(one.acknowledged for one in self.claims) >= self.views:
            self.over = True

    def was_revoked(self) -> None:
        self.revoked = self.over = True

    def _came_to(self, state: str | None) -> None:
        """What has expired is kept for those who are still receiving it."""
        if state in ("opened", "revoked") or (state == "expired" and all(one.ended or one.refused for one in self.claims)):
            self.over = True

    def check_receipt(self, receipt: dict, now: float) -> None:
        """When nothing is under way and every claim was asked for until it was answered."""
        taken = sum(claim.taken for claim in self.claims)
        if receipt["views"] - receipt["viewsLeft"] != taken:
            self.blame(Fault.WRONG, f"{taken} views were taken, the receipt says {receipt['viewsLeft']} of {self.views} are left")
        events = Counter(event["what"] for event in receipt["events"])
        # An acknowledgement of a lease that had ended otherwise is answered 204 as well, and is none.
        acknowledged = 0 if self.revoking else sum(claim.acknowledged for claim in self.claims)
        if events["claimed"] != taken or events["acknowledged"] + events["lapsed"] < acknowledged:
            self.blame(Fault.WRONG, f"{taken} claims and {acknowledged} acknowledgements, the receipt says {dict(events)}")
        if not self.wrong <= receipt["failedClaims"] <= self.guesses:
            self.blame(Fault.WRONG, f"{receipt['failedClaims']} wrong tries, {self.wrong} were told of {self.guesses}")
        if receipt["state"] != "waiting" and not self.may_be_gone(receipt["state"], now):
            self.blame(Fault.LOST, f"the receipt says {receipt['state']}")
