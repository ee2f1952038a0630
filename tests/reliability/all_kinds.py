"""A shop of some thirty orders and a plan of sixty changes of every kind, made the same way each time.

cancel                          cancel, tag        cancel, hold        cancel, hold, tag
cancel, fulfil the rest again   cancel, archive    ask a service to stop    set on hand
release our hold, fulfil again, archive, untag (as an undo does)
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from direct_shop import DirectSandbox

import sandbox_shop
from unfulfill.model import (
    Action,
    CancelFulfillment,
    Change,
    CloseOrder,
    FulfillmentState,
    HoldFulfillmentOrder,
    Limits,
    Line,
    OrderState,
    Plan,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    Reversibility,
    SetOnHand,
    State,
    TagOrder,
    Tracking,
)
from unfulfill.plan import seal
from unfulfill.shop import Shop
from unfulfill.shop.reading import (
    read_all_fulfillment_orders,
    read_fulfillments,
    read_level_states,
    read_orders,
)

TAG = "unfulfilled"
NAMESPACE = uuid.UUID(int=7)
CREATE = """mutation C($o: OrderCreateOrderInput!) {
  orderCreate(order: $o, options: {inventoryBehaviour: DECREMENT_IGNORING_POLICY}) {
    order { id fulfillments { id } } userErrors { message } } }"""

# How many orders go through each sequence of changes in the plan of sixty.
SIXTY = {
    "cancel": 4,
    "cancel tag": 4,
    "cancel hold": 4,
    "cancel hold tag": 2,
    "cancel rest": 4,
    "cancel close": 3,
    "release refulfil close untag": 3,
    "ask": 4,
    "stock": 4,
}


@dataclass(frozen=True)
class Made:
    """The orders of a world, by the sequence that is planned for them."""

    orders: dict[str, list[str]] = field(default_factory=dict)  # order ids
    fulfillments: dict[str, str] = field(
        default_factory=dict
    )  # order id → its only live one, or the one it had
    items: list[str] = field(default_factory=list)  # inventory items that no order has


def make_world(path: Path, wanted: dict[str, int]) -> Made:
    """Make the world's file. `wanted` is the number of orders by sequence, as in SIXTY."""
    with sandbox_shop.start(path, seed=5, size=1):
        pass
    with DirectSandbox(path) as sandbox:
        sandbox.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}})
        sandbox.control("switches", {"auto_archive": False})
        made = Made(items=_free_items(sandbox))
        for sequence, count in wanted.items():
            if sequence != "stock":
                for _ in range(count):
                    _make_order(sandbox, sequence, made)
        for table in ("request", "ledger"):  # what follows is what the tests are about
            sandbox.world.connection.execute(f"delete from {table}")
    return made


def _free_items(sandbox: DirectSandbox) -> list[str]:
    """Items for SetOnHand: the last of the catalogue; orders take the first ones."""
    rows = sandbox.world.rows(
        "select item_id from level where location_id = 71000000001 and active = 1 order by item_id desc limit 9"
    )
    return [f"gid://shopify/InventoryItem/{row['item_id']}" for row in rows]


def _make_order(sandbox: DirectSandbox, sequence: str, made: Made) -> None:
    rows = sandbox.world.rows(
        "select variant_id from item i join level l on l.item_id = i.id"
        " where location_id = 71000000001 and tracked = 1 and requires_shipping = 1 order by i.id limit 2"
    )
    lines = [
        {"variantId": f"gid://shopify/ProductVariant/{row['variant_id']}", "quantity": 3 - place}
        for place, row in enumerate(rows)
    ]
    number = sum(map(len, made.orders.values())) + 1
    shipped = {
        "locationId": "gid://shopify/Location/71000000001",
        "trackingCompany": "Nordpost",
        "trackingNumber": f"NP{number:06d}",
    }
    order = {
        "lineItems": lines,
        "financialStatus": "PAID",
        "fulfillment": shipped,
        "fulfillmentStatus": "FULFILLED",
    }
    if sequence == "ask":
        del order["fulfillment"], order["fulfillmentStatus"]
    found = sandbox.ask(sandbox.token, CREATE, o=order)["order"]
    made.orders.setdefault(sequence, []).append(found["id"])
    if sequence == "ask":
        _give_to_service(sandbox, found["id"])
        return
    made.fulfillments[found["id"]] = found["fulfillments"][0]["id"]
    with sandbox.shop() as shop:
        if sequence == "cancel close":
            shop.write("OrderClose", id=found["id"])
        if sequence.startswith("release"):
            _unfulfil(shop, found["id"], made.fulfillments[found["id"]])


