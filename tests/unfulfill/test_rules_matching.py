"""Which rows a criterion matches: by whole columns as row by row, and never one whose facts are missing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unfulfill.rules.columns import Column
from unfulfill.rules.criteria import read_criterion
from unfulfill.rules.matching import Rows, match_rows

COLUMNS = {
    "carrier": Column("text", ""),
    "place": Column("text", ""),
    "units": Column("number", ""),
    "days": Column("number", ""),
    "paid_at": Column("time", ""),
    "sent_at": Column("time", ""),
    "test": Column("flag", ""),
    "tags": Column("words", ""),
}
TYPES = {
    "text": pa.string(),
    "words": pa.string(),
    "number": pa.float64(),
    "time": pa.timestamp("us", tz="UTC"),
    "flag": pa.bool_(),
}
Row = dict[str, Any]
Truth = bool | None  # None: unknown


def rows_of(rows: list[Row]) -> Rows:
    columns = {
        name: pd.Series([row.get(name) for row in rows], dtype=pd.ArrowDtype(TYPES[column.kind]))
        for name, column in COLUMNS.items()
    }
    return Rows(pd.DataFrame(columns), COLUMNS)


def matched(when: str, *rows: Row) -> list[bool]:
    found: list[bool] = match_rows(read_criterion(when, COLUMNS), rows_of(list(rows))).to_pylist()
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "row", "is_match"),
    [
        ("carrier == 'dhl'", {"carrier": "DHL"}, True),
        ("carrier != 'DHL'", {"carrier": "UPS"}, True),
        ("carrier != 'DHL'", {}, False),  # what is missing is unknown
        ("not carrier == 'DHL'", {}, False),
        ("not (carrier == 'DHL' and units > 1)", {"units": 1}, True),  # one of them is surely false
        ("carrier == 'DHL' or units > 1", {"units": 2}, True),
        ("carrier is None", {"carrier": " "}, True),
        ("carrier is not None", {}, False),
        ("'express' in carrier", {"carrier": "DHL Express"}, True),
        ("carrier in ['DHL', 'UPS']", {"carrier": "ups"}, True),
        ("carrier not in ['DHL', 'UPS']", {}, False),
        ("units in [-1, 2.5]", {"units": -1}, True),
        ("units not in [1]", {}, False),
        ("test in [True]", {"test": True}, True),
        ("carrier == place", {"carrier": "A", "place": "a"}, True),
        ("1 <= units < 3", {"units": 1}, True),
        ("1 <= units < 3", {"units": 3}, False),
        ("days / units > 2", {"days": 5, "units": 2}, True),
        ("days / units > 2", {"days": 5, "units": 0}, False),
        ("not days / units > 2", {"days": 5, "units": 0}, False),
        ("-units + 3 * 2 == 4", {"units": 2}, True),
        ("paid_at == '2026-11-01'", {"paid_at": at("2026-11-01 23:59:59")}, True),
        ("paid_at > '2026-11-01'", {"paid_at": at("2026-11-01 23:59:59")}, False),
        ("paid_at <= '2026-11-01'", {"paid_at": at("2026-11-01 23:59:59")}, True),
        ("'2026-11-01' < paid_at", {"paid_at": at("2026-11-02 00:00:00")}, True),
        ("paid_at > '2026-11-01 08:30Z'", {"paid_at": at("2026-11-01 08:31:00")}, True),
        ("paid_at > '2026-11-01T08:30+02:00'", {"paid_at": at("2026-11-01 06:31:00")}, True),
        ("paid_at in ['2026-11-01', '2026-11-03']", {"paid_at": at("2026-11-03 05:00:00")}, True),
        ("paid_at < sent_at", {"paid_at": at("2026-11-01"), "sent_at": at("2026-11-02")}, True),
        ("paid_at < sent_at", {"sent_at": at("2026-11-02")}, False),
        ("test", {"test": True}, True),
        ("not test", {"test": False}, True),
        ("not test", {}, False),
        ("test == False", {"test": False}, True),
        ("'vip' in tags", {"tags": "Big, VIP"}, True),
        ("'vi' in tags", {"tags": "vip"}, False),
        ("'vip' not in tags", {}, True),  # no tags at all are no tag vip
        ("tags is None", {"tags": ""}, True),
    ],
)
def test_what_a_criterion_means(when: str, row: Row, is_match: bool) -> None:
    assert matched(when, row) == [is_match]


def test_no_rows_give_no_matches() -> None:
    assert matched("units > 1 and 'a' in tags and paid_at > '2026-11-01'") == []


@dataclass(frozen=True)
class Said:
    """A criterion as text, and the same in plain Python for one row."""

    text: str
    means: Callable[[Row], Truth]


def compared(left: Any, op: str, right: Any) -> Truth:
    if left is None or right is None:
        return None
    return {
        "==": lambda: left == right, "!=": lambda: left != right, "<": lambda: left < right,
        "<=": lambda: left <= right, ">": lambda: left > right, ">=": lambda: left >= right,
    }[op]()  # fmt: skip


def negated(truth: Truth) -> Truth:
    return None if truth is None else not truth


def both(parts: list[Truth]) -> Truth:
    return False if False in parts else None if None in parts else True


def either(parts: list[Truth]) -> Truth:
    return True if True in parts else None if None in parts else False


def divided(left: float | None, right: float | None, op: str) -> float | None:
    if left is None or right is None or (op == "/" and right == 0):
        return None
    return {"+": left + right, "-": left - right, "*": left * right}[op] if op != "/" else left / right


TEXTS = st.sampled_from(["DHL", "dhl", "UPS", "a b", "GLS 24"])
NUMBERS = st.integers(-3, 3) | st.sampled_from([0.5, 1.5])
ORDER = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
SAME = st.sampled_from(["==", "!="])
START = datetime(2026, 11, 1, tzinfo=UTC)
TIMES = st.integers(0, 96).map(lambda hours: START + timedelta(hours=hours))
ROWS = st.fixed_dictionaries(
    {
        "carrier": st.none() | TEXTS,
        "place": st.none() | TEXTS,
        "units": st.none() | NUMBERS,
        "days": st.none() | NUMBERS,
        "paid_at": st.none() | TIMES,
        "sent_at": st.none() | TIMES,
        "test": st.none() | st.booleans(),
        "tags": st.sampled_from(["", "vip", "big, vip", "a b"]) | st.none(),
    }
)


def folded(row: Row, name: str) -> Any:
    value = row[name]
    return value.lower() if isinstance(value, str) else value


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, Callable[[Row], float | None]]:
    name = draw(st.sampled_from(["units", "days"]))
    if draw(st.booleans()):
        return name, lambda row: row[name]
    value, op = draw(NUMBERS), draw(st.sampled_from("+-*/"))
    return f"({name} {op} {value})", lambda row: divided(row[name], value, op)


@st.composite
def comparisons(draw: st.DrawFn) -> Said:
    what = draw(
        st.sampled_from(
            ["text", "texts", "part", "number", "chain", "day", "moment", "times", "flag", "tag", "none"]
        )
    )
    name = draw(st.sampled_from(["carrier", "place"]))
    if what == "text":
        op, value = draw(SAME), draw(TEXTS)
        return Said(f"{name} {op} '{value}'", lambda row: compared(folded(row, name), op, value.lower()))
    if what == "texts":
        values, is_in = draw(st.lists(TEXTS, min_size=1, max_size=3)), draw(st.booleans())
        listed = [value.lower() for value in values]

        def is_listed(row: Row) -> Truth:
            truth = None if row[name] is None else folded(row, name) in listed
            return truth if is_in else negated(truth)

        return Said(f"{name} {'in' if is_in else 'not in'} {values!r}", is_listed)
    if what == "part":
        value = draw(st.sampled_from(["d", "UPS", "24", "zz"]))
        return Said(
            f"'{value}' in {name}",
            lambda row: None if row[name] is None else value.lower() in folded(row, name),
        )
    if what == "number":
        (text, means), op, value = draw(numbers()), draw(ORDER), draw(NUMBERS)
        return Said(f"{text} {op} {value}", lambda row: compared(means(row), op, value))
    if what == "chain":
        (text, means), low, high, ops = (
            draw(numbers()),
            draw(NUMBERS),
            draw(NUMBERS),
            [draw(ORDER), draw(ORDER)],
        )
        return Said(
            f"{low} {ops[0]} {text} {ops[1]} {high}",
            lambda row: both([compared(low, ops[0], means(row)), compared(means(row), ops[1], high)]),
        )
    if what == "day":
        day, op = draw(TIMES).date(), draw(ORDER)
        return Said(
            f"paid_at {op} '{day}'", lambda row: compared(row["paid_at"] and row["paid_at"].date(), op, day)
        )
    if what == "moment":
        moment, op = draw(TIMES), draw(ORDER)
        return Said(f"'{moment.isoformat()}' {op} sent_at", lambda row: compared(moment, op, row["sent_at"]))
    if what == "times":
        op = draw(ORDER)
        return Said(f"paid_at {op} sent_at", lambda row: compared(row["paid_at"], op, row["sent_at"]))
    if what == "flag":
        return Said("test", lambda row: row["test"])
    if what == "tag":
        tag = draw(st.sampled_from(["vip", "BIG", "vi", "a b"]))
        return Said(f"'{tag}' in tags", lambda row: tag.lower() in (row["tags"] or "").split(", "))
    asked = draw(st.sampled_from(["carrier", "units", "paid_at", "test"]))
    return Said(f"{asked} is not None", lambda row: row[asked] is not None)


def joined(parts: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    def negation(said: Said) -> Said:
        return Said(f"not ({said.text})", lambda row: negated(said.means(row)))

    def junction(some: list[Said], word: str) -> Said:
        means = both if word == "and" else either
        return Said(
            f" {word} ".join(f"({each.text})" for each in some),
            lambda row: means([each.means(row) for each in some]),
        )

    several = st.lists(parts, min_size=2, max_size=3)
    return parts.map(negation) | st.builds(junction, several, st.sampled_from(["and", "or"]))


@settings(max_examples=300, deadline=None)
@given(said=st.recursive(comparisons(), joined, max_leaves=6), rows=st.lists(ROWS, min_size=1, max_size=8))
def test_whole_columns_give_what_plain_python_gives_row_by_row(said: Said, rows: list[Row]) -> None:
    expected = [said.means(row) is True for row in rows]

    assert matched(said.text, *rows) == expected
