"""The plans that a journal holds, whole: what was approved is known as long as the journal is. Pure."""

from collections.abc import Iterable, Sequence

from unfulfill.errors import RunFolderRefused
from unfulfill.journal import Event
from unfulfill.model import Plan
from unfulfill.plan import plan_from_plain
from unfulfill.words import said


def plans_in_journal(events: Iterable[Event]) -> dict[str, Plan | None]:
    """Digest → plan, in the order in which their apply began; None where an earlier version did not write it down.

    Raises RunFolderRefused where a plan is not the one that its digest names.
    """
    plans: dict[str, Plan | None] = {}
    for event in events:
        if event.plan not in plans or (event.event == "PLAN" and plans[event.plan] is None):
            plans[event.plan] = plan_in_event(event)
    return plans


def plan_in_event(event: Event) -> Plan | None:
    """The plan in a row PLAN; None where the row holds none. Raises RunFolderRefused where it was edited."""
    plain = event.body.get("plan") if event.event == "PLAN" else None
    if plain is None:
        return None
    try:
        plan = plan_from_plain(plain)
        matches = plan.digest == event.plan
    except (KeyError, TypeError, ValueError):
        matches = False
    if not matches:
        raise RunFolderRefused(said("journal_error.other_plan", row=str(event.seq), digest=event.plan))
    return plan


def by_change(events: Sequence[Event], digest: str) -> dict[str, list[Event]]:
    """The events of each change of a plan, oldest first."""
    history: dict[str, list[Event]] = {}
    for event in events:
        if event.plan == digest:
            history.setdefault(event.change, []).append(event)
    return history


def deferred(history: dict[str, list[Event]]) -> dict[str, str]:
    """By change id: why the second half of a case was put off, where that is the last that is known of it."""
    return {
        change: str(events[-1].body.get("message", ""))
        for change, events in history.items()
        if events[-1].event == "DEFERRED"
    }
