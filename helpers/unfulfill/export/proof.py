"""Whether an export is everything: what the shop counts and grants, held against what was read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from unfulfill.errors import BadAnswer
from unfulfill.export import id_sets, queries
from unfulfill.export.filters import Filters, plain_name
from unfulfill.export.splitting import counted, named_bad_lines
from unfulfill.export.staging import Staging, literal
from unfulfill.shop.bulk import BulkFile
from unfulfill.shop.client import Shop
from unfulfill.tables import EXPORTED, FULFILLMENT_LINES, FULFILLMENTS, ORDERS
from unfulfill.words import said, said_word

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

    def __init__(self, staging: Staging, base: Path | None = None) -> None:
        """`base`: the tables of an earlier export, whose orders are known too as long as they did not change."""
        self._staging = staging
        self._times: dict[str, str] = {}
        self._ids: set[str] = set()  # of those looked up, the ones that were read
        self.moved: dict[str, list[dict[str, Any]]] = {}
        with named_bad_lines(staging, "orders.jsonl"):
            self._orders = id_sets.ids(staging, "orders.jsonl", "Order")
        numbers = f"select number from {self._orders}"
        if base is not None:
            earlier = literal(str(base / f"{ORDERS.name}.parquet"))
            numbers += f" union select {queries.number('order_id', 'Order')} from read_parquet({earlier})"
        self._numbers = f"({numbers})"
        self.orders = int(staging.row(f"select count(distinct number) from {self._numbers}")[0])

    def look_up(self, order_ids: Iterable[str]) -> None:
        """Learn when these orders had changed at their first reading."""
        asked = [id_ for id_ in order_ids if id_ not in self._times]
        number = queries.number("gid", "Order")
        sql = f"""with given as (select unnest(?::varchar[]) as gid)
            select gid, any_value(updated_at), bool_or(known.number is not null)
            from (select gid, {number} as number from given) as asked
            left join {self._orders} as orders using (number)
            left join {self._numbers} as known using (number) group by gid"""
        for id_, moment, known in self._staging.each(sql, [asked]):
            self._times[str(id_)] = str(moment)
            self._ids |= {str(id_)} if known else set()

    def is_known(self, order_id: str, updated_at: str) -> bool:
        """Whether an order that was looked up was read as it is now."""
        return self._times.get(order_id) == updated_at

    def take(self, order_id: str, updated_at: str, lines: list[dict[str, Any]]) -> None:
        """Remember a later reading of an order."""
        self.orders += order_id not in self._ids
        self._ids.add(order_id)
        self._times[order_id] = updated_at
        self.moved[order_id] = lines


def count_orders(shop: Shop, searches: Iterable[str]) -> Counted:
    """How many orders the searches match, as the shop says; a reason where it does not say it exactly."""
    total = 0
    reasons: list[str] = []
    for search in searches:
        answer = shop.read("OrdersCount", search=search or None).get("ordersCount")
        if not isinstance(answer, dict) or not isinstance(answer.get("count"), int):
            raise BadAnswer(said("shop_error.no_order_count", shop=shop.name))
        total += answer["count"]
        if answer.get("precision") != "EXACT" and not reasons:
            reasons.append(said("export_proof.count_not_exact"))
    return Counted(total, tuple(reasons))


def scope_reasons(shop: Shop, filters: Filters, now: datetime) -> list[str]:
    """What the token may not see: Shopify leaves that out without a word."""
    granted = {scope.removeprefix("read_").removeprefix("write_") for scope in shop.scopes}
    reasons = [
        said("export_proof.no_scope", scope=f"read_{scope}")
        for scope in FULFILLMENT_ORDER_SCOPES
        if scope not in granted
    ]
    start = filters.span("created")[0]
    if "all_orders" not in granted and (start is None or start < now - VISIBLE):
        reasons.append(said("export_proof.no_old_orders"))
    return reasons


def bulk_reasons(staging: Staging, bulk: Mapping[str, BulkFile]) -> list[str]:
    """Where the file of a bulk operation does not hold what the shop counted while it wrote it."""
    reasons = []
    for name, result in bulk.items():
        file = result.path.name.removesuffix(".gz")
        counts = counted(staging, file)
        roots = counts.kinds.get(id_sets.ROOTS[file], 0)
        if (counts.lines, roots) != (result.objects, result.roots):
            reasons.append(
                said(
                    "export_proof.file_differs",
                    name=name,
                    lines=counts.lines,
                    roots=roots,
                    objects=result.objects,
                    counted_roots=result.roots,
                )
            )
    return reasons


def table_reasons(staging: Staging) -> list[str]:
    """What is wrong with the tables themselves."""
    return [*_key_reasons(staging), *_orphan_reasons(staging), *_sum_reasons(staging)]


def set_reasons(staging: Staging, *, both_files: bool) -> list[str]:
    """Where ids that must be there twice are there once: in files and tables, in lines of fulfillments and line items.

    `both_files`: orders.jsonl and lines.jsonl both hold everything that the shop has.
    """
    reasons = [
        said("export_proof.ids_differ", ids=row.ids, table=said_word(row.table, row.table), rows=row.rows)
        for row in id_sets.count_rows(staging)
        if row.ids != row.rows
    ]
    lost = id_sets.missing_line_items(staging)
    if lost.count:
        reasons.append(said("export_proof.no_such_line", count=lost.count, example=lost.example))
    for unmatched in id_sets.match_files(staging) if both_files else ():
        for missing, place, other in (
            (unmatched.not_in_orders, "lines.jsonl", "orders.jsonl"),
            (unmatched.not_in_lines, "orders.jsonl", "lines.jsonl"),
        ):
            if missing.count:
                reasons.append(
                    said(
                        "export_proof.in_one_file",
                        count=missing.count,
                        kind=unmatched.kind,
                        place=place,
                        other=other,
                        example=missing.example,
                    )
                )
    return reasons


def name_warnings(staging: Staging, filters: Filters) -> list[str]:
    """The names and ids that were asked for and that the shop does not have."""
    if not filters.names:
        return []
    rows = staging.each(f"select order_id, name from {staging.saved(ORDERS)}")
    found = {text for order_id, name in rows for text in (str(order_id), plain_name(str(name)))}
    missing = sorted((filters.order_ids | filters.order_names) - found)
    if not missing:
        return []
    more = len(missing) - MOST_NAMED
    key = "export_proof.no_such_orders" if more > 0 else "export_proof.no_such_order"
    return [said(key, names=", ".join(missing[:MOST_NAMED]), number=more)]


def _key_reasons(staging: Staging) -> list[str]:
    reasons = []
    for table in EXPORTED:
        facts = staging.keys(table)
        if facts.doubled:
            reasons.append(
                said("export_proof.doubled", count=facts.doubled, table=said_word(table.name, table.name))
            )
        if facts.blank:
            reasons.append(
                said("export_proof.without_id", count=facts.blank, table=said_word(table.name, table.name))
            )
    return reasons


def _orphan_reasons(staging: Staging) -> list[str]:
    reasons = []
    for file in id_sets.ROOTS:
        counts = counted(staging, file)
        if orphans := id_sets.count_orphans(staging, file):
            reasons.append(said("export_proof.orphans", count=orphans, file=file))
        if counts.unknown:
            reasons.append(said("export_proof.unknown_kind", count=counts.unknown, file=file))
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
    return [said("export_proof.sums_differ", count=wrong, example=example)]
