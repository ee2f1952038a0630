"""The mistakes that merchants report, each made on purpose: one order a call, noted in its incident."""

from sandbox_shop.seeding.drafts import Draft, DraftLine, Shipment
from sandbox_shop.seeding.stage import DAY, DEPOT_APP, HOUR, LABELS_APP, STAFF, TILL_APP, Stage
from sandbox_shop.seeding.truth import Incident
from sandbox_shop.world import gid

AUTO_APP = "Autofulfil Express"
BURST_APP = "Rulebird Automations"


def _lines(stage: Stage, location: int, most: int = 3, method: str = "SHIPPING") -> list[DraftLine]:
    return stage.lines(location, most, method, among=stage.catalogue.busy)


def _note(stage: Stage, incident: Incident, draft: Draft) -> None:
    """Write the order; its fulfillments are the incident's."""
    incident.fulfillment_ids += stage.write(draft)


def _auto_fulfilled(stage: Stage, created: int) -> tuple[Draft, Shipment]:
    """Fulfilled by an app some seconds after the payment; nothing has left."""
    draft = stage.order(created, _lines(stage, stage.warehouse))
    shipment = stage.ship(
        draft, (draft.paid_at or created) + stage.rng.randint(1, 9), stage.warehouse, AUTO_APP
    )
    stage.keep_on_shelf(draft, shipment)
    return draft, shipment


def auto_fulfil(stage: Stage, incident: Incident, created: int) -> None:
    """An app was left on that fulfils what is paid."""
    draft, _ = _auto_fulfilled(stage, created)
    _note(stage, incident, draft)


def archived(stage: Stage, incident: Incident, created: int) -> None:
    """The same, and the order was archived with it."""
    draft, shipment = _auto_fulfilled(stage, created)
    draft.closed_at = shipment.at + 2
    _note(stage, incident, draft)


def staff_edit(stage: Stage, incident: Incident, created: int) -> None:
    """The same, of an order that staff are working on; tests edit it between plan and apply."""
    draft, _ = _auto_fulfilled(stage, created)
    draft.tags.append("staff-edit")
    _note(stage, incident, draft)


def burst(stage: Stage, incident: Incident, created: int, *, begun: int) -> None:
    """One of the open orders that a rule of an app fulfilled all at once, within four minutes."""
    draft = stage.order(created, _lines(stage, stage.warehouse))
    shipment = stage.ship(draft, begun + stage.rng.randint(0, 240), stage.warehouse, BURST_APP)
    stage.keep_on_shelf(draft, shipment)
    _note(stage, incident, draft)


def phantom(stage: Stage, incident: Incident, created: int) -> None:
    """A tracking number, no carrier event for many days, and the units on the shelf."""
    draft = stage.order(created, _lines(stage, stage.warehouse, 2))
    shipment = stage.ship(
        draft, created + stage.rng.randint(5 * HOUR, 30 * HOUR), stage.warehouse, LABELS_APP
    )
    shipment.tracking = [stage.parcel()]
    stage.keep_on_shelf(draft, shipment)
    _note(stage, incident, draft)


def no_show(stage: Stage, incident: Incident, created: int, *, day: int) -> None:
    """A label was printed on a day (counted since 1970) on which the courier did not come."""
    draft = stage.order(created, _lines(stage, stage.warehouse, 2))
    at = day * DAY + stage.rng.randint(7 * HOUR, 15 * HOUR)
    shipment = stage.ship(draft, at, stage.warehouse, LABELS_APP)
    shipment.tracking, shipment.display = [stage.parcel(0)], "LABEL_PRINTED"
    shipment.events = [("LABEL_PRINTED", at + 40)]
    stage.keep_on_shelf(draft, shipment)
    _note(stage, incident, draft)


def wrong_location(stage: Stage, incident: Incident, created: int) -> None:
    """Fulfilled from the warehouse; the units left from the store."""
    draft = stage.order(created, _lines(stage, stage.warehouse, 1))
    shipment = stage.ship(
        draft, created + stage.rng.randint(4 * HOUR, 20 * HOUR), stage.warehouse, LABELS_APP
    )
    stage.travel(shipment)
    stage.keep_on_shelf(draft, shipment)
    line = draft.lines[0]
    stage.shelf.misplace(line.item, stage.store, -line.quantity)
    incident.detail = {
        "inventory_item": gid("InventoryItem", line.item.id),
        "fulfilled_from": gid("Location", stage.warehouse),
        "left_from": gid("Location", stage.store),
        "units": line.quantity,
    }
    _note(stage, incident, draft)


