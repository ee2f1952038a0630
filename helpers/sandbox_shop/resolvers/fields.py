"""Small resolvers that many types share: constants, columns, flags, money, children, parents."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.pages import connection
from sandbox_shop.search import compile_search
from sandbox_shop.world import Row

Resolver = Callable[..., Any]


def snake_case(name: str) -> str:
    """displayStatus → display_status."""
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def constant(value: Any) -> Resolver:
    """The same for every object: a fact that a sandbox shop does not model."""
    return lambda row, context, **args: value


def column(name: str) -> Resolver:
    """A column that is called otherwise than the field."""
    return lambda row, context, **args: row[name]


def flag(name: str) -> Resolver:
    """A column of 0 and 1 as a boolean."""
    return lambda row, context, **args: bool(row[name])


def is_set(name: str) -> Resolver:
    """Whether a column holds anything."""
    return lambda row, context, **args: row[name] is not None


def json_list(name: str) -> Resolver:
    """A column with a JSON list."""
    return lambda row, context, **args: json.loads(row[name])


def legacy_id(row: Row, context: Context, **args: Any) -> str:
    """The number in the gid, as text: an UnsignedInt64 is a string in JSON."""
    return str(row["id"])


def text_of(name: str) -> Resolver:
    """A column with a number that the API shows as text."""
    return lambda row, context, **args: None if row[name] is None else str(row[name])


def parent(kind: str, name: str) -> Resolver:
    """The object that a column points at."""
    return lambda row, context, **args: objects.parent(context.world, row, kind, name)


def children(kind: str, name: str) -> Resolver:
    """A list of the rows whose column points here; `first` cuts it."""
    return lambda row, context, **args: objects.children(context.world, row, kind, name)[: args.get("first")]


def children_page(kind: str, name: str) -> Resolver:
    """A connection of the rows whose column points here; `query` filters it."""

    def resolve(row: Row, context: Context, **args: Any) -> Any:
        rows = objects.children(context.world, row, kind, name)
        return connection(context, filtered(context, kind, rows, args.get("query")), args)

    return resolve


def filtered(context: Context, kind: str, rows: list[Row], query: str | None) -> list[Row]:
    """The rows that a search finds."""
    if not query:
        return rows
    sql, values = compile_search(context, kind, query)
    if sql == "1":
        return rows
    ids = json.dumps([row["id"] for row in rows])
    table = objects.TABLES[kind]
    found = context.world.rows(
        f'select id from "{table}" t where id in (select value from json_each(?)) and ({sql})', ids, *values
    )
    kept = {each["id"] for each in found}
    return [row for row in rows if row["id"] in kept]


def money(context: Context, amount: Decimal | str, currency: str | None = None) -> dict[str, Any]:
    """A MoneyBag; the sandbox has one currency a shop, so both sides are equal."""
    code = currency or context.shop.get("currency", "EUR")
    text = _plain(Decimal(amount))
    side = {"amount": text, "currencyCode": code}
    return {"shopMoney": side, "presentmentMoney": side}


def _plain(amount: Decimal) -> str:
    """Decimal text with at least one decimal and no superfluous zeros, as Shopify writes it: 12.5, 10.0."""
    text = f"{amount:f}"
    if "." not in text:
        return text + ".0"
    text = text.rstrip("0")
    return text + "0" if text.endswith(".") else text
