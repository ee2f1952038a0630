"""One first contact on its way, from wherever it stopped; whatever writes to the shop is the ordinary apply."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from unfulfill.apply import Applied
from unfulfill.contacting.kept import (
    AFTER,
    BEFORE,
    BETWEEN,
    SECONDS,
    load_glimpse,
    load_seconds,
    save_first_contact,
    save_glimpse,
    set_aside,
)
from unfulfill.errors import GuardRefused, NotApproved
from unfulfill.first_contact import (
    CANCEL_SHOWED,
    CANCELLING,
    UNDO_SHOWED,
    UNDOING,
    FirstContact,
    Glimpse,
    Happened,
    is_anything_tracked,
    is_as_before,
    is_back,
    is_open_again,
    observe,
    refuse_order,
    stock_sentence,
)
from unfulfill.model import (
    IN_EFFECT,
    OrderState,
    Outcome,
    Plan,
    RecreateFulfillment,
    Result,
    VerdictKind,
)
from unfulfill.progress import Progress
from unfulfill.run import Run
from unfulfill.shop import Shop
from unfulfill.shop.one_order import read_glimpse
from unfulfill.status import is_begun
from unfulfill.verify import Verified
from unfulfill.words import said

LOOK_AGAIN_S = (1.0, 1.0, 2.0, 4.0)  # a shop may need some seconds to show units and stock where they belong
STEPS = 6


class Bench(Protocol):
    """What of a workbench the steps need."""

    shop: Shop
    run: Run

    def apply(self, approve: str) -> Applied:
        """Apply the plan of its run folder."""

    def outcomes(self) -> dict[str, Outcome]:
        """How its changes ended."""

    def verify(self) -> Verified:
        """Read its changes back."""

    def undo(self) -> Plan:
        """Plan to take back what it applied."""

    def undo_workbench(self) -> "Bench":
        """Where that plan is applied."""

    def first_contact_workbench(self) -> "Bench":
        """The run folder of its first contact."""


@dataclass(frozen=True)
class Surroundings:
    """What the steps take from outside: the shop's time, waiting, a stopwatch, and whom to tell."""

    now: Callable[[], datetime]
    sleep: Callable[[float], object]  # seconds
    clock: Callable[[], float]  # seconds, of a stopwatch
    progress: Progress


def blank_record(plan: Plan, at: datetime) -> FirstContact:
    """The record of a plan of which nothing was done yet."""
    (change,) = plan.changes
    return FirstContact(
        shop=plan.shop.domain,
        shop_id=plan.shop.id,
        api_version=plan.api_version,
        taken_at=at,
        order_id=change.order_id,
        order_name=change.order_name,
        fulfillment_id=change.fulfillment_id,
        digest=plan.digest,
    )


