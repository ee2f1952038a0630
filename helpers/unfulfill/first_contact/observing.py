"""Three readings of one order → what this shop does, question by question. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from unfulfill.first_contact.record import Glimpse, Observation
from unfulfill.first_contact.stock import stock_after_cancel, stock_after_undo
from unfulfill.first_contact.units import shares_lines, target_of, units_text, where_units_wait
from unfulfill.model import FulfillmentState, Tracking
from unfulfill.plan import units_by_line
from unfulfill.words import listed, said, tenths

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
            Observation(said("observation.mailed"), said("shown.no"), said("observation.mail_not_seen"), None)
        )
    return (*seen, *_seconds(happened))


def _right(happened: Happened) -> Observation:
    question, why = said("observation.right"), happened.cancel_problem
    if happened.cancelled:
        return Observation(question, said("shown.yes"), said("observation.right_held"), True)
    if happened.cancel_was_tried:
        return Observation(question, said("shown.yes"), said("observation.right_refused", why=why), False)
    return Observation(question, said("shown.yes"), said("observation.not_tried", why=why), None)


# The order between and after


def _spelling(before: Glimpse, between: Glimpse) -> Observation:
    now, wanted = _by_id(between).get(target_of(before).id), ("CANCELLED", "CANCELED")
    found = (now.status, now.display_status) if now else ("", "")
    seen = _statuses(*found) if now else said("observation.gone")
    return Observation(said("observation.status"), _statuses(*wanted), seen, found == wanted)


def _statuses(status: str, shown: str) -> str:
    key = "observation.status_shown" if shown else "observation.status_hidden"
    return said(key, status=status, shown=shown)


def _order_status(before: Glimpse, between: Glimpse) -> Observation:
    seen, expected = between.order.display_fulfillment_status, "UNFULFILLED"
    question = said("observation.order_status", before=before.order.display_fulfillment_status)
    return Observation(question, expected, seen, seen == expected)


def _order_status_after(before: Glimpse, after: Glimpse) -> Observation:
    seen, expected = after.order.display_fulfillment_status, before.order.display_fulfillment_status
    return Observation(said("observation.order_status_after"), expected, seen, seen == expected)


def _reopened(before: Glimpse, between: Glimpse) -> Observation:
    question, yes = said("observation.reopens"), said("shown.yes")
    if not before.order.closed:
        return Observation(question, yes, said("observation.was_not_archived"), None)
    opened = not between.order.closed
    return Observation(question, yes, yes if opened else said("observation.stayed_archived"), opened)


def _archived(before: Glimpse, after: Glimpse, happened: Happened) -> Observation:
    closed, open_ = after.order.closed, said("observation.open")
    if not before.order.closed:
        seen = said("observation.archived_by_shop") if closed else open_
        return Observation(said("observation.still_open"), open_, seen, not closed)
    by_itself = closed and not happened.closed_by_us
    expected = said("observation.by_itself")
    otherwise = said("observation.by_us" if closed else "observation.left_open")
    question = said("observation.archived_again")
    return Observation(question, expected, expected if by_itself else otherwise, by_itself)


def _moved_time(before: Glimpse, between: Glimpse) -> Observation:
    moved, yes = between.order.updated_at > before.order.updated_at, said("shown.yes")
    seen = yes if moved else said("observation.time_stayed")
    return Observation(said("observation.counts_as_changed"), yes, seen, moved)


# The undo


def _undone(happened: Happened) -> Observation:
    question, yes = said("observation.can_be_undone"), said("shown.yes")
    if happened.undone:
        return Observation(question, yes, yes, True)
    key = "observation.not_undone" if happened.undo_problem else "observation.not_undone_yet"
    return Observation(question, yes, said(key, why=happened.undo_problem), False)


def _made_again(before: Glimpse, after: Glimpse, happened: Happened) -> list[Observation]:
    target = target_of(before)
    made = _by_id(after).get(happened.made_id)
    name = f"{before.order.name}-F{len(before.fulfillments) + 1}"
    if made is None:
        return [Observation(said("observation.new_name"), name, said("observation.none_made"), False)]
    same_lines = units_by_line(made.lines) == units_by_line(target.lines)
    units, again = (units_text(sum(line.quantity for line in state.lines)) for state in (target, made))
    kept = made.tracking == target.tracking
    told, found = _tracking(target.tracking), _tracking(made.tracking)
    place = made.location_name or "?"
    return [
        Observation(said("observation.new_name"), name, made.name, made.name == name),
        Observation(
            said("observation.same_units"),
            units,
            again if same_lines else said("observation.other_units", units=again),
            same_lines,
        ),
        Observation(
            said("observation.tracking_kept"),
            told,
            found if kept else said("observation.tracking_differs", tracking=found),
            kept,
        ),
        Observation(
            said("observation.same_location"),
            target.location_name or "?",
            place,
            made.location_id == target.location_id,
        ),
    ]


def _tracking(tracking: Tracking) -> str:
    """Company and how many numbers and links; never the numbers, which lead to a person's address."""
    if tracking == Tracking():
        return said("observation.tracking_none")
    return said(
        "observation.tracking",
        company=tracking.company or said("observation.no_carrier"),
        numbers=said("observation.numbers", count=len(tracking.numbers)),
        links=said("observation.links", count=len(tracking.urls)),
    )


