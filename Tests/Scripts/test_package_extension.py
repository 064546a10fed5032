"""The package of the extension: the same octets from the same tree, everything that is reached, and nothing else."""

import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

PARTS = ("Extension", "WebUI", "Scripts")


def pack(tree: Path, target: Path, umask: int = 0o022) -> bytes:
    subprocess.run([tree / "Scripts/package-extension", target], check=True, stdout=subprocess.DEVNULL, umask=umask)
    return target.read_bytes()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, root: Path) -> dict[str, bytes]:
    target = tmp_path_factory.mktemp("package") / "keylink-extension.zip"
    pack(root, target)
    with zipfile.ZipFile(target) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def code(package: dict[str, bytes], *endings: str) -> dict[str, str]:
    """Without comments, which may name what they like."""
    comment = re.compile(r"/\*.*?\*/|(?<![:\"'`\\])//[^\n]*|<!--.*?-->", re.DOTALL)
    return {name: comment.sub("", content.decode()) for name, content in package.items() if name.endswith(endings)}


def test_another_place_time_and_umask_make_the_same_octets(root: Path, tmp_path: Path):
    copy = tmp_path / "a folder of another name"
    for part in PARTS:
        shutil.copytree(root / part, copy / part, symlinks=True, ignore=shutil.ignore_patterns("_locales"))
    for path in copy.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
            os.utime(path, (1, 1))
    here = pack(root, tmp_path / "here.zip")
    assert here == pack(root, tmp_path / "again.zip")
    assert here == pack(copy, tmp_path / "there.zip", umask=0o077)


def test_it_says_its_hash(root: Path, tmp_path: Path):
    target = tmp_path / "it.zip"
    said = subprocess.run([root / "Scripts/package-extension", target], check=True, capture_output=True, text=True).stdout
    summed = subprocess.run(["sha256sum", target], check=True, capture_output=True, text=True).stdout
    assert said.split()[0] == summed.split()[0]


def test_it_holds_real_files_as_they_are_in_the_tree(root: Path, tmp_path: Path):
    pack(root, tmp_path / "it.zip")
    with zipfile.ZipFile(tmp_path / "it.zip") as packed:
        assert {entry.external_attr >> 16 for entry in packed.infolist()} == {0o100644}
        assert packed.namelist() == sorted(packed.namelist())
        for name in packed.namelist():
            assert packed.read(name) == (root / "Extension" / name).read_bytes()


def test_what_is_named_is_there(package: dict[str, bytes]):
    """By other means than the packing's own: every address of HTML, and every module that a script imports."""
    for name, text in code(package, ".html").items():
        for address in re.findall(r'\b(?:src|href)="([^"#:]+)"', text):
            assert beside(name, address) in package, f"{name} names {address}"
    for name, text in code(package, ".js").items():
        for address in re.findall(r'^(?:import|export|\} from)\b[^;]*?"(\.[^"]+)";$', text, re.MULTILINE):
            assert beside(name, address) in package, f"{name} imports {address}"
        for address in re.findall(r'new URL\("(\.[^"]+)", import\.meta\.url\)', text):
            assert beside(name, address) in package, f"{name} starts or fetches {address}"
    manifest = json.loads(package["manifest.json"])
    named = [
        manifest["background"]["service_worker"],
        *manifest["background"]["scripts"],
        manifest["action"]["default_popup"],
        manifest["options_ui"]["page"],
        manifest["storage"]["managed_schema"],
        *manifest["icons"].values(),
        *manifest["action"]["default_icon"].values(),
        "offscreen/offscreen.html",
        "keylink/sodium.wasm",
    ]
    assert set(named) <= set(package)


def beside(name: str, address: str) -> str:
    return os.path.normpath(Path(name).parent / address)


