"""Orders of a bulk file that look as if something of them were missing, read again to see.

The counters of a bulk operation tell that lines are missing, unless they were never counted. What an order itself
says tells it too: the units of its lines, and its fulfillment orders, which another bulk operation lists.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from unfulfill.export import id_sets, pages
from unfulfill.export.proof import Known
from unfulfill.export.splitting import named_bad_lines
from unfulfill.export.staging import Staging
from unfulfill.shop.client import Shop
from unfulfill.words import said

MOST_READ_AGAIN = 2000
SAMPLE = 200  # of more suspects than that
A_SEARCH = 50  # ids


def suspects(staging: Staging) -> list[int]:
    """The numbers of orders in orders.jsonl without a line, with fewer units than they say, or with a fulfillment
    order less than lines.jsonl lists."""
    orders, items, own, listed = (
        id_sets.ids(staging, file, kind)
        for file, kind in (
            ("orders.jsonl", "Order"),
            ("orders.jsonl", "LineItem"),
            ("orders.jsonl", "FulfillmentOrder"),
            ("lines.jsonl", "FulfillmentOrder"),
        )
    )
    rows = staging.each(
        f"""with lines as (select parent as number, sum(units) as units from {items} group by all),
          missing as (
            select distinct listed.owner as number from {listed} as listed anti join {own} as own using (number))
        select number from {orders} as o left join lines using (number)
        where lines.number is null or coalesce(lines.units, 0) < o.units or number in (from missing)
        order by number"""
    )
    return [int(row[0]) for row in rows]


def read_suspects(shop: Shop, staging: Staging, known: Known) -> tuple[list[str], list[str]]:
    """Read suspicious orders again; `known` takes those that had lost something. Returns reasons and warnings.

    An order that is the same when it is read again is as it should be: Shopify may count in a way we do not know.
    Of more than 2,000 a sample is read, and where it lacks nothing, the others are believed.
    """
    with named_bad_lines(staging, "orders.jsonl", "lines.jsonl"):
        numbers = suspects(staging)
    is_sample = len(numbers) > MOST_READ_AGAIN
    asked = numbers[:: max(1, len(numbers) // SAMPLE)] if is_sample else numbers
    before = _children(staging, asked)
    mended = 0
    for order in _read(shop, asked):
        lines = list(pages.flatten(shop, order))
        number = int(order["id"].rpartition("/")[2])
        if Counter(_kind(line) for line in lines[1:]) != before.get(number, Counter()):
            mended += 1
            known.look_up([order["id"]])
            known.take(order["id"], order["updatedAt"], lines)
    if mended and is_sample:
        return [said("export_proof.lacking", number=len(numbers) * mended // len(asked))], []
    if mended:
        return [], [said("export_proof.mended", count=mended)]
    return [], []


def _children(staging: Staging, numbers: Sequence[int]) -> dict[int, Counter[str]]:
    """By order: how many lines of each kind the file has below it."""
    found: dict[int, Counter[str]] = {}
    for kind in ("LineItem", "FulfillmentOrder"):
        sql = f"""select parent, count(*) from {id_sets.ids(staging, "orders.jsonl", kind)}
            where parent in (select unnest(?::bigint[])) group by all"""
        for number, count in staging.each(sql, [list(numbers)]):
            found.setdefault(int(number), Counter())[kind] = int(count)
    return found


def _read(shop: Shop, numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
    roots = replace(pages.ORDERS, a_page=A_SEARCH)
    for start in range(0, len(numbers), A_SEARCH):
        ids = " OR ".join(f"id:{number}" for number in numbers[start : start + A_SEARCH])
        yield from pages.find_nodes(shop, roots, f"({ids})")


def _kind(line: dict[str, Any]) -> str:
    return str(line["id"]).split("/")[3]
