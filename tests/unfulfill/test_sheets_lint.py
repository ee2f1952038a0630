"""The linter of an Orders sheet: each mistake in a file of its own, and a file without one."""

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from unfulfill.cli import main
from unfulfill.sheets.lint import Finding, has_errors, lint_lines, lint_sheet
from unfulfill.sheets.lint_columns import KNOWN, known_column, similar_column

GOOD = {
    "ID": "5500000000001",
    "Command": "UPDATE",
    "Line: Type": "Fulfillment Line",
    "Fulfillment: ID": "4700000000001",
    "Fulfillment: Status": "cancelled",
}


def file_of(folder: Path, *rows: dict[str, str], name: str = "orders.csv") -> Path:
    """A CSV of rows, each the good one with changes; an id of its own unless it says so."""
    columns = list(dict.fromkeys([*GOOD, *(column for row in rows for column in row)]))
    whole = [
        {
            **GOOD,
            "ID": str(5500000000000 + n),
            "Fulfillment: ID": str(4700000000000 + n),
            **row,
        }
        for n, row in enumerate(rows, 1)
    ]
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(whole)
    return path


def told(path: Path, limit: int | None = None) -> list[tuple[str, int, str]]:
    return [(finding.severity, finding.row, finding.column) for finding in lint_sheet(path, limit)]


def test_a_good_file_has_nothing_to_say(tmp_path: Path) -> None:
    assert lint_sheet(file_of(tmp_path, {}, {})) == ()