def _give_to_service(sandbox: DirectSandbox, order_id: str) -> None:
    """As if its service had accepted it: no app of the sandbox is one."""
    sandbox.world.connection.execute(
        "update fulfillment_order set status = 'IN_PROGRESS', request_status = 'ACCEPTED', location_id ="
        " (select location_id from service where type = 'THIRD_PARTY') where order_id = ?",
        (int(order_id.rsplit("/", 1)[1]),),
    )


def _unfulfil(shop: Shop, order_id: str, fulfillment_id: str) -> None:
    """What an earlier run of ours left: cancelled, held with our handle, tagged."""
    shop.write("FulfillmentCancel", id=fulfillment_id)
    open_ = [one for one in read_all_fulfillment_orders(shop, [order_id])[order_id] if one.status == "OPEN"]
    hold = {
        "reason": "OTHER",
        "reasonNotes": "before",
        "handle": _handle(order_id),
        "notifyMerchant": False,
    }
    shop.write("FulfillmentOrderHold", id=open_[0].id, hold=hold)
    shop.write("TagsAdd", id=order_id, tags=[TAG])


def _handle(order_id: str) -> str:
    return f"uw-{order_id.rsplit('/', 1)[1]}"


def make_plan(shop: Shop, made: Made, wanted: dict[str, int]) -> Plan:
    """The plan against the shop as it is now; only what `wanted` names is in it."""
    ids = [id_ for sequence in wanted for id_ in made.orders.get(sequence, [])[: wanted[sequence]]]
    orders = read_orders(shop, ids)
    states = read_fulfillments(shop, [made.fulfillments[id_] for id_ in ids if id_ in made.fulfillments])
    fulfillment_orders = read_all_fulfillment_orders(shop, ids)
    changes: list[Change] = []
    for sequence, count in wanted.items():
        if sequence == "stock":
            changes += _stock_changes(shop, made.items[:count])
            continue
        for id_ in made.orders.get(sequence, [])[:count]:
            case = f"m{len({change.case for change in changes}) + 1:04d}"
            lines = fulfillment_orders[id_][0].lines
            state = states.get(made.fulfillments.get(id_, ""))
            changes += _case(case, sequence.split(), orders[id_], state, lines)
    identity = shop.identity()
    made_at = datetime(2026, 10, 5, 8, tzinfo=UTC)
    plan = Plan("unfulfill", identity, shop.api_version, made_at, tuple(changes), (), Limits(), 1000)
    return seal(plan)


def _case(
    case: str, words: list[str], order: OrderState, state: FulfillmentState | None, lines: tuple[Line, ...]
) -> list[Change]:
    base = Change(
        id="", case=case, order_id=order.id, order_name=order.name,
        fulfillment_id=state.id if state else "", action=CloseOrder(),
        reversibility=Reversibility.NEW_IDS, before=order, reason="never left",
    )  # fmt: skip
    changes: list[Change] = []
    for word in words:
        before: State = state if word == "cancel" and state else order
        needs = (changes[-1].id,) if changes and word != "tag" else ()
        needs = (changes[0].id,) if changes and word == "tag" else needs
        action = _action(word, order, state, lines)
        changes.append(replace(base, id=f"{case}-{word}", action=action, before=before, needs=needs))
    return changes


def _action(word: str, order: OrderState, state: FulfillmentState | None, lines: tuple[Line, ...]) -> Action:
    shipped = state.lines if state else lines
    tracking = state.tracking if state else Tracking()
    location = state.location_id if state else ""
    rest = tuple(replace(line, quantity=1) for line in shipped[:1])
    actions: dict[str, Callable[[], Action]] = {
        "cancel": lambda: CancelFulfillment(state.id if state else ""),
        "tag": lambda: TagOrder(TAG, add=True),
        "untag": lambda: TagOrder(TAG, add=False),
        "hold": lambda: HoldFulfillmentOrder(shipped, _handle(order.id), "OTHER", "never left"),
        "release": lambda: ReleaseHold(shipped, _handle(order.id)),
        "rest": lambda: RecreateFulfillment(rest, tracking, location),
        "refulfil": lambda: RecreateFulfillment(shipped, tracking, location),
        "close": CloseOrder,
        "ask": lambda: RequestCancellation(lines, "please stop"),
    }
    return actions[word]()


def _stock_changes(shop: Shop, items: list[str]) -> list[Change]:
    levels = read_level_states(shop, items)
    found = {}
    for (item, location), level in levels.items():
        if location.endswith("/71000000001"):
            found[item] = level
    return [
        Change(
            f"s{number:04d}-stock", f"s{number:04d}", "", "", "",
            SetOnHand(item, level.location_id, level.on_hand + 5, 0, str(uuid.uuid5(NAMESPACE, item))),
            Reversibility.UNDOABLE, level, reason="counted",
        )
        for number, (item, level) in enumerate(found.items(), 1)
    ]  # fmt: skip
