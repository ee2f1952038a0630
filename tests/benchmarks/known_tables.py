"""The made-up shop as the six exported tables, with ids as Shopify spells them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from known_arrays import HOUR, NEVER, Booleans, Numbers, column, gids, times, words
from known_orders import Lines, Orders
from known_parcels import CARRIERS, DISPLAYS, KIND, METHODS, NONE, RETAIL, SHIPPING, UNTRACKED, Parcels
from known_places import Items, Places, item_texts
from known_singles import MALFORMED
from known_stock import Levels

from unfulfill.tables import (
    FULFILLMENT_LINES,
    FULFILLMENT_ORDERS,
    FULFILLMENTS,
    INVENTORY_LEVELS,
    LINE_ITEMS,
    ORDERS,
    make_table,
)

ORDER, FULFILLMENT, LINE, FULFILLMENT_ORDER = (
    5_500_000_000_000,
    4_000_000_000_000,
    13_000_000_000_000,
    6_000_000_000_000,
)
ITEM, LOCATION = 45_000_000_000_000, 70_000_000_001
SOURCES = ("web", "pos", "shopify_draft_order", "580111")
FORMS = ("00340434{}", "1Z999AA1{}", "CB{}")  # of tracking numbers, by carrier


def item_ids(items: Numbers, missing: Booleans | None = None) -> pd.Series:
    """Gids of items."""
    return gids("InventoryItem", ITEM + items * 2, missing)


def location_ids(locations: Numbers, missing: Booleans | None = None) -> pd.Series:
    """Gids of locations."""
    return gids("Location", LOCATION + locations, missing)


def fulfillment_ids(parcels: Numbers) -> pd.Series:
    """Gids of fulfillments; number of the parcel + 1."""
    return gids("Fulfillment", FULFILLMENT + (parcels + 1) * 3)


def line_ids(lines: Numbers, missing: Booleans | None = None) -> pd.Series:
    """Gids of the orders' line items."""
    return gids("LineItem", LINE + lines * 2, missing)


def _order_ids(orders: Numbers) -> pd.Series:
    return gids("Order", ORDER + orders * 3)


def orders_table(rng: np.random.Generator, parcels: Parcels, orders: Orders) -> pd.DataFrame:
    """ORDERS."""
    count, first = len(orders.ordered), orders.first
    at_till = (parcels.method[first] == RETAIL) | (parcels.looks[first] == KIND["pos_mark_as_fulfilled"])
    source = np.where(at_till, 1, rng.choice((0, 2, 3), count, p=(0.93, 0.04, 0.03)))
    unpaid, given = orders.paid == NEVER, orders.refunded != NEVER
    financial = np.where(unpaid, 1, np.where(orders.fully_refunded, 3, np.where(given, 2, 0)))
    closed = np.zeros(count, bool)
    done = parcels.arrived[first] != NEVER
    closed |= done & (rng.random(count) < 0.6)
    closed |= (parcels.looks[first] == KIND["archived"]) | (orders.cancelled != NEVER)
    last = np.maximum(np.maximum(parcels.at[first], parcels.arrived[first]), orders.cancelled)
    state = np.where(parcels.exists[first] & (parcels.cancelled[first] == NEVER), 1, 0)
    return make_table(
        ORDERS,
        {
            "order_id": _order_ids(np.arange(count)),
            "name": _order_names(np.arange(count)),
            "created_at": times(orders.ordered),
            "processed_at": times(orders.ordered),
            "updated_at": times(np.maximum(last, np.maximum(orders.ordered, orders.refunded))),
            "paid_at": times(orders.paid),
            "cancelled_at": times(orders.cancelled),
            "closed_at": times(np.where(closed, last, NEVER)),
            "refunded_at": times(orders.refunded),
            "display_fulfillment_status": words(state, ("UNFULFILLED", "FULFILLED")),
            "financial_status": words(financial, ("PAID", "PENDING", "PARTIALLY_REFUNDED", "REFUNDED")),
            "return_status": words(orders.returned, ("NO_RETURN", "RETURNED")),
            "source_name": words(source, SOURCES),
            "test": column(pa.array(np.zeros(count, bool))),
        },
    )


def _order_names(orders: Numbers) -> pd.Series:
    return column(pc.binary_join_element_wise("#", pa.array(orders + 1001).cast(pa.string()), ""))


