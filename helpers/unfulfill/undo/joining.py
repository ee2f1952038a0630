"""Several plans of one journal as one, so that an undo takes back all of them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from unfulfill.model import (
    CancelFulfillment,
    Change,
    HoldFulfillmentOrder,
    Outcome,
    Plan,
    RecreateFulfillment,
    ReleaseHold,
    SetOnHand,
    TagOrder,
)

Key = tuple[str, str, str]  # case, kind, and what tells several of a kind in one case apart


def join_plans(parts: Sequence[tuple[Plan, Mapping[str, Outcome]]]) -> tuple[Plan, dict[str, Outcome]]:
    """The changes of all these plans in one, oldest plan first, and their outcomes.

    Cases and ids of the second plan get the prefix "p2-", and so on: every plan numbers its own from one. Raises
    ValueError where there is no plan.
    """
    if not parts:
        raise ValueError("there is no plan to join")
    changes: list[Change] = []
    outcomes: dict[str, Outcome] = {}
    for number, (plan, ended) in enumerate(parts, 1):
        prefix = "" if number == 1 else f"p{number}-"
        for change in plan.changes:
            changes.append(
                replace(
                    change,
                    id=prefix + change.id,
                    case=prefix + change.case,
                    needs=tuple(prefix + need for need in change.needs),
                )
            )
        for id_, outcome in ended.items():
            outcomes[prefix + id_] = replace(outcome, change_id=prefix + id_)
    return replace(parts[-1][0], changes=tuple(changes), digest=""), outcomes


def key_of(change: Change) -> Key:
    """What tells a change of an undo from the others of the same undo, however often it is planned."""
    match change.action:
        case CancelFulfillment(fulfillment_id=id_):
            return change.case, change.kind, id_
        case HoldFulfillmentOrder(handle=handle) | ReleaseHold(handle=handle):
            return change.case, change.kind, handle
        case TagOrder(tag=tag, add=add):
            return change.case, change.kind, f"{add} {tag}"
        case SetOnHand(inventory_item_id=item, location_id=place):
            return change.case, change.kind, f"{item} {place}"
        case _:
            return change.case, change.kind, ""


def inverse_key(change: Change, outcome: Outcome) -> Key:
    """`key_of` the change that takes this one back."""
    case, kind, which = key_of(change)
    match change.action:
        case CancelFulfillment():
            return case, RecreateFulfillment.__name__, ""
        case RecreateFulfillment():
            return case, CancelFulfillment.__name__, outcome.created_id
        case HoldFulfillmentOrder():
            return case, ReleaseHold.__name__, which
        case ReleaseHold():
            return case, HoldFulfillmentOrder.__name__, which
        case TagOrder(tag=tag, add=add):
            return case, kind, f"{not add} {tag}"
        case _:
            return case, kind, which
