"""Every bad file of the corpus is refused in one sentence that says where; nothing is written and little is used."""

import subprocess
import sys
import time
from pathlib import Path

import containers
import contents
import pytest
import shapes
from case import Case
from make_readme import README, whole_table

from unfulfill.errors import SheetRefused
from unfulfill.sheets import read_sheet

CASES: list[Case] = [*containers.CASES, *contents.CASES, *shapes.CASES]
LONGEST_S = 2.0
LARGEST_MB = 300


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_file_is_refused_and_named(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.file
    data = case.content()
    path.write_bytes(data)
    begun = time.process_time()

    with pytest.raises(SheetRefused) as refused:
        case.read(path)

    seconds = time.process_time() - begun
    said = str(refused.value)
    assert type(refused.value) is SheetRefused
    assert [text for text in (case.file.removeprefix("~$"), *case.said) if text not in said] == [], said
    assert seconds < LONGEST_S
    assert ([each.name for each in tmp_path.iterdir()], path.read_bytes()) == ([case.file], data)


def test_the_corpus_is_large_and_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]

    assert len(names) >= 150
    assert len(names) == len(set(names))


def test_the_readme_lists_every_case() -> None:
    assert (
        README.read_text(encoding="utf-8").partition("| case |")[2]
        == whole_table(CASES).partition("| case |")[2]
    )


@pytest.mark.parametrize(
    "name", ["a zip bomb of one member", "a workbook of 50.1 MB", "1.2 million rows", "5,000 members"]
)
def test_what_is_huge_is_refused_in_little_memory(name: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == name)
    path = tmp_path / case.file
    path.write_bytes(case.content())
    code = (
        "import re, sys, pathlib\nfrom unfulfill.errors import SheetRefused\nfrom unfulfill.sheets import read_sheet\n"
        "try: read_sheet(pathlib.Path(sys.argv[1]))\n"
        "except SheetRefused: print(re.search('VmHWM:.* ([0-9]+) kB', open('/proc/self/status').read())[1])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60, check=True
    )

    assert 0 < int(done.stdout) / 1024 < LARGEST_MB


def test_all_problems_of_a_file_are_listed_at_once_up_to_fifty(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("ID,Line: Type\n" + "1E5,Line Item\n" * 70, encoding="utf-8")

    with pytest.raises(SheetRefused) as refused:
        read_sheet(path)

    said = str(refused.value).splitlines()
    assert said[0].startswith("orders.csv has 70 problems; nothing was read.")
    assert (len(said), said[-1]) == (52, "  and 20 more")