def test_nothing_needless_is_there(package: dict[str, bytes]):
    folders = {"_locales", "icons", "keylink", "locales", "offscreen", "open", "options", "pages", "popup", "styles"}
    assert {name.split("/")[0] for name in package if "/" in name} == folders
    assert {Path(name).suffix for name in package} <= {".css", ".html", ".js", ".json", ".png", ".svg", ".wasm"}
    for needless in ("package.json", "types/chrome.d.ts", "pages/saver.js", "pages/create.js", "pages/receipt.js"):
        assert not any(name.endswith(needless) for name in package), needless


def test_no_code_comes_from_elsewhere(package: dict[str, bytes]):
    for name, text in code(package, ".js", ".html", ".css").items():
        named = set(re.findall(r"\b(?:https?|wss?|ftp)://[\w.-]+", text))
        # This device, where `make run` serves; and what is no address, the name that browsers know SVG by.
        assert named <= {"http://127.0.0.1", "http://www.w3.org"}, name
        assert set(re.findall(r"http://www\.w3\.org[^\s\"]*", text)) <= {"http://www.w3.org/2000/svg"}, name
        assert not re.search(r"\beval\(|new Function\(|importScripts\(|setTimeout\(\s*[\"'`]", text), name
    policy = json.loads(package["manifest.json"])["content_security_policy"]["extension_pages"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts == "script-src 'self' 'wasm-unsafe-eval'"
    assert "unsafe-inline" not in policy


def test_one_version_everywhere(root: Path, package: dict[str, bytes]):
    version = json.loads(package["manifest.json"])["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    for file, pattern in (
        ("Sources/keylink/Main.swift", r'static let version = "([^"]+)"'),
        ("Sources/KeylinkServer/Application.swift", r'let serverVersion = "([^"]+)"'),
    ):
        assert re.search(pattern, (root / file).read_text())[1] == version, file


def test_every_language_of_the_pages(root: Path, package: dict[str, bytes]):
    model = json.loads(package["_locales/en/messages.json"])
    asked = set(re.findall(r"__MSG_(\w+)__", package["manifest.json"].decode()))
    assert asked == set(model)
    browsers = {"nb": "no", "pt-BR": "pt_BR", "zh-Hans": "zh_CN", "zh-Hant": "zh_TW"}
    for catalogue in (root / "WebUI/locales").glob("*.json"):
        said = json.loads(catalogue.read_text())
        folder = browsers.get(catalogue.stem, catalogue.stem)
        messages = json.loads(package[f"_locales/{folder}/messages.json"])
        assert {name: entry["message"] for name, entry in messages.items()} == {
            name: said[f"extension.manifest.{name}"] for name in model
        }, catalogue.stem
    for also, like in (("es_419", "es"), ("nb", "no"), ("pt_PT", "pt_BR")):
        assert package[f"_locales/{also}/messages.json"] == package[f"_locales/{like}/messages.json"]


BROKEN = [
    ("background.js", 'import "./none.js";', "background.js names none.js"),
    ("popup.html", '<script src="none.js">', "popup.html names none.js"),
    ("locales/en.json", '{"extension.manifest.name": "Keylink {version}"}', "has a value in it"),
]


@pytest.mark.parametrize(("file", "text", "wrong"), BROKEN)
def test_what_would_not_run_is_refused(package_extension, tmp_path: Path, file: str, text: str, wrong: str):
    files = {
        "manifest.json": '{"background": "background.js", "popup": "popup.html", "icon": "icon.png"}',
        "background.js": 'import("./later.js"); show("notice.html?"); // "./only-said.js"',
        "later.js": "",
        "notice.html": "",
        "popup.html": "",
        "icon.png": "",
        "left-out.js": "",
        "locales/en.json": '{"extension.manifest.name": "Keylink", "page": "{count} files"}',
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    assert set(package_extension.reached(tmp_path)) == set(files) - {"left-out.js", "locales/en.json"}
    (tmp_path / file).write_text(text)
    with pytest.raises(package_extension.Broken, match=re.escape(wrong)):
        package_extension.pack(tmp_path, tmp_path / "it.zip")
    assert not (tmp_path / "it.zip").exists()
