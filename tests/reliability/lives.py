"""One simulated life: a shop, a plan, troubled runs until it is applied, the same for its undo, and the judgement."""

import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from generated_shops import Wanted, generate_shop, plan_all, undo_plan
from invariants import Findings, check_file, check_run
from operators import WRITES, Operator, RunEnd, Troubles
from other_people import DEEDS, OUR_TAG
from simulated_shop import SimulatedShop
from simulated_world import SECOND, Switches, stock_of, what_ships
from wire_faults import FAULTS

from unfulfill.apply import Engine
from unfulfill.apply.sender import MAX_DEFERRED
from unfulfill.journal import read_journal
from unfulfill.model import Plan, Result, VerdictKind
from unfulfill.shop import Shop
from unfulfill.shop.readback import read_back
from unfulfill.verify import verify_plan

CALM_RUNS = 2
SETTLED_S = 900.0


@dataclass
class Life:
    """What happened in one life, and what was wrong with it."""

    findings: Findings = field(default_factory=Findings)
    counts: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Actors:
    """Who lives it: the engine, journal and client under test, which defects of a tester's test replace."""

    engine: type[Engine] = Engine
    client: type[Shop] = Shop


REAL = Actors()


def live(seed: int, folder: Path, actors: Actors = Actors()) -> Life:
    """One life, wholly determined by its seed."""
    chance = Random(seed)
    life = Life()
    with_others = chance.random() < 0.5
    shop = generate_shop(chance, _wanted(chance))
    home = folder / f"life-{seed}"
    home.mkdir()
    try:
        operator = Operator(shop, home, engine=actors.engine, client=actors.client)
        plan = plan_all(operator, chance)
        before = _picture(shop)
        _phase(operator, plan, chance, with_others, life)
        shop.clock.settle()
        shop.clock.sleep(SETTLED_S)
        undo = undo_plan(operator, plan)
        _phase(operator, undo, chance, with_others, life)
        if not shop.ledger.others:
            life.findings.violations += _not_given_back(shop, plan, undo, before, operator, life.counts)
    finally:
        shutil.rmtree(home)
    life.counts["requests"] += len(shop.ledger.requests)
    life.counts["deeds of others"] += len(shop.ledger.others)
    return life


def _wanted(chance: Random) -> Wanted:
    switches = Switches(
        partial_grows=chance.random() < 0.7,
        begun_is_in_progress=chance.random() < 0.7,
        auto_archive=chance.random() < 0.2,
        moves_to=SECOND if chance.random() < 0.05 else "",
    )
    small = chance.random() < 0.2
    return Wanted(chance.randint(1, 4), switches, 100.0 if small else 2000.0, 20.0 if small else 100.0)


def _phase(operator: Operator, plan: Plan, chance: Random, with_others: bool, life: Life) -> None:
    """Apply a plan through troubles, then calmly, then once more; verify; and judge."""
    shop, counts = operator.shop, life.counts
    since = len(shop.ledger.requests)
    counts["changes"] += len(plan.changes)
    for _ in range(chance.choice([0, 2, 5, 8, 12])):
        troubles = troubled(operator, plan, chance, with_others)
        end = operator.run(plan, troubles)
        counts["troubled runs"] += 1
        counts["crashes"] += end.why.startswith("crash")
        counts["faults"] += sum(r.fault.name != "ok" for r in shop.ledger.requests[since:])
        life.story.append(f"{plan.kind}: {end.why or 'ended'}")
        if end.is_ended:
            break
    for _ in range(calm_runs(shop)):
        end = operator.run(plan)
        if end.is_ended:
            break
    if not end.is_ended:
        life.findings.violations.append(f"I10 not ended after {calm_runs(shop)} calm runs: {end.why}")
    shop.clock.settle()
    found = check_run(shop, plan, {operator.by: operator.path}, since)
    life.findings.violations += found.violations
    life.findings.residuals += found.residuals
    life.findings.violations += check_file(operator.path, shop)
    before = len(shop.ledger.requests)
    again = operator.run(plan)
    if any(request.is_mutation for request in shop.ledger.requests[before:]):
        life.findings.violations.append("I8 a finished plan was sent again")
    if end.applied and again.applied and again.applied.outcomes != end.applied.outcomes:
        life.findings.violations.append("I8 a finished plan has other outcomes when it is run again")
    if again.applied is None:
        life.findings.violations.append(f"I10 a calm run broke down: {again.why}")
        return
    _verify(operator, plan, again, life)


def calm_runs(shop: SimulatedShop) -> int:
    """Within so many runs after the troubles everything has ended. Where others took units, or the shop moved them, a
    second half is tried again in some more before a person is asked."""
    can_be_refused = bool(shop.ledger.others) or bool(shop.world.switches.moves_to)
    return CALM_RUNS + MAX_DEFERRED * can_be_refused


