"""One scheduled run: export, audit, mark by rules, plan; then it waits for approval, unless policy.toml says not to."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from unfulfill.ending import DONE, Ending, last_ending
from unfulfill.errors import RunFolderRefused, WorkbenchError
from unfulfill.home import home
from unfulfill.model import Plan
from unfulfill.notebook_runner import run_notebook
from unfulfill.parameters import load_notebook
from unfulfill.report.runs_page import render_runs
from unfulfill.run import PLAN, Run
from unfulfill.safety import needs_second_person
from unfulfill.scheduling.hook import call_hook
from unfulfill.scheduling.schedule_file import STEPS, Schedule, read_schedule
from unfulfill.scheduling.summary import SUMMARY, Summary, earlier, numbers_of
from unfulfill.status import is_begun
from unfulfill.terminal import CellProgress

UNATTENDED = "schedule"  # who approves where policy.toml lets nobody be asked
INTERRUPTED = 130
MOST_RUNS = 100  # in the page that lists them
AWAITS = 3


def run_schedule(
    path: Path,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run a schedule; returns the exit status of its run. The last line on `out` is its summary as JSON.

    Every parameter is checked before anything runs. A step that fails leaves its notebook with the error marked, and
    its sentence on `err`; summary.json, the page of all runs and the hook come all the same. Raises SettingsRefused or
    ParameterRefused for the schedule itself, RunFolderRefused where no folder can be made.
    """
    schedule = read_schedule(path)
    folder = new_folder(home() / schedule.runs, schedule.name, now())
    summary = run_night(schedule, Run(folder), now, err or sys.stderr)
    line = json.dumps(summary.to_json(), ensure_ascii=False)
    call_hook(schedule.hook, line, lambda text: _say(schedule, text, err or sys.stderr))
    print(line, file=out or sys.stdout, flush=True)
    return summary.status


def run_night(
    schedule: Schedule,
    run: Run,
    now: Callable[[], datetime],
    err: TextIO,
    unattended: Callable[[], bool] = lambda: True,
) -> Summary:
    """All steps of one night in its run folder; an apply that has begun there is gone on with.

    Writes summary.json and the page of all runs. `unattended` is asked before a plan is applied without a person.
    """
    night = _Night(schedule, run, err, unattended)
    started, begun = now(), time.monotonic()
    went = night.go()
    numbers = numbers_of(run)
    summary = Summary(
        schedule=schedule.name,
        shop=schedule.shop,
        run=str(schedule.runs / run.folder.name),
        started_at=started.astimezone(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - begun, 1),
        status=went.ending.exit_status,
        text=went.ending.text or _good_news(numbers.get("applied", {})),
        failed_step=went.failed_step,
        **numbers,
    )
    run.save_json(SUMMARY, summary.to_json())
    _write_page(schedule)
    return summary


def _good_news(applied: Mapping[str, int]) -> str:
    if not applied:
        return "Nothing is to be done."
    return f"{', '.join(f'{number:,} {result}' for result, number in applied.items())}, and read back."


@dataclass(frozen=True)
class _Went:
    ending: Ending
    failed_step: str = ""


class _Night:
    """The steps of one run, in their order."""

    def __init__(self, schedule: Schedule, run: Run, err: TextIO, unattended: Callable[[], bool]) -> None:
        self.schedule = schedule
        self.run = run
        self._err = err
        self._unattended = unattended

    def go(self) -> _Went:
        """Every step until one fails. How it ended is how the plan did, or the apply of it."""
        step, ended = "plan", DONE
        try:
            if not is_begun(self.run):
                for step in ("export", "audit", "mark", "plan"):
                    ended = self._play(step)
            plan = self.run.load_plan() if self.run.has(PLAN) else None
            if plan is not None and (is_begun(self.run) or self._may_apply(ended, plan)):
                ended = self._play("plan", approve=plan.digest, by=UNATTENDED)
            step = "verify"
            read_back = self._play("verify")
            return _Went(ended if ended.exit_status else read_back)
        except WorkbenchError as error:
            self._say(f"the step {step} failed: {error} Its notebook is {self._notebook(step)}.")
            return _Went(Ending(error.exit_status, str(error)), step)
        except KeyboardInterrupt:
            self._say(f"interrupted in the step {step}; run the notebooks of {self.run.folder} to go on.")
            return _Went(Ending(INTERRUPTED, f"Interrupted in the step {step}."), step)

    def _play(self, step: str, **more: str) -> Ending:
        name = STEPS[step]
        given: dict[str, object] = {"shop": self.schedule.shop, **self.schedule.parameters[step], **more}
        with CellProgress(self._err, name) as progress:
            output = run_notebook(name, self.run.folder, given, progress)
        ending = last_ending(load_notebook(output))
        if ending.exit_status not in (0, AWAITS):
            self._say(ending.text)
        return ending

    def _notebook(self, step: str) -> Path:
        return self.run.folder / "notebooks" / f"{STEPS[step]}.ipynb"

    def _may_apply(self, ended: Ending, plan: Plan) -> bool:
        return ended.exit_status == AWAITS and may_apply(plan) and self._unattended()

    def _say(self, text: str) -> None:
        _say(self.schedule, text, self._err)


def _say(schedule: Schedule, text: str, err: TextIO) -> None:
    print(f"unfulfill: {schedule.name}: {text}", file=err, flush=True)


def may_apply(plan: Plan) -> bool:
    """Whether policy.toml lets a plan of this size be applied without a person."""
    most = plan.limits.unattended_up_to
    return most is not None and 0 < len(plan.changes) <= most and not needs_second_person(plan)


def new_folder(runs: Path, name: str, now: datetime) -> Path:
    """A folder of its own in `runs`, named by the time; two in one minute get a number. Raises RunFolderRefused."""
    base = f"{name}-{now.astimezone(UTC):%Y-%m-%d-%H%M}"
    try:
        runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, 100):
            folder = runs / (base if number == 1 else f"{base}-{number}")
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise RunFolderRefused(
            f"{runs} cannot be written ({error.strerror}); name another folder as runs."
        ) from None
    raise RunFolderRefused(f"{runs} has a hundred folders {base}; look why the schedule runs so often.")


def _write_page(schedule: Schedule) -> None:
    """`<runs>/<name>.html`: the runs of this schedule and their trend."""
    runs = home() / schedule.runs
    summaries = earlier(runs, schedule.name)[:MOST_RUNS]
    folder = Run(runs)
    folder.write(f"{schedule.name}.html", render_runs(schedule.name, [one.to_json() for one in summaries]))
