"""The import rules can fail: each test breaks one arrow in a tree of its own."""

from pathlib import Path

import pytest


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_tree_keeps_its_own_rules(check_imports, root, capsys):
    status = check_imports.main([str(root)])
    assert capsys.readouterr().out == ""
    assert status == 0


def test_the_server_cannot_open_a_secret(check_imports, root):
    """Read from the package manifest itself, not from the table that the check compares it with."""
    linked = check_imports.reachable(check_imports.manifest(root), "keylink-server")
    assert {"KeylinkServer", "SecretStore", "Sodium"} <= linked
    assert "Envelope" not in linked
    assert "KeylinkClient" not in linked


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("Sources/Envelope/A.swift", "import CSodium\n", "Envelope may not import CSodium"),
        ("Sources/KeylinkServer/A.swift", "internal import Envelope\n", "KeylinkServer may not import Envelope"),
        ("Sources/KeylinkServer/A.swift", "@testable import Envelope\n", "KeylinkServer may not import Envelope"),
        ("Sources/SecretStore/A.swift", "public import struct Envelope.Link\n", "SecretStore may not import Envelope"),
        ("Sources/keylink-server/A.swift", "import KeylinkClient\n", "keylink-server may not import KeylinkClient"),
        ("Sources/KeylinkAPI/A.swift", "import Sodium\n", "KeylinkAPI may not import Sodium"),
        ("Sources/New/A.swift", "import Foundation\n", "the module New has no row"),
        ("WebUI/keylink/bytes.js", 'import { K } from "./sodium.js";\n', "bytes may not import sodium"),
        ("WebUI/keylink/header.js", 'export * from "./client.js";\n', "header may not import client"),
        ("WebUI/keylink/link.js", 'await import("../pages/open.js");\n', "imports only its own modules"),
        ("WebUI/keylink/link.js", 'import "lodash";\n', "imports only its own modules"),
        ("WebUI/keylink/client.js", "document.title = x;\n", "uses document"),
        ("WebUI/keylink/client.js", "await chrome.storage.local.get();\n", "uses chrome"),
        ("WebUI/keylink/extra.js", "\n", "the module extra has no layer"),
        ("WebUI/pages/open.js", 'import "../../Extension/popup/popup.js";\n', "imports Extension/popup/popup.js"),
        ("Extension/background.js", 'import "../WebUI/keylink/client.js";\n', "imports WebUI/keylink/client.js"),
        ("Extension/popup/popup.js", 'import "../../WebUI/pages/form.js";\n', "imports WebUI/pages/form.js"),
    ],
)
def test_a_wrong_arrow_is_named(check_imports, tmp_path, capsys, file, text, expected):
    write(tmp_path, file, text)
    assert check_imports.main([str(tmp_path)]) == 1
    assert expected in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("Sources/Sodium/A.swift", "private import CSodium\nimport Foundation\n"),
        ("Sources/Envelope/A.swift", "public import Sodium\n// import CSodium would be wrong here\n"),
        ("WebUI/keylink/client.js", 'import { seal } from "./envelope.js";\n// no document here\n'),
        ("WebUI/keylink/sodium.js", 'new URL("./sodium.wasm", import.meta.url);\nawait import("node:fs/promises");\n'),
        ("WebUI/pages/open.js", 'import { open } from "../keylink/client.js";\n'),
        ("Extension/popup/popup.js", 'import { share } from "../keylink/client.js";\nimport "../pages/form.js";\n'),
    ],
)
def test_a_right_arrow_passes(check_imports, tmp_path, capsys, file, text):
    write(tmp_path, file, text)
    assert check_imports.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("link", "target", "wrong"),
    [
        ("pages", "../WebUI/pages", False),
        ("pages", "../WebUI/keylink", True),
        ("site", "../WebUI", True),
        ("popup/pages", "../WebUI/pages", True),
        ("mark.svg", "/etc/hostname", True),
    ],
)
def test_the_extension_links_to_what_is_shared_only(check_imports, tmp_path, capsys, link, target, wrong):
    path = tmp_path / "Extension" / link
    path.parent.mkdir(parents=True)
    path.symlink_to(target)
    assert check_imports.main([str(tmp_path)]) == int(wrong)
    assert (f"Extension/{link}: leads to" in capsys.readouterr().out) == wrong


def test_an_import_of_an_import_counts(check_imports):
    targets = {"keylink-server": {"KeylinkServer"}, "KeylinkServer": {"KeylinkAPI"}, "KeylinkAPI": {"Envelope"}}
    findings = list(check_imports.manifest_arrows(targets))
    assert "Package.swift: KeylinkAPI may not depend on Envelope" in findings
    assert "Package.swift: keylink-server reaches Envelope; the server must not be able to open a secret" in findings