def line_items_table(parcels: Parcels, lines: Lines, orders: Orders, items: Items) -> pd.DataFrame:
    """LINE_ITEMS: a line that two parcels carry stands once, with the units of both."""
    count = int(lines.line.max()) + 1
    number = np.unique(lines.line)
    first = np.full(count, -1, np.int64)
    first[lines.line[::-1]] = np.arange(len(lines.line))[::-1]
    first = first[number]
    total = _sums(lines.line, (~lines.is_copy) * lines.units + lines.extra + lines.removed, count)[number]
    refunded, removed = (_sums(lines.line, units, count)[number] for units in (lines.refunded, lines.removed))
    live = parcels.exists[lines.parcel] & (parcels.cancelled[lines.parcel] == NEVER)
    sent = _sums(lines.line, live * lines.units, count)[number]
    ended = (orders.cancelled[orders.of_parcel] != NEVER)[lines.parcel[first]]
    given = np.where(ended, total, refunded + removed)
    names, skus, _ = item_texts(items)
    item = lines.item[first]
    return make_table(
        LINE_ITEMS,
        {
            "line_item_id": line_ids(number),
            "order_id": _order_ids(orders.of_parcel[lines.parcel[first]]),
            "name": words(item, names),
            "sku": words(item, skus),
            "quantity": column(pa.array(total)),
            "current_quantity": column(pa.array(total - given)),
            "unfulfilled_quantity": column(pa.array(np.where(ended, 0, total - removed - sent))),
            "refundable_quantity": column(pa.array(total - given)),
            "refunded_quantity": column(pa.array(given)),
            "requires_shipping": column(pa.array(item > 0)),
            "is_gift_card": column(pa.array(item == 0)),
            "inventory_item_id": item_ids(item, items.deleted[item]),
        },
    )


def _sums(number: Numbers, units: Numbers, count: int) -> Numbers:
    whole: Numbers = np.bincount(number, units, count).astype(np.int64)
    return whole


def fulfillments_table(
    rng: np.random.Generator, parcels: Parcels, lines: Lines, orders: Orders, places: Places, before_at: int
) -> pd.DataFrame:
    """FULFILLMENTS."""
    rows = np.flatnonzero(parcels.exists)
    kind, location, method = parcels.kind[rows], parcels.location[rows], parcels.method[rows]
    cancelled, at, carrier = parcels.cancelled[rows], parcels.at[rows], parcels.carrier[rows]
    at_service, gift = location >= places.own, method == NONE
    waits = kind == KIND["third_party_accepted"]
    status = np.where(
        waits, rng.choice((0, 2, 3), len(rows), p=(0.3, 0.35, 0.35)), (cancelled != NEVER).astype(int)
    )
    stood = (at <= before_at) & ~((cancelled != NEVER) & (cancelled <= before_at))
    before = np.where(at > before_at, 3, np.where(stood, 0, 1))
    name = pc.binary_join_element_wise(
        pa.array(_order_names(orders.of_parcel[rows])),
        pa.array(np.where(parcels.partner[rows] >= 0, "-F2", "-F1")),
        "",
    )
    last = np.maximum(np.maximum(at, parcels.moved[rows]), np.maximum(parcels.arrived[rows], cancelled))
    units = _sums(lines.parcel, lines.units, len(parcels.at))[rows]
    service = np.where(gift, 1, np.where(at_service, location - places.own + 2, 0))
    return make_table(
        FULFILLMENTS,
        {
            "fulfillment_id": fulfillment_ids(rows),
            "order_id": _order_ids(orders.of_parcel[rows]),
            "name": column(name),
            "status": words(status, ("SUCCESS", "CANCELLED", "OPEN", "PENDING")),
            "status_before": words(before, ("SUCCESS", "CANCELLED", None, None)),
            "display_status": words(parcels.shown[rows], DISPLAYS),
            "created_at": times(at),
            "updated_at": times(last),
            "in_transit_at": times(parcels.moved[rows]),
            "delivered_at": times(parcels.arrived[rows]),
            "location_id": location_ids(location),
            "location_name": words(location, places.names),
            "service_handle": words(service, ("manual", "gift_card", "northfill", "parcelhouse")),
            "service_name": words(service, ("Manual", "Gift Card", "Northfill", "Parcelhouse")),
            "service_type": words(np.minimum(service, 2), ("MANUAL", "GIFT_CARD", "THIRD_PARTY")),
            "tracking_company": words(carrier + 1, (None, *CARRIERS)),
            "tracking_numbers": _tracking_numbers(rng, parcels, rows),
            "total_quantity": column(pa.array(units)),
            "requires_shipping": column(pa.array(~gift)),
        },
    )  # fmt: skip


