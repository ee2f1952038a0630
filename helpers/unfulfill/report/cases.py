"""The plan's cases as rows for people: what it was, what was done, what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from unfulfill.audit.evidence import locked_by
from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    Change,
    CloseOrder,
    FulfillmentState,
    HoldFulfillmentOrder,
    Landing,
    LevelState,
    OrderState,
    Outcome,
    Plan,
    RecreateFulfillment,
    ReleaseHold,
    RequestCancellation,
    Result,
    Reversibility,
    SetOnHand,
    TagOrder,
    Tracking,
    Verdict,
    VerdictKind,
)
from unfulfill.plan_stock import place_name
from unfulfill.report.speaking import on_page
from unfulfill.verify import open_cases
from unfulfill.words import said, said_word

ATTENTION = (Result.REFUSED, Result.NEEDS_PERSON)
_HARDER = (Reversibility.UNDOABLE, Reversibility.NEW_IDS, Reversibility.NOT_BY_US, Reversibility.BLOCKED)
MISMATCH = (VerdictKind.NOT_APPLIED, VerdictKind.CHANGED_SINCE)


@dataclass(frozen=True)
class Step:
    """One change of a case in words."""

    what: str
    result: str
    tone: str  # good, warn, bad, plain
    message: str
    verdict: str


@dataclass(frozen=True)
class Case:
    """The changes that belong to one mark."""

    order_id: str
    order_name: str
    fulfillment: str  # its number
    items: str
    location: str
    company: str
    numbers: tuple[str, ...]
    urls: tuple[str, ...]  # http and https only
    reason: str
    evidence: tuple[str, ...]  # how likely it never left, and what speaks for it having left
    override: str
    marked_by: str
    before: str
    after: tuple[str, ...]  # what the fresh reading says, a line a change
    reversibility: str
    steps: tuple[Step, ...]
    is_done: bool
    is_confirmed: bool
    is_open: bool = False  # half done: cancelled, and the rest is not fulfilled again
    landed: tuple[str, ...] = ()  # where the units are open now, a line a fulfillment order


def make_cases(
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    verdicts: Mapping[str, Verdict],
    evidence: Mapping[str, tuple[str, ...]] | None = None,
) -> list[Case]:
    """One Case a mark: those that are half done, then in the order of the plan.

    `evidence`: fulfillment id → what spoke for it never having left, as sentences.
    """
    half_done = open_cases(plan, outcomes)
    grouped: dict[str, list[Change]] = {}
    for change in plan.changes:
        grouped.setdefault(change.case, []).append(change)
    cases = [
        replace(_case(changes, outcomes, verdicts, evidence or {}), is_open=name in half_done)
        for name, changes in grouped.items()
    ]
    return sorted(cases, key=lambda case: not case.is_open)


def needs_attention(case: Case) -> bool:
    """Whether a person should look: half done, refused, unknown, or not as verified."""
    return case.is_open or any(step.tone == "bad" for step in case.steps)


def _case(
    changes: Sequence[Change],
    outcomes: Mapping[str, Outcome],
    verdicts: Mapping[str, Verdict],
    evidence: Mapping[str, tuple[str, ...]],
) -> Case:
    first = changes[0]
    state = next((c.before for c in changes if isinstance(c.before, FulfillmentState)), None)
    made = next((c.action for c in changes if isinstance(c.action, RecreateFulfillment)), None)
    tracking = state.tracking if state else made.tracking if made else Tracking()
    found = [verdicts.get(change.id) for change in changes]
    results = [outcomes[change.id].result if change.id in outcomes else None for change in changes]
    return Case(
        order_id=first.order_id,
        order_name=place_name(first.before) if isinstance(first.before, LevelState) else first.order_name,
        fulfillment=number(next((change.fulfillment_id for change in changes if change.fulfillment_id), "")),
        items=_items(changes, state),
        location=state.location_name if state else "",
        company=tracking.company,
        numbers=tracking.numbers,
        urls=tuple(url for url in tracking.urls if _is_web(url)),
        reason=first.reason,
        evidence=(*evidence.get(first.fulfillment_id, ()), *_against(state)),
        override=first.override,
        marked_by=first.marked_by,
        before=_before(first, state),
        after=tuple(dict.fromkeys(verdict.message for verdict in found if verdict and verdict.message)),
        reversibility=on_page(max((change.reversibility for change in changes), key=_HARDER.index).value),
        steps=tuple(_step(change, outcomes.get(change.id), verdicts.get(change.id)) for change in changes),
        is_done=all(result in IN_EFFECT for result in results),
        is_confirmed=all(map(_is_confirmed, results, found)),
        landed=tuple(landed_text(landing) for verdict in found if verdict for landing in verdict.landed),
    )


def _against(state: FulfillmentState | None) -> tuple[str, ...]:
    found = locked_by(state) if state else ""
    return (said("case.against", evidence=found),) if found else ()


def landed_text(landing: Landing) -> str:
    """ "fulfillment order 17: 2 units at Store, moved there" """
    key = "case.moved" if landing.moved else "case.landed"
    return said(
        key, id=number(landing.fulfillment_order_id), count=landing.units, location=landing.location_name
    )


def _is_confirmed(result: Result | None, verdict: Verdict | None) -> bool:
    """Confirmed by reading back; what somebody else had done before us was read when it was applied."""
    if verdict is None:
        return False
    return verdict.kind is VerdictKind.CONFIRMED or result is Result.ALREADY_DONE


def _step(change: Change, outcome: Outcome | None, verdict: Verdict | None) -> Step:
    result = outcome.result if outcome else None
    tone = (
        "plain"
        if result is None
        else "good"
        if result in IN_EFFECT
        else "bad"
        if result in ATTENTION
        else "warn"
    )
    if verdict is not None and verdict.kind in MISMATCH:
        tone = "bad"
    made = said("case.new_id", id=number(outcome.created_id)) if outcome and outcome.created_id else ""
    message = ". ".join(part for part in (outcome.message if outcome else "", made) if part)
    return Step(
        told(change),
        said_word(result.value if result else "not sent"),
        tone,
        message,
        said_word(verdict.kind.value) if verdict else "",
    )


def told(change: Change) -> str:
    """What a change does, in a few words."""
    match change.action:
        case CancelFulfillment():
            return on_page("cancel the fulfillment")
        case RecreateFulfillment(lines=lines):
            units = sum(line.quantity for line in lines)
            return said("case.fulfil", count=units)
        case HoldFulfillmentOrder(reason=reason):
            return said("case.hold", reason=said_word(reason.lower()))
        case ReleaseHold():
            return on_page("release our hold")
        case TagOrder(tag=tag, add=add):
            return said("change.add_tag" if add else "change.remove_tag", tag=tag)
        case CloseOrder():
            return on_page("archive the order again")
        case RequestCancellation():
            return on_page("ask the service to stop")
        case SetOnHand(quantity=quantity):
            return said("case.set_on_hand", quantity=quantity)


def _items(changes: Sequence[Change], state: FulfillmentState | None) -> str:
    lines = (
        state.lines if state else next((c.action.lines for c in changes if hasattr(c.action, "lines")), ())
    )
    return ", ".join(
        f"{line.quantity} × {line.sku or line.name or number(line.line_item_id)}" for line in lines
    )


def _before(change: Change, state: FulfillmentState | None) -> str:
    if isinstance(change.before, LevelState):
        return said("case.on_hand", quantity=change.before.on_hand)
    order = state.order if state else change.before
    if not isinstance(order, OrderState):
        return ""
    status = said_word(order.display_fulfillment_status.lower())
    return said("case.order_archived" if order.closed else "case.order", status=status)


def number(gid: str) -> str:
    """The number at the end of a gid."""
    return gid.rsplit("/", 1)[-1]


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
