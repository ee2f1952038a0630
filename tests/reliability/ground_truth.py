"""What really happened, read from the sandbox's own file and from the journal, never through the client."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from unfulfill.journal import Event, read_journal, verify_journal
from unfulfill.model import Plan

OURS = "Unfulfill Workbench"  # the app of the sandbox's own token
TAKEN_BACK = ("TagOrder", "HoldFulfillmentOrder", "ReleaseHold", "CloseOrder", "RequestCancellation")
RESENT = "InventorySetQuantities"  # has a key: sending it again is how its outcome is learnt


class Truth:
    """The world's file, read only."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        cursor = self._connection.execute(sql, args)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def writes(self, app: str = OURS) -> list[dict[str, Any]]:
        """Every mutation of an app that came in, in its order, but for the lock that it keeps there."""
        return self.rows(
            "select * from request where mutation is not null and mutation <> 'metafieldsSet' and app = ?"
            " order by id",
            app,
        )


@contextmanager
def truth_of(world: Path) -> Iterator[Truth]:
    """Open the ground truth of a world."""
    with closing(sqlite3.connect(f"{world.as_uri()}?mode=ro", uri=True)) as connection:
        yield Truth(connection)


def picture(world: Path) -> dict[str, Any]:
    """All that the shop holds, without the ids of what was made and without times."""
    with truth_of(world) as truth:
        orders = {order["name"]: _order(truth, order) for order in truth.rows('select * from "order"')}
        columns = (
            "item_id, location_id, available, committed, reserved, damaged, safety_stock, quality_control"
        )
        levels = truth.rows(f"select {columns}, incoming, active from level order by item_id, location_id")
        moves = truth.rows("select item_id, location_id, name, delta, reason, document from ledger")
        emails = truth.rows("select order_id, kind from email")
        return {"orders": orders, "levels": levels, "moves": _sorted(moves), "emails": _sorted(emails)}


def _order(truth: Truth, order: dict[str, Any]) -> dict[str, Any]:
    id_ = order["id"]
    fulfillments = [
        {
            **{key: row[key] for key in ("status", "display_status", "location_id", "tracking")},
            "lines": truth.rows(
                "select line_id, quantity from fulfillment_line where fulfillment_id = ? order by line_id",
                row["id"],
            ),
        }
        for row in truth.rows("select * from fulfillment where order_id = ?", id_)
    ]
    waiting = [
        {
            **{key: row[key] for key in ("status", "request_status", "location_id")},
            "lines": truth.rows(
                "select line_id, total, remaining, stock from fo_line where fo_id = ? order by line_id",
                row["id"],
            ),
            "holds": truth.rows("select handle, reason, notes, app from hold where fo_id = ?", row["id"]),
        }
        for row in truth.rows("select * from fulfillment_order where order_id = ?", id_)
    ]
    return {
        **{key: order[key] for key in ("tags", "financial_status", "fulfillment_status", "note")},
        "closed": order["closed_at"] is not None,
        "cancelled": order["cancelled_at"] is not None,
        "fulfillments": _sorted(fulfillments),
        "fulfillment_orders": _sorted(waiting),
        "events": _sorted(truth.rows("select action, message from order_event where order_id = ?", id_)),
    }


def _sorted(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


# The plan, the journal and the shop together


def disagreements(
    world: Path,
    plan: Plan,
    journal: Path,
    *,
    meant: Callable[[dict[str, Any]], bool] = lambda row: True,
    alone: bool = True,
) -> list[str]:
    """Where shop, journal and plan do not agree; one sentence each.

    I1  every effect of ours belongs to a change of the plan        I2  at most one effect a change
    I3  applied by an answer: exactly one effect; not sent or refused: none
    I5  no e-mail, and nobody was asked to send one                 I7  nothing came in without an intent of its own
    I11 the journal proves itself                                   I13 no unit of an order line is lost or doubled

    `meant` chooses the requests that were sent for this plan. `alone`: nobody else worked on these orders. Somebody who
    takes back what we did between our deed and our look for it leaves no trace of it; it is then done once more.
    """
    verify_journal(journal)
    events = [event for event in read_journal(journal) if event.plan == plan.digest]
    with truth_of(world) as truth:
        writes = [row for row in truth.writes() if meant(row)]
        return [
            *_belonging(plan, events, writes, alone),
            *[f"I5 an e-mail: {row}" for row in truth.rows("select * from email")],
            *[f"I5 {row['variables']}" for row in writes if '"notifyCustomer": true' in row["variables"]],
            *units_lost(truth),
        ]


def _belonging(plan: Plan, events: list[Event], writes: list[dict[str, Any]], alone: bool) -> Iterator[str]:
    kinds = {change.id: change.kind for change in plan.changes}
    intents: dict[str, list[str]] = defaultdict(
        list
    )  # what was meant to be sent → by which change, each time
    for event in events:
        if event.event == "INTENT":
            intents[content(event.body["operation"], event.body["variables"])].append(event.change)
    sent: Counter[str] = Counter()
    effects: Counter[str] = Counter()
    for row in writes:
        key = content(row["operation"], json.loads(row["variables"]))
        sent[key] += 1
        changes = set(intents[key]) & set(kinds)
        if len(changes) != 1:
            yield f"I1 {row['operation']} {row['variables']} belongs to {changes or 'no change'}"
            continue
        (change,) = changes
        effects[change] += row["effect"] > 0
        if sent[key] > len(intents[key]) and row["operation"] != RESENT:
            yield f"I7 {change} came in {sent[key]} times with {len(intents[key])} intents"
    ends = {event.change: event for event in events}
    for change, kind in kinds.items():
        end = ends[change].event if change in ends else ""
        is_strict = alone or kind not in TAKEN_BACK
        if effects[change] > 1 and is_strict:
            yield f"I2 {change} had {effects[change]} effects"
        if end in ("STALE", "BLOCKED", "REFUSED", "ALREADY_DONE") and effects[change] and is_strict:
            yield f"I3 {change} ended as {end} but had an effect"
        if end == "APPLIED" and ends[change].body["evidence"] == "answer" and not effects[change] and alone:
            yield f"I3 {change} is applied by an answer without an effect"


def content(operation: str, variables: dict[str, Any]) -> str:
    """What makes two requests the same."""
    return json.dumps([operation, variables], sort_keys=True)


def units_lost(truth: Truth) -> Iterator[str]:
    """I13: each unit of an order line is in a live fulfillment, waits in a live fulfillment order, or was removed."""
    rows = truth.rows(
        """select l.id, l.current_quantity as wanted,
          (select coalesce(sum(fl.quantity), 0) from fulfillment_line fl join fulfillment f on f.id = fl.fulfillment_id
            where fl.line_id = l.id and f.status not in ('CANCELLED', 'ERROR', 'FAILURE')) as shipped,
          (select coalesce(sum(fol.remaining), 0) from fo_line fol join fulfillment_order fo on fo.id = fol.fo_id
            where fol.line_id = l.id and fo.status not in ('CLOSED', 'CANCELLED')) as waiting
        from line l"""
    )
    for row in rows:
        if row["shipped"] + row["waiting"] != row["wanted"]:
            yield f"I13 line {row['id']}: {row}"
