"""The engine: takes a plan through the shop, change by change, by way of the journal."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from unfulfill.apply.kinds import Created, Look, Refusal, check, created, doubt, happened, request
from unfulfill.errors import (
    FinishedWithRefusals,
    NeedsPerson,
    NotApplied,
    NotApproved,
    OutcomeUnknown,
    Paused,
    WrongShop,
)
from unfulfill.journal import ENDS, Event, Journal
from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    Change,
    FulfillmentState,
    HoldFulfillmentOrder,
    OrderState,
    Outcome,
    Plan,
    RecreateFulfillment,
    ReleaseHold,
    Result,
    to_json,
)
from unfulfill.plan import raise_if_unsafe
from unfulfill.progress import Progress, no_progress
from unfulfill.shop import Shop
from unfulfill.shop.reading import read_fulfillments, read_open_fulfillment_orders, read_orders

# A fulfillmentCreate that arrives late would fulfil twice, so it gets long to arrive before we believe that it
# did not; the others do nothing when they come twice.
QUARANTINE_S = {"RecreateFulfillment": 120.0}
SHORT_QUARANTINE_S = 5.0
LATEST_S = 120.0  # how long after its sending a request may still arrive
MAX_LOST = 5  # sendings of one change without a trace in the shop, after which a person must look
REFUSALS_IN_A_ROW = 10
WAIT_STEP_S = 0.5  # how soon a wait hears of Stop
BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)  # between sendings that certainly had no effect


@dataclass(frozen=True)
class Applied:
    """What became of a plan: one outcome for each change that has ended."""

    outcomes: tuple[Outcome, ...]
    total: int  # changes in the plan
    journal_head: str
    paused: str = ""  # why it stopped before the end; blank: it did not

    @property
    def counts(self) -> dict[str, int]:
        """Number of changes by result, in the words of `Result`."""
        return dict(Counter(outcome.result.value for outcome in self.outcomes))

    def check(self) -> "Applied":
        """Itself. Raises Paused, NeedsPerson or FinishedWithRefusals where not every change ended well."""
        if self.paused:
            raise Paused(
                f"{self.paused}: {len(self.outcomes)} of {self.total} changes done. Apply again to go on."
            )
        bad = [o for o in self.outcomes if o.result not in IN_EFFECT]
        person = [o for o in bad if o.result is Result.NEEDS_PERSON]
        if person:
            raise NeedsPerson(
                f"{len(person)} changes need a person, the first is {person[0].change_id}: {person[0].message}"
            )
        if bad:
            raise FinishedWithRefusals(
                f"{len(bad)} of {self.total} changes were not made, the first is {bad[0].change_id}: {bad[0].message}"
            )
        return self


def check_approval(plan: Plan, shop: Shop, approve: str) -> None:
    """Raise NotApproved, WrongShop or LimitExceeded where the plan must not be applied to this shop."""
    if approve != plan.digest:
        raise NotApproved(
            f"The digest given is not that of the plan; to apply it, approve {plan.digest} after reading it."
        )
    identity = shop.identity()
    if (identity.id, identity.domain) != (plan.shop.id, plan.shop.domain):
        raise WrongShop(f"The plan was made for {plan.shop.domain}, but {identity.domain} is connected.")
    if shop.api_version != plan.api_version:
        raise WrongShop(
            f"The plan was made with API version {plan.api_version}, not {shop.api_version}; plan again."
        )
    raise_if_unsafe(plan)


class Engine:
    """Applies one plan to one shop. `sleep` waits seconds; `stop` ends the run after the change in hand."""

    def __init__(
        self,
        plan: Plan,
        shop: Shop,
        journal: Journal,
        *,
        sleep: Callable[[float], object],
        stop: threading.Event | None = None,
        progress: Progress = no_progress,
    ) -> None:
        self.plan = plan
        self.shop = shop
        self.journal = journal
        self.stop = stop or threading.Event()
        self.progress = progress
        self._sleep = sleep
        self._history: dict[str, list[Event]] = {}

    def run(self, approve: str, who: str) -> Applied:
        """Apply what is not applied yet. Raises NotApproved, WrongShop or LimitExceeded before anything is sent."""
        check_approval(self.plan, self.shop, approve)
        self._history = self.journal.history(self.plan.digest)
        if "" not in self._history:
            self._record("", 0, "PLAN", {"approved_by": who, "changes": len(self.plan.changes)})
        paused = self._go()
        outcomes = outcomes_of(self.plan, self._history)
        return Applied(tuple(outcomes.values()), len(self.plan.changes), self.journal.head(), paused)

    def _go(self) -> str:
        """Every change that has not ended; what is unknown first. Returns why it paused, or blank."""
        total = len(self.plan.changes)
        pending = [change for change in self.plan.changes if self._end(change) is None]
        pending.sort(key=lambda change: self._open_intent(change) is None)
        refused = 0
        for done, change in enumerate(pending, total - len(pending)):
            if self.stop.is_set():
                return "Stopped"
            self.progress(done, total, "applying changes")
            try:
                self._one(change)
            except NotApplied as error:
                return f"The shop takes no changes now ({error})"
            end = self._end(change)
            if end is None:
                return "Stopped"
            if end.event in ("APPLIED", "REFUSED"):  # what was not sent says nothing about the shop
                refused = refused + 1 if end.event == "REFUSED" else 0
            if refused >= REFUSALS_IN_A_ROW:
                return f"{refused} changes in a row were refused, the last with: {end.body['message']}"
        self.progress(total, total, "done")
        return ""

    # One change

    def _one(self, change: Change) -> None:
        """Take one change to its end. Raises NotApplied where the shop takes no changes at present."""
        refusals = 0
        while self._end(change) is None:
            intent = self._open_intent(change)
            if intent is not None:
                if not self._reconcile(change, intent):
                    return
                continue
            try:
                self._try(change)
            except NotApplied as error:
                refusals += 1
                if refusals > len(BACK_OFF_S) or not error.may_repeat:
                    raise
                if not self._wait(BACK_OFF_S[refusals - 1]):
                    return

    def _try(self, change: Change) -> None:
        """Look, check and send once. Raises NotApplied, journalled, where that certainly had no effect."""
        events = self._history.get(change.id, [])
        lost = sum(bool(event.body.get("lost")) for event in events)
        if lost >= MAX_LOST:
            message = f"sent {lost} times without a trace of it in the shop; look at the order in the admin"
            self._record(change.id, 0, "NEEDS_PERSON", {"message": message})
            return
        blocked = self._blocked(change)
        if blocked:
            self._record(change.id, 0, "BLOCKED", {"message": blocked})
            return
        attempt = 1 + max((event.attempt for event in events), default=0)
        look = self._look(change)
        if lost and self._came_late(change, look, attempt):
            return
        refusal = self._refusal(change, look, lost)
        if (
            refusal and lost
        ):  # nothing more will be sent, so a lost sending must not arrive after this has ended
            if not self._wait(LATEST_S):
                return
            look = self._look(change)
            if self._came_late(change, look, attempt):
                return
            refusal = self._refusal(change, look, lost)
        if refusal:
            self._end_unsent(change, refusal)
            return
        self._send(change, look, attempt)

    def _refusal(self, change: Change, look: Look, lost: int) -> Refusal | None:
        """Why it is not sent now. What was lost before may be there in another shape than it was sent."""
        return (doubt(change, look) if lost else None) or check(change, look, self._order_is_ours(change))

    def _came_late(self, change: Change, look: Look, attempt: int) -> bool:
        """Whether a sending that was given up for lost arrived after all; journalled as applied then."""
        made = happened(change, look)
        if made is not None:
            self._applied(change, attempt, made, "read back")
        return made is not None

    def _blocked(self, change: Change) -> str:
        """Which needed change did not happen by us; blank where all did."""
        for needed in change.needs:
            end = self._history.get(needed, [])[-1:]
            if not end or end[0].event != "APPLIED":
                return f"needs {needed}, which was not applied by us"
        return ""

    def _end_unsent(self, change: Change, refusal: Refusal) -> None:
        result, message = refusal
        self._record(change.id, 0, result.name, {"message": message})

    def _send(self, change: Change, look: Look, attempt: int) -> None:
        operation, variables = request(change, look)
        seen = [fulfillment_id for fulfillment_id, _ in look.order.fulfillments] if look.order else []
        body = {
            "operation": operation,
            "variables": variables,
            "fulfillments_seen": seen,
            "look": to_json(look),
        }
        self._record(change.id, attempt, "INTENT", body)
        try:
            payload = self.shop.write(operation, **variables)
        except NotApplied as error:
            self._record(change.id, attempt, "NOT_APPLIED", {"message": str(error)})
            raise
        except OutcomeUnknown as error:
            self._record(change.id, attempt, "UNKNOWN", {"message": str(error)})
            return
        self._judge(change, attempt, variables, payload)

    def _judge(
        self, change: Change, attempt: int, variables: Mapping[str, Any], payload: Mapping[str, Any]
    ) -> None:
        errors = payload.get("userErrors") or []
        made = created(change, variables, payload)
        if errors and attempt > 1 and self._came_late(change, self._look(change), attempt):
            return  # the refusal of a resend says nothing about the sending before it
        if errors:
            message = "; ".join(str(error.get("message")) for error in errors)
            self._record(change.id, attempt, "REFUSED", {"message": f"Shopify refused: {message}"})
        elif made is not None:
            self._applied(change, attempt, made, "answer")
        else:
            self._record(change.id, attempt, "UNKNOWN", {"message": "the answer does not show the effect"})

    def _reconcile(self, change: Change, intent: Event) -> bool:
        """An intent without an outcome: find the event in the shop, now or after its quarantine.

        False where Stop was asked for meanwhile: the intent stays open, and resuming begins with it.
        """
        for wait_s in (0.0, QUARANTINE_S.get(change.kind, SHORT_QUARANTINE_S)):
            if not self._wait(wait_s):
                return False
            made = happened(change, self._look(change))
            if made is not None:
                self._applied(change, intent.attempt, made, "read back")
                return True
        message = "no trace of it in the shop after the quarantine"
        self._record(change.id, intent.attempt, "NOT_APPLIED", {"message": message, "lost": True})
        return True

    def _wait(self, wait_s: float) -> bool:
        """Wait; false as soon as Stop is asked for."""
        for _ in range(round(wait_s / WAIT_STEP_S)):
            if self.stop.is_set():
                return False
            self._sleep(WAIT_STEP_S)
        return True

    def _applied(self, change: Change, attempt: int, made: Created, evidence: str) -> None:
        body = {
            "created_id": made.id,
            "fulfillment_order_id": made.fulfillment_order_id,
            "evidence": evidence,
        }
        self._record(change.id, attempt, "APPLIED", body)

    # Reading

    def _look(self, change: Change) -> Look:
        """What the change touches, just now; once it was sent, also the fulfillments made since."""
        action = change.action
        if isinstance(action, CancelFulfillment):
            state = read_fulfillments(self.shop, [action.fulfillment_id]).get(action.fulfillment_id)
            if state is not None:
                return Look(state.order, state)
        order = read_orders(self.shop, [change.order_id]).get(change.order_id)
        if not isinstance(action, RecreateFulfillment | HoldFulfillmentOrder | ReleaseHold):
            return Look(order)
        open_orders = read_open_fulfillment_orders(self.shop, [change.order_id]).get(change.order_id, ())
        return Look(order, open_orders=open_orders, made_since=self._made_since(change, order))

    def _made_since(self, change: Change, order: OrderState | None) -> tuple[FulfillmentState, ...]:
        """The fulfillments of the order that it did not have when the change was first sent."""
        intents = [event for event in self._history.get(change.id, []) if event.event == "INTENT"]
        if order is None or not intents or not isinstance(change.action, RecreateFulfillment):
            return ()
        seen = set(intents[0].body["fulfillments_seen"])
        new = [fulfillment_id for fulfillment_id, _ in order.fulfillments if fulfillment_id not in seen]
        return tuple(read_fulfillments(self.shop, new).values())

    # Journal

    def _record(self, change: str, attempt: int, event: str, body: dict[str, Any]) -> None:
        self.journal.record(self.plan.digest, change, attempt, event, body)
        row = Event(0, self.plan.digest, change, attempt, event, body, "", "", "")
        self._history.setdefault(change, []).append(row)

    def _end(self, change: Change) -> Event | None:
        last = self._history.get(change.id, [])[-1:]
        return last[0] if last and last[0].event in ENDS else None

    def _open_intent(self, change: Change) -> Event | None:
        """The last intent, where neither an outcome nor its absence is known."""
        events = self._history.get(change.id, [])
        if not events or events[-1].event not in ("INTENT", "UNKNOWN"):
            return None
        return next(event for event in reversed(events) if event.event == "INTENT")

    def _order_is_ours(self, change: Change) -> bool:
        ids = {other.id for other in self.plan.changes if other.order_id == change.order_id}
        return any(event.event == "APPLIED" for id_ in ids for event in self._history.get(id_, []))


def outcomes_of(plan: Plan, history: Mapping[str, list[Event]]) -> dict[str, Outcome]:
    """The outcome of each change that has ended, by change id, in the plan's order."""
    result: dict[str, Outcome] = {}
    for change in plan.changes:
        last = history.get(change.id, [])[-1:]
        if last and last[0].event in ENDS:
            body = last[0].body
            result[change.id] = Outcome(
                change.id,
                Result[last[0].event],
                str(body.get("message", "")),
                str(body.get("created_id", "")),
                str(body.get("fulfillment_order_id", "")),
                str(body.get("evidence", "")),
            )
    return result
