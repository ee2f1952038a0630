"""How a plan looks before anybody approves it; no decision here.

What it touches, costs and takes, what it should do to stock, what it overrides, what it leaves out, and its limits.
"""

from collections import defaultdict

from unfulfill.audit.evidence import locked_by
from unfulfill.ending import DONE, Ending
from unfulfill.expecting import Expected
from unfulfill.model import (
    Change,
    FulfillmentState,
    Plan,
    RecreateFulfillment,
    Reversibility,
    SetOnHand,
)
from unfulfill.plan_effects import StockEffect, StockForecast
from unfulfill.safety import FEWEST_OF_A_DAY, Size, cancels, needs_second_person, sizes, too_large, units
from unfulfill.ui.plan_rows import kind_of, left_in_groups, reversible, rows_table, skips_table, units_moved
from unfulfill.ui.plan_views import orders_in, orders_of
from unfulfill.ui.shown import ROWS, Shown, below, more_rows, say, table, titled
from unfulfill.words import headings, said, said_word, signed

DAY = "max_share_of_day"


def plan_view(
    plan: Plan, expected: Expected | None = None, *, most: int = ROWS, approved: bool = False
) -> Shown:
    """Everything that is shown before a plan is approved, and the digest that approves it.

    `expected` is what `Workbench.forecast` says of it: without it nothing is said about stock, cost and time.
    """
    if not plan.changes:
        nothing = said("plan.nothing_to_take_back" if plan.kind == "undo" else "plan.nothing_to_do")
        return say(nothing, "good") + skips_table(plan) if plan.skips else say(nothing)
    left = f" {left_in_groups(plan)}" if plan.kind == "undo" and plan.skips else ""
    ending = DONE if approved else Ending(3, said("plan.awaits_approval", digest=plan.digest) + left)
    parts = [*_refusals(plan, expected), titled(said("plan.changes"), _kinds(plan, expected))]
    if expected is not None and 0 < expected.done < len(plan.changes):
        parts.insert(0, say(said("applying.begun", done=expected.done, count=len(plan.changes)), "warn"))
    if expected is not None:
        parts.append(say(_cost(expected)))
        parts.append(titled(said("plan.stock"), _stock(expected.stock, expected.measured, most)))
    if overridden := [change for change in plan.changes if _is_override(change)]:
        parts.append(titled(said("plan.overridden"), _overridden(overridden, most)))
    parts.append(titled(said("plan.left_out"), skips_table(plan)))
    parts.append(titled(said("plan.row_by_row"), rows_table(plan, most)))
    if plan.kind != "undo":
        parts.append(titled(said("plan.limits"), _limits(plan)))
    return below(_head(plan), *parts, say(said("plan.digest", digest=plan.digest), ending=ending))


def _head(plan: Plan) -> Shown:
    count = units(cancels(plan)) - _fulfilled_again(plan)
    shop = f"{plan.shop.name} ({plan.shop.domain})"
    text = said("plan.would_change", what=_touched(plan), shop=shop)
    if count > 0:
        text = said("plan.would_unfulfil", what=_touched(plan), shop=shop, count=count)
    return say(text, "warn")


def _fulfilled_again(plan: Plan) -> int:
    recreated = (c.action for c in plan.changes if isinstance(c.action, RecreateFulfillment))
    return sum(line.quantity for action in recreated for line in action.lines)


def _touched(plan: Plan) -> str:
    """ "12 orders", "12 orders and the stock of 3 items", "the stock of 1 item"."""
    orders, items = orders_in(plan), sum(isinstance(change.action, SetOnHand) for change in plan.changes)
    parts = [said("plan.orders", count=orders)] if orders or not items else []
    parts += [said("plan.stock_of", count=items)] if items else []
    return said("plan.both", first=parts[0], second=parts[1]) if len(parts) == 2 else parts[0]


def _refusals(plan: Plan, expected: Expected | None) -> list[Shown]:
    """Why it could not be applied as it is."""
    parts = [say(large, "bad")] if (large := too_large(plan)) else []
    if needs_second_person(plan):
        above = plan.limits.second_person_above
        text = said("plan.two_people", limit=above)
        if expected and expected.approved_by:
            text = said("plan.two_people_one_did", limit=above, names=", ".join(expected.approved_by))
        parts.append(say(text, "warn"))
    return parts


