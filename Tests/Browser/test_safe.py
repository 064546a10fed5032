"""What burns nothing: every page and call by GET, HEAD and OPTIONS, and every wrong key, token and passphrase."""

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from keylink_reference.header import parse_parameters
from keylink_reference.keys import link_token, receipt_token, unlock
from keylink_reference.link import decode, encode, parse, parse_receipt
from ledger import Ledger
from playwright.sync_api import BrowserContext, Page
from programs import Programs
from service import Service
from steps import MESSAGES, look, press_open, says, shown_text

TEXT = "burned by none of this"
CLAIM_KEY = "a-claim-key-of-nobody-at-all"
SAFE = ("GET", "HEAD", "OPTIONS")


@dataclass
class Secret:
    """One that waits, and all that is to be known about it."""

    service: Service
    link: str
    receipt_link: str

    @property
    def id(self) -> str:
        return parse(self.link).id

    @property
    def look_token(self) -> str:
        return encode(link_token(parse(self.link).key))

    @property
    def receipt(self) -> dict:
        token = encode(receipt_token(parse_receipt(self.receipt_link).key))
        return json.loads(self.ask("GET", f"/api/v1/secrets/{self.id}/receipt", token)[1])

    def claim_token(self, access: bytes | None = None) -> str:
        """L and A together: the right A where none is given."""
        key = parse(self.link).key
        if access is None:
            looked = json.loads(self.ask("GET", f"/api/v1/secrets/{self.id}", self.look_token)[1])
            access = unlock(key, None, parse_parameters(decode(looked["parameters"], 48))).access_token
        return encode(link_token(key) + access)

    def ask(self, method: str, path: str, token: str | None = None, claim: str | None = None) -> tuple[int, bytes]:
        address = urlsplit(self.service.base)
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        if claim is not None:
            headers["Idempotency-Key"] = claim
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def refused(self, method: str, path: str, token: str | None, claim: str | None, status: int, code: str) -> None:
        answered, body = self.ask(method, path, token, claim)
        assert (answered, json.loads(body)["code"]) == (status, code)


@pytest.fixture
def secret(programs: Programs, service: Service) -> Secret:
    shared = programs.share_text(TEXT)
    return Secret(service, shared["link"], shared["receiptLink"])


def still_opens(secret: Secret, programs: Programs, failed: int = 0) -> None:
    receipt = secret.receipt
    assert (receipt["state"], receipt["viewsLeft"], receipt["failedClaims"]) == ("waiting", 1, failed)
    assert [event["what"] for event in receipt["events"]] == ["created"] + ["failed"] * failed
    opened = programs.command("open", secret.link)
    assert (opened.returncode, opened.stdout) == (0, TEXT.encode())


def test_safe_methods_on_every_page_and_call(secret: Secret, programs: Programs) -> None:
    right = secret.claim_token()
    paths = ["/", f"/s/{secret.id}", f"/r/{secret.id}", "/site.json"]
    paths += [f"/{name}" for name in json.loads(secret.ask("GET", "/site.json")[1])["files"]]
    paths += ["/api/v1/limits", "/api/v1/openapi.yaml", "/api/v1/secrets", "/download/keylink-extension.zip"]
    paths += [f"/api/v1/secrets/{secret.id}{rest}" for rest in ("", "/claim", "/receipt")]
    for path in paths:
        for method in SAFE:
            for token in (None, secret.look_token, right):
                for claim in (None, CLAIM_KEY):
                    status, _ = secret.ask(method, path, token, claim)
                    assert status < 500
    still_opens(secret, programs)


def test_the_id_alone_opens_nothing(secret: Secret, programs: Programs) -> None:
    path = f"/api/v1/secrets/{secret.id}"
    secret.refused("GET", path, None, None, 404, "not-found")
    secret.refused("POST", f"{path}/claim", None, CLAIM_KEY, 404, "not-found")
    secret.refused("DELETE", f"{path}/claim", None, CLAIM_KEY, 404, "not-found")
    secret.refused("DELETE", path, None, None, 404, "not-found")
    secret.refused("GET", f"{path}/receipt", None, None, 404, "not-found")
    still_opens(secret, programs)


