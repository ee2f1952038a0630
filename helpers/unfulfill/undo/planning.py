"""The plan that takes back what was applied: which cases, in which order, and what stands in their way. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from unfulfill.model import (
    CancelFulfillment,
    Change,
    CloseOrder,
    FulfillmentOrderState,
    FulfillmentState,
    HoldFulfillmentOrder,
    OrderState,
    Outcome,
    Plan,
    RecreateFulfillment,
    ReleaseHold,
    Result,
    Reversibility,
    SetOnHand,
    Skip,
)
from unfulfill.plan import seal
from unfulfill.undo.choosing import choose_cases
from unfulfill.undo.inverse import invert, skip
from unfulfill.undo.joining import inverse_key, key_of
from unfulfill.undo.obstacles import (
    Obstacle,
    after_release,
    opened_by_cancel,
    since_obstacle,
    units_obstacle,
    without,
)
from unfulfill.verify import Reading

# Within a case: free the units, cancel what we made, fulfil, hold; the rest in any order.
RANK = {"ReleaseHold": 0, "CancelFulfillment": 1, "RecreateFulfillment": 2, "HoldFulfillmentOrder": 3}
# Within an order: so, whatever its cases are.
AROUND = {**RANK, "RecreateFulfillment": RANK["CancelFulfillment"]}
LAST = 4

Cases = Mapping[str, list[Change]]
OpenUnits = dict[str, tuple[FulfillmentOrderState, ...]]  # by order id


@dataclass(frozen=True)
class _Reviewed:
    """What was applied, and everything that is known of it now."""

    outcomes: Mapping[str, Outcome]
    reading: Reading
    ours: frozenset[str]
    handles: Mapping[str, frozenset[str]]  # by order id: of our holds that this undo releases


def plan_undo(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    reading: Reading,
    *,
    made_at: datetime,
    api_version: str = "",
    orders: Iterable[str] | None = None,
    cases: Iterable[str] | None = None,
    undone: Iterable[Change] = (),
    ours: Collection[str] = (),
) -> Plan:
    """The plan that takes back every change of `plan` that we applied: stock that was set first, then last case first.

    `reading` is made just now: orders, what is open in them, the fulfillments that `plan` made. `orders` (names) and
    `cases` choose; neither given takes all. Left out is what nobody or somebody else applied, and what an earlier
    undo took back (`undone`: its changes in effect). What cannot be taken back is a skip. `ours`: every fulfillment
    that the workbench made in these orders. Raises ParameterRefused for an order or a case that is not known.
    """
    taken = {key_of(change) for change in undone}
    applied = [c for c in plan.changes if c.id in outcomes and outcomes[c.id].result is Result.APPLIED]
    chosen = choose_cases(applied, orders, cases)
    left: dict[str, list[Change]] = {}
    for change in applied:
        if inverse_key(change, outcomes[change.id]) not in taken and not _is_as_before(change):
            left.setdefault(change.case, []).append(change)
    made = frozenset(ours) | {o.created_id for o in outcomes.values()}
    reviewed = _Reviewed(outcomes, reading, made, _our_handles(left, chosen))
    open_units: OpenUnits = dict(reading.open_orders)
    changes: list[Change] = []
    skips: list[Skip] = []
    last_first = reversed([case for name, case in left.items() if name in chosen])
    for case in sorted(last_first, key=lambda case: not _sets_stock(case)):
        inverse = _invert_case(case, reviewed, open_units)
        skips += [item for item in inverse if isinstance(item, Skip)]
        changes += _in_order([item for item in inverse if isinstance(item, Change)])
    return seal(
        Plan(
            kind="undo",
            shop=plan.shop,
            api_version=api_version or plan.api_version,
            made_at=made_at,
            changes=tuple(_with_closing(_holds_around(changes), left)),
            skips=tuple(skips),
            limits=plan.limits,
            live_fulfillments=plan.live_fulfillments,
        )
    )


def _our_handles(left: Cases, chosen: Collection[str]) -> dict[str, frozenset[str]]:
    """By order id: the holds that an undo of these cases releases, of whichever row of the order they are."""
    handles: dict[str, frozenset[str]] = {}
    for change in (change for case in chosen for change in left.get(case, ())):
        if isinstance(change.action, HoldFulfillmentOrder):
            handles[change.order_id] = handles.get(change.order_id, frozenset()) | {change.action.handle}
    return handles


def _holds_around(changes: list[Change]) -> list[Change]:
    """The same, where several rows of an order may share a fulfillment order: our holds are released before anything
    is fulfilled, and new ones placed when nothing is fulfilled or cancelled any more."""
    orders = list(dict.fromkeys(change.order_id or change.case for change in changes))
    place = {order: number for number, order in enumerate(orders)}
    return sorted(changes, key=lambda c: (place[c.order_id or c.case], AROUND.get(c.kind, LAST)))


def _invert_case(case: list[Change], reviewed: _Reviewed, open_units: OpenUnits) -> list[Change | Skip]:
    """The inverse of every change of a case. Where it cannot be fulfilled again, our hold stays too."""
    done = list(reversed(case))
    inverse = [invert(change, reviewed.outcomes[change.id], reviewed.reading) for change in done]
    obstacle = _obstacle(case, inverse, reviewed, open_units)
    if obstacle is None:
        return inverse
    return [
        skip(change, *obstacle)
        if isinstance(item, Change)
        and isinstance(item.action, RecreateFulfillment | ReleaseHold | CancelFulfillment)
        else item
        for change, item in zip(done, inverse, strict=True)
    ]


def _obstacle(
    case: list[Change], inverse: list[Change | Skip], reviewed: _Reviewed, open_units: OpenUnits
) -> Obstacle | None:
    """Why the fulfillment that a case cancelled cannot be made again; None: it can, and its units are taken."""
    planned = [item for item in inverse if isinstance(item, Change)]
    again = next((c for c in planned if isinstance(c.action, RecreateFulfillment)), None)
    before = next((c.before for c in case if isinstance(c.action, CancelFulfillment)), None)
    if again is None or not isinstance(before, FulfillmentState):
        return None
    order = reviewed.reading.orders[again.order_id]
    obstacle = since_obstacle(before.order, order)
    if obstacle or again.order_id not in open_units:
        return obstacle
    opened = (
        *after_release(open_units[again.order_id], reviewed.handles.get(again.order_id, frozenset())),
        *(opened_by_cancel(c.before) for c in planned if isinstance(c.before, FulfillmentState)),
    )
    obstacle = units_obstacle(before, opened, order, reviewed.ours)
    if obstacle is None:
        open_units[again.order_id] = without(opened, before.lines, before.location_id)
    return obstacle


def _in_order(inverse: list[Change]) -> list[Change]:
    """The changes of one case in the order of RANK, each needing what must come before it, with ids of their own."""
    result: list[Change] = []
    for change in sorted(inverse, key=_rank):
        needs = tuple(earlier.id for earlier in result if _rank(earlier) < _rank(change) < LAST)
        taken = sum(earlier.id.split("~")[0] == change.id for earlier in result)
        result.append(replace(change, id=f"{change.id}~{taken + 1}" if taken else change.id, needs=needs))
    return result


def _sets_stock(case: list[Change]) -> bool:
    """Stock is set back by a difference, reckoned before the other changes move it."""
    return isinstance(case[0].action, SetOnHand)


def _is_as_before(change: Change) -> bool:
    """Whether a change gave back what was there before the plan: an order that was archived stays so after an undo."""
    before = change.before
    return isinstance(change.action, CloseOrder) and isinstance(before, OrderState) and before.closed


def _rank(change: Change) -> int:
    return RANK.get(change.kind, LAST)


def _with_closing(changes: list[Change], left: Cases) -> list[Change]:
    """The same, and each order archived again that was, once nothing of it is left unfulfilled by us."""
    archived: dict[str, set[str]] = {}
    for case in left.values():
        for change in case:
            if isinstance(change.action, CancelFulfillment) and _was_archived(change):
                archived.setdefault(change.order_id, set()).add(change.case)
    again: dict[str, list[Change]] = {}
    for change in changes:
        if isinstance(change.action, RecreateFulfillment) and change.order_id in archived:
            again.setdefault(change.order_id, []).append(change)
    closing: dict[str, Change] = {}
    for order_id, made in again.items():
        if {change.case for change in made} == archived[order_id]:
            last = made[-1]
            closing[last.id] = replace(
                last,
                id=f"{last.case}-close",
                action=CloseOrder(),
                needs=tuple(change.id for change in made),
                reversibility=Reversibility.UNDOABLE,
            )
    return [
        item
        for change in changes
        for item in ((change, closing[change.id]) if change.id in closing else (change,))
    ]


def _was_archived(change: Change) -> bool:
    return isinstance(change.before, FulfillmentState) and change.before.order.closed
