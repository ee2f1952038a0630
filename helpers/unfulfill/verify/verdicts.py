"""Every change of a plan against a fresh reading. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    Change,
    CloseOrder,
    FulfillmentState,
    HoldFulfillmentOrder,
    OrderState,
    Outcome,
    Plan,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    Result,
    SetOnHand,
    TagOrder,
    Verdict,
    VerdictKind,
)
from unfulfill.verify.half_done import is_half_done
from unfulfill.verify.kinds import (
    Said,
    judge_held,
    judge_on_hand,
    judge_recreated,
    judge_released,
    judge_requested,
    judge_tagged,
)
from unfulfill.verify.landing import UnitsLeft, land, units_left
from unfulfill.verify.orders import done_by_others, lost_units, order_before
from unfulfill.verify.reading import Reading
from unfulfill.verify.stock import NOTHING, effect_of
from unfulfill.words import listed, said, said_word


@dataclass(frozen=True)
class Verified:
    """One verdict for each change of a plan."""

    verdicts: tuple[Verdict, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of changes by verdict, in the words of `VerdictKind`."""
        return dict(Counter(verdict.kind.value for verdict in self.verdicts))


def verify_plan(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    reading: Reading,
    *,
    ours: Collection[str] = (),
    deferred: Mapping[str, str] | None = None,
) -> Verified:
    """Every change against the reading, in the plan's order.

    `ours` are fulfillments that the workbench made beside this plan (an undo). `deferred` says by change id why the
    second half of a case was put off. Where an order shows something that is not ours, the first of its changes in
    effect says so.
    """
    known = frozenset(ours) | {o.created_id for o in outcomes.values() if o.created_id}
    judge = _Judge(plan, outcomes, reading, known, deferred or {})
    return Verified(tuple(judge.verdict(change) for change in plan.changes))