def test_another_link_key_opens_nothing(secret: Secret, programs: Programs) -> None:
    path = f"/api/v1/secrets/{secret.id}"
    stranger = encode(bytes(32))
    secret.refused("GET", path, stranger, None, 404, "not-found")
    secret.refused("POST", f"{path}/claim", encode(bytes(64)), CLAIM_KEY, 404, "not-found")
    secret.refused("DELETE", f"{path}/claim", encode(bytes(64)), CLAIM_KEY, 404, "not-found")
    secret.refused("DELETE", path, stranger, None, 404, "not-found")
    # The link's own token is none for the receipt.
    secret.refused("DELETE", path, secret.look_token, None, 404, "not-found")
    still_opens(secret, programs)


def test_a_wrong_access_token_is_counted_and_takes_no_view(secret: Secret, programs: Programs) -> None:
    path = f"/api/v1/secrets/{secret.id}/claim"
    secret.refused("POST", path, secret.claim_token(bytes(32)), CLAIM_KEY, 403, "wrong-key")
    secret.refused("POST", path, secret.claim_token(bytes(32)), CLAIM_KEY, 403, "wrong-key")
    still_opens(secret, programs, failed=2)


def test_malformed_and_unknown_claims_take_no_view(secret: Secret, programs: Programs) -> None:
    path = f"/api/v1/secrets/{secret.id}/claim"
    right = secret.claim_token()
    for token, claim in ((right, None), (right, "short"), (right + "A", CLAIM_KEY), ("=" * 86, CLAIM_KEY)):
        secret.refused("POST", path, token, claim, 400, "malformed-request")
    for method in ("GET", "DELETE"):
        secret.refused(method, path, right, CLAIM_KEY, 409, "no-lease")
    still_opens(secret, programs)


def with_key(link: str, key: str) -> str:
    return f"{link.split('#')[0]}#{key}"


@pytest.mark.parametrize("verb", ["open", "look"])
def test_the_programs_with_another_link_key(secret: Secret, programs: Programs, ledger: Ledger, verb: str) -> None:
    other = ledger.keep_link(with_key(secret.link, encode(bytes(32))))
    for run in (programs.command, programs.reference):
        done = run(verb, other)
        assert (done.returncode, done.stdout) == (3, b"")
    still_opens(secret, programs)


def test_looking_again_and_again(secret: Secret, programs: Programs, visitor: Callable[..., BrowserContext]) -> None:
    for _ in range(3):
        look(visitor().new_page(), secret.link)
        assert programs.command("look", secret.link).returncode == 0
        assert programs.reference("look", secret.link).returncode == 0
    still_opens(secret, programs)


def test_the_page_with_another_link_key(secret: Secret, programs: Programs, page: Page, ledger: Ledger) -> None:
    page.goto(ledger.keep_link(with_key(secret.link, encode(bytes(32)))))
    says(page, "ended.not-found.title")
    still_opens(secret, programs)


def test_wrong_passphrases_everywhere(programs: Programs, service: Service, ledger: Ledger, page: Page, tmp_path) -> None:
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text(ledger.keep("the right passphrase", "passphrase"))
    wrong.write_text(ledger.keep("the wrong passphrase", "passphrase"))
    shared = programs.share_text(TEXT, "--passphrase-file", str(right))
    secret = Secret(service, shared["link"], shared["receiptLink"])

    for run in (programs.command, programs.reference):
        done = run("open", secret.link, "--passphrase-file", str(wrong))
        assert (done.returncode, done.stdout) == (4, b"")
    look(page, secret.link)
    press_open(page, "the wrong passphrase")
    page.get_by_text(MESSAGES["open.wrongPassphrase"]).wait_for()
    receipt = secret.receipt
    assert (receipt["state"], receipt["viewsLeft"], receipt["failedClaims"]) == ("waiting", 1, 3)
    press_open(page, "the right passphrase")
    assert shown_text(page) == TEXT
