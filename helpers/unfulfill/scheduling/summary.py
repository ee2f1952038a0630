"""What a scheduled run tells: one object of numbers, as the last line on stdout, in the run folder and to the hook."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from unfulfill.errors import RunFolderRefused
from unfulfill.export import load_manifest
from unfulfill.mark import CHANGING
from unfulfill.model import Plan
from unfulfill.run import JOURNAL, MANIFEST, MARKS_FILE, PLAN, Run, table_file
from unfulfill.sheets import read_marks
from unfulfill.status import progress_of
from unfulfill.tables import FINDINGS

SUMMARY = "summary.json"


@dataclass(frozen=True)
class Summary:
    """One scheduled run. Numbers are missing (None) where its step was not reached."""

    schedule: str
    shop: str
    run: str  # the run folder, as the schedule names it
    started_at: str  # ISO, UTC
    seconds: float
    status: int  # exit status
    text: str  # one sentence
    failed_step: str = ""
    orders: int | None = None
    fulfillments: int | None = None
    findings: int | None = None
    marked: int | None = None
    changes: int | None = None
    skips: int | None = None
    plan: str = ""  # its digest; it awaits approval where the status is 3
    applied: dict[str, int] = field(default_factory=dict)  # changes by result
    report: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


def numbers_of(run: Run) -> dict[str, Any]:
    """What the run folder says, as far as its steps were reached; a damaged file is passed over."""
    found: dict[str, Any] = {}
    for read in (_export, _audit, _marks, _plan, _report):
        try:
            found |= read(run)
        except RunFolderRefused:
            continue
    return found


def _export(run: Run) -> dict[str, Any]:
    counts = load_manifest(run).counts if run.has(MANIFEST) else {}
    return {name: counts[name] for name in ("orders", "fulfillments") if name in counts}


def _audit(run: Run) -> dict[str, Any]:
    return {"findings": len(run.load_table(FINDINGS))} if run.has(table_file(FINDINGS)) else {}


def _marks(run: Run) -> dict[str, Any]:
    if not run.has(MARKS_FILE):
        return {}
    return {"marked": int(read_marks(run.path(MARKS_FILE))["decision"].isin(CHANGING).sum())}


def _plan(run: Run) -> dict[str, Any]:
    if not run.has(PLAN):
        return {}
    plan: Plan = run.load_plan()
    outcomes = progress_of(run).outcomes if run.has(JOURNAL) else {}
    return {
        "changes": len(plan.changes),
        "skips": len(plan.skips),
        "plan": plan.digest,
        "applied": dict(Counter(outcome.result.value for outcome in outcomes.values())),
    }


def _report(run: Run) -> dict[str, Any]:
    return {"report": str(run.path("report.html"))} if run.has("report.html") else {}


def earlier(runs: Path, name: str) -> list[Summary]:
    """The summaries of a schedule's runs, newest first; folders without one, or with a damaged one, are left out."""
    found = []
    for folder in sorted(runs.glob(f"{name}-*"), reverse=True):
        if not (folder / SUMMARY).is_file():
            continue
        try:
            found.append(Summary(**Run(folder).load_json(SUMMARY, "run")))
        except (RunFolderRefused, TypeError):
            continue
    return found
