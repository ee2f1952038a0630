"""What is wrong with an Orders sheet before an app imports it: each thing with its row, why, and what to do.

For a file that a person edited to unfulfill by Matrixify or Altera. Both say nothing about most of this: an unknown
column is ignored, a row without Line: Type is reported OK and does nothing, a blank Command makes a new order.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unfulfill.sheets.containers import kind_of_file
from unfulfill.sheets.grid import Grid, open_grids
from unfulfill.sheets.lint_columns import INVENTED, known_column, similar_column
from unfulfill.sheets.lint_rows import OrderRows, Remark

ERROR, WARNING, NOTE = "error", "warning", "note"
PLANS = (("Demo", 10), ("Basic", 1_000), ("Big", 10_000))  # orders a file, Matrixify's plans
COMPARED = 100  # unknown columns that are compared with the known ones; each takes milliseconds
_MUST_HAVE = ("ID", "Fulfillment: ID", "Fulfillment: Status")


@dataclass(frozen=True)
class Finding:
    """One thing about a file. Rows are numbered as a spreadsheet does; no column means the whole row."""

    severity: str  # error, warning or note
    sheet: str
    row: int
    column: str
    message: str


def lint_sheet(path: Path, limit: int | None = None) -> tuple[Finding, ...]:
    """Everything about a file (.xlsx, .csv, a .zip of CSVs) that would go wrong in an import, in the order of its rows.

    `limit` is the number of orders that the app's plan takes in one file. Raises SheetRefused where it cannot be read.
    """
    path = Path(path)
    grids = open_grids(path, may_double=True)  # a doubled column is a finding
    if kind_of_file(path) not in ("xlsx", "zip"):
        found = list(_lint_grids(grids, limit))
        if "order" not in path.stem.casefold():
            found.append(
                Finding(
                    WARNING, "", 1, "", "the name of a CSV tells Matrixify what it is: put “orders” into it"
                )
            )
        return tuple(found)
    chosen = [grid for grid in grids if "orders" in grid.name.casefold()]
    if not chosen:
        names = ", ".join(grid.name for grid in grids)
        return (
            Finding(
                ERROR, names, 1, "", "no sheet is called Orders, so nothing is imported: rename the sheet"
            ),
        )
    return tuple(_lint_grids(chosen, limit))


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether the file must not be imported as it is."""
    return any(finding.severity == ERROR for finding in findings)


def _lint_grids(grids: Sequence[Grid], limit: int | None) -> Iterator[Finding]:
    rows = OrderRows()
    for grid in grids:
        names = tuple(known_column(name.strip()) or name.strip() for name in grid.header)
        for remark in _header_remarks(grid.header, names):
            yield _finding(grid.name, replace(remark, row=grid.header_row))
        for remark in rows.read(names, grid.rows):
            yield _finding(grid.name, remark)
    last = grids[-1].name if grids else ""
    for remark in _size_remarks(rows, limit):
        yield _finding(last, remark)


def _finding(sheet: str, remark: Remark) -> Finding:
    return Finding(remark.severity, sheet, remark.row, remark.column, remark.message)


def _header_remarks(header: Sequence[str], names: Sequence[str]) -> Iterator[Remark]:
    unknown = 0
    for name, given in zip(names, header, strict=True):
        if given.strip().casefold() in INVENTED:
            yield Remark(
                ERROR, 1, given,
                "there is no such column: it is ignored, and whether customers get a mail is not decided by it; delete "
                "it",
            )  # fmt: skip
        elif name and not known_column(name):
            unknown += 1
            near = similar_column(name) if unknown <= COMPARED else ""
            hint = (
                f"did you mean “{near}”?" if near else "delete it, or look it up in the app's list of columns"
            )
            yield Remark(
                WARNING, 1, given, f"no column of this name is known, and it would be ignored: {hint}"
            )
    for name in _MUST_HAVE:
        if name not in names:
            yield Remark(
                ERROR, 1, name, "the column is missing, and without it nothing is unfulfilled: add it"
            )
    doubled = sorted(name for name, times in Counter(names).items() if name and times > 1)
    for name in doubled:
        yield Remark(
            ERROR, 1, name, "the column stands twice, and which of them counts is not said: keep one"
        )
    if "Command" not in names:
        yield Remark(
            WARNING, 1, "Command",
            "the column is missing: Altera's three columns do without, Matrixify takes that for NEW; add it with "
            "UPDATE",
        )  # fmt: skip
    if "Line: Type" not in names:
        yield Remark(
            WARNING, 1, "Line: Type",
            "the column is missing: Altera's three columns do without, Matrixify may report OK and do nothing; add it "
            "with Fulfillment Line",
        )  # fmt: skip
    if "Name" in names:
        yield Remark(
            WARNING, 1, "Name",
            "an order whose ID is not found is looked up by this name, which may be another order: delete the column",
        )  # fmt: skip


def _size_remarks(rows: OrderRows, limit: int | None) -> Iterator[Remark]:
    orders = rows.orders
    if not orders:
        yield Remark(ERROR, 2, "", "there is no row to import")
    elif limit is not None and orders > limit:
        yield Remark(
            ERROR, rows.last_row, "ID",
            f"{orders:,} orders are more than the {limit:,} of the plan, and the app cuts the rest off: split the file",
        )  # fmt: skip
    elif limit is None and orders > PLANS[0][1]:
        plan = next((f"{name} or a larger" for name, most in PLANS if orders <= most), "Enterprise")
        yield Remark(
            NOTE, rows.last_row, "ID", f"{orders:,} orders in one file need Matrixify's plan {plan} one"
        )


def lint_lines(findings: Sequence[Finding], shown: int = 200) -> Iterator[str]:
    """The findings for people, errors first, and their number."""
    order = {ERROR: 0, WARNING: 1, NOTE: 2}
    for finding in sorted(findings, key=lambda each: order[each.severity])[:shown]:
        place = f"{finding.sheet}, row {finding.row}" if finding.sheet else f"row {finding.row}"
        column = f", {finding.column}" if finding.column else ""
        yield f"{finding.severity}: {place}{column}: {finding.message}."
    if len(findings) > shown:
        yield f"… and {len(findings) - shown:,} more; --json gives all."
    counts = ", ".join(f"{sum(each.severity == word for each in findings):,} {word}s" for word in order)
    yield f"{counts}. Whether the app takes the file is not known: nothing was tried in it."
