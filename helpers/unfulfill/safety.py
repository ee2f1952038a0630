"""Whether a plan may be applied at all: its sizes against its limits, the time of day, and who approved it. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from unfulfill import words
from unfulfill.errors import LimitExceeded, NotApproved, QuietHours
from unfulfill.model import CancelFulfillment, Change, FulfillmentState, Line, Plan, RecreateFulfillment
from unfulfill.policy import quiet_hour
from unfulfill.words import listed, number, said

FEWEST_OF_A_DAY = 20  # orders; of fewer a share says nothing


@dataclass(frozen=True)
class Size:
    """One number of a plan, and the limit for it."""

    name: str  # of the limit, as in policy.toml
    size: float
    limit: float | None  # None: there is none
    of: int = 0  # of a share: how many there are of what is counted
    day: str = ""  # of a share of a day's orders: 2026-10-02
    makes: bool = False  # fulfillments are made, not cancelled

    @property
    def is_share(self) -> bool:
        """Whether it is a part of 1."""
        return self.name.startswith("max_share")

    @property
    def is_exceeded(self) -> bool:
        """Whether it is above its limit."""
        return self.limit is not None and self.size > self.limit

    @property
    def told(self) -> str:
        """The number of the plan with what it counts."""
        key = f"limit.{self.name}_of_fulfil" if self.makes else f"limit.{self.name}"
        day = words.day(date.fromisoformat(self.day)) if self.day else ""
        return said(key, number=self.amount(self.size), of=self.of, day=day)

    @property
    def told_limit(self) -> str:
        """The limit in words."""
        return self.amount(self.limit)

    def amount(self, value: float | None) -> str:
        """A number of this kind in words."""
        if value is None:
            return said("limit.none")
        return said("limit.percent", number=float(f"{100 * value:.3g}")) if self.is_share else number(value)


def raise_if_unsafe(plan: Plan, now: datetime, approvals: Collection[str]) -> None:
    """Raise LimitExceeded, QuietHours or NotApproved where the plan must not be applied now.

    `now` is the shop's time, `approvals` the names of those who approved. An undo is held back by nothing: it only
    gives back what was approved once, and an order that was cancelled by mistake must not wait unfulfilled for a
    limit, the morning or a colleague.
    """
    if large := too_large(plan):
        raise LimitExceeded(large)
    if quiet := quiet_now(plan, now):
        raise QuietHours(said("plan_error.quiet", quiet=quiet))
    if missing := missing_approval(plan, approvals):
        raise NotApproved(missing)


def too_large(plan: Plan) -> str:
    """Every limit of size that the plan exceeds, with both numbers; blank: none. An undo exceeds none."""
    problems = [
        said("limit.exceeded", what=size.told, limit=size.told_limit)
        for size in sizes(plan)
        if size.is_exceeded and plan.kind != "undo"
    ]
    return said("plan_error.too_large", problems=listed(problems)) if problems else ""


def sizes(plan: Plan) -> list[Size]:
    """Every number of the plan that can have a limit. Of the days the one with the largest share."""
    limits, makes = plan.limits, plan.kind == "fulfil"
    weighed = list(plan.changes) if makes else cancels(plan)
    share = len(weighed) / max(plan.live_fulfillments, 1)
    found = [
        Size("max_changes", len(plan.changes), limits.max_changes),
        Size("max_cancels", len(weighed), limits.max_cancels, makes=makes),
        Size("max_units", units(weighed), limits.max_units),
    ]
    if not makes:  # what is open is no share of what is fulfilled
        found.append(Size("max_share_of_export", share, limits.max_share_of_export, plan.live_fulfillments))
    most = limits.max_share_of_day
    days = [
        Size("max_share_of_day", touched / every, most, every, str(day))
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
