"""The rows of a plan before it is approved, and what it leaves out."""

from collections import Counter

from unfulfill.model import (
    Change,
    FulfillmentState,
    LevelState,
    Plan,
    Reversibility,
    SetOnHand,
)
from unfulfill.plan_stock import change_name
from unfulfill.ui.shown import FOLDED, Shown, folded, more_rows, said_kinds, say, table
from unfulfill.words import headings, number, said, said_word


def skips_table(plan: Plan) -> Shown:
    """What the plan leaves out, by reasons, and behind one click every row of it."""
    reasons = Counter(skip.reason for skip in plan.skips)
    first = {skip.reason: skip for skip in reversed(plan.skips)}
    rows = [
        (said_word(reason), count, first[reason].order_name, first[reason].message)
        for reason, count in reasons.items()
    ]
    columns = headings("skipped_because", "how_many", "for_example", "why")
    shown = table(columns, rows, empty=said("plan.no_skip"))
    if len(plan.skips) > len(rows):
        every = [(skip.order_name, said_word(skip.reason), skip.message) for skip in plan.skips]
        listed = table(
            headings("order", "skipped_because", "why"), every[:FOLDED], more_rows(len(every) - FOLDED)
        )
        shown += folded(said("plan.every_skip", count=len(every)), listed)
    return say(left_in_groups(plan), "warn") + shown if plan.kind == "undo" and plan.skips else shown


def left_in_groups(plan: Plan) -> str:
    """What an undo cannot give back, in groups with counts."""
    reasons = Counter(said_word(skip.reason) for skip in plan.skips)
    told = ", ".join(f"{number(count)} {reason}" for reason, count in reasons.items())
    return said("plan.cannot_be_given_back", count=len(plan.skips), reasons=told)


def rows_table(plan: Plan, most: int) -> Shown:
    """The first changes, and behind one click more of them."""
    columns = headings("order", "change", "units", "from", "tracking", "why", "undoable")
    shown = table(columns, [_row(change) for change in plan.changes[:most]])
    if len(plan.changes) <= most:
        return shown
    even_more = len(plan.changes) - most - FOLDED
    rest = table(
        columns,
        [_row(change) for change in plan.changes[most : most + FOLDED]],
        said("plan.even_more", count=even_more) if even_more > 0 else "",
    )
    return shown + folded(said("plan.more_changes", count=len(plan.changes) - most), rest)


def _row(change: Change) -> tuple[str | int | None, ...]:
    before, why = change.before, said_kinds(change.reason)
    if change.override:
        why = " · ".join(filter(None, [why, said("plan.lock_overridden", why=change.override)]))
    undone = reversible(change.reversibility)
    if isinstance(before, LevelState) and isinstance(change.action, SetOnHand):
        return (
            change_name(change),
            kind_of(change),
            change.action.quantity,
            before.location_name,
            "",
            why,
            undone,
        )
    if not isinstance(before, FulfillmentState):
        return (change.order_name, kind_of(change), units_moved([change]), "", "", why, undone)
    tracking = ", ".join(before.tracking.numbers)
    return (
        change.order_name,
        kind_of(change),
        before.total_quantity,
        before.location_name,
        tracking,
        why,
        undone,
    )


def kind_of(change: Change) -> str:
    """What a change does, in a few words."""
    tag = getattr(change.action, "tag", "")
    if tag:
        return said(
            "change.add_tag" if getattr(change.action, "add", False) else "change.remove_tag", tag=tag
        )
    return said(f"change.{change.kind}")


def reversible(how: Reversibility) -> str:
    """Whether a change can be undone, in a few words."""
    return said(f"undoable.{how.name.lower()}")


def units_moved(changes: list[Change]) -> int | None:
    """Units that these changes fulfil or unfulfil; None where they are of another kind."""
    lines = [
        line
        for change in changes
        for line in (
            change.before.lines
            if change.kind == "CancelFulfillment" and isinstance(change.before, FulfillmentState)
            else getattr(change.action, "lines", ())
        )
    ]
    return sum(line.quantity for line in lines) or None
