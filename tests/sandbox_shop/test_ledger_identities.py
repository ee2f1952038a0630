"""Whatever is written in whatever order: stock and units add up."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_shop import MAIN, STORE, A, B, C, SmallShop, serve_small_shop

from sandbox_shop import ledger
from sandbox_shop.status import LIVE, refresh_order
from sandbox_shop.world import World, gid

HOLD = """mutation($id: ID!, $h: FulfillmentOrderHoldInput!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $h) {
  userErrors { message } } }"""
RELEASE = "mutation($id: ID!) { fulfillmentOrderReleaseHold(id: $id) { userErrors { message } } }"
MOVE = """mutation($id: ID!, $l: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $l) {
  userErrors { message } } }"""
REFUND = """mutation($i: RefundInput!, $k: String!) { refundCreate(input: $i) @idempotent(key: $k) {
  userErrors { message } } }"""
CANCEL_ORDER = """mutation($id: ID!, $r: Boolean!) { orderCancel(orderId: $id, reason: OTHER, restock: $r) {
  orderCancelUserErrors { message } } }"""
SET = """mutation($i: InventorySetQuantitiesInput!, $k: String!) {
  inventorySetQuantities(input: $i) @idempotent(key: $k) { userErrors { message } } }"""
SHIPPED = """select coalesce(sum(fl.quantity), 0) units from fulfillment_line fl
  join fulfillment f on f.id = fl.fulfillment_id where fl.line_id = ? and f.status != 'CANCELLED'"""
WAITING = f"""select fol.*, fo.location_id from fo_line fol join fulfillment_order fo on fo.id = fol.fo_id
  where fo.status in {LIVE}"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[SmallShop]:
    with serve_small_shop(tmp_path) as shop:
        yield shop


class RandomWriter:
    """Somebody who does all sorts of things to a shop; refusals are part of it."""

    def __init__(self, shop: SmallShop, seed: int) -> None:
        self.shop = shop
        self.random = random.Random(seed)
        self.keys = 0

    def step(self) -> None:
        """Do one thing."""
        steps: list[Callable[[], Any]] = [
            self.create,
            self.fulfil,
            self.fulfil,
            self.cancel,
            self.cancel,
            self.hold,
            self.release,
            self.move,
            self.refund,
            self.cancel_order,
            self.count,
            self.switch,
        ]
        self.random.choice(steps)()

    def create(self) -> None:
        wanted = [
            (self.random.choice((A, B, C)), self.random.randint(1, 3))
            for _ in range(self.random.randint(1, 3))
        ]
        stock = self.random.choice(("BYPASS", "DECREMENT_IGNORING_POLICY", "DECREMENT_IGNORING_POLICY"))
        self.shop.create_order(*wanted, stock=stock)

    def fulfil(self) -> None:
        fo = self._any("FulfillmentOrder", "fulfillment_order")
        if fo:
            lines = self.shop.world.rows("select * from fo_line where fo_id = ?", int(fo.rsplit("/", 1)[-1]))
            line = self.random.choice(lines)
            chosen = [(gid("FulfillmentOrderLineItem", line["id"]), self.random.randint(1, 2))]
            self.shop.fulfil(fo, self.random.choice((None, chosen)))

    def cancel(self) -> None:
        fulfillment = self._any("Fulfillment", "fulfillment")
        if fulfillment:
            self.shop.cancel(fulfillment)

    def hold(self) -> None:
        fo = self._any("FulfillmentOrder", "fulfillment_order")
        if fo:
            hold = {"reason": "OTHER", "handle": str(self.random.random())}
            lines = self.shop.world.rows("select * from fo_line where fo_id = ?", int(fo.rsplit("/", 1)[-1]))
            if self.random.random() < 0.5:
                line = {"id": gid("FulfillmentOrderLineItem", lines[0]["id"]), "quantity": 1}
                hold["fulfillmentOrderLineItems"] = [line]
            self.shop.run(HOLD, id=fo, h=hold)

    def release(self) -> None:
        fo = self._any("FulfillmentOrder", "fulfillment_order")
        if fo:
            self.shop.run(RELEASE, id=fo)

    def move(self) -> None:
        fo = self._any("FulfillmentOrder", "fulfillment_order")
        if fo:
            self.shop.run(MOVE, id=fo, l=gid("Location", self.random.choice((MAIN, STORE))))

    def refund(self) -> None:
        line = self._any("LineItem", "line")
        if line:
            row = self.shop.world.row("select order_id from line where id = ?", int(line.rsplit("/", 1)[-1]))
            assert row
            types = ("CANCEL", "RETURN", "NO_RESTOCK")
            entry = {"lineItemId": line, "quantity": 1, "restockType": self.random.choice(types)}
            given = {"orderId": gid("Order", row["order_id"]), "refundLineItems": [entry]}
            self.shop.run(REFUND, i=given, k=self._key())

    def cancel_order(self) -> None:
        order = self._any("Order", "order")
        if order and self.random.random() < 0.4:
            self.shop.run(CANCEL_ORDER, id=order, r=self.random.random() < 0.5)

    def count(self) -> None:
        item, place = self.random.choice((A, B, C)), self.random.choice((MAIN, STORE))
        quantity = {"inventoryItemId": gid("InventoryItem", item), "locationId": gid("Location", place)}
        counted = {**quantity, "quantity": self.random.randint(0, 30), "changeFromQuantity": None}
        self.shop.run(
            SET, i={"name": "on_hand", "reason": "correction", "quantities": [counted]}, k=self._key()
        )

    def switch(self) -> None:
        self.shop.switch(
            cancel_stock=self.random.choice(("committed", "available")),
            partial_fo=self.random.choice(("grow", "new")),
            reroute_to=self.random.choice((None, STORE)),
        )

    def _key(self) -> str:
        self.keys += 1
        return str(self.keys)

    def _any(self, kind: str, table: str) -> str | None:
        rows = self.shop.world.rows(f'select id from "{table}" order by id desc limit 8')
        return gid(kind, self.random.choice(rows)["id"]) if rows else None


