"""Whether a plan may be applied at all: its sizes against its limits, the time of day, and who approved it. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from unfulfill.errors import LimitExceeded, NotApproved, QuietHours
from unfulfill.model import CancelFulfillment, Change, FulfillmentState, Line, Plan, RecreateFulfillment
from unfulfill.policy import quiet_hour
from unfulfill.words import said

FEWEST_OF_A_DAY = 20  # orders; of fewer a share says nothing


@dataclass(frozen=True)
class Size:
    """One number of a plan, and the limit for it."""

    name: str  # of the limit, as in policy.toml
    what: str  # what is counted, after the number
    size: float
    limit: float | None  # None: there is none
    of: int = 0  # of a share: how many there are of what is counted
    day: str = ""  # of a share of a day's orders

    @property
    def is_share(self) -> bool:
        """Whether it is a part of 1."""
        return self.name.startswith("max_share")

    @property
    def is_exceeded(self) -> bool:
        """Whether it is above its limit."""
        return self.limit is not None and self.size > self.limit

    def said(self, number: float | None) -> str:
        """A number of this kind in words."""
        if number is None:
            return "no limit"
        return f"{100 * number:.3g}%" if self.is_share else f"{number:,}"


def raise_if_unsafe(plan: Plan, now: datetime, approvals: Collection[str]) -> None:
    """Raise LimitExceeded, QuietHours or NotApproved where the plan must not be applied now.

    `now` is the shop's time, `approvals` the names of those who approved. An undo is held back by nothing: it only
    gives back what was approved once, and an order that was cancelled by mistake must not wait unfulfilled for a
    limit, the morning or a colleague.
    """
    if problems := too_large(plan):
        raise LimitExceeded(
            f"The plan is too large: {'; '.join(problems)}. Mark fewer rows, or raise the limit and plan again."
        )
    if quiet := quiet_now(plan, now):
        raise QuietHours(f"Nothing new is sent now: {quiet}.")
    if missing := missing_approval(plan, approvals):
        raise NotApproved(missing)


def too_large(plan: Plan) -> list[str]:
    """Every limit of size that the plan exceeds, with both numbers; an undo exceeds none."""
    if plan.kind == "undo":
        return []
    return [
        f"{size.said(size.size)} {size.what}, the limit is {size.said(size.limit)}"
        for size in sizes(plan)
        if size.is_exceeded
    ]


def sizes(plan: Plan) -> list[Size]:
    """Every number of the plan that can have a limit. Of the days the one with the largest share."""
    limits, weighed, what = plan.limits, cancels(plan), "cancel"
    if plan.kind == "fulfil":
        weighed, what = list(plan.changes), "make"
    share = len(weighed) / max(plan.live_fulfillments, 1)
    of_export = f"of the {plan.live_fulfillments:,} live fulfillments"
    found = [
        Size("max_changes", "changes", len(plan.changes), limits.max_changes),
        Size("max_cancels", f"fulfillments to {what}", len(weighed), limits.max_cancels),
        Size("max_units", "units", units(weighed), limits.max_units),
    ]
    if plan.kind != "fulfil":  # what is open is no share of what is fulfilled
        found.append(
            Size("max_share_of_export", of_export, share, limits.max_share_of_export, plan.live_fulfillments)
        )
    most = limits.max_share_of_day
    days = [
        Size("max_share_of_day", f"of the {every:,} orders of {day}", touched / every, most, every, str(day))
        for day, touched, every in plan.days
        if every >= FEWEST_OF_A_DAY
    ]
    return found + sorted(days, key=lambda day: day.size)[-1:]


def quiet_now(plan: Plan, now: datetime) -> str:
    """The quiet hours that hold the plan back at this time of the shop, in words; blank: none."""
    return "" if plan.kind == "undo" else quiet_hour(plan.limits, now)


def needs_second_person(plan: Plan) -> bool:
    """Whether two people must approve it."""
    above = plan.limits.second_person_above
    return plan.kind != "undo" and above is not None and len(plan.changes) > above


def missing_approval(plan: Plan, approvals: Iterable[str]) -> str:
    """Who approved, and that another person must; blank: nobody is missing."""
    known = people(approvals)
    if not needs_second_person(plan) or len(known) > 1:
        return ""
    return said(
        "error.second_person",
        count=len(plan.changes),
        limit=plan.limits.second_person_above,
        who=known[0] if known else said("error.nobody"),
        digest=plan.digest,
    )


def people(names: Iterable[str]) -> list[str]:
    """The different people of these names, as first written: “Anna” and “ anna” are one."""
    known: dict[str, str] = {}
    for name in names:
        written = " ".join(name.split())
        if written:
            known.setdefault(written.casefold(), written)
    return list(known.values())


def cancels(plan: Plan) -> list[Change]:
    """The changes that cancel a fulfillment."""
    return [change for change in plan.changes if isinstance(change.action, CancelFulfillment)]


def units(changes: Iterable[Change]) -> int:
    """Units in the fulfillments that these changes were planned against, or that they make."""
    return sum(line.quantity for change in changes for line in _lines(change))


def _lines(change: Change) -> tuple[Line, ...]:
    if isinstance(change.before, FulfillmentState):
        return change.before.lines
    return change.action.lines if isinstance(change.action, RecreateFulfillment) else ()
