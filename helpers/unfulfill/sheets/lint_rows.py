"""The rows of an Orders sheet, looked at one after the other; what they say together is remembered."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from unfulfill.sheets.cells import UnclearText
from unfulfill.sheets.exact_ids import MangledId, exact_id

ERROR, WARNING = "error", "warning"
STATUSES = ("cancelled", "error", "failure", "open", "pending", "success")
LINE_TYPES = (
    "Line Item", "Shipping Line", "Discount", "Transaction", "Fulfillment Line", "Refund Line", "Refund Shipping",
)  # fmt: skip
COMMANDS: Mapping[str, str] = {
    "": "a blank Command means NEW, which makes a new order or fails: write UPDATE",
    "NEW": "NEW makes a new order or fails: write UPDATE",
    "MERGE": "MERGE makes a new order where none is found: write UPDATE",
    "REPLACE": "REPLACE deletes the order and makes it anew: write UPDATE",
    "DELETE": "DELETE deletes the order: write UPDATE",
}
RECEIPTS = ("Send Receipt", "Fulfillment: Send Receipt", "Cancel: Send Receipt", "Refund: Send Receipt")
EXACT_DIGITS = 15  # as many as a spreadsheet keeps of a number
_TRUE = ("true", "1", "yes", "wahr", "vrai", "verdadero")
# Columns that do something else than unfulfilling as soon as one cell of them is filled.
_FILLED: Mapping[str, str] = {
    "Cancelled At": "a date here cancels the whole order and not its fulfillment",
    "Cancel: Reason": "this is about cancelling the whole order",
    "Cancel: Refund": "this refunds an order that is cancelled",
    "Line: Fulfillment Status": "this is only exported; an import checks it as a fulfillment's status and fails",
    "Line: Command": "this edits the lines of the order",
}
_GROUPS: Mapping[str, str] = {
    "Refund: ": "a filled refund column makes a refund",
    "Transaction: ": "a filled transaction column books a payment",
}


@dataclass(frozen=True)
class Remark:
    """One thing about a row (1 is the header)."""

    severity: str
    row: int
    column: str
    message: str


class OrderRows:
    """What was seen of the orders so far; the sheets of one file share it."""

    def __init__(self) -> None:
        self.last_row = 1
        self._order = ""
        self._orders: dict[str, int] = {}  # id → first row
        self._fulfillments: dict[str, int] = {}

    @property
    def orders(self) -> int:
        """Orders seen so far."""
        return len(self._orders)

    def read(self, names: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[Remark]:
        """Remarks on rows, in their order; then on columns that are filled where they should not be."""
        columns = _Columns(names)
        for number, cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            self.last_row = number
            for name, cell in zip(names, cells, strict=False):
                if isinstance(cell, UnclearText):
                    yield Remark(ERROR, number, name, cell.why)
            row = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
            if row.get("ID", "").startswith("######"):
                yield Remark(
                    ERROR, number, "ID",
                    "the app cut its export here because of its plan, so orders are missing: export fewer at a time",
                )  # fmt: skip
                continue
            columns.see(number, row)
            for severity, column, message in self._row(number, row):
                yield Remark(severity, number, column, message)
        yield from columns.remarks()

    def _row(self, number: int, row: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        yield from self._identity(number, row)
        command = row.get("Command", "UPDATE").upper()
        if command == "IGNORE":
            yield WARNING, "Command", "the row is passed over: delete it, or write UPDATE"
        elif command != "UPDATE":
            unknown = f"“{row['Command']}” is not a command: write UPDATE" if "Command" in row else ""
            yield ERROR, "Command", COMMANDS.get(command, unknown)
        for column in RECEIPTS:
            if row.get(column, "").casefold() in _TRUE:
                yield ERROR, column, "a customer would get a mail: write FALSE, or delete the column"
        kind = row.get("Line: Type", "Fulfillment Line")
        if kind == "Fulfillment Line":
            yield from self._fulfillment(number, row)
        elif not kind:
            yield (
                ERROR,
                "Line: Type",
                "without a type the row is reported OK and does nothing: write Fulfillment Line",
            )
        elif kind not in LINE_TYPES:
            near = get_close_matches(kind.title(), LINE_TYPES, n=1, cutoff=0.6)
            yield (
                ERROR,
                "Line: Type",
                f"“{kind}” is not a type: write {near[0] if near else 'Fulfillment Line'}",
            )

    def _identity(self, number: int, row: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        if "ID" not in row:
            return
        id_ = row["ID"]
        if not id_:
            named = row.get("Name", "")
            why = (
                f"the order is looked up by its name {named}, which is not unique"
                if named
                else "no order is named"
            )
            yield ERROR, "ID", f"{why}: take the ID from the export"
            id_ = named or f"row {number}"
        else:
            yield from _id_remarks(id_, "Order", "ID")
        if id_ != self._order and id_ in self._orders:
            first = self._orders[id_]
            yield (
                ERROR,
                "ID",
                f"the rows of this order are apart, the first is row {first}: put them together",
            )
        self._orders.setdefault(id_, number)
        self._order = id_

    def _fulfillment(self, number: int, row: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        id_, status = row.get("Fulfillment: ID"), row.get("Fulfillment: Status")
        if id_ == "":
            yield (
                ERROR,
                "Fulfillment: ID",
                "no fulfillment is named, so a new one may be made: take it from the export",
            )
        elif id_ is not None:
            yield from _id_remarks(id_, "Fulfillment", "Fulfillment: ID")
            first = self._fulfillments.setdefault(id_, number)
            if first != number:
                yield (
                    ERROR, "Fulfillment: ID",
                    f"the fulfillment stands in row {first} already, and is cancelled as a whole: keep one row",
                )  # fmt: skip
        if status is not None:
            yield from _status_remarks(status)
        for column in ("Line: ID", "Line: Quantity"):
            if status == "cancelled" and row.get(column):
                yield (
                    ERROR, column,
                    "it makes of the row an instruction about a part, and Shopify cancels only whole fulfillments: "
                    "empty it",
                )  # fmt: skip


class _Columns:
    """Columns that should be empty, or must not be: one remark each, at the first row, with the number of rows."""

    def __init__(self, names: Sequence[str]) -> None:
        self._filled = {name: why for name in names if (why := _why_not_filled(name))}
        self._metafields = [name for name in names if "metafield:" in name.casefold()]
        self._has_types = "Line: Type" in names
        self._seen: dict[tuple[str, str], tuple[str, int, int]] = {}  # column, message → severity, row, rows

    def see(self, number: int, row: Mapping[str, str]) -> None:
        for name, why in self._filled.items():
            if row.get(name):
                self._add(ERROR, number, name, f"{why}: delete the column")
        for name in self._metafields:
            if not row.get(name):
                self._add(ERROR, number, name, "a blank cell deletes the metafield: delete the column")
        kind = row.get("Line: Type", "")
        if kind in LINE_TYPES and kind != "Fulfillment Line":
            self._add(
                WARNING, number, "Line: Type",
                f"a row of the type {kind} changes the order and unfulfills nothing: delete such rows",
            )  # fmt: skip

    def _add(self, severity: str, number: int, column: str, message: str) -> None:
        _, first, rows = self._seen.get((column, message), (severity, number, 0))
        self._seen[column, message] = (severity, first, rows + 1)

    def remarks(self) -> Iterator[Remark]:
        for (column, message), (severity, row, rows) in self._seen.items():
            more = f" ({rows:,} rows)" if rows > 1 else ""
            yield Remark(severity, row, column, message + more)


def _why_not_filled(name: str) -> str:
    if name in RECEIPTS:
        return ""
    group = next((why for start, why in _GROUPS.items() if name.startswith(start)), "")
    return _FILLED.get(name, group)


def _id_remarks(text: str, kind: str, column: str) -> Iterator[tuple[str, str, str]]:
    try:
        number = exact_id(text, kind).rsplit("/", 1)[-1]
    except MangledId as error:
        yield ERROR, column, str(error)
        return
    if len(number) > EXACT_DIGITS:
        yield (
            ERROR,
            column,
            f"“{text}” is longer than a spreadsheet keeps exactly: take it from the export again",
        )
    elif text.startswith("gid:"):
        yield (
            ERROR if kind == "Fulfillment" else WARNING,
            column,
            f"Matrixify takes only the number: write {number}",
        )


def _status_remarks(status: str) -> Iterator[tuple[str, str, str]]:
    column = "Fulfillment: Status"
    if status == "cancelled":
        return
    if not status:
        yield ERROR, column, "a blank status unfulfills nothing: write cancelled, or delete the row"
    elif status in STATUSES:
        yield WARNING, column, f"{status} does not unfulfill: write cancelled, or delete the row"
    else:
        near = get_close_matches(status.casefold(), STATUSES, n=1, cutoff=0.6)
        hint = f"write {near[0]}" if near else f"it is one of {', '.join(STATUSES)}"
        yield ERROR, column, f"“{status}” is not a status: {hint}"
