"""Three readings of one order → what this shop does, question by question. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from unfulfill.first_contact.record import Glimpse, Observation
from unfulfill.first_contact.stock import stock_after_cancel, stock_after_undo
from unfulfill.first_contact.units import shares_lines, target_of, units_text, where_units_wait
from unfulfill.model import FulfillmentState, Tracking
from unfulfill.plan import units_by_line

CANCELLING, CANCEL_SHOWED, UNDOING, UNDO_SHOWED = (
    "cancel",
    "cancel shown",
    "undo",
    "undo shown",
)  # steps, in seconds


@dataclass(frozen=True)
class Happened:
    """What the journals say beside the readings."""

    cancelled: bool = False
    cancel_problem: str = ""  # the refusal in Shopify's words, or why nothing was sent
    cancel_was_tried: bool = True
    undone: bool = False
    undo_problem: str = ""
    made_id: str = ""  # the fulfillment that the undo made
    closed_by_us: bool = False  # orderClose was sent after the undo
    seconds: Mapping[str, float] = field(
        default_factory=dict
    )  # step → how long it took, where it was measured


def observe(
    before: Glimpse, between: Glimpse | None, after: Glimpse | None, happened: Happened
) -> tuple[Observation, ...]:
    """Every question that the readings so far answer, in the order of the steps.

    `between` is read after the cancel, `after` after the undo; None where it did not come to that.
    """
    seen = [_right(happened)]
    if between is not None and happened.cancelled:
        seen += stock_after_cancel(before, between)
        seen += where_units_wait(before, between)
        seen += [_spelling(before, between), _order_status(before, between), _reopened(before, between)]
        seen.append(_moved_time(before, between))
        seen.append(_undone(happened))
    if between is not None and after is not None and happened.undone:
        seen += stock_after_undo(before, between, after)
        seen += _made_again(before, after, happened)
        seen += [_order_status_after(before, after), _archived(before, after, happened)]
    if between is not None and happened.cancelled:
        seen.append(_nothing_else(before, between, after if happened.undone else None, happened))
        seen.append(
            Observation(
                "Did the customer get an e-mail?",
                "no",
                "not visible to us: look at the order's timeline in the admin",
                None,
            )
        )
    return (*seen, *_seconds(happened))


def _right(happened: Happened) -> Observation:
    question = "May the token cancel a fulfillment?"
    if happened.cancelled:
        return Observation(question, "yes", "yes: the shop accepted it", True)
    if happened.cancel_was_tried:
        return Observation(question, "yes", f"no: {happened.cancel_problem}", False)
    return Observation(question, "yes", f"not tried: {happened.cancel_problem}", None)


# The order between and after


def _spelling(before: Glimpse, between: Glimpse) -> Observation:
    now = _by_id(between).get(target_of(before).id)
    seen = f"{now.status}, shown as {now.display_status or 'nothing'}" if now else "it is gone"
    expected = "CANCELLED, shown as CANCELED"
    return Observation("Status of the cancelled fulfillment", expected, seen, seen == expected)


def _order_status(before: Glimpse, between: Glimpse) -> Observation:
    seen, expected = between.order.display_fulfillment_status, "UNFULFILLED"
    question = f"Status of the order after the cancel ({before.order.display_fulfillment_status} before)"
    return Observation(question, expected, seen, seen == expected)


def _order_status_after(before: Glimpse, after: Glimpse) -> Observation:
    seen, expected = after.order.display_fulfillment_status, before.order.display_fulfillment_status
    return Observation("Status of the order after the undo", expected, seen, seen == expected)


def _reopened(before: Glimpse, between: Glimpse) -> Observation:
    question = "Does an archived order open again by itself?"
    if not before.order.closed:
        return Observation(question, "yes", "not seen: this order was not archived", None)
    opened = not between.order.closed
    return Observation(question, "yes", "yes" if opened else "no: it stayed archived", opened)


def _archived(before: Glimpse, after: Glimpse, happened: Happened) -> Observation:
    if not before.order.closed:
        seen = "archived by the shop" if after.order.closed else "open"
        question = "Is the order still open after the undo, as before?"
        return Observation(question, "open", seen, not after.order.closed)
    seen = "no: it is open" if not after.order.closed else "yes, by itself"
    if after.order.closed and happened.closed_by_us:
        seen = "not by itself: we archived it, as planned"
    question = "Is the order archived again by itself after the undo?"
    return Observation(question, "yes, by itself", seen, seen == "yes, by itself")


def _moved_time(before: Glimpse, between: Glimpse) -> Observation:
    moved = between.order.updated_at > before.order.updated_at
    return Observation(
        "Does the order count as changed? (Later exports need it.)",
        "yes",
        "yes" if moved else "no: its time of last change stayed the same",
        moved,
    )


# The undo


def _undone(happened: Happened) -> Observation:
    question = "Can the cancel be undone?"
    if happened.undone:
        return Observation(question, "yes", "yes", True)
    return Observation(question, "yes", f"not so far: {happened.undo_problem or 'not tried yet'}", False)


def _made_again(before: Glimpse, after: Glimpse, happened: Happened) -> list[Observation]:
    target = target_of(before)
    made = _by_id(after).get(happened.made_id)
    name = f"{before.order.name}-F{len(before.fulfillments) + 1}"
    if made is None:
        return [Observation("Name of the new fulfillment", name, "there is none", False)]
    same_lines = units_by_line(made.lines) == units_by_line(target.lines)
    units, again = (units_text(sum(line.quantity for line in state.lines)) for state in (target, made))
    kept = made.tracking == target.tracking
    told, found = _tracking(target.tracking), _tracking(made.tracking)
    place = made.location_name or "?"
    return [
        Observation("Name of the new fulfillment", name, made.name, made.name == name),
        Observation(
            "Are the same units fulfilled again?",
            units,
            again if same_lines else f"others: {again}",
            same_lines,
        ),
        Observation("Is its tracking kept?", told, found if kept else f"{found}; not the same", kept),
        Observation(
            "Does it ship from the same location?",
            target.location_name or "?",
            place,
            made.location_id == target.location_id,
        ),
    ]


def _tracking(tracking: Tracking) -> str:
    """Company and how many numbers and links; never the numbers, which lead to a person's address."""
    if tracking == Tracking():
        return "none"
    counts = [
        f"{len(values)} {noun}{'' if len(values) == 1 else 's'}"
        for values, noun in ((tracking.numbers, "number"), (tracking.urls, "link"))
    ]
    return ", ".join([tracking.company or "no carrier", *counts])