@dataclass
class Going:
    """One first contact on its way: what is known so far, and the step that comes next."""

    bench: Bench
    trial: Bench
    plan: Plan
    order: OrderState
    around: Surroundings
    warnings: list[str] = field(default_factory=list)
    undo_digest: str = ""

    def go(self, approve: str) -> FirstContact:
        """Cancel, read, undo, read; from wherever it stopped."""
        before = self._before(approve)
        outcome, paused = self._cancel(approve)
        if outcome is None or outcome.result is not Result.APPLIED:
            return self._not_cancelled(before, outcome, paused)
        between = self._between(before)
        self._confirm(self.trial)
        happened = Happened(cancelled=True, seconds=load_seconds(self.trial.run))
        waiting = said("contact_error.undo_waits", order=self.order.name)
        self._record(before, between, None, happened, ending="paused", problem=waiting)
        undone, ending = self._undo()
        after = self._after(before, undone)
        return self._ended(before, between, after, undone, ending)

    # Read, cancel, read again

    def _before(self, approve: str) -> Glimpse:
        kept = load_glimpse(self.trial.run, BEFORE) if is_begun(self.trial.run) else None
        if kept is not None:
            return kept
        if approve != self.plan.digest:
            raise NotApproved(
                said("error.wrong_contact_digest", order=self.order.name, digest=self.plan.digest)
            )
        self.around.progress(1, STEPS, "reading the order")
        glimpse = read_glimpse(self.bench.shop, self.order, self.around.now)
        if reason := refuse_order(glimpse):
            raise GuardRefused(said("contact_error.changed_since", why=reason))
        return save_glimpse(self.trial.run, BEFORE, glimpse)

    def _cancel(self, approve: str) -> tuple[Outcome | None, str]:
        """Our cancel's outcome (None: it has none yet), and why it paused."""
        self.around.progress(2, STEPS, "cancelling its fulfillment")
        known, started = len(self.trial.outcomes()), self.around.clock()
        applied = self.trial.apply(approve)
        if not known:
            self._took(CANCELLING, started)
        return self.trial.outcomes().get(self.plan.changes[0].id), applied.paused

    def _not_cancelled(self, before: Glimpse, outcome: Outcome | None, paused: str) -> FirstContact:
        why = paused if outcome is None else outcome.message
        if outcome is None:
            ending, key = "paused", "contact_error.cancel_paused"
        elif outcome.result is Result.NEEDS_PERSON:
            ending, key = "person", "contact_error.cancel_unknown"
        else:
            ending, key = "refused", "contact_error.cancel_refused"
        problem = said(key, order=self.order.name, why=why)
        tried = outcome is None or outcome.result in (Result.REFUSED, Result.NEEDS_PERSON)
        happened = Happened(cancel_problem=why, cancel_was_tried=tried, seconds=load_seconds(self.trial.run))
        return self._record(
            before, None, None, happened, ending=ending, problem=problem, finished=ending == "refused"
        )

    def _between(self, before: Glimpse) -> Glimpse:
        self.around.progress(3, STEPS, "reading what the cancel did")
        kept = load_glimpse(self.trial.run, BETWEEN)
        if kept is not None:
            return kept
        started = self.around.clock()
        glimpse = self._settled(lambda now: is_open_again(before, now))
        self._took(CANCEL_SHOWED, started)
        return save_glimpse(self.trial.run, BETWEEN, glimpse)

    # Undo, read again

    def _undo(self) -> tuple[Happened, str]:
        """What became of the undo, and how the first contact ends by it (blank: well)."""
        self.around.progress(4, STEPS, "undoing it")
        undoing = self.trial.undo_workbench()
        if is_begun(undoing.run) and _is_stuck(undoing):
            set_aside(undoing.run.folder)
        plan = self.trial.undo()
        undoing = self.trial.undo_workbench()
        self.undo_digest = plan.digest
        if not plan.changes:
            why = plan.skips[0].message if plan.skips else said("contact_error.nothing_to_do")
            return Happened(True, undo_problem=why), "person"
        known, started = len(undoing.outcomes()), self.around.clock()
        applied = undoing.apply(plan.digest)
        if not known:
            self._took(UNDOING, started)
        outcomes = undoing.outcomes()
        made = _outcome_of(plan, outcomes, "RecreateFulfillment")
        closed = _outcome_of(plan, outcomes, "CloseOrder")
        if made is None or applied.paused:
            return Happened(True, undo_problem=applied.paused), "paused"
        if made.result is not Result.APPLIED:
            return Happened(True, undo_problem=made.message), "person"
        self._confirm(undoing)
        by_us = closed is not None and closed.result is Result.APPLIED
        happened = Happened(True, undone=True, made_id=made.created_id, closed_by_us=by_us)
        if closed is not None and closed.result not in IN_EFFECT:
            return replace(happened, undo_problem=closed.message), "refused"
        return happened, ""

    def _after(self, before: Glimpse, happened: Happened) -> Glimpse:
        self.around.progress(5, STEPS, "reading what the undo did")
        started = self.around.clock()
        glimpse = self._settled(lambda now: not happened.undone or is_as_before(before, now))
        if happened.undone:
            self._took(UNDO_SHOWED, started)
        return save_glimpse(self.trial.run, AFTER, glimpse)

    def _ended(
        self, before: Glimpse, between: Glimpse, after: Glimpse, happened: Happened, ending: str
    ) -> FirstContact:
        key = ""
        happened = replace(happened, seconds=load_seconds(self.trial.run))
        finished = happened.undone
        if happened.undone and ending:
            key = "contact_error.not_archived"
        elif ending == "paused":
            key = "contact_error.undo_paused"
        elif ending and is_back(before, after):
            finished, ending = True, "refused"
            key = "contact_error.done_by_others"
        elif ending:
            key = "contact_error.not_undone"
        problem = said(key, order=self.order.name, why=happened.undo_problem) if key else ""
        contact = self._record(
            before, between, after, happened, ending=ending, problem=problem, finished=finished
        )
        self.around.progress(STEPS, STEPS, "done")
        return contact

    # Small parts

    def _settled(self, is_settled: Callable[[Glimpse], bool]) -> Glimpse:
        """A reading in which the change shows; after some tries, whatever is there."""
        glimpse = read_glimpse(self.bench.shop, self.order, self.around.now)
        for wait_s in LOOK_AGAIN_S:
            if is_settled(glimpse):
                break
            self.around.sleep(wait_s)
            glimpse = read_glimpse(self.bench.shop, self.order, self.around.now)
        return glimpse

    def _confirm(self, bench: Bench) -> None:
        """Read back by verify; what it does not confirm is a warning."""
        verdicts = bench.verify().verdicts
        self.warnings += [v.message for v in verdicts if v.kind is not VerdictKind.CONFIRMED]

    def _took(self, step: str, started: float) -> None:
        seconds = load_seconds(self.trial.run)
        seconds[step] = round(self.around.clock() - started, 2)
        self.trial.run.save_json(SECONDS, seconds)

    def _record(
        self,
        before: Glimpse,
        between: Glimpse | None,
        after: Glimpse | None,
        happened: Happened,
        *,
        ending: str,
        problem: str,
        finished: bool = False,
    ) -> FirstContact:
        tracked = is_anything_tracked(before)
        contact = replace(
            blank_record(self.plan, (after or between or before).taken_at),
            undo_digest=self.undo_digest,
            cancelled=happened.cancelled,
            finished=finished,
            observations=observe(before, between, after, happened),
            stock=stock_sentence(before, between) if between is not None else "",
            warnings=(*([] if tracked else [said("contact_error.not_tracked")]), *self.warnings),
            problem=problem,
            ending=ending,
        )
        return save_first_contact(self.bench.run, contact)


def _outcome_of(plan: Plan, outcomes: dict[str, Outcome], kind: str) -> Outcome | None:
    return next((outcomes.get(change.id) for change in plan.changes if change.kind == kind), None)


def _is_stuck(undoing: Bench) -> bool:
    """Whether the undo that was tried ended without fulfilling anything again, so that it may be planned anew."""
    plan, outcomes = undoing.run.load_plan(), undoing.outcomes()
    made = [outcomes.get(c.id) for c in plan.changes if isinstance(c.action, RecreateFulfillment)]
    return bool(made) and all(o is not None and o.result is not Result.APPLIED for o in made)
