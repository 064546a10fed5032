"""The suites' counts are read off what the runners print; a suite that ran nothing has failed."""

import os
import sys

import pytest

SWIFT = """\
Test Suite 'All tests' passed at 2026-11-23 10:00:00.000.
\t Executed 0 tests, with 0 failures (0 unexpected) in 0.0 (0.0) seconds
◇ Test run started.
✔ Test opens() passed after 0.001 seconds.
✘ Test "a link opens once" failed after 0.002 seconds with 1 issue.
✘ Test sizes(size:) with 3 test cases failed after 0.002 seconds with 2 issues.
✘ Test run with 14 tests in 3 suites failed after 0.1 seconds with 3 issues.
"""
NODE = "✔ seals (1.2ms)\nℹ tests 8\nℹ suites 0\nℹ pass 6\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n"
PYTEST = "F..s\n=== short test summary info ===\nFAILED x\n1 failed, 12 passed, 1 skipped, 2 errors in 3.45s\n"
VECTORS = "links/no-scheme: expected malformed-link\n150 passed, 2 failed\n"


def test_counts(runner):
    assert runner.count_swift(SWIFT) == runner.Count(12, 2, 0)
    assert runner.count_node(NODE) == runner.Count(6, 1, 1)
    assert runner.count_pytest(PYTEST) == runner.Count(12, 3, 1)
    assert runner.count_vectors(VECTORS) == runner.Count(150, 2, 0)


def printing(runner, text, count, status=0):
    program = f"import sys; sys.stdout.buffer.write({text.encode()!r}); sys.exit({status})"
    return runner.Command([sys.executable, "-c", program], count)


@pytest.mark.parametrize(
    ("text", "status", "wrong"),
    [
        ("3 passed in 0.1s\n", 0, False),
        ("no tests ran in 0.1s\n", 0, True),
        ("", 0, True),
        ("3 passed, 1 skipped in 0.1s\n", 0, True),
        ("3 passed in 0.1s\n", 1, True),
        ("2 passed, 1 failed in 0.1s\n", 1, True),
    ],
)
def test_a_suite_fails_when_it_should(runner, text, status, wrong):
    _, said = runner.run_suite("reference", [printing(runner, text, runner.count_pytest, status)])
    assert bool(said) == wrong


@pytest.mark.parametrize(("swift", "javascript", "wrong"), [(150, 150, False), (150, 149, True), (0, 0, True)])
def test_both_sides_count_the_same_vectors(runner, swift, javascript, wrong):
    commands = [printing(runner, f"{n} passed, 0 failed\n", runner.count_vectors) for n in (swift, javascript)]
    _, said = runner.run_suite("vectors", commands)
    assert bool(said) == wrong


def test_the_commands_of_some_suites_run_at_the_same_time(runner, tmp_path, capfd):
    """Each end of a pipe waits for the other to be opened."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ends = [
        f"import signal; signal.alarm(60); open({str(pipe)!r}, {mode!r}).close(); print('{n} passed in 0.1s')"
        for n, mode in ((3, "w"), (4, "r"))
    ]
    commands = [runner.Command([sys.executable, "-c", end], runner.count_pytest) for end in ends]
    assert runner.run_suite("browser", commands) == (runner.Count(7, 0, 0), [])
    lines = capfd.readouterr().out.splitlines()
    assert [line for line in lines if "passed" in line and not line.startswith("$")] == ["3 passed in 0.1s", "4 passed in 0.1s"]


def test_a_failed_check_fails_its_suite(runner):
    commands = [
        printing(runner, "3 passed in 0.1s\n", runner.count_pytest),
        printing(runner, "the vectors differ\n", None, status=1),
    ]
    count, said = runner.run_suite("reference", commands)
    assert count == runner.Count(3, 0, 0)
    assert said


def test_what_hangs_is_ended(runner):
    """With its children, which would otherwise hold the output open."""
    command = runner.Command(["sh", "-c", "sleep 600 & sleep 600"], runner.count_pytest)
    status, output = runner.run(command, longest=0.2)
    assert status != 0
    assert output == ""
