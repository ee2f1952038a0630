"""The demonstration: the whole path on a sandbox shop, by the notebooks, ending with the numbers.

    1. a sandbox shop with mistakes in it, or one seeded from a merchant's own files
    2. export, audit, mark what the audit advises, plan
    3. apply: the plan that was just shown, approved by its digest
    4. verify and report
    5. undo, the same way, and verify that

Only a sandbox is ever approved by a program.
"""

import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from unfulfill.errors import FinishedWithRefusals, RunFolderRefused, SheetRefused
from unfulfill.home import home
from unfulfill.model import IN_EFFECT, Outcome, Plan, VerdictKind
from unfulfill.notebook_runner import run_notebook
from unfulfill.terminal import CellProgress

if TYPE_CHECKING:
    from unfulfill.verify import Verified
    from unfulfill.workbench import Workbench

WORLD = "sandbox_shop.sqlite"


@dataclass(frozen=True)
class Stage:
    """Where a demonstration takes place and where it tells about it."""

    folder: Path
    world: Path
    stream: TextIO

    def play(self, notebook: str, **parameters: object) -> None:
        """Run one notebook on the sandbox of the stage."""
        environment = {"UNFULFILL_SANDBOX_WORLD": str(self.world)}
        with CellProgress(self.stream, notebook) as progress:
            run_notebook(notebook, self.folder, parameters, progress, environment)

    def tell(self, title: str, text: str) -> None:
        """One line of the story."""
        self.stream.write(f"{title:<11}{text}\n")
        self.stream.flush()


def run_demo(
    runs: Path,
    orders: Path | None = None,
    inventory: Path | None = None,
    now: datetime | None = None,
    stream: TextIO = sys.stdout,
) -> int:
    """The whole path in `<runs>/demo-<time>/`; returns the exit status, 0 also where nothing is to be unfulfilled.

    With `orders` (and `inventory`) the sandbox is seeded from a merchant's CSV files. Raises SheetRefused where
    one cannot be used and FinishedWithRefusals where a change did not end as planned.
    """
    from unfulfill.workbench import open_workbench, start_sandbox

    folder = _new_folder(home() / runs, now or datetime.now())
    stage = Stage(folder, folder / WORLD, stream)
    try:
        sandbox = start_sandbox(stage.world, orders=orders, inventory=inventory)
    except SheetRefused:
        shutil.rmtree(folder)  # nothing is in it but the beginning of a world
        raise
    try:
        wb = open_workbench(sandbox, folder)
        stage.tell("Sandbox", f"{wb.identity.name}, in {_short(folder)}")
        _story(wb, stage)
        wb.shop.close()
    finally:
        sandbox.stop()
    return 0


def _story(wb: "Workbench", stage: Stage) -> None:
    stage.play("1_export")
    stage.play("2_audit")
    _tell_findings(wb, stage)
    stage.play("3_mark", propose=True)
    stage.play("4_plan_and_apply")
    plan = wb.load_plan()
    _tell_plan(plan, stage, "Planned")
    if plan.changes:
        stage.play("4_plan_and_apply", approve=plan.digest)
        _tell_outcomes(wb.outcomes(), stage, "Applied")
    stage.play("5_verify_and_report")
    _tell_verdicts(wb.last_verified(), stage, "Verified")
    if plan.changes:
        stage.play("6_undo")
        undoing = wb.undo_workbench()
        undo = undoing.load_plan()
        stage.play("6_undo", approve=undo.digest)
        _tell_outcomes(undoing.outcomes(), stage, "Undid")
        _tell_verdicts(undoing.last_verified(), stage, "Verified")
    stage.tell("Report", _short(wb.report()))


def _new_folder(runs: Path, now: datetime) -> Path:
    folder = runs / f"demo-{now:%Y-%m-%d-%H%M%S}"
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise RunFolderRefused(
            f"{folder} cannot be made ({error.strerror}); start in a folder that you may write to, or give --runs."
        ) from None
    return folder


def _tell_findings(wb: "Workbench", stage: Stage) -> None:
    findings = wb.last_audit().findings
    kinds = findings["kind"].value_counts()
    most = ", ".join(f"{count} {str(kind).replace('_', ' ')}" for kind, count in kinds.head(5).items())
    more = " …" if len(kinds) > 5 else ""
    stage.tell(
        "Found", f"{len(findings):,} findings in {findings['order_id'].nunique():,} orders: {most}{more}"
    )


def _tell_plan(plan: Plan, stage: Stage, title: str) -> None:
    if not plan.changes:
        stage.tell(title, "nothing: the audit advises to unfulfill nothing in this shop")
        return
    orders = len({change.order_id for change in plan.changes} - {""})
    stage.tell(
        title,
        f"{_counted(Counter(change.kind for change in plan.changes))} in {orders:,} orders; "
        f"{len(plan.skips):,} skipped; digest {plan.digest[:12]}…",
    )


def _tell_outcomes(outcomes: Mapping[str, Outcome], stage: Stage, title: str) -> None:
    stage.tell(title, _counted(Counter(outcome.result.value for outcome in outcomes.values())))
    bad = [o for o in outcomes.values() if o.result not in IN_EFFECT]
    if bad:
        raise FinishedWithRefusals(
            f"{len(bad)} of {len(outcomes)} changes were not made, the first is {bad[0].change_id}: {bad[0].message}"
        )


def _tell_verdicts(verified: "Verified", stage: Stage, title: str) -> None:
    stage.tell(title, _counted(verified.counts) or "nothing to verify")
    wrong = [v for v in verified.verdicts if v.kind in (VerdictKind.NOT_APPLIED, VerdictKind.CHANGED_SINCE)]
    if wrong:
        raise FinishedWithRefusals(
            f"{len(wrong)} of {len(verified.verdicts)} changes are not as planned when read back, the first is "
            f"{wrong[0].change_id}: {wrong[0].message}"
        )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
