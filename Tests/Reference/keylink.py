"""The reference client as a command, for tests.

    python Tests/Reference/keylink.py share [FILE... | -] --server URL [--ttl SECONDS] [--views N]
                                            [--passphrase-file F] [--create-token-file F] [--json]
    python Tests/Reference/keylink.py open LINK|- [--output DIR] [--passphrase-file F]
    python Tests/Reference/keylink.py look LINK|-

Standard output is data, standard error is for people. Exit codes are those of `keylink`: 0 done, 1 failed, 3 no such
secret or already gone, 4 wrong key or passphrase, 5 corrupt, 6 server unreachable, 7 refused by a limit, 64 usage.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from keylink_reference import EnvelopeError, Item, RefusedInput, parse
from keylink_reference.client import Claim, ServerRefused, Unreachable, check_transport, look, share
from keylink_reference.files import save

FAILED, GONE, WRONG_KEY, CORRUPT, UNREACHABLE, LIMIT, USAGE = 1, 3, 4, 5, 6, 7, 64
OF_ENVELOPE = {
    "malformed-link": USAGE,
    "wrong-link": WRONG_KEY,
    "passphrase-required": WRONG_KEY,
    "wrong-key": WRONG_KEY,
    "corrupt": CORRUPT,
    "malformed-payload": CORRUPT,
}
OF_STATUS = {404: GONE, 409: GONE, 410: GONE, 413: LIMIT, 422: LIMIT, 429: LIMIT, 503: UNREACHABLE, 507: LIMIT}


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"error: {message}\n")


def parser() -> argparse.ArgumentParser:
    top = Parser(description="The reference client of Keylink, for tests.")
    commands = top.add_subparsers(dest="command", required=True)
    sharing = commands.add_parser("share", help="seal, store, print the link")
    sharing.add_argument("files", nargs="*", default=["-"], help="files; - for a text from standard input")
    sharing.add_argument("--server", default=os.environ.get("KEYLINK_SERVER"))
    sharing.add_argument("--ttl", type=int, help="seconds")
    sharing.add_argument("--views", type=int)
    sharing.add_argument("--create-token-file", type=Path)
    sharing.add_argument("--json", action="store_true", help="print link, receipt link, ID, expiry and views")
    opening = commands.add_parser("open", help="claim, verify, write, acknowledge")
    opening.add_argument("link", help="- to read it from standard input")
    opening.add_argument("--output", type=Path, help="a folder; without it the data goes to standard output")
    looking = commands.add_parser("look", help="tell what there is, burning nothing")
    looking.add_argument("link", help="- to read it from standard input")
    for command in (sharing, opening):
        command.add_argument("--passphrase-file", type=Path)
    for command in (sharing, opening, looking):
        command.add_argument("--allow-http", action="store_true", help="plain http to another machine")
    return top


def first_line(path: Path | None) -> str | None:
    """What a file holds, without the newline that editors end it with."""
    if path is None:
        return None
    return path.read_bytes().decode("utf-8").removesuffix("\n").removesuffix("\r")


def item(path: str) -> Item:
    if path == "-":
        return Item("text", sys.stdin.buffer.read(), declare_size=False)
    return Item("file", Path(path).read_bytes(), name=Path(path).name)


def run_share(options: argparse.Namespace) -> None:
    if not options.server:
        raise RefusedInput("no server: give --server")
    base = options.server.rstrip("/")
    check_transport(base, options.allow_http)
    shared = share(
        base,
        [item(path) for path in options.files],
        first_line(options.passphrase_file),
        ttl=options.ttl,
        views=options.views,
        create_token=first_line(options.create_token_file),
    )
    if options.json:
        told = {
            "link": str(shared.link),
            "id": shared.link.id,
            "receiptLink": str(shared.receipt),
            "expiresAt": shared.expires_at,
            "views": shared.views,
        }
        print(json.dumps(told))
    else:
        print(shared.link)


def given_link(options: argparse.Namespace):
    text = sys.stdin.readline().strip() if options.link == "-" else options.link
    link = parse(text)
    check_transport(link.base, options.allow_http)
    return link


def run_open(options: argparse.Namespace) -> None:
    claim = Claim(given_link(options), first_line(options.passphrase_file))
    opened = claim.open()
    if options.output is not None:
        for path in save(opened.items, options.output):
            print(path)
    else:
        for one in opened.items:
            sys.stdout.buffer.write(one.data)
    # Written without error, and only then acknowledged.
    sys.stdout.flush()
    claim.acknowledge()


def run_look(options: argparse.Namespace) -> None:
    seen = look(given_link(options))
    told = {
        "size": seen.size,
        "expiresAt": seen.expires_at,
        "viewsLeft": seen.views_left,
        "passphrase": seen.parameters.needs_passphrase,
    }
    print(json.dumps(told))


def main() -> int:
    options = parser().parse_args()
    try:
        {"share": run_share, "open": run_open, "look": run_look}[options.command](options)
        return 0
    except EnvelopeError as error:
        return failed(error, OF_ENVELOPE.get(error.code, FAILED))
    except ServerRefused as error:
        code = WRONG_KEY if error.code == "wrong-key" else OF_STATUS.get(error.status, FAILED)
        return failed(error, code)
    except Unreachable as error:
        return failed(error, UNREACHABLE)
    except ValueError as error:
        return failed(error, USAGE)
    except OSError as error:
        return failed(error, FAILED)


def failed(error: Exception, code: int) -> int:
    print(f"error: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
