"""How a plan looks before anybody approves it; no decision here.

What it touches, costs and takes, what it should do to stock, what it overrides, what it leaves out, and its limits.
"""

from collections import Counter

from unfulfill.audit.evidence import locked_by
from unfulfill.ending import DONE, Ending
from unfulfill.expecting import Expected
from unfulfill.model import (
    Change,
    FulfillmentState,
    LevelState,
    Plan,
    RecreateFulfillment,
    Reversibility,
    SetOnHand,
)
from unfulfill.plan_effects import StockEffect, StockForecast
from unfulfill.safety import FEWEST_OF_A_DAY, Size, cancels, needs_second_person, sizes, too_large, units
from unfulfill.ui.plan_views import name_of, orders_in, orders_of
from unfulfill.ui.shown import ROWS, Shown, below, say, table, titled

INFERRED = (
    "An expectation: inferred from Shopify's definitions, which do not say what a cancel does to stock. Reading back "
    "after the apply shows what it did."
)
NOT_MEASURED = "No first contact has measured it on this shop yet; the notebook 0_start does."
DAY = "max_share_of_day"
KINDS = {  # of changes, for people
    "CancelFulfillment": "cancel a fulfillment",
    "RecreateFulfillment": "fulfil again, no e-mail",
    "HoldFulfillmentOrder": "hold what is open",
    "ReleaseHold": "release our hold",
    "RequestCancellation": "ask the service to cancel",
    "SetOnHand": "set the counted stock",
    "CloseOrder": "archive the order",
}


def plan_view(
    plan: Plan, expected: Expected | None = None, *, most: int = ROWS, approved: bool = False
) -> Shown:
    """Everything that is shown before a plan is approved, and the digest that approves it.

    `expected` is what `Workbench.forecast` says of it: without it nothing is said about stock, cost and time.
    """
    if not plan.changes:
        what = "take back" if plan.kind == "undo" else "do"
        return say(f"There is nothing to {what}.", "good") + _skips(plan)
    left = f" {_left(plan)}" if plan.kind == "undo" and plan.skips else ""
    ending = DONE if approved else Ending(3, f"A plan awaits approval: its digest is {plan.digest}.{left}")
    parts = [*_refusals(plan, expected), titled("Changes", _kinds(plan, expected))]
    if expected is not None:
        parts.append(say(expected.cost.sentence))
        parts.append(titled("Expected stock effect", _stock(expected.stock, expected.measured, most)))
    if overridden := [change for change in plan.changes if _is_override(change)]:
        parts.append(titled("Locks that a person overrode", _overridden(overridden, most)))
    parts.append(titled("Left out", _skips(plan)))
    parts.append(titled("Row by row", _rows(plan, most)))
    if plan.kind != "undo":
        parts.append(titled("Limits in force, and who set them", _limits(plan)))
    return below(_head(plan), *parts, say(f"Digest of this plan: {plan.digest}", ending=ending))


def _head(plan: Plan) -> Shown:
    number = units(cancels(plan)) - _fulfilled_again(plan)
    unfulfils = f", and unfulfil {number:,} units" if number > 0 else ""
    shop = f"{plan.shop.name} ({plan.shop.domain})"
    return say(f"The plan would change {_touched(plan)} of {shop}{unfulfils}.", "warn")


def _fulfilled_again(plan: Plan) -> int:
    recreated = (c.action for c in plan.changes if isinstance(c.action, RecreateFulfillment))
    return sum(line.quantity for action in recreated for line in action.lines)


def _touched(plan: Plan) -> str:
    """ "12 orders", "12 orders and the stock of 3 items", "the stock of 1 item"."""
    orders, items = orders_in(plan), sum(isinstance(change.action, SetOnHand) for change in plan.changes)
    stock = f"the stock of {items:,} item{'' if items == 1 else 's'}" if items else ""
    return " and ".join(part for part in (_orders(orders) if orders or not items else "", stock) if part)


def _refusals(plan: Plan, expected: Expected | None) -> list[Shown]:
    """Why it could not be applied as it is."""
    parts = []
    if problems := too_large(plan):
        parts.append(say(f"It is too large to be applied: {'; '.join(problems)}.", "bad"))
    if needs_second_person(plan):
        known = " and ".join(expected.approved_by) if expected and expected.approved_by else "nobody"
        parts.append(
            say(
                f"Two people must approve it, for it has more than {plan.limits.second_person_above:,} changes; "
                f"{known} did so far.",
                "warn",
            )
        )
    return parts


def _kinds(plan: Plan, expected: Expected | None) -> Shown:
    groups: dict[tuple[str, Reversibility], list[Change]] = {}
    for change in plan.changes:
        groups.setdefault((_kind(change), change.reversibility), []).append(change)
    headings = ["Change", "How many", "Orders", "Units", "Points", "Can it be undone"]
    rows = [
        [kind, len(some), orders_of(some), _moved(some), _points(some, expected), _reversible(how)]
        for (kind, how), some in groups.items()
    ]
    if expected is None:
        headings, rows = [*headings[:4], headings[5]], [[*row[:4], row[5]] for row in rows]
    return table(headings, rows)


def _moved(changes: list[Change]) -> int | None:
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


def _points(changes: list[Change], expected: Expected | None) -> int | None:
    return expected.cost.points_of(changes) if expected else None


