"""One operator at one sandbox shop, through whole manoeuvres: plan and apply, stopped, crashed and gone on with, undo;
and everybody else. After each of them the ground truth is looked at.
"""

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from all_kinds import Made, make_plan, make_world
from direct_shop import DirectSandbox
from dying import PointedJournal
from ground_truth import content, disagreements, picture, truth_of
from staff_deeds import DEEDS

from unfulfill.apply import Applied, Engine, outcomes_of
from unfulfill.apply.sender import MAX_DEFERRED
from unfulfill.errors import WorkbenchError
from unfulfill.journal import Journal, read_journal
from unfulfill.model import Plan, SetOnHand
from unfulfill.plan import seal
from unfulfill.shop import Shop, read_back
from unfulfill.undo import plan_undo

ORDERS = {"cancel": 4, "cancel close": 1, "release refulfil close untag": 1, "ask": 1}
SEQUENCES = ("cancel", "cancel tag", "cancel hold", "cancel hold tag", "cancel rest", "cancel close")
CALM_RUNS = 2 + MAX_DEFERRED  # a second half that others made impossible is tried in three


class Crash(BaseException):
    """The process dies here; nothing catches it."""


@dataclass(frozen=True)
class Trouble:
    """What goes wrong during one run of an apply."""

    faults: tuple[dict[str, Any], ...] = ()  # of the sandbox's control API
    crash_at: int | None = None  # a point: around every row of the journal and every request, from 1
    deed: tuple[int, str, int] | None = None  # at which point, what, to which order


@dataclass
class Applying:
    """A plan that was begun."""

    plan: Plan
    journal: Path
    requests: set[int] = field(default_factory=set)  # ids of those that came in while it ran
    last: Applied | None = None  # what its last run told; None where that crashed
    alone: bool = True

    @property
    def is_ended(self) -> bool:
        """Whether nothing is left to do."""
        return self.last is not None and len(self.last.outcomes) == self.last.total


@cache
def _prepared(folder: Path) -> Made:
    return make_world(folder / "prepared.sqlite", ORDERS)


