"""The rows of an Orders sheet of Matrixify and Altera: a block of rows an order, a row a thing of it.

Columns of the order stand on some of its rows only, so the first value that is not blank counts. A fulfillment repeats
on a row of each line it ships, or has one row of its own; whatever the row's Line: Type, it is known by its ID.
"""

from typing import Any

from unfulfill.sheets.typed_cells import TypedCells
from unfulfill.words import said

CUT_SHORT = "######"  # begins the row that ends a file which the app's plan cut off
_ORDER_STATUS = {"fulfilled": "FULFILLED", "partial": "PARTIALLY_FULFILLED", "restocked": "RESTOCKED",
                 "unfulfilled": "UNFULFILLED"}  # fmt: skip
_FULFILLMENT_STATUS = ("cancelled", "error", "failure", "open", "pending", "success")
_ORDER_TIMES = {"created at": "created_at", "processed at": "processed_at", "updated at": "updated_at",
                "cancelled at": "cancelled_at", "closed at": "closed_at"}  # fmt: skip
_FULFILLMENT_TEXTS = {
    "fulfillment: tracking company": "tracking_company", "fulfillment: tracking number": "tracking_numbers",
    "fulfillment: tracking url": "tracking_urls", "fulfillment: location": "location_name",
}  # fmt: skip

Row = dict[str, Any]


