"""A sandbox shop from outside our own code: what other people do to it, and what its ledger and tables say."""

import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

import requests

CANCEL_ORDER = """mutation($id: ID!) { orderCancel(orderId: $id, reason: STAFF, restock: true) {
  orderCancelUserErrors { message } } }"""
MOVE = """mutation($id: ID!, $place: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $place) {
  userErrors { message } } }"""
HOLD = """mutation($id: ID!) { fulfillmentOrderHold(id: $id, fulfillmentHold: {
  reason: AWAITING_PAYMENT, reasonNotes: "theirs", handle: "theirs"}) { userErrors { message } } }"""
REFUND = """mutation($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key) {
  userErrors { message } } }"""
FULFIL = """mutation($id: ID!) {
  fulfillmentCreate(fulfillment: {lineItemsByFulfillmentOrder: [{fulfillmentOrderId: $id}]}) {
    fulfillment { id } userErrors { message } } }"""
TRACK = """mutation($id: ID!, $number: String!) {
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: {number: $number}) {
    userErrors { message } } }"""
EVENT = """mutation($id: ID!, $status: FulfillmentEventStatus!) {
  fulfillmentEventCreate(fulfillmentEvent: {fulfillmentId: $id, status: $status}) { userErrors { message } } }"""
CANCEL = "mutation($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"


def admin(sandbox: Any, query: str, **variables: Any) -> dict[str, Any]:
    """What somebody does in the admin: one mutation, which must succeed. Its payload."""
    answer = requests.post(
        f"{sandbox.url}/admin/api/2026-10/graphql.json",
        json={"query": query, "variables": variables},
        headers={"X-Shopify-Access-Token": sandbox.token},
        timeout=30,
    ).json()
    assert "errors" not in answer, answer
    (payload,) = answer["data"].values()
    assert [each for name, found in payload.items() if name.endswith("rrors") for each in found] == []
    return payload


def rows(sandbox: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of the world itself."""
    with closing(sqlite3.connect(sandbox.world)) as connection:
        return connection.execute(sql, values).fetchall()


def number(gid: str) -> int:
    return int(gid.rsplit("/", 1)[-1])


def open_orders(sandbox: Any, order_id: str) -> list[str]:
    """Fulfillment orders of an order with something left to do."""
    found = rows(
        sandbox,
        "select distinct fo.id from fulfillment_order fo join fo_line l on l.fo_id = fo.id"
        " where fo.order_id = ? and l.remaining > 0 and fo.status not in ('CLOSED', 'CANCELLED') order by 1",
        number(order_id),
    )
    return [f"gid://shopify/FulfillmentOrder/{id_}" for (id_,) in found]


def other_location(sandbox: Any, place: str) -> str:
    """Another location that stocks and ships."""
    sql = "select id from location where id != ? and active = 1 and fulfills_online = 1 and service_id is null limit 1"
    ((found,),) = rows(sandbox, sql, number(place))
    return f"gid://shopify/Location/{found}"


def shipped(sandbox: Any) -> Counter[tuple[Any, ...]]:
    """What is fulfilled in the whole shop: (order line, tracking, location) → units, over live fulfillments."""
    sql = (
        "select l.line_id, f.tracking, f.location_id, sum(l.quantity) from fulfillment_line l"
        " join fulfillment f on f.id = l.fulfillment_id where f.status = 'SUCCESS' group by 1, 2, 3"
    )
    return Counter({row[:-1]: row[-1] for row in rows(sandbox, sql)})


def stock(sandbox: Any) -> list[tuple[Any, ...]]:
    """Every level of the shop, that no movement left at nothing."""
    return rows(
        sandbox,
        "select item_id, location_id, available, committed from level where available or committed order by 1, 2",
    )


def effects(sandbox: Any) -> Counter[str]:
    """Root mutations that really changed the shop, with their number."""
    found = sandbox.control("request", {})["rows"]
    return Counter(row["mutation"] for row in found if row["mutation"] and row["effect"])


def choose(bench: Any, count: int, units: int = 1) -> list[str]:
    """Ids of live, quiet fulfillments of our own, each of another order, alive and with nothing else fulfilled."""
    tables = bench.run.load_tables()
    orders, made, lines = tables["orders"], tables["fulfillments"], tables["fulfillment_lines"]
    alive = orders.loc[orders["cancelled_at"].isna() & orders["refunded_at"].isna(), "order_id"]
    alone = made["order_id"].map(made["order_id"].value_counts()) == 1
    quiet = (
        (made["status"] == "SUCCESS") & (made["display_status"] == "FULFILLED") & made["in_transit_at"].isna()
    )
    ours = (made["service_type"] == "MANUAL") & (made["total_quantity"] >= units)
    free = made[quiet & ours & alone & made["order_id"].isin(alive)]
    one_line = lines["fulfillment_id"].value_counts()
    if units > 1:
        free = free[free["fulfillment_id"].map(one_line) == 1]
    chosen = free["fulfillment_id"].head(count).tolist()
    assert len(chosen) == count
    return chosen


def applied(bench, count=1, decision="unfulfill", units=1, **options):
    """Unfulfil some quiet fulfillments; the plan, which is applied."""
    bench.mark(decision, fulfillment_ids=choose(bench, count, units), reason="never left")
    plan = bench.plan(**options)
    bench.apply(plan.digest).check()
    return plan


def undone(bench, **chosen):
    """Undo; the plan and what became of it."""
    plan = bench.undo(**chosen)
    return plan, bench.undo_workbench().apply(plan.digest)


def names(plan):
    """The orders that a plan changes, in its order."""
    return list(dict.fromkeys(change.order_name for change in plan.changes))