class Manoeuvres:
    """One world from its beginning to its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = _prepared(folder)
        self.ids = [id_ for ids in self.made.orders.values() for id_ in ids]
        self.world = folder / "world.sqlite"
        shutil.copy(folder / "prepared.sqlite", self.world)
        for journal in folder.glob("journal-*"):
            journal.unlink()
        self.sandbox = DirectSandbox(self.world)
        self.staff: str = self.sandbox.control("tokens", {"app": "Somebody Else"})["token"]
        self.runs: list[Applying] = []
        self.problems: list[str] = []
        self._before = picture(self.world)["orders"]
        self._touched: set[str] = set()  # orders of plans, and those that others worked on

    @property
    def current(self) -> Applying:
        """The plan that was begun last."""
        return self.runs[-1]

    @property
    def is_idle(self) -> bool:
        """Whether no plan is half way."""
        return not self.runs or self.current.is_ended

    # What the operator does

    def plan(self, marks: list[tuple[int, str]], stock: int) -> bool:
        """Plan what is marked (an order by its place, and a sequence) against the shop as it is; false: nothing."""
        wanted: dict[str, int] = {}
        made = Made(items=self.made.items, fulfillments=self._live())
        for place, sequence in dict(marks).items():  # a row that is marked twice is marked once
            id_ = self.ids[place % len(self.ids)]
            if id_ in made.fulfillments and not any(id_ in ids for ids in made.orders.values()):
                made.orders.setdefault(sequence, []).append(id_)
                wanted[sequence] = wanted.get(sequence, 0) + 1
        for sequence in ("release refulfil close untag", "ask"):
            if not self.runs and any(place % 7 >= 5 for place, _ in marks):
                made.orders[sequence] = self.made.orders[sequence]
                made.fulfillments.update(
                    {id_: self.made.fulfillments[id_] for id_ in made.orders[sequence] if sequence != "ask"}
                )
                wanted[sequence] = 1
        if stock:
            wanted["stock"] = stock
        with self.sandbox.shop() as shop:
            plan = make_plan(shop, made, wanted)
        number = len(self.runs)
        changes = tuple(_of_run(change, number) for change in plan.changes)
        if changes:
            self._begin(seal(replace(plan, changes=changes, digest="")))
        return bool(changes)

    def undo(self) -> bool:
        """Plan to take back what the last plan applied; false: nothing was."""
        run = self.current
        with self.sandbox.shop() as shop:
            history = _history(run)
            outcomes = outcomes_of(run.plan, history)
            reading = read_back(shop, run.plan, outcomes)
            undo = plan_undo(
                run.plan, outcomes, reading, made_at=run.plan.made_at, api_version=shop.api_version,
                ours=_made_by_us(self.runs),
            )  # fmt: skip
        if undo.changes:
            self._begin(undo)
        return bool(undo.changes)

    def apply(self, trouble: Trouble = Trouble()) -> None:
        """Run the current plan until it ends, pauses or crashes."""
        run, control = self.current, self.sandbox.control
        control("faults", {"clear": True, "add": list(trouble.faults)})
        since, passed = self._last_request(), 0

        def point(label: str) -> None:
            nonlocal passed
            passed += 1
            if trouble.deed and trouble.deed[0] == passed:
                self.do(*trouble.deed[1:])
            if trouble.crash_at == passed:
                raise Crash

        run.last = None
        try:
            with self.sandbox.shop(watch=self._watch(run, point)) as shop:
                run.last = _run_engine(run, shop, point)
        except Crash:
            pass
        except WorkbenchError:  # the shop could not be read at all
            pass
        finally:
            control("faults", {"clear": True})
            run.requests |= set(range(since + 1, self._last_request() + 1))

    def do(self, deed: str, place: int) -> None:
        """What somebody else does to an order."""
        order_id = self.ids[place % len(self.ids)]
        self._touched.add(order_id)
        for run in self.runs:
            run.alone = False
        DEEDS[deed](self.sandbox, self.staff, order_id)

    # The referee

    def check(self) -> None:
        """Look at the ground truth of the current plan. AssertionError with everything that is wrong."""
        for run in self.runs[-1:]:
            if run.journal.exists():
                self.problems += disagreements(
                    self.world, run.plan, run.journal,
                    meant=lambda row, run=run: row["id"] in run.requests, alone=run.alone,
                )  # fmt: skip
        assert self.problems == [], "\n".join(self.problems)

    def end(self) -> None:
        """Calm: whatever was begun ends within some runs, one more sends nothing, and nobody else was touched."""
        if self.runs:
            for _ in range(CALM_RUNS):
                self.apply()
            if not self.current.is_ended:
                self.problems.append(f"I10 not ended after {CALM_RUNS} calm runs: {self.current.last}")
            if self.current.last and len(self.current.last.outcomes) == self.current.last.total:
                self.problems += self._again()
        self.check()
        now = picture(self.world)["orders"]
        ids = {row["name"]: row["id"] for row in self.sandbox.world.rows('select id, name from "order"')}
        touched = {int(id_.rsplit("/", 1)[1]) for id_ in self._touched}
        moved = [name for name in now if now[name] != self._before[name] and ids[name] not in touched]
        assert moved == [], f"I9 orders that nobody meant were changed: {moved}"

    def close(self) -> None:
        """Close the world."""
        self.sandbox.world.close()

    def _again(self) -> Iterator[str]:
        with truth_of(self.world) as truth:
            before = len(truth.writes())
        self.apply()
        with truth_of(self.world) as truth:
            if len(truth.writes()) != before:
                yield "I8 a plan that had ended sent something again"

    # Details

    def _begin(self, plan: Plan) -> None:
        self._touched |= {change.order_id for change in plan.changes if change.order_id}
        self.runs.append(Applying(plan, self.folder / f"journal-{len(self.runs)}.sqlite"))
        self.runs[-1].alone = not any(not run.alone for run in self.runs[:-1])

    def _watch(self, run: Applying, point: Any) -> Any:
        sent: dict[str, int] = {}

        def watch(when: str, operation: str, variables: dict[str, Any]) -> None:
            key = content(operation, variables)
            if when == "before" and f"mutation {operation}(" in _documents(operation):
                sent[key] = sent.get(key, 0) + 1
                intents = [
                    event
                    for event in read_journal(run.journal)
                    if event.event == "INTENT"
                    and content(event.body["operation"], event.body["variables"]) == key
                ]
                if not intents:
                    self.problems.append(f"I7 {operation} was sent before its intent was written")
            point(f"{when} {operation}")

        return watch

    def _live(self) -> dict[str, str]:
        rows = self.sandbox.world.rows(
            "select order_id, max(id) as id from fulfillment where status = 'SUCCESS' group by order_id"
        )
        return {
            f"gid://shopify/Order/{row['order_id']}": f"gid://shopify/Fulfillment/{row['id']}" for row in rows
        }

    def _last_request(self) -> int:
        row = self.sandbox.world.row("select coalesce(max(id), 0) as id from request")
        return int(row["id"]) if row else 0


@cache
def _documents(operation: str) -> str:
    from unfulfill.shop.documents import load_document

    return load_document(operation).text


def _run_engine(run: Applying, shop: Shop, point: Any) -> Applied:
    with PointedJournal(run.journal, point) as journal:
        engine = Engine(run.plan, shop, journal, sleep=lambda seconds: None, threads=1)
        return engine.run(run.plan.digest, "ana")


def _history(run: Applying) -> Any:
    with Journal(run.journal, lambda: "") as journal:
        return journal.history(run.plan.digest)


def _made_by_us(runs: list[Applying]) -> frozenset[str]:
    """Fulfillments that we made, by the journals."""
    outcomes = [outcome for run in runs for outcome in outcomes_of(run.plan, _history(run)).values()]
    return frozenset(outcome.created_id for outcome in outcomes if "/Fulfillment/" in outcome.created_id)


def _of_run(change: Any, number: int) -> Any:
    """Handles and keys of a plan are its own."""
    action = change.action
    if hasattr(action, "handle") and change.kind == "HoldFulfillmentOrder":
        action = replace(action, handle=f"{action.handle}-{number}")
    if isinstance(action, SetOnHand):
        action = replace(action, key=str(uuid.uuid5(uuid.UUID(action.key), str(number))))
    return replace(change, action=action)
