"""What the check of files finds, and what it lets pass."""

import pytest


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.swift", "let a = 1\n" * 401, "401 lines"),
        ("a.js", "x".ljust(401, "x") + "\n", "401 characters"),
        ("a.swift", "let a = try" + "! f()\n", "ends the process"),
        ("a.py", "# TO" + "DO: later\n", "left for later"),
        ("a.js", "try { f() } catch " + "{ }\n", "an error swallowed"),
        ("a.mjs", "test.on" + "ly('x', f)\n", "a test left out"),
        ("tool", "#!/bin/sh\n# FIX" + "ME\n", "left for later"),
    ],
)
def test_finds(check_files, tmp_path, capsys, name, text, expected):
    path = tmp_path / name
    path.write_text(text)
    assert check_files.main([str(path)]) == 1
    assert expected in capsys.readouterr().out


def test_a_built_file_is_found(check_files, tmp_path, capsys):
    path = tmp_path / "sodium.wasm"
    path.write_bytes(b"\0asm")
    assert check_files.main([str(path)]) == 1
    assert "a binary file" in capsys.readouterr().out


def test_lets_the_ordinary_pass(check_files, tmp_path, capsys):
    path = tmp_path / "a.swift"
    path.write_text("let a = try f()\n" * 400)
    assert check_files.main([str(path)]) == 0
    assert capsys.readouterr().out == ""
