"""The usual orders: most of every shop, fulfilled as they should be, and what an audit must not accuse."""

from collections.abc import Callable

from sandbox_shop.seeding.catalogue import cents_of, money
from sandbox_shop.seeding.drafts import Draft, DraftLine
from sandbox_shop.seeding.stage import DAY, DEPOT_APP, HOUR, LABELS_APP, STAFF, TILL_APP, Stage


def till(stage: Stage, created: int) -> None:
    """Sold and handed over in the store: fulfilled within seconds, without tracking, and right."""
    draft = stage.order(created, stage.lines(stage.store, 2, "RETAIL"), source="pos")
    paid = draft.paid_at or created
    stage.ship(draft, paid + 1, stage.store, TILL_APP)
    draft.closed_at = paid + 2
    stage.write(draft)


def shipped(stage: Stage, created: int) -> None:
    """Sent from the warehouse or the service's depot with a parcel that the carrier reports."""
    from_depot = stage.rng.random() < 0.15
    location = stage.depot if from_depot else stage.warehouse
    source = "shopify_draft_order" if stage.rng.random() < 0.04 else "web"
    draft = stage.order(created, stage.lines(location), source=source)
    _authorize_first(stage, draft)
    _send(stage, draft, location)
    stage.write(draft)


def letter(stage: Stage, created: int) -> None:
    """Small things sent as a letter: marked as fulfilled by a person, no tracking, and gone."""
    draft = stage.order(created, stage.lines(stage.warehouse, 1))
    at = _working_time(stage, created + stage.rng.randint(3 * HOUR, 30 * HOUR))
    if at < stage.now:
        stage.ship(draft, at, stage.warehouse, STAFF)
    stage.write(draft)


def split(stage: Stage, created: int) -> None:
    """Two or three parcels of one order, from one or two places."""
    draft = stage.order(created, stage.lines(stage.warehouse, 4))
    if len(draft.lines) > 1 and stage.rng.random() < 0.5:
        draft.lines[-1].location = stage.store
    first = _working_time(stage, created + stage.rng.randint(4 * HOUR, 20 * HOUR))
    for place, line in enumerate(draft.lines):
        at = first + place * stage.rng.randint(HOUR, DAY)
        if at < stage.now and not _is_quiet(stage, at, line.location):
            stage.travel(stage.ship(draft, at, line.location, LABELS_APP, places=[place]))
    stage.write(draft)


def partial(stage: Stage, created: int) -> None:
    """One line, or a part of its units, was sent; the rest waits."""
    draft = stage.order(created, stage.lines(stage.warehouse, 3))
    draft.lines[0].quantity += 1
    _price_again(draft)
    at = _working_time(stage, created + stage.rng.randint(5 * HOUR, 30 * HOUR))
    if at < stage.now:
        shipment = stage.ship(draft, at, stage.warehouse, LABELS_APP, places=[0])
        shipment.units[0] -= 1
        stage.travel(shipment)
    stage.write(draft)


def waiting(stage: Stage, created: int) -> None:
    """Nobody has fulfilled it yet; some are held, some wait for the depot, some for their date."""
    location = stage.rng.choice((stage.warehouse, stage.warehouse, stage.depot))
    draft = stage.order(created, stage.lines(location))
    kind = stage.rng.random()
    if location == stage.depot:
        draft.request = stage.rng.choice(("SUBMITTED", "ACCEPTED", "UNSUBMITTED"))
    elif kind < 0.2:
        draft.hold = ("HIGH_RISK_OF_FRAUD", "Check the address.")
    elif kind < 0.35:
        draft.lines = [DraftLine(stage.catalogue.preorder[0], 1, stage.warehouse)]
        _price_again(draft)
        draft.fulfill_at = stage.now + 20 * DAY
        draft.tags.append("pre-order")
    elif kind < 0.5:
        draft.financial, draft.paid_at, draft.payments = "PENDING", None, []
    elif kind < 0.65:
        draft.lines.append(DraftLine(stage.catalogue.short, 2, stage.warehouse))
        _price_again(draft)
    stage.write(draft)


def cancelled(stage: Stage, created: int) -> None:
    """Cancelled before anything was fulfilled, and restocked."""
    draft = stage.order(created, stage.lines(stage.warehouse))
    at = min(created + stage.rng.randint(HOUR, 20 * HOUR), stage.now - 60)
    draft.cancelled_at = draft.closed_at = at
    draft.cancel_reason = stage.rng.choice(("CUSTOMER", "INVENTORY", "FRAUD", "OTHER"))
    everything: list[tuple[int, int, str, int | None]] = [
        (place, line.quantity, "CANCEL", stage.warehouse) for place, line in enumerate(draft.lines)
    ]
    stage.refund(draft, at, everything, "Order cancelled")
    if stage.rng.random() < 0.2:  # the payment never came, so there was nothing to give back
        draft.financial, draft.paid_at, draft.payments = "VOIDED", None, []
        draft.refunded = draft.refunds[0].amount = "0.00"
    stage.write(draft)


def returned(stage: Stage, created: int) -> None:
    """Delivered, sent back, refunded and put back into stock; sometimes one of several lines only."""
    draft = stage.order(created, stage.lines(stage.warehouse, 2))
    delivered = _send(stage, draft, stage.warehouse)
    if delivered is not None:
        at = min(delivered + stage.rng.randint(2 * DAY, 9 * DAY), stage.now - 60)
        count = stage.rng.randint(1, len(draft.lines))
        stage.refund(
            draft,
            at,
            [(place, draft.lines[place].quantity, "RETURN", stage.warehouse) for place in range(count)],
            "Returned",
        )
    stage.write(draft)


