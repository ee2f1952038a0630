"""What is done once to an order, beside the cases of its marks: tag, untag, archive again. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from unfulfill.model import (
    CancelFulfillment,
    Change,
    CloseOrder,
    FulfillmentState,
    HoldFulfillmentOrder,
    OrderState,
    RecreateFulfillment,
    Reversibility,
    TagOrder,
)


def with_order_changes(
    cases: Sequence[Sequence[Change]], *, tag: str, untag: str, close_again: bool
) -> list[Change]:
    """The changes of all cases of one order, then its tags, and the archive after everything else.

    Holds come after everything that a case cancels or fulfils again: a cancel may open its units in a fulfillment
    order that is held already, where nothing could be fulfilled or held any more.
    """
    first = cases[0][0]
    if not isinstance(first.before, FulfillmentState):
        raise TypeError(f"{first.id} does not hold what it was planned against")
    order = first.before.order
    changes = [change for case in cases for change in case]
    changes.sort(key=lambda change: isinstance(change.action, HoldFulfillmentOrder))
    changes += _tags(first, order, tag, untag)
    if close_again and order.closed:
        changes += _close(cases, order)
    return changes


def _tags(first: Change, order: OrderState, tag: str, untag: str) -> list[Change]:
    """Only what changes something: a tag that the order has is not added, so that no undo takes it away."""
    base = replace(first, before=order, needs=(first.id,), reversibility=Reversibility.UNDOABLE, override="")
    changes = []
    if tag and not has_tag(order, tag):
        changes.append(replace(base, id=f"{first.case}-tag", action=TagOrder(tag, add=True)))
    there = next((present for present in order.tags if present.casefold() == untag.casefold()), "")
    if there:  # as the order spells it, so that an undo gives it back so
        changes.append(replace(base, id=f"{first.case}-untag", action=TagOrder(there, add=False)))
    return changes


def _close(cases: Sequence[Sequence[Change]], order: OrderState) -> list[Change]:
    """Archive again what a cancel opens; not before what a case must fulfil again is fulfilled."""
    halves = (CancelFulfillment, RecreateFulfillment)
    needs = tuple(change.id for case in cases for change in case if isinstance(change.action, halves))
    if not needs:
        return []
    last = cases[-1][0]
    return [
        replace(
            last,
            id=f"{last.case}-close",
            action=CloseOrder(),
            reversibility=Reversibility.UNDOABLE,
            before=order,
            needs=needs,
            override="",
        )
    ]


def has_tag(order: OrderState, tag: str) -> bool:
    """Whether an order has a tag; Shopify tells tags apart without their case."""
    return tag.casefold() in {present.casefold() for present in order.tags}
