"""Whether an export is everything: what the shop counts and grants, held against what was read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from unfulfill.errors import BadAnswer
from unfulfill.export import id_sets, queries
from unfulfill.export.filters import Filters, plain_name
from unfulfill.export.splitting import counted, named_bad_lines
from unfulfill.export.staging import Staging
from unfulfill.shop.client import Shop
from unfulfill.tables import EXPORTED, FULFILLMENT_LINES, FULFILLMENTS, ORDERS

VISIBLE = timedelta(
    days=60
)  # orders that an app without read_all_orders sees (shopify.dev, access scopes, 2026-11)
FULFILLMENT_ORDER_SCOPES = ("merchant_managed_fulfillment_orders", "third_party_fulfillment_orders")
MOST_NAMED = 10


@dataclass(frozen=True)
class Counted:
    """How many orders the shop says there are."""

    orders: int
    reasons: tuple[str, ...] = ()


class Known:
    """The orders that were read, by id and time of change, and the later readings of those that moved."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self._times: dict[str, str] = {}
        self.moved: dict[str, list[dict[str, Any]]] = {}
        with named_bad_lines(staging, "orders.jsonl"):
            self._orders = id_sets.ids(staging, "orders.jsonl", "Order")
        self.orders = int(staging.row(f"select count(distinct number) from {self._orders}")[0])

    def look_up(self, order_ids: Iterable[str]) -> None:
        """Learn when these orders had changed at their first reading."""
        asked = [id_ for id_ in order_ids if id_ not in self._times]
        sql = f"""select gid, any_value(updated_at) from (select unnest(?::varchar[]) as gid) as asked
            join {self._orders} as orders on orders.number = {queries.number("gid", "Order")} group by gid"""
        self._times |= {str(id_): str(moment) for id_, moment in self._staging.each(sql, [asked])}

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


def count_roots(staging: Staging, file: str) -> int:
    """How many lines of a file are of the kind that a bulk operation counts as its roots."""
    return counted(staging, file).kinds.get(id_sets.ROOTS[file], 0)


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
        facts = staging.keys(table)
        if facts.doubled:
            reasons.append(f"{facts.doubled} rows of {table.name} came twice")
        if facts.blank:
            reasons.append(f"{facts.blank} rows of {table.name} have no id")
    return reasons


def _orphan_reasons(staging: Staging) -> list[str]:
    reasons = []
    for file in id_sets.ROOTS:
        counts = counted(staging, file)
        if orphans := id_sets.count_orphans(staging, file):
            reasons.append(f"{orphans} lines of {file} belong to nothing in it")
        if counts.unknown:
            reasons.append(f"{counts.unknown} lines of {file} are of no known kind")
    return reasons


def _sum_reasons(staging: Staging) -> list[str]:
    """Live fulfillments whose lines do not add up to their total. A cancelled one may say 0."""
    wrong, example = staging.row(
        f"""with sums as (select fulfillment_id, sum(quantity) as units
            from {staging.saved(FULFILLMENT_LINES)} group by all)
          select count(*), min(name) from {staging.saved(FULFILLMENTS)} left join sums using (fulfillment_id)
          where status <> 'CANCELLED' and coalesce(units, 0) <> total_quantity"""
    )
    if not wrong:
        return []
    return [f"the lines of {wrong} fulfillments do not add up to their total, among them {example}"]
