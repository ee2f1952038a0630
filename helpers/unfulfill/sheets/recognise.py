"""Which dialect a table is in, by its header, and by its first cells where the header says little."""

import re
from collections.abc import Sequence

from unfulfill.sheets.count_columns import HEADERS, plain_name
from unfulfill.sheets.sheet import Dialect

_GROUPS = (
    "line: ",
    "fulfillment: ",
    "refund: ",
    "transaction: ",
    "price: ",
    "shipping: ",
    "billing: ",
    "customer: ",
)
_ORDER_WORDS = {
    "row #",
    "top row",
    "order fulfillment status",
    "payment: status",
    "cancelled at",
    "processed at",
}
_STOREROBO = re.compile(r"shipping: (id|title|price|code)|discount: (type|code|amount|value)")
_STOCK = re.compile(
    r"inventory (available|on hand|committed|reserved|incoming|damaged|safety stock|quality control): .+"
)
_LIST_NAMES = {"order", "orders", "order name", "order number", "order id", "order_id", "bestellung", "commande",
               "pedido", "bestellnummer"}  # fmt: skip
_VAGUE_NAMES = {"name", "id"}  # of a list of orders, or of items
ORDER_TEXT = re.compile(r"#?[A-Za-z0-9._-]{0,20}[0-9]{1,19}[A-Za-z0-9._-]{0,10}|gid://shopify/Order/[0-9]+")
_IS_ORDER = re.compile(
    r"#[A-Za-z0-9._-]{0,30}[0-9][A-Za-z0-9._-]{0,10}|[0-9]{10,19}|gid://shopify/Order/[0-9]+"
)
_SHELF_WORDS = {
    "title",
    "name",
    "product",
    "description",
    "variant",
    "bin",
    "bin name",
    "titel",
    "bezeichnung",
}


def folded(header: Sequence[str]) -> list[str]:
    """Names of columns without case and doubled blanks."""
    return [plain_name(name) for name in header]


def recognise(header: Sequence[str], first_rows: Sequence[Sequence[str]] = ()) -> Dialect | None:
    """The dialect of a table; None where it is none that is known."""
    names = set(folded(header)) - {""}
    if {"fulfillment_id", "decision"} <= names:
        return Dialect.MARKS
    if "name" in names and names & {
        "lineitem quantity",
        "lineitem name",
        "financial status",
        "fulfillment status",
    }:
        return Dialect.SHOPIFY_ORDERS
    if "handle" in names and "option1 name" in names and not any(_STOCK.fullmatch(name) for name in names):
        if names & {"variant price", "variant inventory qty", "body (html)", "body html"}:
            return None  # a file of products without stock by location
        return Dialect.SHOPIFY_INVENTORY
    if any(_STOCK.fullmatch(name) for name in names):
        return Dialect.MATRIXIFY_PRODUCTS
    orders = _orders(names)
    if orders:
        return orders
    if _is_count(header, first_rows):
        return Dialect.COUNT
    if len(names) == 1 and _is_order_list(header, first_rows):
        return Dialect.ORDER_LIST
    return None


def _orders(names: set[str]) -> Dialect | None:
    is_orders = bool(names & _ORDER_WORDS) or any(name.startswith(_GROUPS) for name in names)
    if not names & {"id", "name"} or not is_orders:
        return None
    if {"import result", "import comment"} & names:
        return Dialect.MATRIXIFY_RESULTS
    if not names & {"row #", "top row"} and any(_STOREROBO.fullmatch(name) for name in names):
        return Dialect.STOREROBO_ORDERS
    return Dialect.MATRIXIFY_ORDERS


def _is_count(header: Sequence[str], first_rows: Sequence[Sequence[str]]) -> bool:
    names = folded(header)
    items = {*HEADERS["sku"], *HEADERS["barcode"]}
    if not items & set(names):
        return False
    if set(HEADERS["counted"]) & set(names):
        return True
    return bool(first_rows) and bool(location_columns(header, first_rows))


def location_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Positions of the columns that can only be counts of a location each: numbers or blanks under another name.

    Empty where a column is neither that nor known: then nobody can say what is a count.
    """
    known = {*HEADERS["sku"], *HEADERS["barcode"], *_SHELF_WORDS}
    places = [place for place, name in enumerate(folded(header)) if name and name not in known]
    cells = [[row[place].strip() for row in rows] for place in places]
    if set(folded(header)) & {"location", "handle", "id"}:
        return ()
    are_numbers = all(all(not cell or cell.isdigit() for cell in column) and any(column) for column in cells)
    return tuple(places) if are_numbers else ()


def _is_order_list(header: Sequence[str], first_rows: Sequence[Sequence[str]]) -> bool:
    name = folded(header)[0]
    return name in _LIST_NAMES or (
        _may_be_order_list(header, first_rows) and are_orders(_entries(header, first_rows))
    )


def asks_what_is_listed(header: Sequence[str], first_rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table is one column of what may be orders, and may be SKUs or barcodes: only a person knows."""
    return (
        len(header) == 1 and _may_be_order_list(header, first_rows) and not _is_order_list(header, first_rows)
    )


def are_orders(entries: Sequence[str]) -> bool:
    """Whether each can only be an order: a gid, a name that begins with #, an id of Shopify's length.

    A shop may give its orders another prefix (Settings ▸ General ▸ Order ID), but so are SKUs written. Numbers of 12 to
    14 digits that all end in the check digit of a barcode (GS1) are taken for barcodes.
    """
    numbers = [entry for entry in entries if entry.isascii() and entry.isdigit()]
    if numbers and all(_is_barcode(number) for number in numbers):
        return False
    return bool(entries) and all(_IS_ORDER.fullmatch(entry) for entry in entries)


def _entries(header: Sequence[str], first_rows: Sequence[Sequence[str]]) -> list[str]:
    above = [] if folded(header)[0] in _VAGUE_NAMES else [header[0]]
    cells = [*above, *(row[0] for row in first_rows)]
    return [plain for cell in cells if (plain := cell.strip().removeprefix("'"))]


def _may_be_order_list(header: Sequence[str], first_rows: Sequence[Sequence[str]]) -> bool:
    entries = _entries(header, first_rows)
    return bool(entries) and all(ORDER_TEXT.fullmatch(entry) for entry in entries)


def _is_barcode(number: str) -> bool:
    """By its check digit: from the right, digits count once and three times in turn."""
    return (
        12 <= len(number) <= 14
        and sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(number))) % 10
        == 0
    )
