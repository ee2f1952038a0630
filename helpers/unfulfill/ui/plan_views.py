"""How what was applied, what was read back and the report look; no decision in any of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from unfulfill.apply import Applied
from unfulfill.ending import DONE, Ending
from unfulfill.errors import Paused, WorkbenchError
from unfulfill.model import IN_EFFECT, Change, Plan, VerdictKind
from unfulfill.plan_stock import change_name
from unfulfill.ui.shown import ROWS, Shown, below, more_rows, near, say, table
from unfulfill.verify import Verified
from unfulfill.words import headings, said, said_word


def orders_in(plan: Plan) -> int:
    """Number of orders that a plan would change."""
    return orders_of(plan.changes)


def orders_of(changes: Iterable[Change]) -> int:
    """Number of different orders of some changes; a stock change has none."""
    return len({change.order_id for change in changes if change.order_id})


def applied_view(applied: Applied | None) -> Shown:
    """How many changes ended how, and every one that did not end well; None: nothing was sent."""
    if applied is None:
        return say(said("applied.nothing"))
    ending, tone, text = DONE, "good", said("applied.all", count=applied.total)
    try:
        applied.check()
    except WorkbenchError as error:
        tone = "warn" if isinstance(error, Paused) else "bad"
        ending, text = Ending(error.exit_status, str(error)), str(error)
    return say(text, tone, ending) + outcomes_view(applied)


def outcomes_view(applied: Applied) -> Shown:
    """Notes, counts, and every change that did not end well: without the sentence that sums it up."""
    bad = [o for o in applied.outcomes if o.result not in IN_EFFECT]
    parts = [
        *(say(note, "warn") for note in applied.notes),
        table(headings("result", "changes"), _worded(applied.counts), empty=said("applied.nothing_sent")),
    ]
    if bad:
        rows = [(applied.name_of(o), said_word(o.result.value), o.message) for o in bad[:ROWS]]
        parts.append(table(headings("order", "result", "why"), rows, more_rows(len(bad) - ROWS)))
    return below(*parts)


def verified_view(verified: Verified, plan: Plan) -> Shown:
    """How many changes the shop confirms, and every one that it does not."""
    if not plan.changes:
        return say(said("verified.no_change"))
    if all(verdict.is_pending for verdict in verified.verdicts):
        return say(said("verified.nothing"))
    orders = {change.id: change_name(change) for change in plan.changes}
    bad = [v for v in verified.verdicts if v.kind is not VerdictKind.CONFIRMED]
    sent = [v for v in bad if v.kind is not VerdictKind.NOT_SENT]
    if sent:
        text = said("verified.not_as_planned", count=len(sent), all=len(verified.verdicts))
        head = say(text, "bad", Ending(5, text))
    elif bad:
        head = say(said("verified.not_made", count=len(bad), all=len(verified.verdicts)), "warn")
    else:
        head = say(said("verified.all", count=len(verified.verdicts)), "good")
    rows = [(orders.get(v.change_id, ""), said_word(v.kind.value), v.message) for v in bad[:ROWS]]
    parts = [
        head,
        table(headings("verdict", "changes"), _worded(verified.counts)),
    ]
    if rows:
        parts.append(table(headings("order", "verdict", "why"), rows))
    return below(*parts)


def report_view(report: Path) -> Shown:
    """Where the report is."""
    return say(said("report.where", file=near(report)), "good")


def _worded(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(said_word(word), count) for word, count in counts.items()]
