"""Orders of a seeded sandbox for a first contact, and what its world says about them: its file, not its API."""

import sqlite3
from contextlib import closing
from typing import Any

import requests

QUIET = """select o.name from "order" o join fulfillment f on f.order_id = o.id
  join service s on s.id = f.service_id
  where f.status = 'SUCCESS' and f.display_status = 'FULFILLED' and s.type = 'MANUAL' and o.financial_status = 'PAID'
    and o.cancelled_at is null and o.return_status = 'NO_RETURN'
    and not exists(select 1 from fulfillment g where g.order_id = o.id and g.id != f.id)
    and exists(select 1 from line l join item i on i.id = l.item_id where l.order_id = o.id and i.tracked = 1)
    and (o.closed_at is not null) = ? and (f.tracking != '[]') = ?
  order by o.id"""

SHIPPED = """select fl.line_id, sum(fl.quantity), f.tracking, f.location_id from "order" o
  join fulfillment f on f.order_id = o.id join fulfillment_line fl on fl.fulfillment_id = f.id
  where o.name = ? and f.status = 'SUCCESS' group by fl.line_id, f.tracking, f.location_id order by 1"""
WAITING = """select fo.id from fulfillment_order fo join "order" o on o.id = fo.order_id
  where o.name = ? and fo.status = 'OPEN'"""
PERSON = """select o.customer_name, o.email, f.tracking from "order" o join fulfillment f on f.order_id = o.id
  where o.name = ?"""
UNTOUCHED = """select o.id, o.name from "order" o join fulfillment_order fo on fo.order_id = o.id
  join fo_line l on l.fo_id = fo.id join line n on n.id = l.line_id join item i on i.id = n.item_id
  where o.fulfillment_status = 'UNFULFILLED' and fo.status = 'OPEN' and o.financial_status = 'PAID' and i.tracked = 1
    and o.cancelled_at is null and not exists(select 1 from fulfillment f where f.order_id = o.id)
  group by o.id having sum(l.remaining) > 1"""


def rows(sandbox: Any, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of the sandbox's world."""
    with closing(sqlite3.connect(sandbox.world)) as connection:
        return connection.execute(query, values).fetchall()


def quiet_orders(sandbox: Any, *, archived: bool = False, tracking: bool = False) -> list[str]:
    """Names of paid orders with one fulfillment by hand that has not left the house."""
    found = [name for (name,) in rows(sandbox, QUIET, archived, tracking)]
    assert found, "the seeded shop has no such order"
    return found


def truth(sandbox: Any, name: str) -> dict[str, Any]:
    """What a merchant cares about in an order: units fulfilled with their tracking, what is open, stock, archive."""
    shipped = rows(sandbox, SHIPPED, name)
    levels = rows(
        sandbox, "select item_id, location_id, available, committed, reserved from level order by 1, 2"
    )
    status = rows(sandbox, 'select fulfillment_status, tags from "order" where name = ?', name)
    return {"shipped": shipped, "levels": levels, "status": status}


def is_archived(sandbox: Any, name: str) -> bool:
    return bool(rows(sandbox, 'select 1 from "order" where name = ? and closed_at is not null', name))


def writes(sandbox: Any) -> list[str]:
    """Root mutations that really changed the shop, in their order."""
    requests_ = sandbox.control("request", {})["rows"]
    return [row["mutation"] for row in requests_ if row["mutation"] and row["effect"]]


def mutate(sandbox: Any, query: str, **variables: Any) -> dict[str, Any]:
    """What our client has no operation for: somebody else's write. The value of its root field."""
    answer = requests.post(
        f"{sandbox.url}/admin/api/2026-10/graphql.json",
        json={"query": query, "variables": variables},
        headers={"X-Shopify-Access-Token": sandbox.token},
        timeout=30,
    ).json()
    (value,) = answer["data"].values()
    assert value["userErrors"] == []
    return dict(value)


def open_order_of(sandbox: Any, name: str) -> str:
    """Id of the fulfillment order of an order that is open."""
    ((number,),) = rows(sandbox, WAITING, name)
    return f"gid://shopify/FulfillmentOrder/{number}"
