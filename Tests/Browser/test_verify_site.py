"""`keylink verify-site`: says nothing of a server that serves this version, and names whatever another one serves."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import ROOT
from liar import Answer, Asked, Liar
from programs import Programs
from service import Service, built_site

EXTENSION = "download/keylink-extension.zip"


@pytest.fixture
def liar(service: Service) -> Iterator[Liar]:
    liar = Liar(service.port)
    yield liar
    liar.close()


def verify(programs: Programs, base: str) -> tuple[int, set[tuple[str, str, str]]]:
    """The exit code, and what was found: kind, path, detail."""
    done = programs.command("verify-site", "--json", base)
    report = json.loads(done.stdout)
    assert (done.stderr == b"") == (done.returncode == 0)
    return done.returncode, {(one["what"], one["path"], one["detail"]) for one in report["findings"]}


def script_of(liar: Liar, name: str) -> str:
    """The path of a file whose name has its hash in it."""
    return next(path for path in json.loads(liar.real("/site.json"))["files"] if path.startswith(f"{name}."))


def test_the_pages_of_this_version(programs: Programs, service: Service) -> None:
    done = programs.command("verify-site", service.base)
    files = json.loads((Path(built_site().name) / "site/site.json").read_text())["files"]
    assert (done.returncode, done.stderr) == (0, b"")
    first, last = done.stdout.decode().splitlines()
    assert first == f"all {len(files)} files are those of version 0.1.0"
    assert "A server can still tell this command" in last


HOSTILE = b'<script type="module" src="../pages/more.js"></script></head>'

MARKS: dict[str, Callable[[Asked], bool]] = {
    "a user agent": lambda asked: "Firefox/" in asked.headers.get("User-Agent", ""),
    "a phone": lambda asked: "iPhone" in asked.headers.get("User-Agent", ""),
    "a client hint": lambda asked: '"Google Chrome"' in asked.headers.get("sec-ch-ua", ""),
    "a visit": lambda asked: asked.headers.get("Sec-Fetch-Mode") == "navigate" and asked.headers.get("Sec-Fetch-User") == "?1",
    "a first visit": lambda asked: "If-None-Match" not in asked.headers,
    "a second visit": lambda asked: "If-None-Match" in asked.headers,
    "a language": lambda asked: asked.headers.get("Accept-Language", "").startswith("fi"),
    "encodings": lambda asked: asked.headers.get("Accept-Encoding") == "gzip, deflate, br, zstd",
    "an upgrade": lambda asked: asked.headers.get("Upgrade-Insecure-Requests") == "1",
    "connections that stay": lambda asked: asked.headers.get("Connection", "").lower() == "keep-alive",
    "the network": lambda asked: asked.headers.get("Host", "").startswith("127.0.0.1:"),
    "nothing but fetched files": lambda asked: "Sec-Fetch-Dest" in asked.headers and "Referer" not in asked.headers,
}


@pytest.mark.parametrize("first", range(0, len(MARKS), 3))
def test_pages_for_browsers_alone(programs: Programs, liar: Liar, first: int) -> None:
    """Another page at each of its addresses, to who bears a mark; everybody else gets the real one."""
    marks = dict(zip(("/", "/s/", "/r/"), list(MARKS.values())[first : first + 3], strict=True))
    pages = {folder: liar.real(folder + "A" * 22 * (folder != "/")).replace(b"</head>", HOSTILE) for folder in marks}

    def change(asked: Asked, answer: Answer) -> None:
        folder = asked.path if asked.path == "/" else asked.path[:3]
        if folder in marks and answer.status != 404 and marks[folder](asked):
            answer.replace(pages[folder])

    liar.change = change
    status, found = verify(programs, liar.base)
    assert status == 1
    assert {(kind, path) for kind, path, _ in found} == {("differs", ""), ("differs", "s/…"), ("differs", "r/…")}


def test_the_second_link_that_is_opened(programs: Programs, liar: Liar) -> None:
    """The first ID that anybody asks for gets the real page, every other one another."""
    first: list[str] = []
    page = liar.real("/s/AAAAAAAAAAAAAAAAAAAAAA").replace(b"</head>", HOSTILE)

    def change(asked: Asked, answer: Answer) -> None:
        if asked.path.startswith("/s/") and answer.status != 404:
            first.append(asked.path)
            if asked.path != first[0]:
                answer.replace(page)

    liar.change = change
    status, found = verify(programs, liar.base)
    assert status == 1 and {(kind, path) for kind, path, _ in found} == {("differs", "s/…")}


def test_a_link_that_exists(programs: Programs, liar: Liar) -> None:
    """A server knows which IDs it gave away; only who names one can find out that it lies to its readers."""
    link = programs.share_text("known to the server")["link"]
    page, key = link.removeprefix(programs.base).split("#")

    def change(asked: Asked, answer: Answer) -> None:
        if asked.path == page:
            answer.replace(b"another page")

    liar.change = change
    assert verify(programs, liar.base) == (0, set())
    assert verify(programs, f"{liar.base}{page}#{key}") == (1, {("differs", page[1:], "identity")})
    assert not any(key in f"{asked.path} {asked.fields}" for asked in liar.asked)


def test_every_lie_about_a_file_is_named(programs: Programs, liar: Liar) -> None:
    """In one form alone, to one browser alone, for one purpose alone."""
    names = [
        "keylink/sodium",
        "keylink/worker",
        "pages/saver",
        "pages/create",
        "pages/page",
        "pages/trust",
        "pages/open",
        "styles/page",
    ]
    sodium, worker, saver, create, page, trust, missing, style = (script_of(liar, name) for name in names)
    real = {path: liar.real(f"/{path}") for path in (create, trust)}

    def change(asked: Asked, answer: Answer) -> None:
        path, purpose = asked.path[1:], asked.headers.get("Sec-Fetch-Dest")
        if path == sodium and ("Content-Encoding", "br") in answer.headers:
            answer.body = answer.body[:-1] + bytes([answer.body[-1] ^ 1])
        elif (path, purpose) in [(worker, "worker"), (saver, "serviceworker"), (page, "script"), (style, "style")]:
            if path != style or MARKS["a user agent"](asked):
                answer.replace(b"self.addEventListener('fetch', () => {})")
        elif path in real:
            # One browser stops where what was packed ends, another goes on.
            answer.body = gzip.compress(real[path]) + (b"more" if path == create else gzip.compress(b"alert(1)"))
            answer.set("Content-Encoding", "gzip")
        elif path == missing:
            answer.status = 404
        elif path == "index.html" and "zstd" in asked.headers.get("Accept-Encoding", ""):
            answer.set("Content-Encoding", "zstd")
        elif path == "site.json":
            index = json.loads(answer.body)
            index["files"]["pages/more.js"] = index["files"][missing]
            answer.body = json.dumps(index).encode()

    liar.change = change
    done = programs.command("verify-site", liar.base)
    assert done.returncode == 1
    assert sorted(done.stdout.decode().splitlines()) == sorted(
        [
            f"differs  /{sodium} (br)",
            f"differs  /{worker} (identity)",
            f"differs  /{saver} (identity)",
            f"differs  /{page} (identity)",
            f"differs  /{style} (identity; to Firefox)",
            f"differs  /{create} (gzip)",
            f"differs  /{trust} (gzip)",
            f"missing  /{missing} (status 404)",
            "differs  /index.html (zstd)",
            "extra    /pages/more.js",
        ]
    )


FORBIDDEN: dict[str, list[str]] = {
    "Content-Security-Policy": ["default-src *"],
    "Cross-Origin-Embedder-Policy": ["unsafe-none"],
    "Referrer-Policy": ["no-referrer", "unsafe-url"],
    "X-Content-Type-Options": [],
    "Cache-Control": ["public, max-age=60"],
    "Link": ["<locales/en.js>; rel=preload; as=script"],
    "refresh": ["0; url=https://example.org"],
    "set-cookie": ["seen=1"],
    "service-worker-allowed": ["/"],
    "sourcemap": ["/map"],
    "x-sourcemap": ["/map"],
    "clear-site-data": ['"storage"'],
    "location": ["https://example.org"],
    "content-location": ["/other"],
    "speculation-rules": ['"/rules.json"'],
    "reporting-endpoints": ['default="https://example.org"'],
    "report-to": ["{}"],
    "nel": ["{}"],
    "made-up-later": ["1"],
}
"""By name, as it is told: in small letters where a page has no such header at all."""


def test_headers_that_matter(programs: Programs, liar: Liar) -> None:
    """One on each file, and on the page under a link that of a file whose type browsers would read otherwise."""
    scripts = [path for path in json.loads(liar.real("/site.json"))["files"] if path.endswith(".js")]
    lies = dict(zip(scripts, FORBIDDEN.items(), strict=False))
    pages = {
        "/index.html": ("Cross-Origin-Opener-Policy", []),
        "/receipt.html": ("Link", ["<locales/en.js>; rel=preload; as=script"]),
        "/open.html": ("Content-Type", ["text/html; charset=utf-16"]),
    }

    def change(asked: Asked, answer: Answer) -> None:
        if asked.path[1:] in lies:
            name, values = lies[asked.path[1:]]
            answer.set(name, *values)
        elif asked.path in pages:
            answer.set(pages[asked.path][0], *pages[asked.path][1])
        elif asked.path.startswith("/s/") and answer.status == 304:
            # What comes with "unchanged" replaces what the copy came with.
            answer.set("Content-Security-Policy", "default-src *")

    liar.change = change
    status, found = verify(programs, liar.base)
    assert status == 1 and len(lies) == len(FORBIDDEN)
    assert found == {("header", path, name) for path, (name, _) in lies.items()} | {
        ("header", "index.html", "Cross-Origin-Opener-Policy"),
        ("header", "receipt.html", "Link"),
        ("differs", "open.html", "served as text/html; charset=utf-16"),
        ("header", "s/…", "Content-Security-Policy"),
    }


def test_a_proxy_in_between(programs: Programs, liar: Liar) -> None:
    """It takes apart, packs anew, adds what proxies add and takes away what caches like to; a second policy only forbids more."""

    def change(asked: Asked, answer: Answer) -> None:
        if answer.status == 200:
            packed = ("Content-Encoding", "gzip") in answer.headers
            unpacked = gzip.decompress(answer.body) if packed else liar.real(asked.path)
            answer.replace(unpacked)
            if "gzip" in asked.headers.get("Accept-Encoding", ""):
                answer.body = gzip.compress(unpacked, compresslevel=1)
                answer.set("Content-Encoding", "gzip")
        for name in ("Vary", "ETag", "Link"):
            answer.set(name)
        answer.headers += [
            ("Server", "something"),
            ("Alt-Svc", 'h3=":443"'),
            ("CF-Ray", "8a1"),
            ("X-Cache", "HIT"),
            ("Via", "1.1 x"),
        ]
        answer.headers += [("Age", "9"), ("Strict-Transport-Security", "max-age=1"), ("Keep-Alive", "timeout=5")]
        answer.headers.append(("Content-Security-Policy", "upgrade-insecure-requests"))

    liar.change = change
    assert verify(programs, liar.base) == (0, set())


def test_a_server_that_sends_elsewhere_or_without_end(programs: Programs, liar: Liar, service: Service) -> None:
    def change(asked: Asked, answer: Answer) -> None:
        if asked.path == "/index.html":
            answer.status = 302
            answer.set("Location", f"{service.base}/index.html")
        if asked.path == "/" and answer.status == 200:
            answer.replace(b" " * 20_000_000)
        # A link that was mistyped leads to where nothing is, with its key.
        if answer.status == 404 and "Linux; Android" in asked.headers.get("User-Agent", ""):
            answer.body = answer.body.replace(b"</head>", HOSTILE)

    liar.change = change
    status, found = verify(programs, liar.base)
    assert status == 1
    assert {(kind, path) for kind, path, _ in found} == {
        ("missing", "index.html"),
        ("differs", ""),
        ("differs", "…"),
        ("differs", "s/cut/…"),
    }
    assert set(liar.left) == {"/"}


def test_the_extension_that_a_server_offers(programs: Programs, tmp_path: Path) -> None:
    packed = (ROOT / "dist/keylink-extension.zip").read_bytes()
    for name, octets, expected in [
        ("same", packed, (0, set())),
        ("other", packed[:-1] + b"x", (1, {("differs", EXTENSION, "identity")})),
    ]:
        file = tmp_path / f"{name}.zip"
        file.write_bytes(octets)
        offering = Service(tmp_path / name, "--extension", str(file))
        try:
            assert verify(programs, offering.base) == expected
        finally:
            offering.stop()


def test_another_version_says_so(programs: Programs, liar: Liar) -> None:
    def change(asked: Asked, answer: Answer) -> None:
        if asked.path == "/site.json":
            answer.body = answer.body.replace(b'"version": "0.1.0"', b'"version": "9.9.9"')
        if asked.path == "/":
            answer.replace(b"another page")

    liar.change = change
    done = programs.command("verify-site", liar.base)
    assert done.returncode == 1
    assert "hint: the server says that it is version 9.9.9" in done.stderr.decode()
    assert done.stdout.decode() == "differs  / (identity)\n"


def test_a_server_that_is_not_there_and_an_address_that_is_none(programs: Programs) -> None:
    assert programs.command("verify-site", "http://127.0.0.1:9").returncode == 6
    assert programs.command("verify-site", "keylink.example").returncode == 64
    assert programs.command("verify-site", "http://keylink.example").returncode == 64
