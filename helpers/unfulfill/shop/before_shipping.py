"""What the export does not hold of orders that are about to ship: risk, what their address lacks, whose they are.

It is asked only for the audit of such orders, only about them, and each of the three by itself: a token without the
scope or the approval for one of them still gets the others. Of an address only the names of its missing parts are kept.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from textwrap import shorten

import pandas as pd

from unfulfill.errors import AccessDenied
from unfulfill.progress import Progress, no_progress
from unfulfill.shop.client import Shop
from unfulfill.shop.reading import IDS_A_REQUEST, nodes_by_id
from unfulfill.shop.shapes import Node, part, text
from unfulfill.tables import TO_SHIP, make_table
from unfulfill.words import said

PARTS: Mapping[str, str] = {
    "address1": "street",
    "city": "city",
    "zip": "postcode",
    "countryCodeV2": "country",
}
# Countries where most addresses have no postcode, or need none. One too few here costs a look, never a parcel.
NO_POSTCODE = frozenset([
    "AE", "AG", "AO", "AW", "BF", "BI", "BJ", "BO", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CM", "CW", "DJ", "DM",
    "ER", "FJ", "GD", "GH", "GM", "GQ", "GY", "HK", "IE", "JM", "KI", "KM", "KN", "LC", "ML", "MO", "MR", "MW", "PA",
    "QA", "RW", "SB", "SC", "SL", "SR", "ST", "SX", "SY", "TD", "TG", "TL", "TO", "TT", "TV", "UG", "VU", "YE", "ZW",
])  # fmt: skip


@dataclass(frozen=True)
class BeforeShipping:
    """What was asked of some orders."""

    facts: pd.DataFrame  # TO_SHIP, a row for each order asked, in their order
    unknown: tuple[str, ...]  # sentences: what the token may not know


def read_before_shipping(
    shop: Shop, order_ids: Iterable[str], progress: Progress = no_progress
) -> BeforeShipping:
    """Read the three facts about these orders. An order that is gone has none.

    Raises a ShopError; AccessDenied only where the token may know none of them.
    """
    ids = list(dict.fromkeys(order_ids))
    columns: dict[str, list[str | None]] = {"order_id": list(ids)}
    unknown: list[str] = []
    for column, (operation, fact, lack) in _ASKED.items():
        found: dict[str, str | None] = {}
        try:
            for start in range(0, len(ids), IDS_A_REQUEST):
                progress(start, len(ids), f"reading {column.replace('_', ' ')} of orders")
                some = ids[start : start + IDS_A_REQUEST]
                found |= {node["id"]: fact(node) for node in nodes_by_id(shop, operation, some, "Order")}
        except AccessDenied as denied:
            if len(unknown) == len(_ASKED) - 1:  # nothing at all may be known: the token itself is refused
                raise
            unknown.append(said(lack, why=shorten(str(denied), 160, placeholder=" …")))
            found = {}
        columns[column] = [found.get(id_) for id_ in ids]
    return BeforeShipping(make_table(TO_SHIP, columns), tuple(unknown))


def missing_parts(order: Node) -> str:
    """Which parts of its address an order lacks ("street, city"), blank where it is complete.

    "all of it": there is no address. "Shopify finds a fault in it": Shopify's own check of the address says so.
    """
    if order.get("shippingAddress") is None:
        return "all of it"
    address = part(order, "shippingAddress")
    missing = [] if text(address, "lastName").strip() or text(address, "company").strip() else ["name"]
    missing += [word for name, word in PARTS.items() if not text(address, name).strip()]
    if text(address, "countryCodeV2") in NO_POSTCODE and "postcode" in missing:
        missing.remove("postcode")
    if not missing and text(address, "validationResultSummary") == "ERROR":
        missing = ["Shopify finds a fault in it"]
    return ", ".join(missing)


def _risk(order: Node) -> str | None:
    return text(part(order, "risk"), "recommendation") or None


def _customer(order: Node) -> str | None:
    return text(part(order, "customer"), "id") or None


# column → operation, what is taken of the order, the message where it is denied
_ASKED: Mapping[str, tuple[str, Callable[[Node], str | None], str]] = {
    "risk": ("OrderRisksById", _risk, "shop_error.risk_unknown"),
    "address_missing": ("OrderAddressesById", missing_parts, "shop_error.addresses_unknown"),
    "customer_id": ("OrderCustomersById", _customer, "shop_error.customers_unknown"),
}