class OrderBlocks:
    """What was read of orders, their lines, fulfillments and what these ship; each by its id."""

    def __init__(self, cells: TypedCells) -> None:
        self.cells = cells
        self.orders: dict[str, Row] = {}
        self.lines: dict[str, Row] = {}
        self.fulfillments: dict[str, Row] = {}
        self.shipped: dict[tuple[str, str], Row] = {}
        self.refunded: dict[str, int] = {}
        self.order: Row | None = None
        self.cut_at = 0
        self.results: dict[str, int] = {}
        for name in ("row #", "top row", "command"):
            cells.has(name)

    def read(self, number: int, row: tuple[str, ...]) -> None:
        """The next row; its problems are added to those of the cells."""
        cells = self.cells
        cells.take(number, row)
        if any(cell.lstrip().startswith(CUT_SHORT) and "PLAN" in cell.upper() for cell in row):
            self.cut_at = number
            return
        order = self._order()
        if order is None:
            return
        result = cells.text("import result")
        if result:
            self.results[result] = self.results.get(result, 0) + 1
            cells.has("import comment")
        self._read_order(order)
        type_ = (cells.text("line: type") or "").casefold()
        line = (
            cells.id("line: id", "LineItem")
            if type_ in ("", "line item", "fulfillment line", "refund line")
            else None
        )
        if type_ == "line item" or (not type_ and line and not cells.raw("fulfillment: id")):
            self._read_line(order, line)
        elif type_ == "refund line":
            self._read_refund(order, line)
        elif type_ == "transaction":
            self._read_payment(order)
        fulfillment = cells.id("fulfillment: id", "Fulfillment")
        if fulfillment:
            self._read_fulfillment(order, fulfillment, line, type_)

    def _order(self) -> Row | None:
        cells = self.cells
        had = len(cells.problems)
        id_, name = cells.id("id", "Order"), cells.text("name")
        if len(cells.problems) > had:
            return None
        is_top = (cells.text("top row") or "").casefold() == "true"
        if id_ is None and name is None:
            if self.order is None or is_top:
                cells.problem("id", said("cell.no_order"))
                return None
            return self.order
        key = id_ or f"name {name}"
        known = self.order
        if id_ is None and known is not None and known["name"] == name and not is_top:
            return known
        if known is not None and known["order_id"] is None and known["name"] == name and not is_top:
            cells.problem("id", said("cell.id_below", order=name))
        self.order = self.orders.setdefault(key, {"order_id": id_, "name": None})
        if name and self.order["name"] not in (None, name):
            cells.problem("name", said("cell.two_names", name=name, other=self.order["name"]))
        return self.order

    def _read_order(self, order: Row) -> None:
        cells = self.cells
        for name, ours in _ORDER_TIMES.items():
            fill(order, ours, cells.time(name))
        for name, ours in (("name", "name"), ("currency", "currency"), ("source", "source_name")):
            fill(order, ours, cells.text(name))
        if order.get("tags") is None and (tags := cells.text("tags")):
            order["tags"] = ", ".join(sorted({tag.strip() for tag in tags.split(",")} - {""}))
        for name, ours in (("price: total", "total_amount"), ("price: total refund", "refunded_amount")):
            fill(order, ours, cells.money(name))
        status = cells.word("order fulfillment status", _ORDER_STATUS.get, ", ".join(_ORDER_STATUS))
        fill(order, "display_fulfillment_status", status)
        fill(
            order, "financial_status", (cells.text("payment: status") or "").upper().replace(" ", "_") or None
        )

    def _read_line(self, order: Row, line: str | None) -> None:
        cells = self.cells
        key = line or f"row {cells.number}"
        if line and line in self.lines:
            cells.problem("line: id", said("cell.line_twice", id=line.rpartition("/")[2]))
            return
        service = cells.flag("line: requires shipping")
        self.lines[key] = {
            "line_item_id": line,
            "order_id": order["order_id"],
            "name": cells.text("line: title") or cells.text("line: name"),
            "sku": cells.text("line: sku") or cells.text("line: variant sku"),
            "quantity": cells.count("line: quantity"),
            "unfulfilled_quantity": cells.count("line: fulfillable quantity"),
            "requires_shipping": service,
            "is_gift_card": cells.flag("line: gift card"),
            "variant_id": cells.id("line: variant id", "ProductVariant"),
        }
        if service:
            order["requires_shipping"] = True
        elif service is False:
            order.setdefault("requires_shipping", False)

    def _read_refund(self, order: Row, line: str | None) -> None:
        quantity = self.cells.count("line: quantity", least=None)
        if line and quantity:
            self.refunded[line] = self.refunded.get(line, 0) + abs(quantity)
        at = self.cells.time("refund: created at")
        if at and (order.get("refunded_at") is None or at > order["refunded_at"]):
            order["refunded_at"] = at

    def _read_payment(self, order: Row) -> None:
        kind, status = (self.cells.text(f"transaction: {name}") or "" for name in ("kind", "status"))
        at = self.cells.time("transaction: processed at")
        if at and kind.casefold() in ("sale", "capture") and status.casefold() == "success":
            order["paid_at"] = min(at, order.get("paid_at") or at)

    def _read_fulfillment(self, order: Row, id_: str, line: str | None, type_: str) -> None:
        cells = self.cells
        found = self.fulfillments.setdefault(
            id_, {"fulfillment_id": id_, "order_id": order["order_id"], "_order": order}
        )
        if found["_order"] is not order:
            number = id_.rpartition("/")[2]
            cells.problem("fulfillment: id", said("cell.of_another_order", id=number))
            return
        status = cells.word(
            "fulfillment: status",
            lambda word: word.upper() if word in _FULFILLMENT_STATUS else None,
            ", ".join(_FULFILLMENT_STATUS),
        )
        if status and found.get("status") not in (None, status):
            cells.problem(
                "fulfillment: status",
                said("cell.two_statuses", status=status.lower(), other=found["status"].lower()),
            )
        fill(found, "status", status)
        for name, ours in (
            ("fulfillment: created at", "created_at"),
            ("fulfillment: updated at", "updated_at"),
        ):
            fill(found, ours, cells.time(name))
        for name, ours in _FULFILLMENT_TEXTS.items():
            fill(found, ours, cells.text(name))
        shipment = (cells.text("fulfillment: shipment status") or "").upper().replace(" ", "_")
        fill(found, "display_status", shipment or None)
        if line:
            self._read_shipped(id_, line, type_)

    def _read_shipped(self, id_: str, line: str, type_: str) -> None:
        quantity = self.cells.count("line: quantity", least=1)
        known = self.shipped.get((id_, line))
        if known and known["_type"] == type_:
            self.cells.problem("fulfillment: id", said("cell.ships_twice"))
        if known is None or type_ == "fulfillment line":  # of an item's own row it is the quantity ordered
            row = {"fulfillment_id": id_, "line_item_id": line, "quantity": quantity, "_type": type_}
            self.shipped[id_, line] = row


def fill(row: Row, name: str, value: object) -> None:
    """The first value that is not blank stays."""
    if value is not None and row.get(name) is None:
        row[name] = value