@pytest.mark.parametrize("name", ["orders.csv", "orders.xlsx"])
def test_a_column_that_stands_twice_is_named_and_the_rows_are_looked_at(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    rows = [[*GOOD, "id", "Note", "Note"], [*GOOD.values(), "5500000000001", "a", "b"]]
    if name.endswith(".csv"):
        path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    else:
        book = openpyxl.Workbook()
        book.worksheets[0].title = "Orders"
        for row in rows:
            book.worksheets[0].append(row)
        book.save(path)

    assert [each for each in told(path) if each[0] == "error"] == [("error", 1, "ID"), ("error", 1, "Note")]


@pytest.mark.parametrize(
    ("changes", "severity", "column", "words"),
    [
        ({"Command": ""}, "error", "Command", "a blank Command means NEW"),
        ({"Command": "REPLACE"}, "error", "Command", "deletes the order and makes it anew"),
        ({"Command": "Delete"}, "error", "Command", "deletes the order"),
        ({"Command": "UPDAT"}, "error", "Command", "“UPDAT” is not a command"),
        ({"Command": "IGNORE"}, "warning", "Command", "passed over"),
        ({"ID": "5.5E+12"}, "error", "ID", "was rounded by a spreadsheet"),
        ({"ID": "5500000000001.5"}, "error", "ID", "is not an id"),
        ({"ID": "1234567890123456"}, "error", "ID", "longer than a spreadsheet keeps exactly"),
        ({"ID": "gid://shopify/Order/5500000000001"}, "warning", "ID", "write 5500000000001"),
        ({"ID": ""}, "error", "ID", "no order is named"),
        ({"ID": "###### YOUR PLAN ALLOWS FILE SIZE TILL HERE ######"}, "error", "ID", "cut its export"),
        ({"Fulfillment: ID": ""}, "error", "Fulfillment: ID", "no fulfillment is named"),
        ({"Fulfillment: ID": "gid://shopify/Fulfillment/1"}, "error", "Fulfillment: ID", "write 1"),
        ({"Fulfillment: Status": "canceled"}, "error", "Fulfillment: Status", "write cancelled"),
        ({"Fulfillment: Status": "Cancelled"}, "error", "Fulfillment: Status", "write cancelled"),
        ({"Fulfillment: Status": "unfulfilled"}, "error", "Fulfillment: Status", "it is one of"),
        ({"Fulfillment: Status": ""}, "error", "Fulfillment: Status", "unfulfills nothing"),
        ({"Fulfillment: Status": "success"}, "warning", "Fulfillment: Status", "does not unfulfill"),
        ({"Line: Type": ""}, "error", "Line: Type", "reported OK and does nothing"),
        ({"Line: Type": "fulfillment line"}, "error", "Line: Type", "write Fulfillment Line"),
        ({"Line: Type": "Line Item"}, "warning", "Line: Type", "unfulfills nothing"),
        ({"Line: ID": "14100000000001"}, "error", "Line: ID", "only whole fulfillments"),
        ({"Line: Quantity": "1"}, "error", "Line: Quantity", "only whole fulfillments"),
        ({"Send Receipt": "TRUE"}, "error", "Send Receipt", "would get a mail"),
        ({"Fulfillment: Send Receipt": "true"}, "error", "Fulfillment: Send Receipt", "would get a mail"),
        ({"Refund: Restock": "TRUE"}, "error", "Refund: Restock", "makes a refund"),
        ({"Transaction: Amount": "1.00"}, "error", "Transaction: Amount", "books a payment"),
        ({"Cancelled At": "2026-10-01 09:00:00 +0200"}, "error", "Cancelled At", "cancels the whole order"),
        ({"Metafield: a.b [string]": ""}, "error", "Metafield: a.b [string]", "deletes the metafield"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_row_is_found_where_it_stands(
    tmp_path: Path, changes: dict[str, str], severity: str, column: str, words: str
) -> None:
    first = dict.fromkeys(changes, "x") if column.startswith("Metafield") else {}

    findings = lint_sheet(file_of(tmp_path, first, changes))

    assert [(each.severity, each.row, each.column) for each in findings] == [(severity, 3, column)]
    assert words in findings[0].message


@pytest.mark.parametrize(
    ("column", "severity", "words"),
    [
        ("Fulfillment: Notify Customer", "error", "there is no such column"),
        ("Fulfillment: Send Notification", "error", "there is no such column"),
        ("Fulfilment: Tracking Nummber", "warning", "did you mean “Fulfillment: Tracking Number”?"),
        ("Shop floor", "warning", "no column of this name is known"),
        ("Name", "warning", "may be another order"),
    ],
)
def test_a_mistake_in_the_header_is_found(tmp_path: Path, column: str, severity: str, words: str) -> None:
    (finding,) = lint_sheet(file_of(tmp_path, {column: ""}))

    assert (finding.severity, finding.row, finding.column) == (severity, 1, column)
    assert words in finding.message


def test_missing_columns_are_errors_but_for_the_two_that_altera_does_without(tmp_path: Path) -> None:
    altera, nothing = tmp_path / "orders_altera.csv", tmp_path / "orders_none.csv"
    altera.write_text("ID,Fulfillment: ID,Fulfillment: Status\n1,2,cancelled\n")
    nothing.write_text("ID,Command,Line: Type\n1,UPDATE,Fulfillment Line\n")

    assert told(altera) == [("warning", 1, "Command"), ("warning", 1, "Line: Type")]
    assert told(nothing) == [("error", 1, "Fulfillment: ID"), ("error", 1, "Fulfillment: Status")]


def test_rows_of_one_order_apart_and_one_fulfillment_twice_name_the_first_row(tmp_path: Path) -> None:
    apart = lint_sheet(file_of(tmp_path, {"ID": "1"}, {"ID": "2"}, {"ID": "1"}))
    twice = lint_sheet(
        file_of(tmp_path, {"ID": "1", "Fulfillment: ID": "7"}, {"ID": "1", "Fulfillment: ID": "7"})
    )

    assert [(each.row, each.column, "row 2" in each.message) for each in (*apart, *twice)] == [
        (4, "ID", True),
        (3, "Fulfillment: ID", True),
    ]


def test_an_order_named_only_by_its_name_is_an_error(tmp_path: Path) -> None:
    assert ("error", 2, "ID") in told(file_of(tmp_path, {"ID": "", "Name": "#1001"}))


def test_columns_that_are_filled_in_many_rows_are_told_once_with_the_number(tmp_path: Path) -> None:
    (finding,) = lint_sheet(file_of(tmp_path, *[{"Refund: Note": "x"}] * 9))

    assert (finding.row, finding.message.endswith("(9 rows)")) == (2, True)


def test_more_orders_than_the_plan_takes_are_an_error_and_otherwise_a_note(tmp_path: Path) -> None:
    path = file_of(tmp_path, *[{}] * 11)

    assert told(path, limit=10) == [("error", 12, "ID")]
    assert told(path, limit=11) == []
    assert told(path) == [("note", 12, "ID")]


def test_a_csv_must_be_called_orders_and_a_file_without_rows_is_empty(tmp_path: Path) -> None:
    assert told(file_of(tmp_path, {}, name="fix.csv")) == [("warning", 1, "")]
    assert told(file_of(tmp_path)) == [("error", 2, "")]


def test_a_workbook_needs_a_sheet_called_orders_and_other_sheets_are_left_alone(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Data"
    for row in (list(GOOD), [*list(GOOD.values())[:-1], "canceled"]):
        sheet.append(row)
    book.save(tmp_path / "named.xlsx")
    sheet.title = "My orders"
    book.create_sheet("Notes").append(["anything"])
    book.save(tmp_path / "orders.xlsx")

    assert told(tmp_path / "named.xlsx") == [("error", 1, "")]
    assert lint_sheet(tmp_path / "orders.xlsx") == (
        Finding(
            "error", "My orders", 2, "Fulfillment: Status", "“canceled” is not a status: write cancelled"
        ),
    )


def test_a_cell_whose_number_was_rounded_is_an_error_where_it_stands(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Orders"
    for row in (list(GOOD), [5500000000001234567, *list(GOOD.values())[1:]]):
        book.active.append(row)
    book.save(tmp_path / "orders.xlsx")

    assert ("error", 2, "ID") in told(tmp_path / "orders.xlsx")
    assert any("spreadsheets round" in finding.message for finding in lint_sheet(tmp_path / "orders.xlsx"))


def test_every_known_column_is_known_in_any_case_and_no_invented_one_is() -> None:
    assert [known_column(name.upper()) for name in KNOWN] == list(KNOWN)
    assert known_column("Tax 12: Rate") == "Tax 12: Rate"
    assert (known_column("Fulfillment: Notify Customer"), similar_column("Comand")) == ("", "Command")


def test_the_command_prints_findings_and_ends_with_2_where_there_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = file_of(tmp_path, {}), file_of(tmp_path, {"Command": ""}, name="orders_bad.csv")

    assert main(["lint", str(good)]) == 0
    assert main(["lint", str(bad), "--json"]) == 2
    out = capsys.readouterr().out.splitlines()

    assert out[0].startswith("0 errors, 0 warnings, 0 notes.")
    assert (json.loads(out[1])["row"], json.loads(out[1])["column"]) == (2, "Command")
    assert has_errors(lint_sheet(bad))


def test_only_so_many_findings_are_printed_and_errors_come_first(tmp_path: Path) -> None:
    findings = lint_sheet(file_of(tmp_path, {"Fulfillment: Status": "open"}, *[{"Command": ""}] * 5))

    lines = list(lint_lines(findings, shown=2))

    assert [line.partition(":")[0] for line in lines[:2]] == ["error", "error"]
    assert lines[2].startswith("… and 4 more")