def _tracking_numbers(rng: np.random.Generator, parcels: Parcels, rows: Numbers) -> pd.Series:
    """Each parcel's own number, but for those that share one and those that have nonsense."""
    digits = rng.permutation(np.arange(len(parcels.at)) * 7) + 1_000_000_000
    shared = np.where(parcels.shares_number_with >= 0, parcels.shares_number_with, np.arange(len(parcels.at)))
    carrier = np.where(parcels.carrier == UNTRACKED, 0, parcels.carrier)
    head = words(carrier[rows], [form.format("") for form in FORMS])
    number = pc.binary_join_element_wise(pa.array(head), pa.array(digits[shared][rows]).cast(pa.string()), "")
    wrong = parcels.malformed[rows]
    number = pc.if_else(pa.array(wrong >= 0), pa.array(words(np.maximum(wrong, 0), MALFORMED)), number)
    return column(pc.if_else(pa.array(parcels.carrier[rows] == UNTRACKED), None, number))


def fulfillment_lines_table(parcels: Parcels, lines: Lines) -> pd.DataFrame:
    """FULFILLMENT_LINES."""
    real = parcels.exists[lines.parcel]
    return make_table(
        FULFILLMENT_LINES,
        {
            "fulfillment_id": fulfillment_ids(lines.parcel[real]),
            "line_item_id": line_ids(lines.line[real]),
            "quantity": column(pa.array(lines.units[real])),
        },
    )


def fulfillment_orders_table(
    rng: np.random.Generator, parcels: Parcels, lines: Lines, orders: Orders, places: Places
) -> pd.DataFrame:
    """FULFILLMENT_ORDERS: one for each parcel, and another for what is still open of it."""
    copied = np.zeros(len(parcels.at), bool)
    copied[parcels.copy_of[parcels.copy_of >= 0]] = True
    open_again = (parcels.cancelled != NEVER) & ~copied & (parcels.gone == NEVER)
    some_open = np.zeros(len(parcels.at), bool)
    some_open[lines.parcel[lines.extra > 0]] = True
    rest = np.flatnonzero((open_again | some_open) & parcels.exists)
    parcel = np.concatenate((np.arange(len(parcels.at)), rest))
    is_rest = np.arange(len(parcel)) >= len(parcels.at)
    waits = is_rest | (~parcels.exists & (parcels.gone == NEVER))[parcel]
    with_service = (parcels.kind == KIND["third_party_accepted"])[parcel] & ~is_rest
    held = waits & (rng.random(len(parcel)) < 0.12)
    status = np.where(held, 2, np.where(waits, 1, np.where(with_service, 3, 0)))
    hold = np.where(held, np.where(is_rest, 1, rng.integers(1, 3, len(parcel))), 0)
    method = np.where(is_rest, SHIPPING, parcels.method[parcel])
    at = parcels.ordered[parcel] + np.where(is_rest, HOUR, 1)
    return make_table(
        FULFILLMENT_ORDERS,
        {
            "fulfillment_order_id": gids("FulfillmentOrder", FULFILLMENT_ORDER + np.arange(len(parcel)) * 2),
            "order_id": _order_ids(orders.of_parcel[parcel]),
            "status": words(status, ("CLOSED", "OPEN", "ON_HOLD", "IN_PROGRESS")),
            "request_status": words(with_service, ("UNSUBMITTED", "ACCEPTED")),
            "created_at": times(at),
            "updated_at": times(at),
            "location_id": location_ids(parcels.location[parcel]),
            "location_name": words(parcels.location[parcel], places.names),
            "holds": words(hold, ("", "INVENTORY_OUT_OF_STOCK", "HIGH_RISK_OF_FRAUD")),
            "delivery_method": words(method, METHODS),
        },
    )


def levels_table(
    levels: Levels,
    items: Items,
    places: Places,
    on_hand: Numbers,
    committed: Numbers,
    others: Mapping[str, Numbers],
) -> pd.DataFrame:
    """INVENTORY_LEVELS, of items that still exist."""
    kept = ~items.deleted[levels.item]
    item, location = levels.item[kept], levels.location[kept]
    names, skus, barcodes = item_texts(items)
    rest = {name: units[kept] for name, units in others.items()}
    available = on_hand[kept] - committed[kept] - sum(rest.values())
    counts = {"available": available, "committed": committed[kept], "on_hand": on_hand[kept], **rest}
    return make_table(
        INVENTORY_LEVELS,
        {
            "inventory_item_id": item_ids(item),
            "location_id": location_ids(location),
            "location_name": words(location, places.names),
            "sku": words(item, skus),
            "barcode": words(item, barcodes),
            "item_name": words(item, names),
            "tracked": column(pa.array(items.tracked[item])),
            **{name: column(pa.array(units)) for name, units in counts.items()},
            "incoming": column(pa.array(np.zeros(len(item), np.int64))),
        },
    )
