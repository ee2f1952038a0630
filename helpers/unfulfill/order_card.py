"""Everything that is known about one fulfillment and its order, for somebody who decides about it. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from unfulfill.audit.evidence import lock_reasons
from unfulfill.audit.signals import SIGNALS
from unfulfill.model import Line, ShopIdentity

# What a card is made of: table → columns.
CARD_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "orders": (
        "order_id", "name", "created_at", "paid_at", "cancelled_at", "closed_at", "refunded_at", "financial_status",
        "display_fulfillment_status", "source_name", "tags",
    ),
    "line_items": (
        "line_item_id", "order_id", "name", "sku", "quantity", "unfulfilled_quantity", "refunded_quantity",
        "inventory_item_id",
    ),
    "fulfillments": (
        "fulfillment_id", "order_id", "name", "status", "display_status", "created_at", "in_transit_at", "delivered_at",
        "location_id", "location_name", "service_name", "tracking_company", "tracking_numbers", "tracking_urls",
    ),
    "fulfillment_lines": ("fulfillment_id", "line_item_id", "quantity"),
    "inventory_levels": ("inventory_item_id", "location_id", "on_hand", "available", "committed"),
}  # fmt: skip
_ADMIN = "https://admin.shopify.com/store/"
_SHOPS = re.compile(r"([a-z0-9][a-z0-9-]*)\.myshopify\.com")
_LINK = re.compile(r"https?://[^\s\"'<>\\]+", re.IGNORECASE)


@dataclass(frozen=True)
class CardLine:
    """One line of the order, and what became of it; stock is that of the fulfillment's location."""

    line_item_id: str
    sku: str
    name: str
    ordered: int
    in_this: int  # units in this fulfillment
    open: int
    refunded: int
    on_hand: int | None = None
    available: int | None = None
    counted: int | None = None


@dataclass(frozen=True)
class CardFinding:
    """What the audit noticed."""

    kind: str
    severity: str
    right_fix: str
    message: str


@dataclass(frozen=True)
class OrderCard:
    """One fulfillment and its order."""

    fulfillment_id: str
    order_id: str
    order_name: str
    fulfillment_name: str
    admin_url: str  # blank where there is none: the sandbox, files
    payment: str
    status: str
    display_status: str
    location: str
    service: str
    source: str
    tags: str
    locked: str
    lines: tuple[CardLine, ...]
    events: tuple[tuple[datetime, str], ...]  # (when, a word of EVENTS), the earliest first
    company: str
    tracking: tuple[tuple[str, str], ...]  # number, and link or blank
    findings: tuple[CardFinding, ...]
    percent: int | None  # how likely it never left
    signals: tuple[tuple[str, int], ...]  # a word of SIGNALS and its points, the heaviest first

    @property
    def units(self) -> tuple[Line, ...]:
        """The lines of the fulfillment, for `plan_parts`."""
        return tuple(
            Line(line.line_item_id, line.in_this, sku=line.sku) for line in self.lines if line.in_this
        )


# What happened to an order: column → word; the fulfillment's own come after.
EVENTS = ("created_at", "paid_at", "cancelled_at", "refunded_at", "closed_at")
OWN_EVENTS = {"created_at": "fulfilled_at", "in_transit_at": "in_transit_at", "delivered_at": "delivered_at"}
OTHER = "other_fulfilled_at"  # another fulfillment of the same order


def admin_url(shop: ShopIdentity, order_id: str) -> str:
    """Where the order stands in Shopify's admin; blank for a sandbox and for what is no order's id."""
    found, number = _SHOPS.fullmatch(shop.domain), order_id.removeprefix("gid://shopify/Order/")
    if shop.is_sandbox or found is None or not (number.isascii() and number.isdigit()):
        return ""
    return f"{_ADMIN}{found[1]}/orders/{number}"


