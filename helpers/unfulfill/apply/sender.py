"""One change on its way: checked, journalled, sent once, and judged by the shop's answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from unfulfill.apply.course import Course
from unfulfill.apply.history import History
from unfulfill.apply.kinds import Created, Refusal, check, created, doubt, happened, request
from unfulfill.apply.look import Look, look_at
from unfulfill.errors import NotApplied, OutcomeUnknown, ShopError
from unfulfill.model import (
    CancelFulfillment,
    Change,
    CloseOrder,
    Plan,
    RecreateFulfillment,
    Result,
    SetOnHand,
    TagOrder,
)
from unfulfill.shop import Shop
from unfulfill.words import listed, said

LATEST_S = 120.0  # how long after its sending a request may still arrive
MAX_LOST = 5  # sendings of one change without a trace in the shop, after which a person must look
MAX_DEFERRED = 3  # runs in which the second half of a case is refused, after which a person must look
ALONE = (CancelFulfillment, TagOrder, CloseOrder, SetOnHand)  # kinds that nothing has to follow in a hurry
BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)  # between sendings that certainly had no effect


class Sender:
    """Sends the changes of a plan, each by itself. Many threads may use it, each for other orders."""

    def __init__(self, plan: Plan, shop: Shop, history: History, course: Course) -> None:
        self.shop = shop
        self.history = history
        self.course = course
        self.of_order: dict[str, list[Change]] = {}
        for change in plan.changes:
            self.of_order.setdefault(change.order_id or change.case, []).append(change)

    def one(self, change: Change, look: Look) -> None:
        """Bring one change to its end, or as far as it is known."""
        pauses_s = iter(BACK_OFF_S)
        while not self.course.is_over:
            try:
                self._try(change, look)
                return
            except NotApplied as error:
                pause_s = next(pauses_s, None)
                if pause_s is None or not error.may_repeat:
                    self.course.pause(said("sent.not_taken", error=error))
                    return
                if not self.course.wait(pause_s):
                    return
            try:
                look = self.look(change)
            except ShopError as error:
                self.course.pause(said("sent.unreadable", error=error))
                return

    def _try(self, change: Change, look: Look) -> None:
        """Check and send once. Raises NotApplied, journalled, where that certainly had no effect."""
        if self.may_be_sent(change, look):
            self._send(change, look)

    def may_be_sent(self, change: Change, look: Look) -> bool:
        """Whether a change is to be sent; where it is not, its end is journalled."""
        lost = self.history.count(change, "lost")
        if lost and self._came_late(change, look):
            return False
        refusal = self._refusal(change, look, lost)
        if refusal and self._may_arrive_late(change):
            if not self.course.wait(LATEST_S):
                return False
            look = self.look(change)
            if self._came_late(change, look):
                return False
            refusal = self._refusal(change, look, lost)
            if refusal is None:
                return False  # the next round looks at it anew
        if refusal:
            self._end_unsent(change, refusal)
        return refusal is None

    def _refusal(self, change: Change, look: Look, lost: int) -> Refusal | None:
        """Why it is not sent now. What was lost before may be there in another shape than it was sent."""
        if lost and (doubtful := doubt(change, look)):
            return doubtful
        if lost >= MAX_LOST:
            return Result.NEEDS_PERSON, said("sent.lost_often", number=lost)
        return check(change, look, self._order_is_ours(change))

    def _may_arrive_late(self, change: Change) -> bool:
        """Whether a lost sending may still arrive. Nothing more is sent then, so it must not come after the end.

        A line of a bulk operation cannot: the operation has ended.
        """
        return (
            bool(self.history.count(change, "lost")) and "bulk" not in self.history.intents(change)[-1].body
        )

    def _came_late(self, change: Change, look: Look) -> bool:
        """Whether a sending that was given up for lost arrived after all; journalled as applied then."""
        last = self.history.intents(change)[-1]
        made = happened(change, look, last.body)
        if made is not None:
            self.applied(change, self.history.next_attempt(change), made, "read back")
        return made is not None

    def _end_unsent(self, change: Change, refusal: Refusal) -> None:
        result, message = refusal
        if result is Result.STALE:
            self._refuse(change, 0, "STALE", message)
        else:
            self.end(change, 0, result.name, {"message": message})

    def _refuse(self, change: Change, attempt: int, event: str, message: str) -> None:
        """End a change that cannot be made; the second half of a case only after it was tried in several runs."""
        if not self._is_second_half(change):
            self.end(change, attempt, event, {"message": message})
            return
        earlier = sum(event.event == "DEFERRED" for event in self.history.of(change))
        if earlier + 1 >= MAX_DEFERRED:
            told = said("sent.deferred_often", message=message, number=earlier + 1)
            self.end(change, attempt, "NEEDS_PERSON", {"message": told})
            return
        self.history.record(change.id, attempt, "DEFERRED", {"message": message})
        self.course.defer(change, message)

    def _is_second_half(self, change: Change) -> bool:
        """Whether this fulfils again what the same case cancelled only in order to split it."""
        return isinstance(change.action, RecreateFulfillment) and any(
            isinstance(other.action, CancelFulfillment) and other.id in change.needs
            for other in self.of_order[change.order_id]
        )

    def _send(self, change: Change, look: Look) -> None:
        attempt = self.history.next_attempt(change)
        operation, variables = request(change, look, self.history.count(change, "key_spent"))
        self.history.record(change.id, attempt, "INTENT", self.intent(operation, variables, look))
        try:
            payload = self.shop.write(operation, **variables)
        except NotApplied as error:
            self.history.record(change.id, attempt, "NOT_APPLIED", {"message": str(error)})
            raise
        except OutcomeUnknown as error:
            self.history.record(change.id, attempt, "UNKNOWN", {"message": str(error)})
            return
        self.judge(change, attempt, variables, payload)

    def intent(self, operation: str, variables: dict[str, Any], look: Look) -> dict[str, Any]:
        """What the journal keeps of a sending: enough to look for it later."""
        at = self.shop.server_time
        return {
            "operation": operation,
            "variables": variables,
            "fulfillments_seen": [id_ for id_, _ in look.order.fulfillments] if look.order else [],
            "server_time": at.isoformat() if at else "",
            # An earlier request that the service turned down proves nothing about this one.
            "was_rejected": any(
                order.id == variables.get("id") and order.request_status == "CANCELLATION_REJECTED"
                for order in look.open_orders
            ),
        }

    def judge(
        self, change: Change, attempt: int, variables: Mapping[str, Any], payload: Mapping[str, Any]
    ) -> None:
        """Journal what the shop's answer to a sending means."""
        errors = payload.get("userErrors") or []
        made = created(change, variables, payload)
        if errors:
            self._refused_by_shop(change, attempt, errors)
        elif made is not None:
            self.applied(change, attempt, made, "answer", variables)
        else:
            self.history.record(change.id, attempt, "UNKNOWN", {"message": said("sent.no_effect_shown")})

    def _refused_by_shop(self, change: Change, attempt: int, errors: Sequence[Mapping[str, Any]]) -> None:
        """What follows from user errors: words of Shopify's are for people, only codes decide."""
        message = listed(str(error.get("message")) for error in errors)
        codes = {error.get("code") for error in errors}
        if self.history.count(change, "lost") and self._came_late(change, self.look(change)):
            return  # the refusal of a resend says nothing about the sending before it
        if "IDEMPOTENCY_CONCURRENT_REQUEST" in codes:
            self.history.record(change.id, attempt, "UNKNOWN", {"message": message})
        elif "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" in codes:
            told = said("sent.key_used", message=message)
            self.end(change, attempt, "NEEDS_PERSON", {"message": told})
        elif "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" in codes and not self.history.count(change, "key_spent"):
            self.history.record(change.id, attempt, "NOT_APPLIED", {"message": message, "key_spent": True})
        elif "CHANGE_FROM_QUANTITY_STALE" in codes:
            self._refuse(change, attempt, "STALE", said("sent.stock_moved", message=message))
        else:
            self._refuse(change, attempt, "REFUSED", said("sent.refused", message=message))

    # Reading and writing down

    def look(self, change: Change) -> Look:
        """What this change touches, read just now."""
        return look_at(self.shop, [change], self.history.seen([change]))[change.id]

    def _order_is_ours(self, change: Change) -> bool:
        return any(
            self.history.ended_as(other.id) == "APPLIED"
            for other in self.of_order[change.order_id or change.case]
        )

    def applied(
        self,
        change: Change,
        attempt: int,
        made: Created,
        evidence: str,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Journal that a change took effect; `evidence` is "answer" or "read back"."""
        body: dict[str, Any] = {
            "created_id": made.id,
            "fulfillment_order_id": made.fulfillment_order_id,
            "evidence": evidence,
        }
        if isinstance(change.action, SetOnHand) and variables:
            body["replaced"] = variables["input"]["quantities"][0]["changeFromQuantity"]
        self.end(change, attempt, "APPLIED", body)

    def end(self, change: Change, attempt: int, event: str, body: dict[str, Any]) -> None:
        """Journal the end of a change and count it."""
        self.history.record(change.id, attempt, event, body)
        self.course.ended(change, event, str(body.get("message", "")))
