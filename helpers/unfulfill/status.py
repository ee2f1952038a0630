"""Where a run stands, read from the files of its folder alone."""

from dataclasses import dataclass, replace

from unfulfill.apply import by_change, deferred, outcomes_of, plans_in_journal
from unfulfill.errors import RunFolderRefused
from unfulfill.export import load_manifest
from unfulfill.journal import Event, read_journal
from unfulfill.mark import CHANGING
from unfulfill.model import IN_EFFECT, Change, Outcome, Plan, ShopIdentity
from unfulfill.run import JOURNAL, MANIFEST, MARKS_FILE, PLAN, UNDO, Run
from unfulfill.sheets import read_marks
from unfulfill.tables import FINDINGS
from unfulfill.verify import open_cases
from unfulfill.words import said

STEPS = ("export", "audit", "mark", "plan", "apply", "verify", "report")
AFTER_APPLY = {"verify": "results.xlsx", "report": "report.html"}  # step → its file


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
    unasked: tuple[str, ...] = ()  # steps that were missing, and that were done to practise on a sandbox


def status_of(run: Run, shop: ShopIdentity) -> Status:
    """Which steps of the run are done, and what comes next."""
    begun = is_begun(run)
    steps = [_after_apply(run, name, begun) if name in AFTER_APPLY else step_of(run, name) for name in STEPS]
    undone = _undo_of(run)
    pending = next((step.name for step in steps if not step.done), "")
    if undone:
        steps.append(undone)
        pending = pending if undone.done else undone.name
    return Status(shop.name, shop.domain, shop.is_sandbox, run.name, tuple(steps), pending)


def _after_apply(run: Run, name: str, begun: bool) -> Step:
    """Before an apply has begun, the same files show findings or a plan."""
    done = begun and run.has(AFTER_APPLY[name])
    return Step(name, done, AFTER_APPLY[name] if done else said("step.not_yet"))


def _undo_of(run: Run) -> Step | None:
    """How far the undo of the run has come; None where none has begun."""
    if not (run.folder / UNDO / JOURNAL).exists():
        return None
    inner = Run(run.folder / UNDO)
    return replace(step_of(inner, "apply"), name="undo") if is_begun(inner) else None


def step_of(run: Run, name: str) -> Step:
    """One step of the run, in words."""
    match name:
        case "export" if run.has(MANIFEST):
            manifest = load_manifest(run)
            key = "step.export" if manifest.complete else "step.export_incomplete"
            return Step(name, True, said(key, count=manifest.counts["orders"]))
        case "audit" if run.has("findings.parquet"):
            return Step(name, True, said("step.audit", count=len(run.load_table(FINDINGS))))
        case "mark" if run.has(MARKS_FILE):
            decided = int(read_marks(run.path(MARKS_FILE))["decision"].isin(CHANGING).sum())
            return Step(name, decided > 0, said("step.mark", count=decided))
        case "plan" if run.has(PLAN):
            plan = run.load_plan()
            return Step(name, True, said("step.plan", count=len(plan.changes), skipped=len(plan.skips)))
        case "apply" if run.has(PLAN) and run.has(JOURNAL):
            so_far = progress_of(run)
            total = len(so_far.plan.changes)
            text = said("step.apply", done=len(so_far.outcomes), count=total)
            if half := len(open_cases(so_far.plan, so_far.outcomes)):
                text += said("step.half_done", count=half)
            return Step(name, len(so_far.outcomes) == total, text)
        case "verify" | "report":
            return _after_apply(run, name, is_begun(run))
    return Step(name, False, said("step.not_yet"))


@dataclass(frozen=True)
class Progressed:
    """How far the run's plan has come, by its journal."""

    plan: Plan
    outcomes: dict[str, Outcome]  # by change id: how each ended so far
    deferred: dict[str, str]  # by change id: why the second half of its case was put off


def progress_of(run: Run) -> Progressed:
    """How far the plan in plan.json has come. Raises RunFolderRefused where there is none, or a file is damaged."""
    plan = run.load_plan()
    history = by_change(events_in(run), plan.digest)
    return Progressed(plan, outcomes_of(plan, history), deferred(history))


def plans_in(run: Run) -> list[tuple[Plan, dict[str, Outcome]]]:
    """Every plan whose apply has begun in this run, oldest first, and how its changes ended: from the journal alone.

    A journal of an earlier version does not hold its plan; then plan.json must be it. Raises RunFolderRefused.
    """
    events = events_in(run)
    parts = []
    for digest, plan in plans_in_journal(events).items():
        kept = plan or _kept_plan(run, digest)
        parts.append((kept, outcomes_of(kept, by_change(events, digest))))
    return parts


def changes_in_effect(run: Run) -> list[Change]:
    """The changes of every plan of this run that took effect, or that were so already."""
    return [
        change
        for plan, outcomes in plans_in(run)
        for change in plan.changes
        if change.id in outcomes and outcomes[change.id].result in IN_EFFECT
    ]


def _kept_plan(run: Run, digest: str) -> Plan:
    plan = run.load_plan() if run.has(PLAN) else None
    if plan is None or plan.digest != digest:
        raise RunFolderRefused(said("run_error.plan_not_kept", folder=run.folder, digest=digest[:12]))
    return plan


def unfinished_plan(run: Run) -> Plan | None:
    """The plan whose apply has begun and has not ended; plan.json is it afterwards, whatever stood there."""
    parts = plans_in(run)
    if not parts or len(parts[-1][1]) == len(parts[-1][0].changes):
        return None
    plan = parts[-1][0]
    if not run.has(PLAN) or run.load_plan().digest != plan.digest:
        run.save_plan(plan)
    return plan


def restore_plan(run: Run) -> None:
    """Write plan.json from the journal where it was lost."""
    if run.has(JOURNAL) and not run.has(PLAN) and (parts := plans_in(run)):
        run.save_plan(parts[-1][0])


def events_in(run: Run) -> list[Event]:
    """Every row of the run's journal; none where nothing was applied."""
    return read_journal(run.path(JOURNAL)) if run.has(JOURNAL) else []


def is_begun(run: Run) -> bool:
    """Whether the apply of the run's present plan has begun."""
    if not (run.has(PLAN) and run.has(JOURNAL)):
        return False
    digest = run.load_plan().digest
    return any(event.plan == digest for event in events_in(run))