def order_card(
    tables: Mapping[str, pd.DataFrame],
    findings: pd.DataFrame,
    evidence: pd.DataFrame,
    stock: pd.DataFrame,
    fulfillment_id: str,
    shop: ShopIdentity,
) -> OrderCard | None:
    """The card of a fulfillment, or None where the export has it not. `tables` has CARD_COLUMNS."""
    own = _first(tables["fulfillments"], "fulfillment_id", fulfillment_id)
    if own is None:
        return None
    order = _first(tables["orders"], "order_id", own["order_id"]) or {}
    scored = _first(evidence, "fulfillment_id", fulfillment_id)
    told = _where(findings, "fulfillment_id", fulfillment_id)
    rows = _where(tables["fulfillments"], "fulfillment_id", fulfillment_id)
    locked = next((text for text in lock_reasons(rows) if not pd.isna(text)), "")
    return OrderCard(
        fulfillment_id=fulfillment_id,
        order_id=str(own["order_id"]),
        order_name=_text(order.get("name")),
        fulfillment_name=_text(own["name"]),
        admin_url=admin_url(shop, str(own["order_id"])),
        payment=_text(order.get("financial_status")),
        status=_text(order.get("display_fulfillment_status")),
        display_status=_text(own["display_status"]),
        location=_text(own["location_name"]),
        service=_text(own["service_name"]),
        source=_text(order.get("source_name")),
        tags=_text(order.get("tags")),
        locked=locked,
        lines=tuple(_lines(tables, stock, own)),
        events=_events(tables["fulfillments"], order, own),
        company=_text(own["tracking_company"]),
        tracking=_tracking(_text(own["tracking_numbers"]), _text(own["tracking_urls"])),
        findings=tuple(
            CardFinding(row["kind"], row["severity"], _text(row["right_fix"]), _text(row["message"]))
            for row in told.to_dict("records")
        ),
        percent=_count(scored["percent"]) if scored else None,
        signals=_signals(scored),
    )


def _lines(
    tables: Mapping[str, pd.DataFrame], stock: pd.DataFrame, own: Mapping[str, Any]
) -> Iterable[CardLine]:
    parts = _where(tables["fulfillment_lines"], "fulfillment_id", own["fulfillment_id"])
    units = dict(zip(parts["line_item_id"], parts["quantity"], strict=True))
    for line in _where(tables["line_items"], "order_id", own["order_id"]).to_dict("records"):
        level = _at(tables["inventory_levels"], line["inventory_item_id"], own["location_id"]) or {}
        counted = _at(stock, line["inventory_item_id"], own["location_id"]) or {}
        yield CardLine(
            line_item_id=line["line_item_id"],
            sku=_text(line["sku"]),
            name=_text(line["name"]),
            ordered=_count(line["quantity"]) or 0,
            in_this=_count(units.get(line["line_item_id"])) or 0,
            open=_count(line["unfulfilled_quantity"]) or 0,
            refunded=_count(line["refunded_quantity"]) or 0,
            on_hand=_count(level.get("on_hand")),
            available=_count(level.get("available")),
            counted=_count(counted.get("counted")),
        )


def _events(
    fulfillments: pd.DataFrame, order: Mapping[str, Any], own: Mapping[str, Any]
) -> tuple[tuple[datetime, str], ...]:
    found = [(order.get(name), name) for name in EVENTS]
    found += [(own[name], word) for name, word in OWN_EVENTS.items()]
    others = _where(fulfillments, "order_id", own["order_id"])
    others = others[others["fulfillment_id"] != own["fulfillment_id"]]
    found += [(at, OTHER) for at in others["created_at"]]
    return tuple(sorted((at.to_pydatetime(), word) for at, word in found if not pd.isna(at)))


def _tracking(numbers: str, urls: str) -> tuple[tuple[str, str], ...]:
    """Numbers with their links where there are as many; a link is one to the web, whatever a shop says."""
    each, links = numbers.split(", "), urls.split(", ")
    links = links if len(links) == len(each) else [""] * len(each)
    return tuple(
        (n, link if _LINK.fullmatch(link) else "") for n, link in zip(each, links, strict=True) if n or link
    )


def _signals(scored: Mapping[str, Any] | None) -> tuple[tuple[str, int], ...]:
    if scored is None:
        return ()
    points = ((name, _count(scored[name]) or 0) for name in SIGNALS)
    return tuple(sorted((pair for pair in points if pair[1]), key=lambda pair: -abs(pair[1])))


def _where(frame: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    return frame[(frame[column] == value).fillna(False).astype(bool)]


def _first(frame: pd.DataFrame, column: str, value: object) -> dict[str, Any] | None:
    found = _where(frame, column, value).head(1).to_dict("records")
    return {str(name): cell for name, cell in found[0].items()} if found else None


def _at(frame: pd.DataFrame, item: object, location: object) -> dict[str, Any] | None:
    if pd.isna(item) or pd.isna(location):  # type: ignore[call-overload]
        return None
    return _first(_where(frame, "inventory_item_id", item), "location_id", location)


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)


def _count(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)
