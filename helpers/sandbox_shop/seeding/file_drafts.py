"""Orders of a merchant's CSV → drafts: what was fulfilled, where, and what was given back.

The file has no fulfillments, only `Fulfilled at` and a status a line: one fulfillment an order is made from them.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sandbox_shop.seeding.drafts import Draft, DraftLine, Refund, Shipment
from sandbox_shop.seeding.matching import Matcher
from sandbox_shop.seeding.orders_file import FileLine, FileOrder
from sandbox_shop.seeding.seed_report import SeedReport


@dataclass
class Files:
    """What was read, and where things go while the shop is built."""

    orders: list[FileOrder]
    matcher: Matcher
    locations: dict[str, int]  # by name, the default one first
    service: int
    newest: datetime
    currency: str
    report: SeedReport = field(default_factory=SeedReport)


def created_at(order: FileOrder, files: Files) -> datetime:
    """The first date that an order has; the newest of the file where it has none."""
    return min(order.times.values(), default=files.newest)


def draft_of(order: FileOrder, files: Files) -> Draft:
    """One order with its fulfillment; what was doubtful is counted in the report."""
    created = int(order.times.get("Created at", created_at(order, files)).timestamp())
    home = _home(order, files)
    draft = Draft(
        created=created,
        lines=[_draft_line(line, order, files, home) for line in order.lines],
        currency=order.currency or files.currency,
        total=order.total,
        source=order.source,
        id=order.id,
        number=_number(order.name),
        name=order.name,
        financial=(order.financial or ("paid" if "Paid at" in order.times else "pending")).upper(),
        paid_at=_seconds(order, "Paid at"),
        refunded=order.refunded,
        cancelled_at=_seconds(order, "Cancelled at"),
        cancel_reason="OTHER" if "Cancelled at" in order.times else None,
        tags=order.tags,
        note=order.note or None,
        customer=order.customer or None,
        email=order.email or None,
        retail_location=files.locations.get(order.location),
    )
    if draft.paid_at is not None:
        draft.payments = [("SALE", "SUCCESS", order.payment_method or "manual", draft.paid_at)]
    files.report.ids_made += order.id is None
    files.report.order_lines += len(order.lines)
    _fulfil(draft, order, files, home)
    _refund(draft)
    return draft


def _home(order: FileOrder, files: Files) -> int:
    """Where the order is fulfilled: its retail location, else the one that stocks most of its lines, else the first."""
    if order.location:
        return files.locations[order.location]
    stocked: Counter[str] = Counter()
    for line in order.lines:
        stock = files.matcher.levels.get(files.matcher.find(line).id)
        stocked.update(list(stock.levels) if stock else [])
    return files.locations[max(files.locations, key=lambda name: stocked[name])]


def _draft_line(line: FileLine, order: FileOrder, files: Files, home: int) -> DraftLine:
    item = files.matcher.find(line)
    stock = files.matcher.levels.get(item.id)
    places = [files.locations[name] for name in stock.levels] if stock else []
    method = "RETAIL" if order.source == "pos" else "NONE" if line.requires_shipping is False else "SHIPPING"
    return DraftLine(
        item,
        line.quantity,
        location=places[0] if places and home not in places else home,
        method=method,
        name=line.name,
        price=line.price,
        requires_shipping=line.requires_shipping,
    )


def _fulfil(draft: Draft, order: FileOrder, files: Files, home: int) -> None:
    """One fulfillment of all units that the file calls fulfilled."""
    units = _fulfilled_units(order, files.report)
    for place, line in enumerate(draft.lines):
        if (
            order.fulfillment == "fulfilled"
            and place not in units
            and line.quantity
            and draft.cancelled_at is None
        ):
            line.removed = line.quantity
            files.report.lines_taken_off += 1
    if not units:
        return
    at = _seconds(order, "Fulfilled at")
    if at is None:
        files.report.fulfilled_at_made += 1
        at = draft.paid_at or draft.created
    app = "Point of Sale" if order.source == "pos" else ""
    draft.shipments.append(Shipment(units=units, at=at, location=home, service=files.service, app=app))


def _fulfilled_units(order: FileOrder, report: SeedReport) -> dict[int, int]:
    """Units by place of the line: as the line statuses say, or the order's where no line has one."""
    says_lines = any(line.status in ("fulfilled", "partial") for line in order.lines)
    units = {}
    for place, line in enumerate(order.lines):
        status = line.status
        if not says_lines:
            is_first = place == 0
            status = order.fulfillment if order.fulfillment == "fulfilled" or is_first else ""
        if status == "fulfilled":
            units[place] = line.quantity
        elif status == "partial":
            units[place] = max(1, line.quantity // 2)
            report.parts_guessed += 1
    return {place: quantity for place, quantity in units.items() if quantity}


def _refund(draft: Draft) -> None:
    """What was given back. The file has no date for it: that of the cancellation, else the last date of the order."""
    open_units = [
        (place, line.quantity - sum(shipment.units.get(place, 0) for shipment in draft.shipments))
        for place, line in enumerate(draft.lines)
    ]
    lines: list[tuple[int, int, str, int | None]] = []
    if draft.cancelled_at is not None:
        lines = [
            (place, units, "CANCEL", draft.lines[place].location) for place, units in open_units if units
        ]
    if lines or draft.refunded.strip("0."):
        dates = [
            draft.cancelled_at,
            *(shipment.at for shipment in draft.shipments),
            draft.paid_at,
            draft.created,
        ]
        at = draft.cancelled_at or max(date for date in dates if date is not None)
        draft.refunds.append(Refund(at, draft.refunded, None, lines))


def _number(name: str) -> int | None:
    """The number in an order's name: 1001 of "#1001-DE". None where there is none; then one is made."""
    digits = re.findall(r"\d+", name, re.ASCII)
    return next((int(text) for text in digits if len(text) < 16), None)


def _seconds(order: FileOrder, column: str) -> int | None:
    at = order.times.get(column)
    return None if at is None else int(at.timestamp())
