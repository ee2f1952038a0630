"""Kinds of changes added to a plan by hand: the kept part of a partial unfulfil, counted stock, a request to a service.

Each is built as a plan has it, so that every kind is in the generated plans.
"""

import uuid
from collections import Counter
from dataclasses import replace
from random import Random

from simulated_world import LIVE, LOCATIONS, World

from unfulfill.model import (
    CancelFulfillment,
    Change,
    FulfillmentState,
    LevelState,
    Line,
    Plan,
    RecreateFulfillment,
    RequestCancellation,
    Reversibility,
    SetOnHand,
)
from unfulfill.plan import seal


def with_all_kinds(plan: Plan, world: World, chance: Random) -> Plan:
    """The plan with some cancels made partial, some levels set, and some services asked to stop."""
    changes = list(plan.changes)
    for change in plan.changes:
        held = any(other.case == change.case and other.kind == "HoldFulfillmentOrder" for other in changes)
        if change.kind == "CancelFulfillment" and not held and chance.random() < 0.3:
            changes[changes.index(change) + 1 : changes.index(change) + 1] = kept_part(change, chance)
    changes += requests(world, plan, chance)
    if chance.random() < 0.4:
        changes += [stock_change(world, changes, *chance.choice(sorted(world.levels)), chance.randint(0, 12))]
    return seal(replace(plan, changes=tuple(changes), digest=""))


def kept_part(cancel: Change, chance: Random) -> list[Change]:
    """The second half of a partial unfulfil: fulfil again what stays; nothing where there is but one unit."""
    before = cancel.before
    if not isinstance(before, FulfillmentState) or before.service_type == "THIRD_PARTY":
        return []
    kept = [replace(line, quantity=chance.randint(0, line.quantity)) for line in before.lines]
    kept = [line for line in kept if line.quantity]
    if not kept or kept == list(before.lines):
        return []
    action = RecreateFulfillment(tuple(kept), before.tracking, before.location_id)
    return [
        replace(cancel, id=f"{cancel.case}-refulfil", action=action, before=before.order, needs=(cancel.id,))
    ]


def requests(world: World, plan: Plan, chance: Random) -> list[Change]:
    """A request to cancel for each order whose open units a service has accepted."""
    found = []
    for order in list(world.orders.values())[:-1]:
        for one in world.orders_of(order):
            if one.status in LIVE and one.request_status in ("ACCEPTED", "CANCELLATION_REJECTED"):
                lines = tuple(Line(line.line_id, line.quantity) for line in one.lines if line.quantity)
                found.append(
                    Change(
                        f"r{len(found):04d}-request",
                        f"r{len(found):04d}",
                        order.id,
                        order.name,
                        "",
                        RequestCancellation(lines, "not shipped"),
                        Reversibility.NOT_BY_US,
                        None,
                    )
                )
                break
    return found


def stock_change(world: World, changes: list[Change], item: str, place: str, quantity: int) -> Change:
    """Set what is on hand of one item, at the end of a plan with these changes."""
    level = world.levels[item, place]
    before = LevelState(item, place, LOCATIONS[place], "", level.on_hand, level.available, level.committed)
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{item} {place} {world.clock.now}"))
    action = SetOnHand(item, place, quantity, units_back(world, changes)[item, place], key)
    return Change("s0001-stock", "s0001", "", "", "", action, Reversibility.UNDOABLE, before)


def units_back(world: World, changes: list[Change]) -> Counter[tuple[str, str]]:
    """Units that these changes bring back to each level, by item and location."""
    total: Counter[tuple[str, str]] = Counter()
    for change in changes:
        lines = world.orders[change.order_id].lines if change.order_id else {}
        if isinstance(change.action, CancelFulfillment) and isinstance(change.before, FulfillmentState):
            for line in change.before.lines:
                total[lines[line.line_item_id].item_id, change.before.location_id] += line.quantity
        elif isinstance(change.action, RecreateFulfillment):
            for line in change.action.lines:
                total[lines[line.line_item_id].item_id, change.action.location_id] -= line.quantity
    return total
