"""The built site: the same octets each time, names that stand for all that a file needs, and sources that are refused."""

import re
import subprocess
from pathlib import Path

import pytest

PAGE = '<head>\n  <link rel="stylesheet" href="../a.css">\n  <script type="module" src="../pages/open.js"></script>\n</head>\n'
SOURCES = {
    "open.html": PAGE,
    "a.css": 'p{background:url("mark.svg")}',
    "mark.svg": "<svg/>",
    "pages/open.js": 'import{b}from"../lib/b.js";import("./rare.js");new Worker(new URL("../lib/worker.js",import.meta.url));',
    "pages/rare.js": "export{};",
    "lib/b.js": 'export*from"./c.js";',
    "lib/c.js": "export const b=1;",
    "lib/worker.js": 'import{b}from"./c.js";fetch(new URL("./x.wasm",import.meta.url));',
    "lib/x.wasm": "wasm",
}


def build(script, changes: dict[str, str]):
    """As though these sources needed no stripping."""
    files = {name: text.encode() for name, text in {**SOURCES, **changes}.items()}
    return script.build(files, lambda files: files)


def named(site, path: str) -> str:
    return site.built[site.names[path]].decode()


def test_every_name_is_exchanged_for_the_new_one(build_site):
    site = build(build_site, {})
    for path, name in site.names.items():
        stem, ending = path.rsplit(".", 1)
        assert re.fullmatch(rf"{re.escape(stem)}\.[\w-]{{12}}\.{ending}", name)
    names = site.names
    lib = {path: names[path].removeprefix("lib/") for path in names}
    assert named(site, "lib/worker.js") == (
        f'import{{b}}from"./{lib["lib/c.js"]}";fetch(new URL("./{lib["lib/x.wasm"]}",import.meta.url));'
    )
    assert f'from"../{names["lib/b.js"]}"' in named(site, "pages/open.js")
    assert f'import("./{names["pages/rare.js"].removeprefix("pages/")}")' in named(site, "pages/open.js")
    assert f'new URL("../{names["lib/worker.js"]}"' in named(site, "pages/open.js")
    assert f'url("./{names["mark.svg"]}")' in named(site, "a.css")


def test_a_page_names_what_it_needs_and_its_hashes(build_site):
    site = build(build_site, {})
    page = site.built["open.html"].decode()
    preloaded = re.findall(r'<link rel="modulepreload" href="\.\./([^"]+)" integrity="([^"]+)">', page)
    # Not what is loaded later, nor what a worker loads.
    assert [name for name, _ in preloaded] == [site.names["lib/b.js"], site.names["lib/c.js"]]
    checked = [*preloaded, *re.findall(r'(?:src|stylesheet" href)="\.\./([^"]+)" integrity="([^"]+)"', page)]
    assert len(checked) == 4
    for name, integrity in checked:
        assert integrity == build_site.integrity(site.built[name])
    # A preload that came after the script that imports it would be too late.
    assert page.index("modulepreload") < page.index("<script")


def test_a_leaf_renames_all_that_need_it_and_nothing_else(build_site):
    before, after = build(build_site, {}), build(build_site, {"lib/c.js": "export const b=2;"})
    renamed = {path for path in before.names if before.names[path] != after.names[path]}
    assert renamed == {"lib/c.js", "lib/b.js", "lib/worker.js", "pages/open.js"}
    assert before.built["open.html"] != after.built["open.html"]


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    [
        ("lib/c.js", 'import"./none.js";', "lib/c.js names lib/none.js, which is not there"),
        ("lib/c.js", 'import"./b.js";', "these import each other"),
        ("lib/c.js", "new URL(`./${name}.js`,import.meta.url)", "has to be written out"),
        ("lib/c.js", "import(name)", "has to be written out"),
        ("open.html", "<script>alert(1)</script>", "a script or style of its own"),
        ("open.html", '<p style="color: red">', "a script or style of its own"),
        ("open.html", '<script src="../pages/none.js"></script>', "open.html names pages/none.js"),
    ],
)
def test_what_could_not_be_served_is_refused(build_site, file, text, wrong):
    with pytest.raises(build_site.Broken, match=re.escape(wrong)):
        build(build_site, {file: text})


def test_the_same_tree_gives_the_same_octets(root: Path, tmp_path: Path):
    for name in ("one", "two"):
        subprocess.run([root / "Scripts/build-site", tmp_path / name], check=True, stdout=subprocess.DEVNULL)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) > 100
    assert files == sorted(path.relative_to(tmp_path / "two") for path in (tmp_path / "two").rglob("*") if path.is_file())
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()
