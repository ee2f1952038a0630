"""The tables of faults and of security controls: each row has tests that exist, or the reason why it has none."""

import csv
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("table", "kind", "numbers", "why"),
    [
        ("failure_model.csv", "fault", [f"F{number:02d}" for number in range(1, 61)], "why not here"),
        ("controls.csv", "control", [f"C{number:02d}" for number in range(1, 31)], "not as written"),
    ],
)
def test_every_row_has_a_test_or_a_reason(table: str, kind: str, numbers: list[str], why: str) -> None:
    with (HERE / table).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(HERE.parent.rglob("test_*.py")))
    known = set(re.findall(r"^(?:    )?def (test_\w+)", text, re.M))

    assert [row[kind] for row in rows] == numbers
    assert [row[kind] for row in rows if not row["tests"] and not row[why]] == []
    named = {name: row[kind] for row in rows for name in row["tests"].split()}
    assert {name: number for name, number in named.items() if name not in known} == {}
