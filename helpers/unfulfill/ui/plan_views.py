"""How a plan, what was applied, what was read back and the report look; no decision in any of them."""

from collections import Counter
from pathlib import Path

from unfulfill.apply import Applied
from unfulfill.ending import DONE, Ending
from unfulfill.errors import WorkbenchError
from unfulfill.model import IN_EFFECT, Change, FulfillmentState, Plan, Reversibility, VerdictKind
from unfulfill.ui.shown import ROWS, Shown, below, say, table
from unfulfill.verify import Verified

NOT_YET = "not applied yet"  # what verify says of a change that no journal row is about


def plan_view(plan: Plan, most: int = ROWS, approved: bool = False) -> Shown:
    """What would be done, what would not and why, and the digest that approves it."""
    what = "take back" if plan.kind == "undo" else "do"
    if not plan.changes:
        return say(f"There is nothing to {what}.", "good") + _skips(plan)
    ending = DONE if approved else Ending(3, f"A plan awaits approval: its digest is {plan.digest}.")
    numbers = Counter((change.kind, change.reversibility) for change in plan.changes)
    rows = [(kind, count, _reversible(how)) for (kind, how), count in numbers.items()]
    return (
        say(
            f"The plan would change {orders_in(plan):,} orders of {plan.shop.name} ({plan.shop.domain}).",
            "warn",
        )
        + table(["Change", "How many", "Can it be undone"], rows)
        + table(
            ["Order", "Change", "Units", "From", "Tracking", "Why", "Can it be undone"],
            [_change_row(change) for change in plan.changes[:most]],
            _more(plan, most),
        )
        + _skips(plan)
        + say(f"Digest of this plan: {plan.digest}", ending=ending)
    )


def orders_in(plan: Plan) -> int:
    """Number of orders that a plan would change."""
    return len({change.order_id for change in plan.changes})


def applied_view(applied: Applied | None) -> Shown:
    """How many changes ended how, and every one that did not end well; None: nothing was sent."""
    if applied is None:
        return say("Nothing was sent to the shop: the parameter approve is blank.")
    ending, tone, text = DONE, "good", f"All {applied.total:,} changes are in effect."
    try:
        applied.check()
    except WorkbenchError as error:
        ending, tone, text = Ending(error.exit_status, str(error)), "bad", str(error)
    bad = [o for o in applied.outcomes if o.result not in IN_EFFECT]
    parts = [
        say(text, tone, ending),
        *(say(note, "warn") for note in applied.notes),
        table(["Result", "Changes"], list(applied.counts.items()), empty="Nothing was sent."),
    ]
    if bad:
        rows = [(o.change_id, o.result.value, o.message) for o in bad[:ROWS]]
        parts.append(table(["Change", "Result", "Why"], rows))
    return below(*parts)


def verified_view(verified: Verified, plan: Plan) -> Shown:
    """How many changes the shop confirms, and every one that it does not."""
    if plan.changes and all(
        v.kind is VerdictKind.NOT_SENT and v.message == NOT_YET for v in verified.verdicts
    ):
        return say("Nothing of this plan was applied yet, so there is nothing to read back.")
    orders = {change.id: change.order_name for change in plan.changes}
    bad = [v for v in verified.verdicts if v.kind is not VerdictKind.CONFIRMED]
    sent = [v for v in bad if v.kind is not VerdictKind.NOT_SENT]
    if sent:
        text = f"{len(sent):,} of {len(verified.verdicts):,} changes are not as planned when read back."
        head = say(text, "bad", Ending(5, text))
    elif bad:
        head = say(f"{len(bad):,} of {len(verified.verdicts):,} changes were not made.", "warn")
    else:
        head = say(f"All {len(verified.verdicts):,} changes are confirmed by reading them back.", "good")
    rows = [(orders.get(v.change_id, ""), v.kind.value, v.message) for v in bad[:ROWS]]
    parts = [
        head,
        table(["Verdict", "Changes"], list(verified.counts.items()), empty="The plan has no change."),
    ]
    if rows:
        parts.append(table(["Order", "Verdict", "Why"], rows))
    return below(*parts)


def report_view(report: Path) -> Shown:
    """Where the report is."""
    return say(f"The report is {report}; open it in a browser. It needs no network.", "good")


def _skips(plan: Plan) -> Shown:
    reasons = Counter(skip.reason for skip in plan.skips)
    first = {skip.reason: skip for skip in reversed(plan.skips)}
    rows = [
        (reason.replace("_", " "), count, first[reason].order_name, first[reason].message)
        for reason, count in reasons.items()
    ]
    return table(
        ["Skipped because", "How many", "For example", "Why"], rows, empty="No marked row is skipped."
    )


def _change_row(change: Change) -> tuple[str | int | None, ...]:
    before, why = change.before, change.reason
    if change.override:
        why = f"{why} · lock overridden: {change.override}".removeprefix(" · ")
    undone = _reversible(change.reversibility)
    if not isinstance(before, FulfillmentState):
        return (change.order_name, change.kind, None, "", "", why, undone)
    tracking = ", ".join(before.tracking.numbers)
    return (
        change.order_name,
        change.kind,
        before.total_quantity,
        before.location_name,
        tracking,
        why,
        undone,
    )


def _more(plan: Plan, most: int) -> str:
    return f"… and {len(plan.changes) - most:,} more changes." if len(plan.changes) > most else ""


def _reversible(how: Reversibility) -> str:
    words = {
        Reversibility.UNDOABLE: "yes",
        Reversibility.NEW_IDS: "yes: what ships comes back, with new ids",
        Reversibility.NOT_BY_US: "NO: we could not fulfil it again",
        Reversibility.BLOCKED: "it will not be done",
    }
    return words[how]
