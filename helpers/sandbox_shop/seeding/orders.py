"""Drafts of orders → rows: the links between fulfillments, fulfillment orders and lines are made here only.

Rules, from shopify.dev and recorded behaviour of real shops (2026-07):
units belong to one fulfillment order (FO) per location and delivery method; a fulfilled FO is CLOSED with
nothing remaining; after a cancelled fulfillment the old FO stays CLOSED with its remaining quantity grown back and
the units stand in a new OPEN one; cancelling an order closes its FOs and leaves their remaining quantity as it is.
"""

from sandbox_shop.seeding.drafts import Draft
from sandbox_shop.seeding.lanes import Lane, OpenOrder, fo_status, is_of_lane, lane_of, units_of
from sandbox_shop.seeding.order_rows import fulfillment_row, line_row, order_row
from sandbox_shop.seeding.rows import Rows, stamp, stamp_or_none
from sandbox_shop.seeding.shelf import Shelf
from sandbox_shop.status import is_live
from sandbox_shop.world import Row


class OrderWriter:
    """Writes drafts as rows, and what they commit to the shelf."""

    def __init__(
        self, rows: Rows, shelf: Shelf, *, service_locations: frozenset[int], first_number: int
    ) -> None:
        self._rows = rows
        self._shelf = shelf
        self._service_locations = service_locations
        self._number = first_number - 1

    def write(self, draft: Draft) -> list[int]:
        """Queue every row of an order; returns the ids of its fulfillments, in the order of its shipments."""
        order_id = draft.id if draft.id is not None else self._rows.new_id("Order")
        if draft.number is None:
            self._number += 1
            draft.number = self._number
        draft.name = draft.name or f"#{draft.number}"
        order = OpenOrder(order_id, draft, self._lines(order_id, draft), units_of(draft), {})
        self._commit(order)
        waiting = self._fulfillment_orders(order)
        fulfillment_ids = [self._fulfillment(order, place) for place in range(len(draft.shipments))]
        self._money(order)
        self._events(order)
        self._rows.add("order", order_row(order, waiting))
        return fulfillment_ids

    def _lines(self, order_id: int, draft: Draft) -> list[int]:
        refunded = [0] * len(draft.lines)
        for refund in draft.refunds:
            for place, quantity, _, _ in refund.lines:
                refunded[place] += quantity
        ids = []
        for line, given_back in zip(draft.lines, refunded, strict=True):
            ids.append(self._rows.new_id("LineItem"))
            self._rows.add("line", line_row(ids[-1], order_id, line, max(given_back, line.removed)))
        return ids

    def _commit(self, order: OpenOrder) -> None:
        if order.draft.cancelled_at is not None:
            return
        for lane, lines in order.units.items():
            for place, (_, remaining) in lines.items():
                if remaining and not lane.round:
                    self._shelf.commit(order.draft.lines[place].item, lane.location, remaining)

    def _fulfillment_orders(self, order: OpenOrder) -> list[Row]:
        """Queue the FOs; returns those with units that still wait."""
        waiting = []
        for lane in sorted(order.units, key=lambda lane: -lane.round):
            status = fo_status(order, lane)
            fo_id = self._rows.new_id("FulfillmentOrder")
            fo = self._fo_row(fo_id, order, lane, status)
            self._rows.add("fulfillment_order", fo)
            if is_live(fo) and any(remaining for _, remaining in order.units[lane].values()):
                waiting.append(fo)
            for place, (total, remaining) in order.units[lane].items():
                fo_line_id = self._rows.new_id("FulfillmentOrderLineItem")
                order.fo_line_ids[lane, place] = fo_line_id
                self._rows.add(
                    "fo_line",
                    {
                        "id": fo_line_id,
                        "fo_id": fo_id,
                        "line_id": order.line_ids[place],
                        "total": total,
                        "remaining": remaining,
                    },
                )
            if status == "ON_HOLD" and order.draft.hold:
                self._hold(fo_id, *order.draft.hold)
        return waiting

    def _fo_row(self, fo_id: int, order: OpenOrder, lane: Lane, status: str) -> Row:
        draft = order.draft
        request = "UNSUBMITTED"
        if lane.location in self._service_locations:
            request = "CLOSED" if status == "CLOSED" else draft.request or "SUBMITTED"
        begun = draft.created
        if not lane.round:  # the one that a cancelled fulfillment opened again
            begun = max([begun, *(s.cancelled_at for s in draft.shipments if s.cancelled_at is not None)])
        served = [s for place, s in enumerate(draft.shipments) if is_of_lane(draft, s, place, lane)]
        touched = max(
            [begun, *(s.at for s in served), *(s.cancelled_at for s in served if s.cancelled_at is not None)]
        )
        if draft.cancelled_at is not None:
            touched = max(touched, draft.cancelled_at)
        return {
            "id": fo_id,
            "order_id": order.id,
            "status": status,
            "request_status": request,
            "location_id": lane.location,
            "created_at": stamp(begun),
            "updated_at": stamp(touched),
            "fulfill_at": stamp_or_none(draft.fulfill_at),
            "method": lane.method,
        }

    def _hold(self, fo_id: int, reason: str, notes: str) -> None:
        self._rows.add(
            "hold",
            {
                "id": self._rows.new_id("FulfillmentHold"),
                "fo_id": fo_id,
                "handle": "",
                "reason": reason,
                "notes": notes,
                "app": "Shopify",
                "external_id": None,
            },
        )

    def _fulfillment(self, order: OpenOrder, place: int) -> int:
        shipment = order.draft.shipments[place]
        fulfillment_id = self._rows.new_id("Fulfillment")
        self._rows.add("fulfillment", fulfillment_row(fulfillment_id, order, place))
        for line_place, quantity in shipment.units.items():
            lane = lane_of(order.draft.lines[line_place], shipment, place)
            self._rows.add(
                "fulfillment_line",
                {
                    "id": self._rows.new_id("FulfillmentLineItem"),
                    "fulfillment_id": fulfillment_id,
                    "line_id": order.line_ids[line_place],
                    "fo_line_id": order.fo_line_ids[lane, line_place],
                    "quantity": quantity,
                },
            )
        for status, at in shipment.events:
            self._rows.add(
                "fulfillment_event",
                {
                    "id": self._rows.new_id("FulfillmentEvent"),
                    "fulfillment_id": fulfillment_id,
                    "status": status,
                    "happened_at": stamp(at),
                    "created_at": stamp(at),
                    "message": None,
                },
            )
        return fulfillment_id

    def _money(self, order: OpenOrder) -> None:
        draft = order.draft
        for kind, status, gateway, at in draft.payments:
            self._transaction(order.id, kind, status, gateway, draft.total, at)
        for refund in draft.refunds:
            refund_id = self._rows.new_id("Refund")
            self._rows.add(
                "refund",
                {
                    "id": refund_id,
                    "order_id": order.id,
                    "created_at": stamp(refund.at),
                    "note": refund.note,
                    "amount": refund.amount,
                },
            )
            for place, quantity, restock_type, location in refund.lines:
                self._rows.add(
                    "refund_line",
                    {
                        "id": self._rows.new_id("RefundLineItem"),
                        "refund_id": refund_id,
                        "line_id": order.line_ids[place],
                        "quantity": quantity,
                        "restock_type": restock_type,
                        "location_id": location,
                    },
                )
            if draft.payments and refund.amount.strip("0.") != "":
                self._transaction(
                    order.id, "REFUND", "SUCCESS", draft.payments[0][2], refund.amount, refund.at
                )

    def _transaction(self, order_id: int, kind: str, status: str, gateway: str, amount: str, at: int) -> None:
        self._rows.add(
            "transaction_",
            {
                "id": self._rows.new_id("OrderTransaction"),
                "order_id": order_id,
                "kind": kind,
                "status": status,
                "gateway": gateway,
                "amount": amount,
                "processed_at": stamp(at),
            },
        )

    def _events(self, order: OpenOrder) -> None:
        draft = order.draft
        events = [("placed", f"Order {draft.name} was placed.", draft.created, "")]
        for shipment in draft.shipments:
            units = sum(shipment.units.values())
            events.append(
                ("fulfillment_success", f"{units} units were fulfilled.", shipment.at, shipment.app)
            )
            if shipment.cancelled_at is not None:
                events.append(
                    (
                        "fulfillment_cancelled",
                        f"The fulfillment of {units} units was cancelled.",
                        shipment.cancelled_at,
                        "",
                    )
                )
        events += [
            ("refund_success", f"{refund.amount} was refunded.", refund.at, "") for refund in draft.refunds
        ]
        if draft.cancelled_at is not None:
            events.append(("cancelled", "The order was cancelled.", draft.cancelled_at, ""))
        if draft.closed_at is not None:
            events.append(("closed", "The order was archived.", draft.closed_at, ""))
        for action, message, at, app in sorted(events, key=lambda event: event[2]):
            self._rows.add(
                "order_event",
                {
                    "id": self._rows.new_id("BasicEvent"),
                    "order_id": order.id,
                    "action": action,
                    "message": message,
                    "created_at": stamp(at),
                    "app": app,
                },
            )