def troubled(operator: Operator, plan: Plan, chance: Random, with_others: bool) -> Troubles:
    """Troubles for one run: faults, a crash, a Stop, deeds of others."""
    length = 4 * len(plan.changes) + 4
    names = [name for name in FAULTS if name != "ok"]
    often = [
        "lost_request",
        "lost_response",
        "late_8",
        "late_30",
        "late_100",
        "throttled",
        "e500_after",
        "401",
    ]
    writes, reads = chance.choice([(0.0, 0.0), (0.2, 0.05), (0.5, 0.05), (0.8, 0.1)])
    dice = Random(chance.getrandbits(64))

    def draw(operation: str) -> str:
        if dice.random() >= (writes if operation in WRITES else reads):
            return "ok"
        return dice.choice(often if dice.random() < 0.7 else names)

    from_then_on = (10**9, "ok")
    if chance.random() < 0.1:
        from_then_on = (chance.randint(2, length), chance.choice(names))
    meanwhile = {}
    if with_others:
        for _ in range(chance.choice([0, 0, 1, 2])):
            meanwhile[chance.randint(1, 20)] = _deed(operator.shop, plan, chance)
    return Troubles(
        draw,
        from_then_on,
        crash_at=chance.randint(1, 20) if chance.random() < 0.9 else 0,
        stop_at=chance.randint(1, 4 * length) if chance.random() < 0.1 else 0,
        meanwhile=meanwhile,
    )


def _deed(shop: SimulatedShop, plan: Plan, chance: Random):
    name = chance.choice(list(DEEDS))
    ids = sorted({change.order_id for change in plan.changes} - {""}) or list(shop.world.orders)
    order = shop.world.orders[chance.choice(ids)]
    return lambda: do(shop, name, order.id, chance)


def do(shop: SimulatedShop, name: str, order_id: str, chance: Random) -> None:
    """Somebody else does something, a second later; the ledger keeps it where it had an effect."""
    shop.clock.sleep(1.0)
    if DEEDS[name](shop.world, shop.world.orders[order_id], chance):
        shop.ledger.others.append((shop.clock.now, name, order_id))


def _verify(operator: Operator, plan: Plan, end: RunEnd, life: Life) -> None:
    """Read back: one verdict a change; nothing applied may be missing in the shop."""
    with operator.connect() as client:
        outcomes = {outcome.change_id: outcome for outcome in end.applied.outcomes}
        verdicts = verify_plan(
            plan, outcomes, read_back(client, plan, outcomes), ours=made_by(operator)
        ).verdicts
    if [verdict.change_id for verdict in verdicts] != [change.id for change in plan.changes]:
        life.findings.violations.append("not one verdict for each change, in the plan's order")
    kinds = {change.id: change.kind for change in plan.changes}
    for verdict in verdicts:
        outcome = outcomes.get(verdict.change_id)
        life.counts[outcome.result.value if outcome else "half done"] += 1
        applied = outcome is not None and outcome.result is Result.APPLIED
        is_known = plan.kind == "undo" and kinds[verdict.change_id] == "SetOnHand"  # see test_found
        changed = (
            verdict.kind is VerdictKind.CHANGED_SINCE and not operator.shop.ledger.others and not is_known
        )
        if applied and (verdict.kind is VerdictKind.NOT_APPLIED or changed):
            life.findings.violations.append(
                f"{verdict.change_id} is applied, but the verdict is {verdict.message}"
            )


def made_by(operator: Operator) -> set[str]:
    """Ids of everything that the operator's journal says was made."""
    return {event.body["created_id"] for event in read_journal(operator.path) if event.body.get("created_id")}


def _picture(shop: SimulatedShop):
    world = shop.world
    return {order.id: what_ships(world, order) for order in world.orders.values()}, stock_of(world)


def _not_given_back(
    shop: SimulatedShop, plan: Plan, undo: Plan, before, operator: Operator, counts: Counter[str]
) -> list[str]:
    """Orders whose changes were all applied and all undone, yet that do not ship what they shipped before (I6)."""
    ends = {event.change: event.event for event in read_journal(operator.path) if event.plan == plan.digest}
    undone = {event.change: event.event for event in read_journal(operator.path) if event.plan == undo.digest}
    after = _picture(shop)
    skipped = {skip.order_id for skip in undo.skips}
    broken = {change.order_id for change in plan.changes if ends.get(change.id) != "APPLIED"}
    broken |= {
        change.order_id for change in undo.changes if undone.get(change.id) not in ("APPLIED", "ALREADY_DONE")
    }
    whole = {change.order_id for change in plan.changes} - skipped - broken
    counts["orders given back"] += len(whole)
    counts["orders not given back"] += len(skipped | broken)
    is_moved = bool(shop.world.switches.moves_to)  # then an undo may take other open units of the same line
    problems = []
    for id_, ships in before[0].items():
        if id_ in whole or all(change.order_id != id_ for change in plan.changes):
            problems += [
                f"I6 {id_}: {key} was {ships[key]}, is {now}"
                for key, now in after[0][id_].items()
                if _live(ships, key) != _live(after[0][id_], key) and not (key == "open" and is_moved)
            ]
    if not broken | skipped and before[1] != after[1] and not is_moved:
        problems.append(f"I6 stock was {before[1]}, is {after[1]}")
    return problems


def _live(ships, key: str):
    """One side of a comparison. Open units may be spread over more fulfillment orders than before."""
    if key != "open":
        return ships[key]
    total: Counter[tuple[str, str]] = Counter()  # by place and order line
    for place, units, handles in ships["open"]:
        for line, count in units:
            total[place, line] += count
        if handles:
            total[place, str(handles)] += 1
    return total


__all__ = ["OUR_TAG", "Actors", "Life", "do", "live", "troubled"]
