"""Scenarios of a sweep: one change, two faults of its sendings, one crash, one deed of somebody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

from invariants import Findings, check_run
from lives import REAL, Actors, calm_runs, do
from operators import Operator, RunEnd, Troubles
from situations import Situation, fresh_operator, situations
from wire_faults import TYPICAL

AMBIGUOUS = (
    "lost_request",
    "lost_response",
    "e500_before",
    "e500_after",
    "late_8",
    "late_30",
    "internal_after",
)
PAIRS = (
    *((name, "ok") for name in TYPICAL),
    *product(AMBIGUOUS, ("throttled", "lost_response")),
    ("401", "401"),
)
# Where the machine dies: the beginning of a point's name, and which of those; {op} and {id} are of the change.
CRASHES = (
    ("", 0),
    ("before recording INTENT of {id}", 1),
    ("after recording INTENT of {id}", 1),
    ("before sending {op}", 1),
    ("after sending {op}", 1),
    ("before recording an outcome of {id}", 1),
    ("after recording an outcome of {id}", 1),
    ("before recording an outcome of {id}", 2),
    ("after sending {op}", 2),
)
SAME_CRASHES = (CRASHES[3], CRASHES[5])  # they leave what the one before each of them leaves
MAIN_CRASHES = (CRASHES[0], CRASHES[4], CRASHES[6])
DEEDS = (
    "cancels",
    "fulfils",
    "fulfils_a_part",
    "removes_tag",
    "adds_tag",
    "releases_hold",
    "holds",
    "edits",
    "archives",
    "cancels_order",
    "refunds",
    "refunds_open_unit",
    "returns",
    "changes_tracking",
    "delivers",
    "moves",
)
MOMENTS = (
    "before Preflight",
    "before {op}",
    "after {op}",
)  # before the look; between look and sending; after it
CRITICAL_DEEDS = ("cancels", "changes_tracking", "refunds", "edits", "fulfils_a_part")
CRITICAL_PAIRS = tuple(
    (name, "ok")
    for name in ("lost_request", "lost_response", "late_30", "throttled", "body_nothing in it_before")
)
INTRUSIONS = (("", ""), *product(DEEDS, MOMENTS))


@dataclass(frozen=True)
class Scenario:
    """One of the sweep."""

    situation: Situation
    faults: tuple[str, str]  # of the first sending, and of the second and third
    crash: tuple[str, int]
    intrusion: tuple[str, str]  # deed and moment

    def __str__(self) -> str:
        """What a person needs to repeat it."""
        return f"{self.situation.name}: faults {self.faults}, crash {self.crash}, intrusion {self.intrusion}"


def gate() -> Iterator[Scenario]:
    """Every kind, fault and crash, and the pairs of faults with the crashes that matter most; nobody intrudes."""
    for situation, faults, crash in product(situations(), PAIRS, CRASHES):
        if crash in MAIN_CRASHES or (faults[1] == "ok" and crash not in SAME_CRASHES):
            yield Scenario(situation, faults, crash, INTRUSIONS[0])


def critical() -> Iterator[Scenario]:
    """The deeds and faults that engines fall over most easily, with every kind of change."""
    faults = (*CRITICAL_PAIRS, *product(("late_8", "lost_response"), ("throttled",)))
    for situation, pair, deed in product(situations(), faults, ("", *CRITICAL_DEEDS)):
        yield Scenario(situation, pair, CRASHES[0], (deed, "after {op}"))


def nightly() -> Iterator[Scenario]:
    """Every kind, pair of faults, crash and intrusion."""
    for parts in product(situations(), PAIRS, CRASHES, INTRUSIONS):
        yield Scenario(*parts)


def play(scenario: Scenario, folder: Path, actors: Actors = REAL) -> Findings:
    """Play one scenario to its end and judge it."""
    situation = scenario.situation
    shop = situation.shop()
    operator = fresh_operator(shop, folder, engine=actors.engine, client=actors.client)
    since = len(shop.ledger.requests)
    op, id_ = situation.operation, situation.change
    name, number = scenario.crash
    deed, moment = scenario.intrusion
    order_id = next(iter(shop.world.orders))
    meanwhile = {moment.format(op=op): lambda: do(shop, deed, order_id, Random(1))} if deed else {}
    crash = (name.format(op=op, id=id_), number)
    troubles = Troubles(
        crash_on=crash, meanwhile=meanwhile, write_faults=(op, (*scenario.faults, scenario.faults[1]))
    )
    end = operator.run(situation.plan, troubles)
    return finish(situation, operator, end, since, is_quiet=not deed)


def finish(
    situation: Situation, operator: Operator, end: RunEnd, since: int, is_quiet: bool = True
) -> Findings:
    """Go on without troubles until the plan has ended, and judge. Where nobody else was there, all must be applied."""
    shop = operator.shop
    for _ in range(calm_runs(shop)):
        end = end if end.is_ended else operator.run(situation.plan)
    shop.clock.settle()
    found = check_run(shop, situation.plan, {operator.by: operator.path}, since)
    if not end.is_ended:
        found.violations.append(f"I10 not ended after {calm_runs(shop)} calm runs: {end.why}")
    elif end.is_ended and is_quiet and set(end.applied.counts) != {"applied"}:
        found.violations.append(f"not all applied although nobody else was there: {end.applied.counts}")
    return found