def _stock(stock: StockForecast, measured: str, most: int) -> Shown:
    rows = [_stock_row(effect) for effect in stock.effects[:most]]
    more = len(stock.effects) - len(rows)
    notes = [f"… and {more:,} more places."] if more > 0 else []
    if stock.untracked_units:
        notes.append(f"{stock.untracked_units:,} units are of items of which Shopify keeps no stock.")
    shown = table(
        ["Item", "Location", "On hand", "Committed", "Available"],
        rows,
        " ".join(notes),
        empty=" ".join(["It should move no stock.", *notes]),
    )
    return say(f"{INFERRED} {measured or NOT_MEASURED}") + shown


def _stock_row(effect: StockEffect) -> tuple[str, ...]:
    on_hand = _signed(effect.on_hand)
    if effect.set_to is not None:
        on_hand = f"set to {effect.set_to:,} ({on_hand})"
    return (effect.item, effect.location, on_hand, _signed(effect.committed), _signed(effect.available))


def _overridden(changes: list[Change], most: int) -> Shown:
    rows = []
    for change in changes[:most]:
        evidence = locked_by(change.before) if isinstance(change.before, FulfillmentState) else ""
        rows.append(
            (
                change.order_name,
                evidence or "nothing that locks it now",
                change.override,
                change.marked_by or "unknown",
                _reversible(change.reversibility),
            )
        )
    more = f"… and {len(changes) - most:,} more rows." if len(changes) > most else ""
    return table(["Order", "Evidence", "Overridden because", "By", "Can it be undone"], rows, more)


def _is_override(change: Change) -> bool:
    return bool(change.override) and change.kind == "CancelFulfillment"


def _limits(plan: Plan) -> Shown:
    set_by, limits, found = dict(plan.limits.set_by), plan.limits, sizes(plan)
    rows = [
        (f"{size.said(size.size)} {size.what}", size.said(size.limit), set_by.get(size.name, "default"))
        for size in found
    ]
    if not any(size.name == DAY for size in found):
        limit = Size(DAY, "", 0, limits.max_share_of_day)
        rows.append(
            (f"no day with {FEWEST_OF_A_DAY} orders", limit.said(limit.limit), set_by.get(DAY, "default"))
        )
    zone = f" ({limits.timezone})"
    above = limits.second_person_above
    others = (
        ("protected_tags", "protected tags", ", ".join(limits.protected_tags) or "none"),
        (
            "quiet_hours",
            "quiet hours",
            ", ".join(limits.quiet_hours) + zone if limits.quiet_hours else "none",
        ),
        (
            "second_person_above",
            "second person",
            "not needed" if above is None else f"needed above {above:,} changes",
        ),
    )
    rows += [(what, value, set_by.get(name, "default")) for name, what, value in others]
    return table(["This plan", "At most", "Set by"], rows)


def _skips(plan: Plan) -> Shown:
    reasons = Counter(skip.reason for skip in plan.skips)
    first = {skip.reason: skip for skip in reversed(plan.skips)}
    rows = [
        (reason.replace("_", " "), count, first[reason].order_name, first[reason].message)
        for reason, count in reasons.items()
    ]
    shown = table(
        ["Skipped because", "How many", "For example", "Why"], rows, empty="No marked row is skipped."
    )
    return say(_left(plan), "warn") + shown if plan.kind == "undo" and plan.skips else shown


def _left(plan: Plan) -> str:
    """What an undo cannot give back, in groups with counts."""
    reasons = Counter(skip.reason.replace("_", " ") for skip in plan.skips)
    told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
    return f"{len(plan.skips):,} changes cannot be given back: {told}."


def _rows(plan: Plan, most: int) -> Shown:
    more = len(plan.changes) - most
    return table(
        ["Order", "Change", "Units", "From", "Tracking", "Why", "Can it be undone"],
        [_row(change) for change in plan.changes[:most]],
        f"… and {more:,} more changes; plan.json has them all." if more > 0 else "",
    )


def _row(change: Change) -> tuple[str | int | None, ...]:
    before, why = change.before, change.reason
    if change.override:
        why = f"{why} · lock overridden: {change.override}".removeprefix(" · ")
    undone = _reversible(change.reversibility)
    if isinstance(before, LevelState) and isinstance(change.action, SetOnHand):
        return (name_of(change), _kind(change), change.action.quantity, before.location_name, "", why, undone)
    if not isinstance(before, FulfillmentState):
        return (change.order_name, _kind(change), _moved([change]), "", "", why, undone)
    tracking = ", ".join(before.tracking.numbers)
    return (
        change.order_name,
        _kind(change),
        before.total_quantity,
        before.location_name,
        tracking,
        why,
        undone,
    )


def _kind(change: Change) -> str:
    tag = getattr(change.action, "tag", "")
    if tag:
        return f"{'add' if getattr(change.action, 'add', False) else 'remove'} the tag {tag}"
    return KINDS.get(change.kind, change.kind)


def _reversible(how: Reversibility) -> str:
    words = {
        Reversibility.UNDOABLE: "yes",
        Reversibility.NEW_IDS: "yes: what ships comes back, with new ids",
        Reversibility.NOT_BY_US: "NO: we could not fulfil it again",
        Reversibility.BLOCKED: "it will not be done",
    }
    return words[how]


def _orders(count: int) -> str:
    return f"{count:,} order" if count == 1 else f"{count:,} orders"


def _signed(units_: int) -> str:
    return f"{units_:+,}".replace("-", "−") if units_ else "±0"
