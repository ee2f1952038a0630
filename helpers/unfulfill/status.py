"""Where a run stands, read from the files of its folder alone."""

from dataclasses import dataclass

from unfulfill.apply import outcomes_of
from unfulfill.export import load_manifest
from unfulfill.journal import Event, read_journal
from unfulfill.mark import CHANGING
from unfulfill.model import Outcome, ShopIdentity
from unfulfill.run import JOURNAL, MANIFEST, MARKS_FILE, PLAN, Run
from unfulfill.sheets import read_marks
from unfulfill.tables import FINDINGS

STEPS = ("export", "audit", "mark", "plan", "apply", "verify", "report")


@dataclass(frozen=True)
class Step:
    """One step of the run: whether its file is there, and a few words about it."""

    name: str
    done: bool
    text: str


@dataclass(frozen=True)
class Status:
    """Where a run stands."""

    shop_name: str
    domain: str
    is_sandbox: bool
    run: str
    steps: tuple[Step, ...]
    next: str  # name of the step to do next; blank: all done


def status_of(run: Run, shop: ShopIdentity) -> Status:
    """Which steps of the run are done, and what comes next."""
    steps = tuple(step_of(run, name) for name in STEPS)
    pending = next((step.name for step in steps if not step.done), "")
    return Status(shop.name, shop.domain, shop.is_sandbox, run.name, steps, pending)


def step_of(run: Run, name: str) -> Step:
    """One step of the run, in words."""
    match name:
        case "export" if run.has(MANIFEST):
            manifest = load_manifest(run)
            text = "complete" if manifest.complete else "NOT complete"
            return Step(name, True, f"{manifest.counts['orders']:,} orders, {text}")
        case "audit" if run.has("findings.parquet"):
            return Step(name, True, f"{len(run.load_table(FINDINGS)):,} findings")
        case "mark" if run.has(MARKS_FILE):
            decided = int(read_marks(run.path(MARKS_FILE))["decision"].isin(CHANGING).sum())
            return Step(name, decided > 0, f"{decided:,} fulfillments marked")
        case "plan" if run.has(PLAN):
            plan = run.load_plan()
            return Step(name, True, f"{len(plan.changes):,} changes, {len(plan.skips):,} skipped")
        case "apply" if run.has(PLAN) and run.has(JOURNAL):
            plan, ended = run.load_plan(), len(outcomes_in(run))
            return Step(name, ended == len(plan.changes), f"{ended:,} of {len(plan.changes):,} changes done")
        case "verify" if run.has("results.xlsx"):
            return Step(name, True, "results.xlsx")
        case "report" if run.has("report.html"):
            return Step(name, True, "report.html")
    return Step(name, False, "not yet")


def outcomes_in(run: Run) -> dict[str, Outcome]:
    """How each change of the run's plan ended so far, by change id, from its journal."""
    plan = run.load_plan()
    history: dict[str, list[Event]] = {}
    for event in read_journal(run.path(JOURNAL)) if run.has(JOURNAL) else ():
        if event.plan == plan.digest:
            history.setdefault(event.change, []).append(event)
    return outcomes_of(plan, history)


def is_begun(run: Run) -> bool:
    """Whether the apply of the run's present plan has begun."""
    if not (run.has(PLAN) and run.has(JOURNAL)):
        return False
    digest = run.load_plan().digest
    return any(event.plan == digest for event in read_journal(run.path(JOURNAL)))
