"""The process of one shop of a fleet: `python -m unfulfill.fleet.shop_process`, started by a worker.

Its standard input has the job as one line, and stays open as long as the worker wants it to go on. When it is closed,
by the worker or because the worker was killed, reading stops and an apply ends after what is in flight. Its last line
on standard output is the summary of the night as JSON.
"""

import json
import os
import platform
import signal
import sys
import threading
from datetime import UTC, datetime
from types import FrameType

from unfulfill.errors import RunFolderRefused, SettingsRefused, WorkbenchError
from unfulfill.fleet.attempt import attempt
from unfulfill.fleet.fleet_file import SANDBOX
from unfulfill.fleet.job import Job
from unfulfill.home import home
from unfulfill.profiles import find_settings, load_profiles
from unfulfill.run import Run
from unfulfill.scheduling.night import INTERRUPTED, run_night
from unfulfill.scheduling.summary import SUMMARY, Summary
from unfulfill.terminal import say


def main() -> int:
    """Run the job on standard input."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _interrupt)
    with open(0, "rb", buffering=0, closefd=False) as given:
        job = Job.from_json(given.readline())
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    try:
        summary = run_job(job)
    except WorkbenchError as error:
        summary = job.ended(error.exit_status, str(error))
    except KeyboardInterrupt:
        summary = job.ended(INTERRUPTED, "Interrupted.")
    return say([json.dumps(summary.to_json())])  # nobody may read it any more


def run_job(job: Job) -> Summary:
    """The night of one shop, or the rest of it. One that has ended already is not run again."""
    with attempt(job.folder) as is_ours:
        run = Run(job.folder)
        if done := ended_before(run):
            return done
        if job.profile != SANDBOX:
            _check_profile(job.profile)
        for name, text in job.settings.items():
            run.write(name, text)
        return run_night(
            job.schedule, run, lambda: datetime.now(UTC), sys.stderr, lambda: job.may_apply and is_ours()
        )


def _check_profile(name: str) -> None:
    """Raise SettingsRefused, before anything is started, where this machine has no such profile or not its secret."""
    if name not in {profile.name for profile in load_profiles(os.environ)}:
        raise SettingsRefused(
            f"There is no profile {name} on {platform.node()}; `unfulfill connect --profile {name}` makes one there."
        )
    find_settings(name, os.environ, home())


def ended_before(run: Run) -> Summary | None:
    """The summary of a night that an earlier attempt has brought to its end; None where none did."""
    try:
        summary = Summary(**run.load_json(SUMMARY, "run")) if run.has(SUMMARY) else None
    except (RunFolderRefused, TypeError):
        return None
    return summary if summary is not None and summary.status != INTERRUPTED else None


def _end_with_the_worker() -> None:
    while os.read(0, 1):
        pass
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    signal.pthread_kill(main_thread, signal.SIGTERM)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
