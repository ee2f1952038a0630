"""The referee: reads only the ledger, the journal and the final shop, and says what must never be.

I1  every effect of ours belongs to a change of the plan
I2  at most one effect a change
I3  applied: exactly one effect, or somebody else's equal deed; every other ending: none
I4  nothing is sent on a target that had moved when it was last looked at; stock only where it was as planned
I5  no e-mail
I7  every mutation on the wire has an earlier committed intent with the same content, and an intent is sent once
I9  nothing outside the plan is touched by us
I11 the journal's chain of hashes holds, and so does its file
I12 no token stands in the journal
I13 every unit of every order line is fulfilled, open or removed, and nothing is lost
I14 a change is begun only after all those that it needs were applied by us
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulated_effects import Did
from simulated_shop import Request, SimulatedShop
from simulated_world import LIVE, World, units_of

from unfulfill.apply import outcomes_of
from unfulfill.journal import Event, read_journal, verify_journal
from unfulfill.model import Change, FulfillmentState, LevelState, Outcome, Plan, Result, SetOnHand
from unfulfill.plan import units_by_line

# What somebody else does that looks like the change, by kind of change (or kind and direction).
EQUAL_DEEDS = {
    "CancelFulfillment": ("cancels",),
    "TagOrder add": ("adds_tag",),
    "TagOrder remove": ("removes_tag",),
    "ReleaseHold": ("releases_hold", "cancels_order"),
    "CloseOrder": ("archives", "cancels_order"),
}
ARCHIVES_BY_ITSELF = ("fulfils", "fulfils_a_part")  # where the shop archives what is fulfilled
# What somebody else takes back between our effect and our look for it, so that no trace is left: by design it is
# done once more, or ends as if it had not been done.
TAKEN_BACK = {
    "TagOrder add": ("removes_tag",),
    "TagOrder remove": ("adds_tag",),
    "HoldFulfillmentOrder": ("releases_hold", "cancels_order"),
    "RequestCancellation": ("fulfils", "fulfils_a_part", "cancels_order"),
    "CloseOrder": ("archives", "cancels"),
}
TAKEN_FOR_OURS = {deed for deeds in EQUAL_DEEDS.values() for deed in deeds}
EDITED = "its order was changed"
RESENT = ("SetOnHand",)  # kinds with a key of idempotency: the same bytes may be sent again
MAY_HAVE_EFFECT = (Result.APPLIED, Result.NEEDS_PERSON)


@dataclass
class Findings:
    """What the referee found: violations, and residuals that are documented and counted."""

    violations: list[str] = field(default_factory=list)
    residuals: list[str] = field(default_factory=list)


def check_run(
    shop: SimulatedShop, plan: Plan, journals: Mapping[str, Path], since: int = 0, stock: bool = True
) -> Findings:
    """Judge the apply of one plan. `journals`: by operator; `since`: its first request in the ledger."""
    found = Findings()
    requests = [r for r in shop.ledger.requests[since:] if r.is_mutation and r.by in journals]
    sent: dict[int, Change] = {}
    effects: dict[str, list[tuple[Request, Did]]] = defaultdict(list)
    histories: dict[str, dict[str, list[Event]]] = {}
    for by, path in journals.items():
        events = [event for event in read_journal(path) if event.plan == plan.digest]
        _match(plan, events, [r for r in requests if r.by == by], sent, found)
        found.violations += _out_of_order(plan, events)
        histories[by] = history = defaultdict(list)
        for event in events:
            history[event.change].append(event)
    changes = {change.id: change for change in plan.changes}
    for request in requests:
        for did in request.effects:
            change = sent.get(request.index)
            if change is None:
                found.violations.append(f"I1 {did.what} of {did.target} belongs to no change")
            else:
                effects[change.id].append((request, did))
    for by, history in histories.items():
        outcomes = outcomes_of(plan, history)
        for id_, change in changes.items():
            _check_change(shop, change, outcomes.get(id_), effects[id_], by, len(journals) == 1, found)
    _check_looks(plan, requests, sent, shop, found)
    if shop.ledger.e_mails:
        found.violations.append(f"I5 {shop.ledger.e_mails} e-mails")
    found.violations += units_lost(shop.world)
    return found


def _match(
    plan: Plan, events: list[Event], requests: list[Request], sent: dict[int, Change], found: Findings
) -> None:
    """Which change each request was sent for, by the intent with the same content that was committed before it."""
    changes = {change.id: change for change in plan.changes}
    intents: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.event == "INTENT":
            intents[_content(event.body["operation"], event.body["variables"])].append(event)
    used: set[int] = set()
    for request in requests:
        same = intents[_content(request.operation, request.variables)]
        earlier = [event for event in same if event.seq <= request.journal_rows]
        open_ones = [
            event for event in earlier if event.seq not in used or changes[event.change].kind in RESENT
        ]
        if not open_ones:
            found.violations.append(
                f"I7 {request.operation} without an intent of its own, request {request.index}"
            )
        if earlier:
            event = (open_ones or earlier)[-1]
            used.add(event.seq)
            sent[request.index] = changes[event.change]
            problem = misfit(changes[event.change], request)
            if problem:
                found.violations.append(f"I1 {event.change} was sent as something else: {problem}")


def _out_of_order(plan: Plan, events: list[Event]) -> list[str]:
    """Changes that were begun before all those that they need were applied by us; a hold may be gone by others."""
    needs = {change.id: set(change.needs) for change in plan.changes}
    releases = {change.id for change in plan.changes if change.kind == "ReleaseHold"}
    applied: set[str] = set()
    problems = []
    for event in events:
        if event.event == "APPLIED" or (event.event == "ALREADY_DONE" and event.change in releases):
            applied.add(event.change)
        if event.event == "INTENT" and not needs[event.change] <= applied:
            problems.append(f"I14 {event.change} was begun before {needs[event.change] - applied}")
    return problems


def _content(operation: str, variables: Any) -> str:
    return json.dumps([operation, variables], sort_keys=True)


def misfit(change: Change, request: Request) -> str:
    """Why a request is not what the change says; blank where it is."""
    action, sent = change.action, request.variables
    wanted: dict[str, tuple[object, object]] = {}
    match change.kind:
        case "CancelFulfillment":
            wanted = {"id": (action.fulfillment_id, sent["id"])}
        case "RecreateFulfillment":
            asked = sent["fulfillment"]
            tracking = asked.get("trackingInfo") or {}
            count = sum(
                item["quantity"]
                for group in asked["lineItemsByFulfillmentOrder"]
                for item in group["fulfillmentOrderLineItems"]
            )
            wanted = {
                "units": (sum(line.quantity for line in action.lines), count),
                "numbers": (list(action.tracking.numbers), tracking.get("numbers", [])),
                "company": (action.tracking.company, tracking.get("company", "")),
                "e-mail": (False, asked["notifyCustomer"]),
            }
        case "HoldFulfillmentOrder":
            wanted = {"handle": (action.handle, sent["hold"]["handle"])}
        case "ReleaseHold":
            wanted = {"some holds": (True, bool(sent["holdIds"]))}
        case "TagOrder":
            wanted = {"order": (change.order_id, sent["id"]), "tags": ([action.tag], sent["tags"])}
        case "CloseOrder":
            wanted = {"order": (change.order_id, sent["id"])}
        case "SetOnHand":
            entry = sent["input"]["quantities"][0]
            wanted = {
                "item": (action.inventory_item_id, entry["inventoryItemId"]),
                "location": (action.location_id, entry["locationId"]),
                "quantity": (action.quantity, entry["quantity"]),
                "compares": (True, isinstance(entry["changeFromQuantity"], int)),
                "of": ("on_hand", sent["input"]["name"]),
            }
    return "; ".join(f"{name} {b!r} for {a!r}" for name, (a, b) in wanted.items() if a != b)


def _check_change(
    shop: SimulatedShop,
    change: Change,
    outcome: Outcome | None,
    effects: list[tuple[Request, Did]],
    by: str,
    alone: bool,
    found: Findings,
) -> None:
    kind = (
        f"{change.kind} {'add' if change.action.add else 'remove'}"
        if change.kind == "TagOrder"
        else change.kind
    )
    others = [
        deed for _, deed, order_id in shop.ledger.others if order_id == change.order_id or not change.order_id
    ]
    is_taken_back = any(deed in TAKEN_BACK.get(kind, ()) for deed in others)
    for _, did in effects:
        if did.order_id and did.order_id != change.order_id:
            found.violations.append(f"I9 {change.id} had an effect on {did.order_id}")
    if len(effects) > 1:
        words = f"I2 {change.id} had {len(effects)} effects"
        (found.residuals if is_taken_back else found.violations).append(words)
    ours = [did for request, did in effects if request.by == by]
    if outcome is None and ours:
        found.violations.append(f"I3 {change.id} has not ended but had an effect")
    elif outcome is None:
        found.violations.append(f"I10 {change.id} has not ended")
    elif outcome.result is Result.APPLIED and not (ours if alone else effects):
        equal = EQUAL_DEEDS.get(kind, ())
        if kind == "CloseOrder" and shop.world.switches.auto_archive:
            equal += ARCHIVES_BY_ITSELF
        if not any(deed in equal for deed in others):
            found.violations.append(f"I3 {change.id} is applied without an effect")
    elif ours and outcome.result not in MAY_HAVE_EFFECT:
        words = f"I3 {change.id} ended as {outcome.result.value} but had an effect"
        (found.residuals if is_taken_back else found.violations).append(words)


def _check_looks(
    plan: Plan, requests: list[Request], sent: Mapping[int, Change], shop: SimulatedShop, found: Findings
) -> None:
    touched: set[str] = set()  # orders on which we had an effect already
    sent_at: dict[tuple[str, str], float] = {}  # the last sending of each operator's change
    for request in requests:
        change = sent.get(request.index)
        if change is None:
            continue
        if change.kind == "CancelFulfillment" and isinstance(change.before, FulfillmentState):
            moved = _moved(change.before, request, change.order_id in touched)
            if request.saw and request.saw.at < sent_at.get((request.by, change.id), -1.0):
                moved = moved or "it was not looked at again after it had been sent before"
            sent_at[request.by, change.id] = request.at
            if moved:
                # Somebody's deed that we took for our own has moved the order, and nothing else has.
                deeds = {deed for _, deed, order_id in shop.ledger.others if order_id == change.order_id}
                is_taken_for_ours = moved.startswith(EDITED) and not deeds.isdisjoint(TAKEN_FOR_OURS)
                words = f"I4 {change.id} was sent although it had moved: {moved}"
                (found.residuals if is_taken_for_ours else found.violations).append(words)
        if request.effects:
            touched.add(change.order_id)
    _check_stock(sent, shop, found)


def _check_stock(sent: Mapping[int, Change], shop: SimulatedShop, found: Findings) -> None:
    """Stock was as planned, moved by what this plan itself cancelled and fulfilled, when it was set."""
    ours: dict[tuple[str, str], int] = defaultdict(int)
    for request, did in shop.ledger.effects:
        change = sent.get(request.index)
        if change is None:
            continue
        if did.what in ("fulfillmentCancel", "fulfillmentCreate"):
            for key, units in did.before.items():
                ours[key] += units
        if isinstance(change.action, SetOnHand) and isinstance(change.before, LevelState):
            key = (change.action.inventory_item_id, change.action.location_id)
            if did.before != change.before.on_hand + ours[key]:
                words = f"I4 {change.id} set stock that was {did.before}, not {change.before.on_hand} + {ours[key]}"
                moved = (
                    did.before - change.before.on_hand
                )  # the engine knows only how far cancels may move it
                is_within = bool(shop.ledger.others) and 0 <= moved <= change.action.cancelled_units
                (found.residuals if is_within else found.violations).append(words)


def _moved(before: FulfillmentState, request: Request, is_ours: bool) -> str:
    if request.saw is None:
        return "it was never looked at"
    order = before.order
    planned = (
        before.status,
        before.display_status,
        _text(before.in_transit_at),
        _text(before.delivered_at),
        before.tracking.company,
        before.tracking.numbers,
        tuple(units_by_line(before.lines).items()),
        before.location_id,
        order.cancelled,
        order.financial_status,
        order.return_status,
    )
    moved = [
        f"{old!r} is {new!r}" for old, new in zip(planned, request.saw.fulfillment, strict=True) if old != new
    ]
    if not is_ours and request.saw.updated_at != _text(order.updated_at):
        moved.append(f"{EDITED} at {request.saw.updated_at}")
    return "; ".join(moved)


def _text(moment: Any) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def check_file(path: Path, shop: SimulatedShop) -> list[str]:
    """What is wrong with a journal's file: its chain, its pages, or a secret in it (I11, I12)."""
    verify_journal(path)
    problems = []
    with closing(sqlite3.connect(path)) as connection:
        if connection.execute("pragma integrity_check").fetchone() != ("ok",):
            problems.append("I11 the journal's file is damaged")
    content = path.read_bytes()
    if any(token.encode() in content for token in shop.tokens) or b"shpss_" in content:
        problems.append("I12 a token stands in the journal")
    return problems


def units_lost(world: World) -> list[str]:
    """Order lines whose units are not each fulfilled, open or removed."""
    problems = []
    for order in world.orders.values():
        there: dict[str, int] = defaultdict(int)
        for one in world.live_of(order):
            for line, count in units_of(one.portions).items():
                there[line] += count
        for waiting in world.orders_of(order):
            if waiting.status in LIVE:
                for line, count in units_of(waiting.lines).items():
                    there[line] += count
        for line in order.lines.values():
            if there[line.id] != line.quantity - line.removed:
                problems.append(
                    f"I13 {order.name} has {there[line.id]} of {line.quantity - line.removed} units of {line.id}"
                )
    return problems
