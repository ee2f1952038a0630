"""One order: found by what a person types, and read whole, as a first contact needs it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from unfulfill.errors import ParameterRefused
from unfulfill.first_contact import Glimpse, Level
from unfulfill.model import OrderState
from unfulfill.shop.client import Shop
from unfulfill.shop.pages import walk
from unfulfill.shop.reading import read_all_fulfillment_orders, read_fulfillments, read_levels, read_orders
from unfulfill.shop.shapes import identifier, part, parts, text
from unfulfill.words import said

GID = "gid://shopify/Order/"


def find_order(shop: Shop, asked: str) -> OrderState:
    """The order that a person means by "#1001", "1001" or its id.

    Raises ParameterRefused where there is none, or more than one of that name.
    """
    wanted = asked.strip()
    if not wanted:
        raise ParameterRefused(said("shop_error.no_order_named"))
    if wanted.startswith(GID):
        return _by_id(shop, wanted, asked)
    value = wanted.replace("\\", "\\\\").replace('"', '\\"')
    nodes = parts(part(shop.read("OrdersByName", search=f'name:"{value}"'), "orders"), "nodes")
    named = {identifier(node): text(node, "name") for node in nodes}
    same = [id_ for id_, name in named.items() if name == wanted] or [
        id_ for id_, name in named.items() if _bare(name) == _bare(wanted)
    ]
    if len(same) > 1:
        ids = ", ".join(id_.rsplit("/", 1)[-1] for id_ in same)
        raise ParameterRefused(said("shop_error.several_orders", number=len(same), name=wanted, ids=ids))
    if not same and wanted.isascii() and wanted.isdigit():
        return _by_id(shop, GID + wanted, asked)
    return _by_id(shop, same[0] if same else "", asked)


def find_orders(
    shop: Shop, asked: Iterable[str], known: Mapping[str, Sequence[str]] | None = None
) -> dict[str, OrderState]:
    """What a person named → the order, in the order asked.

    `known` (name without its #, in small letters → ids, as an export has them) saves a search for each name. Raises
    ParameterRefused with every name that finds no order, or more than one.
    """
    names = list(dict.fromkeys(name.strip() for name in asked))
    ids = {name: found[0] for name in names if len(found := (known or {}).get(_bare(name), ())) == 1}
    read = read_orders(shop, ids.values())
    orders, problems = {}, []
    for name in names:
        state = read.get(ids.get(name, ""))
        if state is not None and _bare(state.name) == _bare(name):
            orders[name] = state
            continue
        try:
            orders[name] = find_order(shop, name)
        except ParameterRefused as error:
            problems.append(str(error))
    if len(problems) > 1:
        raise ParameterRefused(said("shop_error.more_not_found", first=problems[0], number=len(problems) - 1))
    if problems:
        raise ParameterRefused(problems[0])
    return orders


def _bare(name: str) -> str:
    return name.removeprefix("#").casefold()


def _by_id(shop: Shop, id_: str, asked: str) -> OrderState:
    found = read_orders(shop, [id_]).get(id_) if id_.removeprefix(GID).isdigit() else None
    if found is not None:
        return found
    key = "shop_error.no_order" if "read_all_orders" in shop.scopes else "shop_error.no_order_or_old"
    raise ParameterRefused(said(key, shop=shop.identity().domain, name=asked.strip()))


def read_glimpse(shop: Shop, order: OrderState, now: Callable[[], datetime]) -> Glimpse:
    """Everything about an order just now: fulfillments, fulfillment orders, stock of its items. No customer."""
    order = read_orders(shop, [order.id]).get(order.id, order)
    fulfillments = read_fulfillments(shop, [id_ for id_, _ in order.fulfillments])
    items = _items(shop, order.id)
    levels = read_levels(shop, sorted({item for _, item in items}))
    return Glimpse(
        taken_at=now(),
        order=order,
        fulfillments=tuple(fulfillments.values()),
        fulfillment_orders=read_all_fulfillment_orders(shop, [order.id]).get(order.id, ()),
        items=items,
        levels=tuple(_level(row) for row in levels.to_dict("records")),
    )


def _items(shop: Shop, order_id: str) -> tuple[tuple[str, str], ...]:
    nodes = walk(shop, "LineItemsPage", lambda data: data["order"]["lineItems"], id=order_id)
    pairs = [(identifier(node), text(part(part(node, "variant"), "inventoryItem"), "id")) for node in nodes]
    return tuple((line, item) for line, item in pairs if item)


def _level(row: Mapping[Any, Any]) -> Level:
    """One row of INVENTORY_LEVELS; what the shop does not say is 0."""
    item = row["inventory_item_id"]
    available, committed, on_hand = (
        int(row[name]) if isinstance(row[name], int) else 0 for name in ("available", "committed", "on_hand")
    )
    return Level(
        inventory_item_id=item,
        item=_text(row["sku"]) or _text(row["item_name"]) or item.rsplit("/", 1)[-1],
        location_id=row["location_id"],
        location_name=_text(row["location_name"]) or "?",
        tracked=row["tracked"] is True,
        available=available,
        committed=committed,
        on_hand=on_hand,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