def _levels(world: World) -> dict[tuple[int, int, str], int]:
    rows = world.rows("select * from level")
    return {(row["item_id"], row["location_id"], name): row[name] for row in rows for name in ledger.NAMES}


def _check_ledger(world: World, before: dict[tuple[int, int, str], int]) -> None:
    summed = dict(before)
    for row in world.rows("select * from ledger"):
        key = (row["item_id"], row["location_id"], row["name"])
        summed[key] = summed.get(key, 0) + row["delta"]
    assert {key: value for key, value in summed.items() if value} == {
        key: value for key, value in _levels(world).items() if value
    }


def _check_units(world: World) -> None:
    """Shipped + waiting + gone is what was ordered; a unit that came back by a return counts as gone."""
    waiting: dict[int, int] = {}
    for row in world.rows(WAITING):
        assert 0 <= row["remaining"] <= row["total"]
        waiting[row["line_id"]] = waiting.get(row["line_id"], 0) + row["remaining"]
    for line in world.rows("select * from line"):
        assert line["current_quantity"] + line["refunded_quantity"] == line["quantity"]
        shipped = world.rows(SHIPPED, line["id"])[0]["units"]
        here = shipped + waiting.get(line["id"], 0)
        assert line["current_quantity"] <= here <= line["quantity"]


def _check_commitments(world: World) -> None:
    """Committed at a location is what its live fulfillment orders have claimed, no more, no less."""
    claimed: dict[tuple[int, int], int] = {}
    for row in world.rows(WAITING):
        if row["stock"] == "committed":
            item = world.rows("select item_id from line where id = ?", row["line_id"])[0]["item_id"]
            key = (item, row["location_id"])
            claimed[key] = claimed.get(key, 0) + row["remaining"]
    levels = {
        (row["item_id"], row["location_id"]): row["committed"] for row in world.rows("select * from level")
    }
    assert {key: units for key, units in levels.items() if units} == {
        key: units for key, units in claimed.items() if units
    }


def _check_statuses(world: World) -> None:
    for order in world.rows('select * from "order"'):
        assert refresh_order(world, order["id"]) == order["fulfillment_status"]


@pytest.mark.parametrize("seed", range(6))
def test_stock_and_units_add_up_after_any_sequence_of_writes(shop: SmallShop, seed: int) -> None:
    before = _levels(shop.world)
    writer = RandomWriter(shop, seed)
    for _ in range(120):
        writer.step()

    _check_ledger(shop.world, before)
    _check_units(shop.world)
    _check_commitments(shop.world)
    _check_statuses(shop.world)
    effects = shop.world.rows("select distinct request_id from ledger")
    known = {row["id"] for row in shop.world.rows("select id from request where effect > 0")}
    assert {row["request_id"] for row in effects} <= known


def test_on_hand_is_the_sum_of_its_six_states(shop: SmallShop) -> None:
    shop.world.connection.execute(
        "update level set committed = 1, reserved = 2, damaged = 3, safety_stock = 4, quality_control = 5, incoming = 9"
    )
    document = """query($id: ID!, $l: ID!) { inventoryItem(id: $id) { inventoryLevel(locationId: $l) {
      quantities(names: ["on_hand"]) { quantity } } } }"""

    item = shop.run(document, id=gid("InventoryItem", A), l=gid("Location", MAIN))

    assert item["inventoryLevel"]["quantities"] == [{"quantity": 25}]


def test_an_untracked_item_moves_nothing(shop: SmallShop) -> None:
    with shop.world.writing():
        moved = ledger.move(shop.world, 5, MAIN, "available", 3, "correction")

    assert moved is False
    assert shop.world.rows("select * from ledger") == []


def test_a_state_that_does_not_exist_is_refused(shop: SmallShop) -> None:
    with pytest.raises(ValueError, match="on_hand"):
        ledger.move(shop.world, A, MAIN, "on_hand", 1, "correction")
