"""Each command over files refuses what is no file, and arguments that cannot be meant; nothing is written."""

import shutil
from pathlib import Path

import pytest
from commands import CALLS, NO_FILES, OF_FILE, Call, NoFile

from unfulfill.cli import main

MADE_UP = Path(__file__).parents[2] / "sample_exports"
ORDERS, STOCK = MADE_UP / "matrixify_orders.csv", MADE_UP / "shopify_inventory_newest.csv"
COUNT = MADE_UP / "count_by_sku.csv"


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("audited") / "run"
    assert main(["audit", str(ORDERS), str(STOCK), "--run", str(run), "--count", str(COUNT)]) == 0
    return run


def places(folder: Path, audited: Path) -> dict[str, Path]:
    """The words of the cases → paths below a folder."""
    names = ("RUN", "ODD", "EMPTY", "FILE", "MISSING", "NEW")
    found = {name: folder / name.lower() for name in names}
    shutil.copytree(audited, found["RUN"])
    shutil.copytree(audited, found["ODD"])
    (found["ODD"] / "run.json").write_text("[1]")
    found["EMPTY"].mkdir()
    found["FILE"].write_text("x")
    return {**found, "ORDERS": ORDERS, "STOCK": STOCK, "MARKS": found["RUN"] / "marks.csv"}


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit status and what was said of a command."""
    capsys.readouterr()
    try:
        status = main(arguments)
    except SystemExit as ended:
        status = int(str(ended.code))
    return status, capsys.readouterr().err


def content(folder: Path) -> dict[Path, bytes | None]:
    files = sorted(folder.rglob("*"))
    return {path: path.read_bytes() if path.is_file() and not path.is_symlink() else None for path in files}


@pytest.mark.parametrize("command", OF_FILE)
@pytest.mark.parametrize("case", NO_FILES, ids=lambda case: case.name)
def test_what_is_no_file_is_refused_by_each_command(
    case: NoFile, command: str, tmp_path: Path, audited: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = places(tmp_path, audited)
    path = tmp_path / "given" / case.file
    path.parent.mkdir()
    case.make(path)
    before, after = OF_FILE[command]
    arguments = [str(known.get(word, word)) for word in before] + [str(path)]
    was = content(known["RUN"])

    status, said = refused([*arguments, *(str(known.get(word, word)) for word in after)], capsys)

    assert (status, said.startswith("unfulfill: "), said.count("\n")) == (2, True, 1)
    assert case.said in said
    assert (known["NEW"].exists(), content(known["RUN"])) == (False, was)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_arguments_that_cannot_be_meant_are_refused(
    call: Call, tmp_path: Path, audited: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = places(tmp_path, audited)
    words = {word: str(path) for word, path in known.items()}
    arguments = [
        f"{words[word.partition('/')[0]]}/new" if word == "FILE/new" else words.get(word, word)
        for word in call.arguments
    ]
    was = {name: content(known[name]) for name in ("RUN", "EMPTY")}

    status, said = refused(arguments, capsys)

    assert status == 2
    assert call.said in said
    assert "Traceback" not in said
    assert known["NEW"].exists() is False
    assert {name: content(known[name]) for name in ("RUN", "EMPTY")} == was
