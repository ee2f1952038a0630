"""What this tool leaves to people, as a list: labels to void, parcels to stop, refunds, services to ask, settings."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from unfulfill.model import (
    IN_EFFECT,
    CancelFulfillment,
    Change,
    FulfillmentState,
    RequestCancellation,
    Result,
    Skip,
)
from unfulfill.report.csv_for_people import csv_for_people
from unfulfill.report.data import ReportData
from unfulfill.report.speaking import on_page
from unfulfill.words import said, said_word

FOLLOW_UP = "follow_up.csv"
_PRINTED = ("LABEL_PRINTED", "LABEL_PURCHASED")
# Kind of finding → what to change so that it does not happen again. Said once, however many there are.
_SETTINGS: Mapping[str, str] = {
    "auto_fulfil": "Look which app or setting fulfils orders by itself as soon as they are paid, and turn it off.",
    "burst": "Look which app or person fulfilled that many at once, and take its permission or its automation away.",
    "pos_fulfilled": "Teach the till, or turn it off there, that items to be shipped are not marked as fulfilled.",
    "fulfilled_before_payment": "Let nothing be fulfilled before it is paid: give what fulfils it that condition.",
    "third_party_open": "Ask the service why it has not shipped what it accepted.",
}
# Right fix of a finding → what a person does, where the workbench cannot.
_BY_HAND: Mapping[str, str] = {
    "void_label": "Void the shipping label; then unfulfill it",
    "return": "Arrange the return, or refund",
    "correct_tracking": "Correct the tracking number",
    "move": "Move it to the location that it left from, or fulfil it again from there",
}
_SKIPPED: Mapping[str, str] = {
    "locked": "Stop the parcel with the carrier, or wait for its return",
    "returned": "Look at the return, then decide",
    "refunded": "Look at the refund and the restock, then decide",
    "third_party": "Ask the service to stop, then decide",
    "not_requestable": "Ask the service itself",
    "not_undoable": "Decide whether to cancel it for good",
    "part_unclear": "Say which units are meant, and plan again",
    "rest_impossible": "Decide: leave it fulfilled, or unfulfill all of it",
}


@dataclass(frozen=True)
class Task:
    """One thing that a person does. `order` is blank for what concerns the shop."""

    what: str
    order: str
    why: str
    order_id: str = ""


def follow_up(data: ReportData) -> list[Task]:
    """The tasks of a run, each once: orders that were changed, left out or only found, then settings."""
    tasks = [
        *_changed(data),
        *_left_out(data.plan.skips if data.plan else ()),
        *_found(data),
        *_settings(data.findings),
    ]
    told = (replace(task, what=on_page(task.what), why=on_page(task.why)) for task in tasks)
    return list(dict.fromkeys(told))


def named_orders(data: ReportData) -> list[str]:
    """Ids of the orders that a report names one by one: those of the plan and of the tasks."""
    ids = [task.order_id for task in follow_up(data)]
    if data.plan is not None:
        ids += [row.order_id for rows in (data.plan.changes, data.plan.skips) for row in rows]
    return list(dict.fromkeys(filter(None, ids)))


def counted(tasks: Sequence[Task]) -> list[tuple[str, int]]:
    """(what, how many), the most frequent first."""
    return Counter(task.what for task in tasks).most_common()


def follow_up_csv(tasks: Sequence[Task]) -> bytes:
    """The list for a spreadsheet, with a column to tick off."""
    rows = ((task.order, task.what, task.why, "") for task in tasks)
    return csv_for_people(tuple(map(on_page, ("order", "what to do", "why", "done"))), rows)


def _changed(data: ReportData) -> Iterator[Task]:
    for change in data.plan.changes if data.plan else ():
        outcome = data.outcomes.get(change.id)
        if outcome is None:
            continue
        if outcome.result in (Result.NEEDS_PERSON, Result.REFUSED):
            yield Task("Look at the order in the admin", change.order_name, outcome.message, change.order_id)
        elif outcome.result in IN_EFFECT and data.plan and data.plan.kind == "unfulfill":
            yield from _after(change)


def _after(change: Change) -> Iterator[Task]:
    """What is left to do where the workbench did its part."""
    before = change.before
    if isinstance(change.action, RequestCancellation):
        yield Task(
            "Wait for the answer of the service, then unfulfill",
            change.order_name,
            "asked to stop",
            change.order_id,
        )
    if not isinstance(change.action, CancelFulfillment) or not isinstance(before, FulfillmentState):
        return
    numbers = " ".join((before.tracking.company, *before.tracking.numbers)).strip()
    if before.in_transit_at or before.delivered_at:
        yield Task(
            "Stop the parcel with the carrier, or expect its return",
            change.order_name,
            numbers or "it had left",
            change.order_id,
        )
    elif before.display_status in _PRINTED:
        yield Task(
            "Void the shipping label", change.order_name, numbers or "a label was printed", change.order_id
        )
    if before.order.cancelled or before.order.financial_status == "REFUNDED":
        yield Task(
            "See that the customer has the money back",
            change.order_name,
            "cancelled or refunded order",
            change.order_id,
        )


def _left_out(skips: Sequence[Skip]) -> Iterator[Task]:
    for skip in skips:
        if skip.reason in _SKIPPED:
            yield Task(_SKIPPED[skip.reason], skip.order_name, skip.message, skip.order_id)


def _found(data: ReportData) -> Iterator[Task]:
    if data.findings is None:
        return
    done = {c.fulfillment_id for c in data.plan.changes if c.id in data.outcomes} if data.plan else set()
    rows = data.findings[
        data.findings["right_fix"].isin(list(_BY_HAND)) & data.findings["fulfillment_id"].notna()
    ]
    rows = rows[~rows["fulfillment_id"].isin(done)].drop_duplicates(["fulfillment_id", "right_fix"])
    for fix, *told in rows[["right_fix", "order_name", "message", "order_id"]].itertuples(
        index=False, name=None
    ):
        yield Task(_BY_HAND[str(fix)], *map(str, told))


def _settings(findings: pd.DataFrame | None) -> Iterator[Task]:
    if findings is None:
        return
    counts = findings["kind"].value_counts()
    for kind, what in _SETTINGS.items():
        if number := int(counts.get(kind, 0)):
            yield Task(
                what, "", said("follow_up.findings", count=number, kind=said_word(kind, of="kind_name"))
            )
