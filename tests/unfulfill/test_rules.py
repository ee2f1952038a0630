"""Rules over marks: who decides a row, what is left alone, and the same by hand and from the command line."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from builders import NOW, Rows, fulfillment, gid, make_tables, order, quiet

from unfulfill.audit import AUDIT_COLUMNS, audit_shop
from unfulfill.cli import main
from unfulfill.errors import ParameterRefused, SettingsRefused
from unfulfill.home import notebooks_folder
from unfulfill.mark import MARKED_COLUMNS, make_marks, mark_rows
from unfulfill.rules import COLUMNS, REVIEWED_COLUMNS, RuleCount, Ruled, apply_rules, make_review, parse_rules
from unfulfill.tables import MARKS, check_table
from unfulfill.ui import rules_view
from unfulfill.workbench import Workbench

SHIPPED = (notebooks_folder() / "rules.toml").read_text(encoding="utf-8")
TEXT = """
[[rule]]
name = "cancelled"
when = 'cancelled_at is not None'
decision = "unfulfill"
reason = "the customer cancelled"
note = "seen by a rule"

[[rule]]
name = "the rest"
when = 'units > 0'
decision = "keep"
reason = "nothing is wrong with it"
"""
PARTS = (
    order(1, cancelled_at="2026-10-01"), quiet(1),
    order(2, cancelled_at="2026-10-01"), fulfillment(2),  # left: locked
    order(3, cancelled_at="2026-10-01"), quiet(3),  # decided by a person
    quiet(4),
)  # fmt: skip


def ruled(*parts: Rows, text: str = TEXT, **decided: str) -> Ruled:
    """What the rules say; `decided` maps f1, f2 … to decisions of a person."""
    tables = make_tables(*parts)
    audit = audit_shop(
        {name: tables[name][list(columns)] for name, columns in AUDIT_COLUMNS.items()}, now=NOW
    )
    marks = make_marks({name: tables[name][list(columns)] for name, columns in MARKED_COLUMNS.items()}, audit)
    for name, decision in decided.items():
        marks = mark_rows(
            marks, decision=decision, fulfillment_ids=[gid("Fulfillment", int(name[1:]))], by="ann"
        )
    loaded = {name: tables[name][list(columns)] for name, columns in REVIEWED_COLUMNS.items()}
    return apply_rules(
        parse_rules(text, "rules.toml"), marks, make_review(loaded, marks, audit.findings, NOW)
    )


def told(marks: pd.DataFrame) -> dict[str, tuple[str, str, str]]:
    number = marks["fulfillment_id"].str.replace("^.*/", "", regex=True)
    columns = marks[["decision", "reason", "marked_by"]].itertuples(index=False, name=None)
    return dict(zip(number, columns, strict=True))


def review(*parts: Rows) -> dict[str, object]:
    """The one row that rules see of a shop with one fulfillment."""
    tables = make_tables(*parts)
    audit = audit_shop(tables, now=NOW)
    marks = make_marks(tables, audit)
    (row,) = make_review(tables, marks, audit.findings, NOW).to_dict("records")
    return {name: value for name, value in row.items() if not pd.isna(value)}


def test_the_first_rule_that_matches_decides_and_people_and_locks_stand() -> None:
    found = ruled(*PARTS, f3="keep")

    check_table(MARKS, found.marks, "marks")
    assert told(found.marks) == {
        "1": ("unfulfill", "the customer cancelled", "rule: cancelled"),
        "2": ("", "", ""),
        "3": ("keep", "", "ann"),
        "4": ("keep", "nothing is wrong with it", "rule: the rest"),
    }
    assert found.counts == (
        RuleCount("cancelled", "unfulfill", matches=3, earlier=0, decided=1, locked=1, marked=1),
        RuleCount("the rest", "keep", matches=4, earlier=3, decided=0, locked=0, marked=1),
    )


def test_a_note_of_a_rule_stands_beside_its_marks() -> None:
    notes = ruled(*PARTS).marks.set_index("fulfillment_id")["note"]

    assert notes[gid("Fulfillment", 1)] == "seen by a rule"


def test_a_rule_may_keep_what_is_locked() -> None:
    text = TEXT[TEXT.index('[[rule]]\nname = "the rest"') :]

    assert told(ruled(fulfillment(2), text=text).marks) == {
        "2": ("keep", "nothing is wrong with it", "rule: the rest")
    }


def test_rules_that_were_used_once_mark_nothing_more() -> None:
    tables = make_tables(*PARTS)
    audit = audit_shop(tables, now=NOW)
    marks = make_marks(tables, audit)
    rules = parse_rules(TEXT, "rules.toml")

    once = apply_rules(rules, marks, make_review(tables, marks, audit.findings, NOW))
    again = apply_rules(rules, once.marks, make_review(tables, once.marks, audit.findings, NOW))

    assert sum(count.marked for count in again.counts) == 0
    pd.testing.assert_frame_equal(again.marks, once.marks)


def test_an_export_without_fulfillments_has_nothing_to_decide() -> None:
    found = ruled()

    assert (found.rows, [count.matches for count in found.counts]) == (0, [0, 0])


def test_a_row_tells_a_rule_all_that_is_known_of_it() -> None:
    parts = (
        order(
            1, tags="Big, VIP", total_amount="20.50", paid_at="2026-10-19 11:59:30", cancelled_at="2026-10-19"
        ),
        quiet(1, created_at="2026-10-19 12:00:00", tracking_numbers=""),
    )

    assert review(*parts) == {
        "order_name": "#1001",
        "ordered_at": pd.Timestamp("2026-10-01 08:00", tz="UTC"),
        "paid_at": pd.Timestamp("2026-10-19 11:59:30", tz="UTC"),
        "cancelled_at": pd.Timestamp("2026-10-19", tz="UTC"),
        "financial_status": "PAID",
        "return_status": "NO_RETURN",
        "source_name": "web",
        "tags": "Big, VIP",
        "test": False,
        "total": 20.5,
        "days_since_ordered": pytest.approx(19 + 4 / 24),
        "fulfilled_at": pd.Timestamp("2026-10-19 12:00", tz="UTC"),
        "days_since_fulfilled": 1.0,
        "minutes_from_payment": 0.5,
        "display_status": "FULFILLED",
        "location": "Warehouse",
        "service": "Manual",
        "service_type": "MANUAL",
        "carrier": "DHL Express",
        "tracking": "",
        "is_tracked": False,
        "units": 1.0,
        "items": "1 × SKU-1",
        "is_locked": False,
        "severity": "high",
        "findings": "auto_fulfil, fulfilled_after_cancel, no_tracking",
        "right_fix": "unfulfill",
    }


def test_the_incidents_of_a_row_are_joined_and_an_amount_that_is_none_is_missing() -> None:
    parts = [part for n in range(1, 31) for part in (
        order(n, total_amount="12,50", paid_at=f"2026-10-19 12:0{n % 10}:00"),
        quiet(n, created_at=f"2026-10-19 12:0{n % 10}:05", tracking_numbers=""),
    )]  # fmt: skip
    tables = make_tables(*parts)
    audit = audit_shop(tables, now=NOW)
    marks = make_marks(tables, audit)

    rows = make_review(tables, marks, audit.findings, NOW)

    assert set(rows["incident"]) == {
        "auto-fulfilment of 30 at Warehouse, 19 Oct; burst of 30 at Warehouse, 19 Oct 12:00-12:09"
    }
    assert rows["total"].isna().all()
    assert list(rows.columns) == list(COLUMNS)


@pytest.mark.parametrize(
    ("case", "parts", "decision"),
    [
        (
            "fulfilled too early",
            (
                order(1, paid_at="2026-10-18 08:00:00"),
                quiet(1, created_at="2026-10-18 08:01:30", tracking_numbers=""),
            ),
            "unfulfill",
        ),
        (
            "customer cancelled",
            (order(1, cancelled_at="2026-10-19"), quiet(1, created_at="2026-10-18")),
            "unfulfill",
        ),
        (
            "customer cancelled",
            (
                order(1, financial_status="REFUNDED", refunded_at="2026-10-19"),
                quiet(1, created_at="2026-10-18"),
            ),
            "unfulfill",
        ),
        (
            "customer changed the order",
            (order(1, tags="Address changed"), quiet(1, created_at="2026-10-19", tracking_numbers=None)),
            "hold",
        ),
        ("delivery problem", (quiet(1, created_at="2026-10-08"),), "hold"),
    ],
)
def test_the_shipped_rules_find_their_cases(case: str, parts: tuple[Rows, ...], decision: str) -> None:
    marks = ruled(*parts, text=SHIPPED).marks

    assert [(row.decision, row.marked_by) for row in marks.itertuples()] == [(decision, f"rule: {case}")]


@pytest.mark.parametrize(
    "parts",
    [
        (
            order(1, paid_at="2026-10-18 08:00:00"),
            quiet(1, created_at="2026-10-18 08:02:30", tracking_numbers=""),
        ),
        (
            order(1, paid_at="2026-10-18 08:00:00"),
            quiet(1, created_at="2026-10-18 08:01:00", tracking_numbers="JD0199"),
        ),
        (order(1, paid_at=None), quiet(1, created_at="2026-10-18 08:01:00", tracking_numbers="")),
        (
            order(1, paid_at="2026-10-18 08:00:00", tags="VIP"),
            quiet(1, created_at="2026-10-18 08:01:00", tracking_numbers=""),
        ),
        (order(1, tags="order changed"), quiet(1, created_at="2026-10-14", tracking_numbers="")),
        (order(1, financial_status="REFUNDED", return_status="RETURNED"), quiet(1, created_at="2026-10-18")),
        (order(1, total_amount="900.00"), quiet(1, created_at="2026-10-08")),
        (quiet(1, created_at="2026-10-12"),),
        (order(1, cancelled_at="2026-10-01"), fulfillment(1)),
    ],
)
def test_the_shipped_rules_leave_near_misses_alone(parts: tuple[Rows, ...]) -> None:
    assert [count.marked for count in ruled(*parts, text=SHIPPED).counts] == [0, 0, 0, 0, 0]


def test_a_workbench_counts_first_and_marks_the_same(workbench: Callable[[str], Workbench]) -> None:
    wb = workbench("run")
    wb.export()
    wb.audit()

    counted = wb.count_by_rules()
    before = wb.marks()
    marks = wb.mark_by_rules()

    assert counted.file.read_bytes() == (notebooks_folder() / "rules.toml").read_bytes()
    assert (before["decision"] == "").all()
    by_rule = marks.loc[marks["marked_by"].str.startswith("rule: "), "marked_by"].value_counts().to_dict()
    assert by_rule == {f"rule: {count.rule}": count.marked for count in counted.counts if count.marked}
    assert counted.marked > 5
    pd.testing.assert_frame_equal(wb.marks(), marks)
    assert wb.count_by_rules().marked == 0
    assert "would be marked" in rules_view(counted).text


def test_the_rules_of_the_run_folder_go_before_those_of_the_notebooks(
    workbench: Callable[[str], Workbench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wb = workbench("run")
    wb.export()
    wb.audit()
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    files = [tmp_path / "named.toml", wb.run.path("rules.toml"), tmp_path / "notebooks" / "rules.toml"]

    found = []
    for file in reversed(files):
        file.write_text("\ufeff" + TEXT, encoding="utf-8")
        found.append(wb.count_by_rules("named.toml" if file == files[0] else "").file)

    assert found == files[::-1]
    with pytest.raises(ParameterRefused, match=r"elsewhere\.toml: there is no such file of rules"):
        wb.count_by_rules("elsewhere.toml")


def test_the_command_counts_then_marks_and_refuses_a_bad_file_with_2(
    workbench: Callable[[str], Workbench], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wb = workbench("run")
    wb.export()
    wb.audit()
    file = tmp_path / "mine.toml"
    file.write_text(TEXT, encoding="utf-8")

    dry = main(["rules", str(wb.run.folder), "--file", str(file)])
    said = capsys.readouterr().out.splitlines()
    untouched = wb.run.has("marks.csv")
    done = main(["rules", str(wb.run.folder), "--file", str(file), "--mark"])
    marked = capsys.readouterr().out.splitlines()

    assert (dry, done, untouched) == (0, 0, False)
    assert said[:-1] == marked[:-1]
    assert said[-1].endswith("--mark does it.")
    assert marked[-1].endswith("of them to be changed.")
    assert {"keep", "unfulfill"} <= set(wb.marks()["decision"])

    file.write_text(TEXT.replace("units > 0", "units.sum() > 0"), encoding="utf-8")
    assert main(["rules", str(wb.run.folder), "--file", str(file)]) == 2
    assert "rule “the rest”: nothing can be called" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"\xff\xfe\x00", "cannot be read as UTF-8 text"), (b"#" * (1 << 20) + b"\n#", "is larger than 1 MB")],
)
def test_a_file_that_is_no_text_is_refused(
    content: bytes, problem: str, workbench: Callable[[str], Workbench], tmp_path: Path
) -> None:
    (tmp_path / "rules.toml").write_bytes(content)

    with pytest.raises(SettingsRefused, match=problem):
        workbench("run").count_by_rules(tmp_path / "rules.toml")


def test_the_command_says_what_every_column_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--columns"]) == 0

    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == list(COLUMNS)


def test_rules_decide_what_files_alone_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orders = Path(__file__).resolve().parents[2] / "sample_exports" / "matrixify_orders.csv"
    run = str(tmp_path / "files")
    (tmp_path / "mine.toml").write_text(TEXT, encoding="utf-8")

    statuses = [
        main(["audit", str(orders), "--run", run]),
        main(["rules", run]),
        main(["rules", run, "--file", str(tmp_path / "mine.toml"), "--mark"]),
    ]

    assert statuses == [0, 0, 0]
    assert "rule: the rest" in (tmp_path / "files" / "marks.csv").read_text(encoding="utf-8-sig")
    assert "live fulfillments:" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["rules"], ["rules", "no-such-folder"]])
def test_the_command_needs_a_run_folder(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
