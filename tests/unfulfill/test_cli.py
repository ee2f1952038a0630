"""The command line: exit statuses, one sentence for a refusal, and help that comes at once."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unfulfill.cli import main
from unfulfill.journal import Journal


def run(*arguments: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "unfulfill.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=60, check=False)


def test_help_comes_at_once_and_names_every_command() -> None:
    begun = time.perf_counter()
    done = run("--help")
    seconds = time.perf_counter() - begun

    assert done.returncode == 0
    for command in (
        "demo", "lab", "connect", "run", "approve", "sandbox", "journal", "marks", "unfulfill-file", "count-file",
        "lint", "sheet",
    ):  # fmt: skip
        assert re.search(rf"\n    {command}\s", done.stdout)
    assert seconds < 2  # measured 0.07; a heavy import at the top would cost more than the machine's noise


def test_help_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'papermill', 'requests', 'duckdb', 'keyring'}"
    code = f"import sys, unfulfill.cli; print(sorted(sys.modules.keys() & {heavy}))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nosuch"],
        ["run", "1_export", "--run", "r", "-p", "alone"],
        ["demo", "--nosuch"],
        ["approve", "r"],
        ["sandbox", "--size", "many"],
        ["connect", "--list", "--check", "acme"],
        ["unfulfill-file", "r"],
        ["unfulfill-file", "r", "--to", "f", "--app", "excel"],
        ["count-file", "r", "--to", "f"],
        ["connect", "--token-stdin", "--secret-stdin"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "usage: unfulfill" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nosuch", "--run", "r"], "no such notebook"),
        (["run", "missing.ipynb", "--run", "r"], "no such notebook"),
        (["run", "1_export", "--run", "r", "-p", "nosuch", "1"], "no parameter nosuch"),
        (["run", "2_audit", "--run", "r", "-p", "days_without_movement", "soon"], "whole number"),
        (["run", "3_mark", "--run", "r", "-p", "propose", "yes"], "true or false"),
        (["run", "3_mark", "--run", "r", "-p", "reason", "a", "-p", "reason", "b"], "given twice"),
        (["run", "3_mark", "--run", "r", "-p", "run", "other"], "given twice"),
        (["run", "3_mark", "--run", "r", "-p", "reason", "shpat_" + "0" * 32], "token"),
        (["journal", "nosuch"], "missing"),
        (["marks", "nosuch"], "no such run folder"),
        (["unfulfill-file", "nosuch", "--to", "f"], "no such run folder"),
        (["count-file", "nosuch", "--inventory", "i.csv", "--to", "f"], "no such run folder"),
        (["lint", "nosuch.xlsx"], "nosuch.xlsx"),
    ],
)
def test_a_refusal_is_one_sentence_and_status_2_and_writes_nothing(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    status = main(arguments)

    told = capsys.readouterr()
    assert (status, told.out) == (2, "")
    assert told.err.startswith("unfulfill: ")
    assert told.err.count("\n") == 1
    assert words in told.err
    assert list(tmp_path.iterdir()) == []


def test_version_is_that_of_the_package() -> None:
    assert run("--version").stdout.startswith("unfulfill 0.")


def test_a_journal_is_shown_row_by_row_and_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Journal(tmp_path / "journal.sqlite", lambda: "2026-11-23T09:00:00.000+00:00") as journal:
        journal.record("digest", "m0001-cancel", 0, "STALE", {"message": "changed\x1b[2J since"})

    assert main(["journal", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert main(["journal", str(tmp_path), "--verify"]) == 0

    assert "STALE" in shown
    assert "\x1b" not in shown
    assert "1 rows" in capsys.readouterr().out
