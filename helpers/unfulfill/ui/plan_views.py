"""How what was applied, what was read back and the report look; no decision in any of them."""

from collections.abc import Iterable
from pathlib import Path

from unfulfill.apply import Applied
from unfulfill.ending import DONE, Ending
from unfulfill.errors import WorkbenchError
from unfulfill.model import IN_EFFECT, Change, LevelState, Plan, VerdictKind
from unfulfill.plan_stock import place_name
from unfulfill.ui.shown import ROWS, Shown, below, say, table
from unfulfill.verify import Verified

NOT_YET = "not applied yet"  # what verify says of a change that no journal row is about


def orders_in(plan: Plan) -> int:
    """Number of orders that a plan would change."""
    return orders_of(plan.changes)


def orders_of(changes: Iterable[Change]) -> int:
    """Number of different orders of some changes; a stock change has none."""
    return len({change.order_id for change in changes if change.order_id})


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
    orders = {change.id: name_of(change) for change in plan.changes}
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


def name_of(change: Change) -> str:
    """The order of a change, or the item and location whose stock it sets."""
    return place_name(change.before) if isinstance(change.before, LevelState) else change.order_name
