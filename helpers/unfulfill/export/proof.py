"""Whether an export is everything: what the shop counts and grants, held against what was read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from unfulfill.errors import BadAnswer
from unfulfill.export import queries
from unfulfill.export.filters import Filters, plain_name
from unfulfill.export.staging import Staging
from unfulfill.shop.bulk import BulkFile
from unfulfill.shop.client import Shop
from unfulfill.tables import EXPORTED, FULFILLMENT_LINES, FULFILLMENTS, ORDERS

VISIBLE = timedelta(
    days=60
)  # orders that an app without read_all_orders sees (shopify.dev, access scopes, 2026-11)
FULFILLMENT_ORDER_SCOPES = ("merchant_managed_fulfillment_orders", "third_party_fulfillment_orders")
MOST_NAMED = 10
FILES = {
    "BulkOrders": "orders.jsonl",
    "BulkFulfillmentLines": "lines.jsonl",
    "BulkInventory": "inventory.jsonl",
}


@dataclass(frozen=True)
class Counted:
    """How many orders the shop says there are."""

    orders: int
    reasons: tuple[str, ...] = ()


class Known:
    """The orders that were read, by id and time of change, and the later readings of those that moved."""

    def __init__(self, staging: Staging, base: Path | None = None) -> None:
        self._staging = staging
        self._lines = staging.lines("orders.jsonl", "Order", queries.ORDER_HEAD)
        self._times: dict[str, str] = {}
        self.moved: dict[str, list[dict[str, Any]]] = {}
        ids = f"select id from {self._lines}"
        if base is not None:
            ids += f" union select order_id from read_parquet('{base / 'orders.parquet'}')"
        self.orders = int(staging.row(f"select count(distinct id) from ({ids})")[0])

    def look_up(self, order_ids: Iterable[str]) -> None:
        """Learn when these orders had changed at their first reading."""
        ids = [id_ for id_ in order_ids if id_ not in self._times]
        sql = f"select id, any_value(updatedAt) from {self._lines} where list_contains(?::varchar[], id) group by id"
        self._times |= {str(id_): str(moment) for id_, moment in self._staging.each(sql, [ids])}

    def is_known(self, order_id: str, updated_at: str) -> bool:
        """Whether an order that was looked up was read as it is now."""
        return self._times.get(order_id) == updated_at

    def take(self, order_id: str, updated_at: str, lines: list[dict[str, Any]]) -> None:
        """Remember a later reading of an order."""
        self.orders += order_id not in self._times
        self._times[order_id] = updated_at
        self.moved[order_id] = lines


def count_orders(shop: Shop, searches: Iterable[str]) -> Counted:
    """How many orders the searches match, as the shop says; a reason where it does not say it exactly."""
    total = 0
    reasons: list[str] = []
    for search in searches:
        answer = shop.read("OrdersCount", search=search or None).get("ordersCount")
        if not isinstance(answer, dict) or not isinstance(answer.get("count"), int):
            raise BadAnswer(f"{shop.name} did not say how many orders there are; try again.")
        total += answer["count"]
        if answer.get("precision") != "EXACT" and not reasons:
            reasons.append("the shop does not say exactly how many orders there are")
    return Counted(total, tuple(reasons))


def scope_reasons(shop: Shop, filters: Filters, now: datetime) -> list[str]:
    """What the token may not see: Shopify leaves that out without a word."""
    granted = {scope.removeprefix("read_").removeprefix("write_") for scope in shop.scopes}
    reasons = [
        f"without the scope read_{scope} Shopify leaves out fulfillment orders without saying so; grant it"
        for scope in FULFILLMENT_ORDER_SCOPES
        if scope not in granted
    ]
    start = filters.span("created")[0]
    if "all_orders" not in granted and (start is None or start < now - VISIBLE):
        reasons.append(
            "without the scope read_all_orders Shopify leaves out orders older than 60 days without saying so; "
            "grant it, or export with created_from within the last 60 days"
        )
    return reasons


def bulk_reasons(staging: Staging, bulk: Mapping[str, BulkFile]) -> list[str]:
    """Where the file of a bulk operation does not hold what the shop counted while it wrote it."""
    reasons = []
    for name, file in bulk.items():
        found = staging.lines(FILES[name], "", queries.ANY)
        lines, roots = staging.row(
            f"select count(*), count(*) filter (where __parentId is null) from {found}"
        )
        if (lines, roots) != (file.objects, file.roots):
            reasons.append(
                f"the file of {name} holds {lines} lines and {roots} roots, "
                f"the shop counted {file.objects} and {file.roots}"
            )
    return reasons


def count_roots(staging: Staging, file: str) -> int:
    """How many lines of a file have no parent."""
    return int(
        staging.row(f"select count(*) from {staging.lines(file, '', queries.ANY)} where __parentId is null")[
            0
        ]
    )


def table_reasons(staging: Staging) -> list[str]:
    """What is wrong with the tables themselves."""
    return [*_key_reasons(staging), *_orphan_reasons(staging), *_sum_reasons(staging)]


def name_warnings(staging: Staging, filters: Filters) -> list[str]:
    """The names and ids that were asked for and that the shop does not have."""
    if not filters.names:
        return []
    rows = staging.each(f"select order_id, name from {staging.saved(ORDERS)}")
    found = {text for order_id, name in rows for text in (str(order_id), plain_name(str(name)))}
    missing = sorted((filters.order_ids | filters.order_names) - found)
    if not missing:
        return []
    more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
    return [f"the shop has no order {', '.join(missing[:MOST_NAMED])}{more} that passes the filters"]


def _key_reasons(staging: Staging) -> list[str]:
    reasons = []
    for table in EXPORTED:
        key = ", ".join(table.key)
        missing = " or ".join(f"{column} is null" for column in table.key)
        rows, keys, blank = staging.row(
            f"select count(*), count(distinct ({key})), count(*) filter (where {missing}) from {staging.saved(table)}"
        )
        if rows != keys:
            reasons.append(f"{rows - keys} rows of {table.name} came twice")
        if blank:
            reasons.append(f"{blank} rows of {table.name} have no id")
    return reasons


def _orphan_reasons(staging: Staging) -> list[str]:
    reasons = []
    for file, roots in (("orders.jsonl", "Order"), ("inventory.jsonl", "InventoryItem")):
        lines = staging.lines(file, "", queries.ANY)
        orphans, unknown = staging.row(
            f"""select count(*) filter (where __parentId is not null and __parentId not in
                  (select id from {staging.lines(file, roots, queries.ANY)})),
                count(*) filter (where id is null or not starts_with(id, 'gid://shopify/')) from {lines}"""
        )
        if orphans:
            reasons.append(f"{orphans} lines of {file} belong to nothing in it")
        if unknown:
            reasons.append(f"{unknown} lines of {file} are of no known kind")
    return reasons


def _sum_reasons(staging: Staging) -> list[str]:
    """Live fulfillments whose lines do not add up to their total. A cancelled one may say 0."""
    wrong, example = staging.row(
        f"""with sums as (select fulfillment_id, sum(quantity) as units
            from {staging.saved(FULFILLMENT_LINES)} group by all)
          select count(*), any_value(name) from {staging.saved(FULFILLMENTS)} left join sums using (fulfillment_id)
          where status <> 'CANCELLED' and coalesce(units, 0) <> total_quantity"""
    )
    if not wrong:
        return []
    return [f"the lines of {wrong} fulfillments do not add up to their total, among them {example}"]
