"""Every vector, the generator, and the command that runs vectors."""

import collections
import json
import subprocess
import sys
from pathlib import Path

import generate
import groups
import pytest
import vectors
from groups.examples import ANCHOR
from keylink_reference import CODES

HERE = Path(__file__).parent.parent
CASES = vectors.cases_in(generate.FOLDER)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_vector(case):
    vectors.check(case)


def test_examples_equal_what_another_implementation_gave():
    assert groups.ALL["example"]() == json.loads(ANCHOR.read_bytes())


def test_every_code_and_enough_of_each():
    counts = collections.Counter(case["expect"] for case in CASES)
    assert set(counts) == {"ok", *CODES}
    assert min(counts.values()) >= 5
    assert len(CASES) >= 130


def test_every_case_says_why_and_is_the_only_one_of_its_name():
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert all(case["why"] and "\n" not in case["why"] for case in CASES)


def test_files_are_ascii_and_small():
    files = [path.read_bytes() for path in generate.FOLDER.glob("*.json")]
    assert all(content.isascii() for content in files)
    assert sum(map(len, files)) < 2_000_000


def run(script: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, HERE / script, *arguments], capture_output=True, text=True, check=False)


def test_generating_again_changes_nothing():
    done = run("generate.py", "--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_check_names_what_differs(tmp_path, monkeypatch, capsys):
    files = {"a.json": b"[]\n", "b.json": b"[]\n", "c.json": b"[]\n"}
    (tmp_path / "a.json").write_bytes(b"[]\n")
    (tmp_path / "b.json").write_bytes(b"[ ]\n")
    (tmp_path / "surplus.json").write_bytes(b"[]\n")
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    monkeypatch.setattr(generate, "contents", lambda: files)
    monkeypatch.setattr(sys, "argv", ["generate.py", "--check"])
    assert generate.main() == 1
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "Spec/vectors/b.json",
        "Spec/vectors/c.json",
        "Spec/vectors/surplus.json",
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json", "surplus.json"]


def test_command_counts():
    done = run("vectors.py", str(generate.FOLDER))
    assert (done.returncode, done.stdout) == (0, f"{len(CASES)} passed, 0 failed\n")


def _named(name: str) -> dict:
    return next(dict(case) for case in CASES if case["name"] == name)


def _changed_cases() -> list[dict]:
    """Cases that must each fail: a check that passes over one of these checks too little."""
    changes = [
        ("example_text", {"surplus": 1}),
        ("example_text", {"expect": "corrupt"}),
        ("example_text", {"master": "00" * 32}),
        ("example_text", {"contentKey": "00" * 32}),
        ("example_text", {"accessToken": "00" * 32}),
        ("example_text", {"accessVerifier": "00" * 32}),
        ("example_text", {"linkToken": "00" * 32}),
        ("example_text", {"linkVerifier": "00" * 32}),
        ("example_text", {"items": []}),
        ("example_text", {"salt": "00" * 16}),
        ("example_text", {"envelopeParts": []}),
        ("box_none", {"expect": "ok"}),
        ("box_none", {"expect": "malformed-header"}),
        ("box_none", {"expect": "another"}),
        ("box_none", {"items": []}),
        ("link_plain", {"base": "https://other.example"}),
        ("link_plain", {"id": "A" * 22}),
        ("link_plain", {"linkKey": "00" * 32}),
        ("link_plain", {"expect": "malformed-link"}),
        ("link_empty", {"expect": "ok"}),
    ]
    return [{**_named(name), **change} for name, change in changes]


@pytest.mark.parametrize("case", _changed_cases(), ids=str)
def test_command_tells_a_wrong_case(case, tmp_path):
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps([_named("example_text"), case]))
    done = run("vectors.py", str(file))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{case['name']}: ")
    assert lines[1] == "1 passed, 1 failed"