def preorder(stage: Stage, incident: Incident, created: int) -> None:
    """Fulfilled although it never was in stock."""
    item = stage.rng.choice(stage.catalogue.preorder)
    draft = stage.order(created, [DraftLine(item, 1, stage.warehouse)])
    draft.tags.append("pre-order")
    shipment = stage.ship(draft, created + stage.rng.randint(HOUR, 20 * HOUR), stage.warehouse, STAFF)
    stage.keep_on_shelf(draft, shipment)
    _note(stage, incident, draft)


def till_ships_later(stage: Stage, incident: Incident, created: int) -> None:
    """Sold at the till to be sent later, and marked as fulfilled there."""
    draft = stage.order(created, _lines(stage, stage.store, 2, "SHIPPING"), source="pos")
    draft.tags.append("ship-later")
    draft.note = "Customer wants it sent home next week."
    shipment = stage.ship(draft, (draft.paid_at or created) + 1, stage.store, TILL_APP)
    stage.keep_on_shelf(draft, shipment)
    _note(stage, incident, draft)


def after_cancel_or_refund(stage: Stage, incident: Incident, created: int) -> None:
    """Fulfilled after the customer had got the money back, at times after the order was cancelled."""
    draft = stage.order(created, _lines(stage, stage.warehouse, 2))
    gone = created + stage.rng.randint(HOUR, 20 * HOUR)
    stage.refund_money(draft, gone, "Customer changed their mind")
    if stage.rng.random() < 0.5:
        draft.cancelled_at, draft.cancel_reason = gone, "CUSTOMER"
        draft.closed_at = gone
    shipment = stage.ship(draft, gone + stage.rng.randint(HOUR, 30 * HOUR), stage.warehouse, LABELS_APP)
    stage.keep_on_shelf(draft, shipment)
    incident.detail = {"cause": "cancelled" if draft.cancelled_at is not None else "refunded"}
    _note(stage, incident, draft)


def line_missing(stage: Stage, incident: Incident, created: int) -> None:
    """The parcel left without its last line."""
    items = stage.rng.sample(stage.catalogue.busy, 3)
    draft = stage.order(
        created, [DraftLine(item, stage.rng.randint(1, 2), stage.warehouse) for item in items]
    )
    shipment = stage.ship(
        draft, created + stage.rng.randint(4 * HOUR, 20 * HOUR), stage.warehouse, LABELS_APP
    )
    stage.travel(shipment)
    line = draft.lines[-1]
    stage.shelf.misplace(line.item, stage.warehouse, line.quantity)
    draft.note = "Customer writes: one item was missing in the parcel."
    incident.detail = {"missing": gid("InventoryItem", line.item.id), "units": line.quantity}
    _note(stage, incident, draft)


def mislabelled(stage: Stage, incident: Incident, created: int, *, parcel: dict[str, str]) -> None:
    """A parcel that left, under a number that says nothing about it."""
    draft = stage.order(created, _lines(stage, stage.warehouse, 2))
    shipment = stage.ship(draft, created + stage.rng.randint(4 * HOUR, 20 * HOUR), stage.warehouse, STAFF)
    shipment.tracking = [dict(parcel)]
    _note(stage, incident, draft)


def with_service(stage: Stage, incident: Incident, created: int) -> None:
    """The third-party service has accepted it and works on it."""
    draft = stage.order(created, _lines(stage, stage.depot, 2))
    draft.request = "ACCEPTED"
    shipment = stage.ship(draft, created + stage.rng.randint(HOUR, 6 * HOUR), stage.depot, DEPOT_APP)
    shipment.status = stage.rng.choice(("PENDING", "OPEN"))
    shipment.display = "CONFIRMED"
    _note(stage, incident, draft)


def really_gone(stage: Stage, incident: Incident, created: int) -> None:
    """Looks like a mistake (an app, seconds after the payment) but the carrier has it: too late to unfulfill."""
    draft = stage.order(created, _lines(stage, stage.warehouse, 2))
    app = stage.rng.choice((AUTO_APP, BURST_APP))
    shipment = stage.ship(draft, (draft.paid_at or created) + stage.rng.randint(2, 9), stage.warehouse, app)
    stage.travel(shipment)
    _note(stage, incident, draft)


def already_cancelled(stage: Stage, incident: Incident, created: int) -> None:
    """Fulfilled by mistake, and cancelled by someone already."""
    draft = stage.order(created, _lines(stage, stage.warehouse, 2))
    shipment = stage.ship(
        draft, (draft.paid_at or created) + stage.rng.randint(1, 9), stage.warehouse, AUTO_APP
    )
    shipment.cancelled_at = shipment.at + stage.rng.randint(HOUR, DAY)
    _note(stage, incident, draft)