def taken_off(stage: Stage, created: int) -> None:
    """One line was refunded before it was fulfilled, the rest was sent: fulfilled, with a unit that never left."""
    draft = stage.order(
        created, [*stage.lines(stage.warehouse, 2), DraftLine(stage.items(1)[0], 1, stage.warehouse)]
    )
    draft.lines[-1].removed = 1
    stage.refund(
        draft, created + HOUR // 2, [(len(draft.lines) - 1, 1, "CANCEL", stage.warehouse)], "Out of stock"
    )
    at = _working_time(stage, created + stage.rng.randint(2 * HOUR, 20 * HOUR))
    if at < stage.now:
        stage.travel(stage.ship(draft, at, stage.warehouse, LABELS_APP, places=range(len(draft.lines) - 1)))
    stage.write(draft)


def gift_card(stage: Stage, created: int) -> None:
    """A gift card, fulfilled by Shopify at once; at times with goods beside it."""
    draft = stage.order(created, [DraftLine(stage.catalogue.gift_card, 1, stage.warehouse, "NONE")])
    shipment = stage.ship(draft, created + 30, stage.warehouse, "Shopify")
    shipment.service = stage.gift_card_service
    if stage.rng.random() < 0.5:
        draft.lines += stage.lines(stage.warehouse, 1)
        _price_again(draft)
        at = _working_time(stage, created + stage.rng.randint(4 * HOUR, 20 * HOUR))
        if at < stage.now:
            stage.travel(
                stage.ship(draft, at, stage.warehouse, LABELS_APP, places=range(1, len(draft.lines)))
            )
    stage.write(draft)


def digital(stage: Stage, created: int) -> None:
    """A file to download beside something to send, or alone: fulfilled within seconds, and right."""
    draft = stage.order(created, [DraftLine(stage.catalogue.pattern, 1, stage.warehouse, "NONE")])
    stage.ship(draft, created + 25, stage.warehouse, "Fileroom Downloads")
    if stage.rng.random() < 0.4:
        draft.lines += [
            *stage.lines(stage.warehouse, 1),
            DraftLine(stage.catalogue.wrapping, 1, stage.warehouse),
        ]
        _price_again(draft)
    stage.write(draft)


def on_invoice(stage: Stage, created: int) -> None:
    """Sent before it was paid, on purpose: a business customer on account."""
    draft = stage.order(created, stage.lines(stage.warehouse), source="shopify_draft_order")
    draft.financial, draft.paid_at, draft.payments = "PENDING", None, []
    draft.tags.append("net-30")
    _send(stage, draft, stage.warehouse)
    stage.write(draft)


Maker = Callable[[Stage, int], None]
USUAL: tuple[tuple[Maker, int], ...] = (
    (shipped, 56),
    (till, 18),
    (waiting, 6),
    (letter, 4),
    (split, 4),
    (partial, 2),
    (cancelled, 2),
    (returned, 3),
    (taken_off, 1),
    (gift_card, 2),
    (digital, 1),
    (on_invoice, 1),
)


def usual_order(stage: Stage, created: int) -> None:
    """One order as they come, by the weights above."""
    makers, weights = zip(*USUAL, strict=True)
    maker: Maker = stage.rng.choices(makers, weights)[0]
    maker(stage, created)


def old_order(stage: Stage, created: int) -> None:
    """One from before the last 60 days: sent, delivered, archived."""
    draft = stage.order(created, stage.lines(stage.warehouse))
    delivered = _send(stage, draft, stage.warehouse)
    draft.closed_at = delivered
    stage.write(draft)


def yen_order(stage: Stage, created: int) -> None:
    """One of the test checkout in a currency without decimals."""
    draft = stage.order(created, stage.lines(stage.warehouse, 2))
    draft.currency, draft.test = "JPY", True
    for line in draft.lines:
        line.price = line.item.price.replace(".", "")
    draft.total = draft.total.replace(".", "")
    draft.tags.append("test-checkout")
    _send(stage, draft, stage.warehouse)
    stage.write(draft)


def _send(stage: Stage, draft: Draft, location: int) -> int | None:
    """Ship everything in working hours, if that time has come; returns when it was delivered."""
    at = _working_time(stage, draft.created + stage.rng.randint(3 * HOUR, 40 * HOUR))
    if _is_quiet(stage, at, location):
        at += DAY
    if at >= stage.now:
        return None
    shipment = stage.ship(draft, at, location, DEPOT_APP if location == stage.depot else LABELS_APP)
    stage.travel(shipment)
    delivered = shipment.time_of("DELIVERED")
    if delivered is not None and draft.financial == "PAID" and stage.rng.random() < 0.7:
        draft.closed_at = delivered
    return delivered


def _working_time(stage: Stage, at: int) -> int:
    """The same day between 7 and 17 o'clock UTC."""
    hour = at % DAY // HOUR
    if 7 <= hour < 17:
        return at
    return at - at % DAY + (DAY if hour >= 17 else 0) + 7 * HOUR + stage.rng.randint(0, 4 * HOUR)


def _is_quiet(stage: Stage, at: int, location: int) -> bool:
    return location == stage.warehouse and at // DAY in stage.quiet_days


def _authorize_first(stage: Stage, draft: Draft) -> None:
    """At times the money is only reserved at first and captured minutes later."""
    if stage.rng.random() < 0.1 and draft.paid_at is not None:
        draft.payments = [
            ("AUTHORIZATION", "SUCCESS", "shopify_payments", draft.created),
            ("CAPTURE", "SUCCESS", "shopify_payments", draft.paid_at),
        ]


def _price_again(draft: Draft) -> None:
    draft.total = money(sum(cents_of(line.item.price) * line.quantity for line in draft.lines))
