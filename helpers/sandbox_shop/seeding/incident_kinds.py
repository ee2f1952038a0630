"""How many of each kind of mistake a shop has, when they happen, and which of them share a cause."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from sandbox_shop.seeding import mistakes
from sandbox_shop.seeding.stage import DAY, HOUR, Stage
from sandbox_shop.seeding.truth import Incident

MOST_AT_ONCE = 300  # fulfillments of one burst, and labels of one day
MALFORMED = ("TBD", "0000000000", "NP12", "tracking follows", "NP 4711 / 0815", "1Z")

Case = tuple[int, Callable[[Stage, int], None]]  # time of the order, what writes it
Planner = Callable[[Stage, int], list[Case]]  # the cases of one kind, for so many fulfillments


class Mistake(Protocol):
    """Writes one order with its mistake."""

    def __call__(self, stage: Stage, incident: Incident, created: int) -> None: ...  # noqa: D102


class Kind(NamedTuple):
    """One kind of incident. `share` is its part of all orders; `least` the number in a shop of 200 or more."""

    name: str
    share: float
    least: int
    planner: Planner


def plan_mistakes(stage: Stage) -> list[Case]:
    """The cases of every kind, in a number that fits the size of the shop; below 200 orders one or two of each.

    They never fill more than 60 % of the shop: one of less than 30 orders lacks some kinds.
    """
    cases: list[Case] = []
    for kind in KINDS:
        few = 2 if kind.name in ("app_burst", "tracking_wrong_or_duplicate") else 1
        count = max(kind.least if stage.size >= 200 else few, round(kind.share * stage.size))
        if len(cases) + count <= 0.6 * stage.size:
            cases += kind.planner(stage, count)
    return cases


def _single(name: str, write: Mistake, youngest: int, oldest: int) -> Planner:
    """Single cases, ordered between `youngest` and `oldest` days ago, each an incident of its own."""

    def plan(stage: Stage, count: int) -> list[Case]:
        return [
            (
                _days_ago(stage, youngest, oldest),
                partial(_write, mistake=write, incident=_incident(stage, name)),
            )
            for _ in range(count)
        ]

    return plan


def _plan_bursts(stage: Stage, count: int) -> list[Case]:
    cases: list[Case] = []
    while len(cases) < count:
        incident = _incident(stage, "app_burst")
        begun = _days_ago(stage, 3, 12)
        write = partial(_write, mistake=partial(mistakes.burst, begun=begun), incident=incident)
        members = min(count - len(cases), MOST_AT_ONCE)
        cases += [(begun - stage.rng.randint(HOUR, 3 * DAY), write) for _ in range(members)]
    return cases


def _plan_no_shows(stage: Stage, count: int) -> list[Case]:
    cases: list[Case] = []
    while len(cases) < count:
        incident = _incident(stage, "courier_no_show")
        day = stage.now // DAY - 4 - 3 * len(stage.quiet_days)
        stage.quiet_days.add(day)
        write = partial(_write, mistake=partial(mistakes.no_show, day=day), incident=incident)
        members = min(count - len(cases), MOST_AT_ONCE)
        cases += [(day * DAY - stage.rng.randint(HOUR, 2 * DAY), write) for _ in range(members)]
    return cases


def _plan_tracking(stage: Stage, count: int) -> list[Case]:
    """Half share a number with one or two others, the rest have numbers that no carrier gives out."""
    groups = [(stage.parcel(), "duplicate", 3) for _ in range(count // 6)] or [
        (stage.parcel(), "duplicate", 2)
    ]
    for place in range(count - sum(members for _, _, members in groups)):
        number = MALFORMED[place % len(MALFORMED)]
        groups.append(({"company": "Nordpost", "number": number, "url": ""}, "malformed", 1))
    cases: list[Case] = []
    for parcel, cause, members in groups:
        incident = _incident(stage, "tracking_wrong_or_duplicate")
        incident.detail = {"cause": cause, "number": parcel["number"]}
        write = partial(_write, mistake=partial(mistakes.mislabelled, parcel=parcel), incident=incident)
        cases += [(_days_ago(stage, 3, 9), write) for _ in range(members)]
    return cases


def _write(stage: Stage, created: int, *, mistake: Mistake, incident: Incident) -> None:
    mistake(stage, incident, created)


def _incident(stage: Stage, name: str) -> Incident:
    incident = Incident(name)
    stage.incidents.append(incident)
    return incident


def _days_ago(stage: Stage, youngest: int, oldest: int) -> int:
    return stage.now - stage.rng.randint(youngest * DAY, oldest * DAY)


def _kind(name: str, share: float, write: Mistake, youngest: int, oldest: int) -> Kind:
    return Kind(name, share, 3, _single(name, write, youngest, oldest))


KINDS = (
    Kind("auto_fulfil", 0.02, 5, _single("auto_fulfil", mistakes.auto_fulfil, 6, 11)),
    Kind("app_burst", 0.05, 8, _plan_bursts),
    _kind("phantom_shipment", 0.015, mistakes.phantom, 10, 30),
    Kind("courier_no_show", 0.012, 4, _plan_no_shows),
    _kind("wrong_location", 0.008, mistakes.wrong_location, 6, 25),
    _kind("preorder", 0.008, mistakes.preorder, 3, 20),
    _kind("pos_mark_as_fulfilled", 0.008, mistakes.till_ships_later, 2, 9),
    _kind("fulfilled_after_cancel_or_refund", 0.007, mistakes.after_cancel_or_refund, 4, 25),
    _kind("line_missing", 0.006, mistakes.line_missing, 6, 20),
    Kind("tracking_wrong_or_duplicate", 0.01, 5, _plan_tracking),
    _kind("third_party_accepted", 0.006, mistakes.with_service, 1, 4),
    _kind("delivered_or_in_transit", 0.008, mistakes.really_gone, 5, 12),
    _kind("already_cancelled", 0.006, mistakes.already_cancelled, 4, 20),
    _kind("archived", 0.006, mistakes.archived, 6, 20),
    _kind("staff_edit", 0.005, mistakes.staff_edit, 2, 8),
)
