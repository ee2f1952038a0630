"""A merchant's orders CSV → orders. One row an order line, grouped by Name; read by header, so any width will do.

Columns and habits of the export: 61 to 79 columns by age; order columns stand on the order's first row only, `Id`
as well; dates carry the shop's offset; zips begin with an apostrophe.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sandbox_shop.seeding.cells import read_flag, read_id, read_money, read_time, read_units
from sandbox_shop.seeding.csv_text import Record, Sheet, read_sheet
from sandbox_shop.seeding.errors import SeedRefused

FINANCIAL = (
    "paid",
    "pending",
    "authorized",
    "partially_paid",
    "partially_refunded",
    "refunded",
    "voided",
    "expired",
)
FULFILLMENT = ("fulfilled", "partial", "unfulfilled", "pending", "restocked", "")
LINE_STATUS = ("fulfilled", "partial", "pending", "unfulfilled", "restocked", "not_eligible", "")
TIMES = ("Created at", "Paid at", "Fulfilled at", "Cancelled at")
Value = TypeVar("Value")


@dataclass(slots=True)
class FileLine:
    """One order line of the file; `status` is the lower-case line fulfillment status."""

    name: str
    sku: str
    quantity: int
    price: str
    requires_shipping: bool | None
    status: str
    vendor: str


@dataclass(slots=True)
class FileOrder:
    """One order of the file. Times carry their offset; statuses are lower case."""

    line: int
    name: str
    id: int | None
    times: dict[str, datetime]  # by column, of TIMES; those that the file has
    financial: str
    fulfillment: str
    currency: str
    total: str
    refunded: str
    source: str
    location: str
    tags: list[str]
    note: str
    email: str
    customer: str
    payment_method: str
    lines: list[FileLine] = field(default_factory=list)


def read_orders(path: Path) -> list[FileOrder]:
    """Every order of the file, in its order. Raises SeedRefused with file, line and column."""
    sheet = read_sheet(path, "orders CSV", ("Name", "Lineitem quantity"))
    orders = [_order(records) for records in _blocks(sheet)]
    if not orders:
        raise SeedRefused(f"{path.name} has a header but no order; export the orders again.")
    if not any(order.times for order in orders):
        raise SeedRefused(
            f"{path.name}, line 1: no order has a date; export the file with at least the column Created at."
        )
    return orders


def _blocks(sheet: Sheet) -> list[list[Record]]:
    """The rows of each order. A name met again is the same order, unless another Id or creation stands beside it.

    `Created at` stands on every row of an order, `Id` on its first only.
    """
    blocks: list[list[Record]] = []
    latest: dict[str, int] = {}  # name → place of its block
    ids: dict[int, int] = {}  # place of a block → its Id
    seen: dict[int, Record] = {}
    for record in sheet.records():
        name, id_ = record.get("Name"), read_id(record, "Id")
        if not name:
            raise record.refuse(
                "Name", "the row belongs to no order; fill in the order's name or delete the row"
            )
        place = latest.get(name)
        if (
            place is None
            or (id_ is not None and ids.get(place, id_) != id_)
            or _is_other(blocks[place][0], record)
        ):
            place = len(blocks)
            blocks.append([])
            latest[name] = place
        if id_ is not None:
            first = seen.setdefault(id_, record)
            if first.get("Name") != name:
                raise record.refuse(
                    "Id", f"{id_} is also the id of {first.get('Name')} on line {first.line}; correct one"
                )
            ids[place] = id_
        blocks[place].append(record)
    return blocks


def _is_other(first: Record, record: Record) -> bool:
    created = record.get("Created at")
    return bool(created) and created != (first.get("Created at") or created)


def _order(records: list[Record]) -> FileOrder:
    times = {column: at for column in TIMES if (at := _first(records, column, read_time)) is not None}
    order = FileOrder(
        line=records[0].line,
        name=records[0].get("Name"),
        id=_first(records, "Id", read_id),
        times=times,
        financial=_status(records, "Financial Status", (*FINANCIAL, "")),
        fulfillment=_status(records, "Fulfillment Status", FULFILLMENT),
        currency=_text(records, "Currency"),
        total=_first(records, "Total", read_money) or "0.00",
        refunded=_first(records, "Refunded Amount", read_money) or "0.00",
        source=_text(records, "Source") or "web",
        location=_text(records, "Location"),
        tags=[tag.strip() for tag in _text(records, "Tags").split(",") if tag.strip()],
        note=_text(records, "Notes"),
        email=_text(records, "Email"),
        customer=_text(records, "Shipping Name") or _text(records, "Billing Name"),
        payment_method=_text(records, "Payment Method"),
    )
    order.lines = [
        _line(record) for record in records if record.get("Lineitem quantity") or record.get("Lineitem name")
    ]
    return order


def _line(record: Record) -> FileLine:
    quantity = read_units(record, "Lineitem quantity")
    if quantity < 0:
        raise record.refuse("Lineitem quantity", f"{quantity} units cannot be ordered; correct the cell")
    sku = record.get("Lineitem sku").removeprefix("'")
    return FileLine(
        name=record.get("Lineitem name") or sku or "Item without a name",
        sku=sku,
        quantity=quantity,
        price=read_money(record, "Lineitem price"),
        requires_shipping=read_flag(record, "Lineitem requires shipping"),
        status=_status([record], "Lineitem fulfillment status", LINE_STATUS),
        vendor=record.get("Vendor"),
    )


def _first(records: list[Record], column: str, read: Callable[[Record, str], Value]) -> Value | None:
    """The first cell of an order that is not blank, read."""
    return next((read(record, column) for record in records if record.get(column)), None)


def _text(records: list[Record], column: str) -> str:
    return _first(records, column, Record.get) or ""


def _status(records: list[Record], column: str, known: tuple[str, ...]) -> str:
    record = next((record for record in records if record.get(column)), records[0])
    status = record.get(column).casefold().replace(" ", "_")
    if status not in known:
        raise record.refuse(column, f"{status!r} is not one of {', '.join(word for word in known if word)}")
    return status