def _kinds(plan: Plan, expected: Expected | None) -> Shown:
    groups: dict[tuple[str, Reversibility], list[Change]] = {}
    for change in plan.changes:
        groups.setdefault((kind_of(change), change.reversibility), []).append(change)
    columns = headings("change", "how_many", "orders", "units", "points", "undoable")
    rows = [
        [kind, len(some), orders_of(some), units_moved(some), _points(some, expected), reversible(how)]
        for (kind, how), some in groups.items()
    ]
    if expected is None:
        columns, rows = [*columns[:4], columns[5]], [[*row[:4], row[5]] for row in rows]
    return table(columns, rows)


def _points(changes: list[Change], expected: Expected | None) -> int | None:
    return expected.cost.points_of(changes) if expected else None


def _cost(expected: Expected) -> str:
    """Points and time of applying it."""
    cost = expected.cost
    return said(
        "plan.cost",
        time=duration(cost.seconds),
        rate=round(cost.restore_rate),
        points=cost.points,
        reading=cost.reading_points,
        count=cost.readings,
    )


def duration(seconds: float) -> str:
    """Some time in round words."""
    if seconds < 90:
        return said("plan.seconds", count=max(1, round(seconds)))
    if seconds < 90 * 60:
        return said("plan.minutes", count=round(seconds / 60))
    return said("plan.hours", number=round(seconds / 3600, 1))


def _stock(stock: StockForecast, measured: str, most: int) -> Shown:
    rows = [_stock_row(effect) for effect in stock.effects[:most]]
    more = len(stock.effects) - len(rows)
    notes = [said("plan.more_places", count=more)] if more > 0 else []
    if stock.untracked_units:
        notes.append(said("plan.untracked", count=stock.untracked_units))
    shown = table(
        headings("item", "location", "on_hand", "committed", "available"),
        rows,
        " ".join(notes),
        empty=" ".join([said("plan.no_stock"), *notes]),
    )
    return say(f"{said('plan.inferred')} {measured or said('plan.not_measured')}") + shown


def _stock_row(effect: StockEffect) -> tuple[str, ...]:
    on_hand = signed(effect.on_hand)
    if effect.set_to is not None:
        on_hand = said("plan.set_to", number=effect.set_to, difference=on_hand)
    return (effect.item, effect.location, on_hand, signed(effect.committed), signed(effect.available))


def _overridden(changes: list[Change], most: int) -> Shown:
    rows = []
    for change in changes[:most]:
        evidence = locked_by(change.before) if isinstance(change.before, FulfillmentState) else ""
        rows.append(
            (
                change.order_name,
                evidence or said("plan.no_lock"),
                change.override,
                change.marked_by or said("plan.unknown"),
                reversible(change.reversibility),
            )
        )
    columns = headings("order", "evidence", "overridden_because", "by", "undoable")
    return table(columns, rows, more_rows(len(changes) - most))


def _is_override(change: Change) -> bool:
    return bool(change.override) and change.kind == "CancelFulfillment"


def _limits(plan: Plan) -> Shown:
    limits, found = plan.limits, sizes(plan)
    known = {name: said_word(who, who) for name, who in limits.set_by}
    set_by = defaultdict(lambda: said("plan.default"), known)
    rows = [(size.told, size.told_limit, set_by[size.name]) for size in found]
    if not any(size.name == DAY for size in found):
        limit = Size(DAY, 0, limits.max_share_of_day).told_limit
        rows.append((said("plan.no_day", number=FEWEST_OF_A_DAY), limit, set_by[DAY]))
    none, above = said("plan.none"), limits.second_person_above
    hours = f"{', '.join(limits.quiet_hours)} ({limits.timezone})" if limits.quiet_hours else none
    person = said("plan.not_needed") if above is None else said("plan.needed_above", number=above)
    values = {
        "protected_tags": ", ".join(limits.protected_tags) or none,
        "quiet_hours": hours,
        "second_person_above": person,
    }
    rows += [(said(f"plan.{name}"), value, set_by[name]) for name, value in values.items()]
    return table(headings("this_plan", "at_most", "set_by"), rows)