# The rest


def _nothing_else(
    before: Glimpse, between: Glimpse, after: Glimpse | None, happened: Happened
) -> Observation:
    last = after or between
    pairs = {
        "observation.tags": (before.order.tags, last.order.tags),
        "observation.payment": (before.order.financial_status, last.order.financial_status),
        "observation.return": (before.order.return_status, last.order.return_status),
        "observation.cancelled": (before.order.cancelled, last.order.cancelled),
    }
    changed = [said(key) for key, (old, new) in pairs.items() if old != new]
    target, expected_new = target_of(before), {happened.made_id}
    earlier, now = _by_id(before), _by_id(last)
    changed += [
        said("observation.fulfillment_changed", name=state.name, status=now[id_].status)
        if id_ in now
        else said("observation.fulfillment_gone", name=state.name)
        for id_, state in earlier.items()
        if id_ != target.id and (id_ not in now or now[id_].status != state.status)
    ]
    changed += [
        said("observation.fulfillment_of_others", name=state.name)
        for id_, state in now.items()
        if id_ not in earlier and id_ not in expected_new
    ]
    others = {fo.id: fo for fo in last.fulfillment_orders}
    changed += [
        said(
            "observation.fulfillment_order_changed", id=fo.id.rsplit("/", 1)[-1], status=others[fo.id].status
        )
        if fo.id in others
        else said("observation.fulfillment_order_gone", id=fo.id.rsplit("/", 1)[-1])
        for fo in before.fulfillment_orders
        if not shares_lines(fo, target) and (fo.id not in others or others[fo.id].status != fo.status)
    ]
    nothing = said("observation.nothing")
    return Observation(said("observation.anything_else"), nothing, listed(changed) or nothing, not changed)


def _seconds(happened: Happened) -> list[Observation]:
    """How long the cancel and the undo took, and until the shop showed them; measured where it was not interrupted."""
    rows = []
    for question, step, shown in (
        ("observation.cancel_time", CANCELLING, CANCEL_SHOWED),
        ("observation.undo_time", UNDOING, UNDO_SHOWED),
    ):
        if step in happened.seconds:
            key = "observation.seconds_shown" if shown in happened.seconds else "observation.seconds"
            seconds, later = (tenths(happened.seconds.get(each, 0.0)) for each in (step, shown))
            rows.append(Observation(said(question), "", said(key, seconds=seconds, later=later), None))
    return rows


def _by_id(glimpse: Glimpse) -> dict[str, FulfillmentState]:
    return {state.id: state for state in glimpse.fulfillments}