class _Judge:
    """Goes through a plan once; remembers of each order which units were found and what was said already."""

    def __init__(
        self,
        plan: Plan,
        outcomes: Mapping[str, Outcome],
        reading: Reading,
        made: frozenset[str],
        deferred: Mapping[str, str],
    ) -> None:
        self.outcomes = outcomes
        self.reading = reading
        self.made = made
        self.deferred = deferred
        self.changes = {change.id: change for change in plan.changes}
        self.before: dict[str, OrderState] = {}
        self.lines: dict[str, list[str]] = {}
        for change in plan.changes:
            before = order_before(change)
            if before is not None:
                self.before.setdefault(change.order_id, before)
            self.lines.setdefault(change.order_id, []).extend(_lines_of(change))
        cancelled = {c.action.fulfillment_id for c in plan.changes if isinstance(c.action, CancelFulfillment)}
        self.ours = made | cancelled
        self.left: dict[str, UnitsLeft] = {}
        self.told: set[str] = set()  # orders whose other changes were told

    def verdict(self, change: Change) -> Verdict:
        """The verdict on one change."""
        outcome = self.outcomes.get(change.id)
        if is_half_done(change, self.changes, self.outcomes):
            why = outcome.message if outcome else self.deferred.get(change.id, "")
            message = said("checked.half_done_because", why=why) if why else said("checked.half_done")
            return Verdict(change.id, VerdictKind.NOT_APPLIED, message)
        if outcome is None:
            return Verdict(change.id, VerdictKind.NOT_SENT, said("checked.not_yet"), is_pending=True)
        if outcome.result not in IN_EFFECT:
            result = said_word(outcome.result.value)
            message = said("checked.not_sent", result=result, why=outcome.message)
            return Verdict(change.id, VerdictKind.NOT_SENT, message)
        order = self.reading.orders.get(change.order_id)
        if isinstance(change.action, SetOnHand):
            found = Verdict(
                change.id, *judge_on_hand(change.action, self._later(change, change.action), self.reading)
            )
        elif order is None:
            found = Verdict(change.id, VerdictKind.NOT_APPLIED, said("sent.no_order"))
        else:
            found = self._with_order(change, self._compare(change, outcome, order), order)
        if outcome.result is Result.ALREADY_DONE:
            return replace(found, message=said("checked.done_before_us", message=found.message))
        return found

    def _later(self, change: Change, action: SetOnHand) -> int:
        """What changes of the plan after this one, to the same item and location, did to on hand."""
        place = action.inventory_item_id, action.location_id
        ids = list(self.changes)
        later = (self.changes[id_] for id_ in ids[ids.index(change.id) + 1 :])
        return sum(
            effect_of(other, self.outcomes.get(other.id), (), self.reading.items).get(place, NOTHING).on_hand
            for other in later
        )

    def _compare(self, change: Change, outcome: Outcome, order: OrderState) -> Verdict:
        opened = self.reading.open_orders.get(order.id, ())
        match change.action:
            case CancelFulfillment(fulfillment_id=fulfillment_id):
                return self._cancelled(change, self.reading.fulfillments.get(fulfillment_id), order)
            case RecreateFulfillment():
                judged = judge_recreated(change.action, self.reading.fulfillments.get(outcome.created_id))
            case HoldFulfillmentOrder(handle=handle):
                judged = judge_held(handle, opened)
            case ReleaseHold(handle=handle):
                judged = judge_released(handle, opened)
            case TagOrder(tag=tag, add=add):
                judged = judge_tagged(tag, add, order)
            case CloseOrder():
                judged = VerdictKind.CONFIRMED, said("checked.archived")
                if not order.closed:
                    judged = VerdictKind.CHANGED_SINCE, said("checked.reopened")
            # Stock is of no order and was judged before.
            case RequestCancellation() | SetOnHand():  # pragma: no branch
                judged = judge_requested(outcome, opened)
        return Verdict(change.id, *judged)

    def _with_order(self, change: Change, found: Verdict, order: OrderState) -> Verdict:
        """The same, with what the order shows beside it: once an order, by its first change."""
        before = self.before.get(order.id)
        if order.id in self.told:
            return found
        self.told.add(order.id)
        told = done_by_others(before, order, self.ours) if before else []
        lost = lost_units(order, self.lines[order.id], self.reading)
        kind = found.kind
        if lost:
            told.append(lost)
        if told and kind is VerdictKind.CONFIRMED:
            kind = VerdictKind.NOT_APPLIED if lost else VerdictKind.CHANGED_SINCE
        return replace(found, kind=kind, message=listed((found.message, *told)))

    def _cancelled(self, change: Change, state: FulfillmentState | None, order: OrderState) -> Verdict:
        if state is None or state.status != "CANCELLED":
            message = (
                said("checked.not_cancelled", status=state.status) if state else said("refusal.not_found")
            )
            return Verdict(change.id, VerdictKind.NOT_APPLIED, message)
        before = self.before.get(order.id)
        if order.id not in self.left:
            self.left[order.id] = units_left(order, before, self.made, self.reading)
        landed, by_us = land(state, self.left[order.id])
        total = sum(line.quantity for line in state.lines)
        missing = total - by_us - sum(landing.units for landing in landed)
        places = dict.fromkeys(
            said("checked.moved_there", place=landing.location_name, before=state.location_name)
            if landing.moved
            else landing.location_name
            for landing in landed
        )
        told = [said("checked.cancelled")]
        if places:
            told.append(said("checked.open_again", places=said("shown.and").join(places)))
        if by_us:
            told.append(said("checked.by_us", count=by_us, all=total))
        kind = VerdictKind.CONFIRMED
        if missing:
            lost = lost_units(order, _lines_of(change), self.reading)
            kind, why = _missing(order, before, lost)
            told.append(said("checked.missing", count=missing, all=total, why=why))
        return Verdict(change.id, kind, listed(told), landed)


def _lines_of(change: Change) -> list[str]:
    """Order lines whose units a change moves."""
    if isinstance(change.action, CancelFulfillment) and isinstance(change.before, FulfillmentState):
        return [line.line_item_id for line in change.before.lines]
    if isinstance(change.action, RecreateFulfillment):
        return [line.line_item_id for line in change.action.lines]
    return []


def _missing(order: OrderState, before: OrderState | None, lost: str) -> Said:
    """Why units of a cancelled fulfillment are not open, as far as that can be told."""
    if lost:
        return VerdictKind.NOT_APPLIED, said("checked.nowhere")
    gave_back = ("REFUNDED", "PARTIALLY_REFUNDED", "VOIDED")
    if before and (before.cancelled or before.financial_status in gave_back):
        as_planned = before.cancelled, before.financial_status
        if as_planned == (order.cancelled, order.financial_status):
            return VerdictKind.CONFIRMED, said("checked.given_back_before")
    return VerdictKind.CHANGED_SINCE, said("checked.gone_since")
