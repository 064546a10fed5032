"""The log of the whole run, at its most talkative, and what is left in the data directory of it."""

from ledger import Ledger
from programs import Programs
from service import Service
from steps import create, open_text, receipt_of

LINES = ("route=limits", "method=POST")


def test_the_log_holds_no_id_token_key_or_plaintext(page, service: Service, programs: Programs, ledger: Ledger) -> None:
    # Of each kind at least one, also where this test runs alone.
    link = create(page, service.base, ledger, text="in no log at all", passphrase="a passphrase in no log")
    receipt_of(page, ledger)
    open_text(page, link, "a passphrase in no log")
    programs.share_text("shared by the command, in no log either")
    kinds = set(ledger.kept.values())
    assert kinds >= {"ID", "key", "token", "verifier", "plaintext", "passphrase", "authorization", "idempotency-key"}

    service.stop()
    log = service.log.read_text(encoding="utf-8", errors="replace")
    for line in LINES:
        assert line in log, "the log does tell of requests"
    found = {what for value, what in ledger.kept.items() if value in log}
    assert found == set()
    assert "/s/" not in log and "/r/" not in log and "/secrets/" not in log, "the route, never the path"