# The rest


def _nothing_else(
    before: Glimpse, between: Glimpse, after: Glimpse | None, happened: Happened
) -> Observation:
    last = after or between
    changed = []
    pairs = {
        "tags": (before.order.tags, last.order.tags),
        "payment": (before.order.financial_status, last.order.financial_status),
        "return": (before.order.return_status, last.order.return_status),
        "cancelled": (before.order.cancelled, last.order.cancelled),
    }
    changed += [f"{name} of the order" for name, (old, new) in pairs.items() if old != new]
    target, expected_new = target_of(before), {happened.made_id}
    earlier, now = _by_id(before), _by_id(last)
    changed += [
        f"fulfillment {state.name} is {now[id_].status if id_ in now else 'gone'}"
        for id_, state in earlier.items()
        if id_ != target.id and (id_ not in now or now[id_].status != state.status)
    ]
    changed += [
        f"somebody else made the fulfillment {state.name}"
        for id_, state in now.items()
        if id_ not in earlier and id_ not in expected_new
    ]
    others = {fo.id: fo for fo in last.fulfillment_orders}
    changed += [
        f"fulfillment order {fo.id.rsplit('/', 1)[-1]} is {others[fo.id].status if fo.id in others else 'gone'}"
        for fo in before.fulfillment_orders
        if not shares_lines(fo, target) and (fo.id not in others or others[fo.id].status != fo.status)
    ]
    seen = "; ".join(changed) or "nothing"
    return Observation("Did anything else of the order change?", "nothing", seen, not changed)


def _seconds(happened: Happened) -> list[Observation]:
    """How long the cancel and the undo took, and until the shop showed them; measured where it was not interrupted."""
    rows = []
    for name, step, shown in (("cancel", CANCELLING, CANCEL_SHOWED), ("undo", UNDOING, UNDO_SHOWED)):
        if step in happened.seconds:
            later = (
                f", read back after {happened.seconds[shown]:.1f} s more" if shown in happened.seconds else ""
            )
            seen = f"{happened.seconds[step]:.1f} s{later}"
            rows.append(Observation(f"How long did the {name} take?", "", seen, None))
    return rows


def _by_id(glimpse: Glimpse) -> dict[str, FulfillmentState]:
    return {state.id: state for state in glimpse.fulfillments}
