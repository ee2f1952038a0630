"""Hands the shops of a fleet to Dask, gathers what came of each, and writes the report."""

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from unfulfill.errors import ParameterRefused, RunFolderRefused, SettingsRefused
from unfulfill.filesystem import refuse_shared_folder
from unfulfill.fleet.attempt import prepare
from unfulfill.fleet.fleet_file import Fleet, read_fleet
from unfulfill.fleet.job import Job
from unfulfill.fleet.outcome import FleetSummary, Row, in_order, sentence, totals
from unfulfill.fleet.place import PAGE, REPORT, Place, find_place
from unfulfill.home import home
from unfulfill.redaction import printable, without_secrets
from unfulfill.report.runs_page import render_fleet
from unfulfill.scheduling.hook import call_hook
from unfulfill.scheduling.night import INTERRUPTED
from unfulfill.scheduling.summary import Summary

if TYPE_CHECKING:
    from distributed import Client, Future

Say = Callable[[str], object]

RETRIES = 2  # of a shop whose process was lost; of one whose worker was lost, Dask's allowed-failures says
LOOKS_EVERY_S = 0.2
STOPS_IN_S = 600  # how long, after Ctrl-C, what is in flight may take


def run_fleet(
    path: Path,
    *,
    scheduler: str = "",
    workers: int | None = None,
    resume: str = "",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run the schedule of a fleet for every shop; returns the exit status of the whole.

    `scheduler` is the address of a Dask cluster, by default `workers` processes of this machine. `resume` names a night
    that was interrupted: shops that had ended are not run again. The last line on `out` is the summary as JSON. Raises
    SettingsRefused, ParameterRefused or RunFolderRefused before anything runs.
    """
    from unfulfill.fleet.cluster import check_cluster, crew_on, open_cluster, termination_as_interrupt

    check_cluster(scheduler, workers)
    fleet = read_fleet(path)
    place = find_place(fleet.runs)
    _refuse_applies(fleet, place)
    _check_resume(fleet, place, resume)
    place.check()
    started, begun = now(), time.monotonic()

    def say(text: str) -> None:
        print(f"unfulfill: {fleet.name}: {text}", file=err or sys.stderr, flush=True)

    with (
        termination_as_interrupt(),
        open_cluster(scheduler, workers, len(fleet.shops)) as client,
        crew_on(client, is_ours=not scheduler) as crew,
    ):
        night = _night(place, fleet, resume, started)
        rows, interrupted = _Handed(client, _jobs(fleet, place, night, crew), say).gather()
    rows = in_order(rows)
    numbers = totals(rows)
    summary = FleetSummary(
        fleet=fleet.name,
        night=night,
        started_at=started.astimezone(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - begun, 1),
        status=INTERRUPTED if interrupted else rows[0].summary.status,
        text=sentence(rows),
        report=place.where(night, PAGE),
        details=place.where(night, REPORT),
        **numbers,
    )
    plain, shops = summary.to_json(), [row.to_json() for row in rows]
    try:
        place.write(night, REPORT, json.dumps({**plain, "rows": shops}, indent=1, ensure_ascii=False) + "\n")
        place.write(night, PAGE, render_fleet(plain, shops))
    except RunFolderRefused as error:
        say(str(error))  # the shops are done all the same; the hook and the last line tell of them
    line = json.dumps(plain, ensure_ascii=False)
    call_hook(fleet.hook, line, say)
    print(line, file=out or sys.stdout, flush=True)
    return summary.status


def _refuse_applies(fleet: Fleet, place: Place) -> None:
    """Raise where plans may be applied without a person and runs is no place for a journal."""
    unattended = [shop.profile for shop in fleet.shops if shop.is_unattended]
    if not unattended:
        return
    if place.is_store:
        more = f" and {len(unattended) - 1} more" if len(unattended) > 1 else ""
        raise SettingsRefused(
            f"policy.toml lets plans of {unattended[0]}{more} be applied without a person (unattended_up_to), and runs "
            f"is {place.runs}, which keeps no locks for a journal; name a folder as runs, or take unattended_up_to out."
        )
    refuse_shared_folder(home() / place.runs, os.environ)


def _check_resume(fleet: Fleet, place: Place, night: str) -> None:
    """Raise ParameterRefused for a night of this fleet that never began; a blank one is a new one."""
    if night and not (
        re.fullmatch(rf"{re.escape(fleet.name)}-[0-9-]+", night, re.ASCII) and place.has_night(night)
    ):
        raise ParameterRefused(
            f"{place.runs} has no night {night!r:.80} of the fleet {fleet.name}; give the name of a folder there."
        )


def _night(place: Place, fleet: Fleet, resume: str, started: datetime) -> str:
    """The name of the night; its run folders exist afterwards."""
    night = resume or place.new_night(fleet.name, started)
    if not place.is_store:
        for shop in fleet.shops:
            folder = home() / place.runs / shop.profile / night
            try:
                prepare(folder)
            except OSError as error:
                raise RunFolderRefused(f"{folder} cannot be made ({error.strerror}).") from None
    return night


def _jobs(fleet: Fleet, place: Place, night: str, crew: str) -> list[Job]:
    return [
        Job(
            fleet=fleet.name,
            crew=crew,
            night=night,
            profile=shop.profile,
            home=str(home()),
            runs=place.runs,
            is_store=place.is_store,
            parameters=shop.parameters,
            settings=shop.settings,
            may_apply=not place.is_store,
        )
        for shop in fleet.shops
    ]


class _Handed:
    """Jobs in the hands of Dask."""

    def __init__(self, client: "Client", jobs: Sequence[Job], say: Say) -> None:
        from unfulfill.fleet.worker import run_shop

        self._client = client
        self._say = say
        self._total = len(jobs)
        self._attempts: Counter[str] = Counter()
        self._rows: dict[str, Row] = {}
        self._jobs = {job.profile: job for job in jobs}
        self._crew = jobs[0].crew
        client.subscribe_topic(self._crew, lambda event: self._attempts.update([event[1]]))
        self._futures: dict[str, Future] = {
            job.profile: client.submit(run_shop, job, key=f"{job.crew}/{job.profile}", retries=RETRIES)
            for job in jobs
        }

    def gather(self) -> tuple[list[Row], bool]:
        """A row for every shop, and whether Ctrl-C ended the fleet. Raises KeyboardInterrupt at a second one."""
        stop_at = None
        while self._futures:
            try:
                self._take_what_is_done()
                if stop_at is not None and time.monotonic() > stop_at:
                    break
                time.sleep(LOOKS_EVERY_S)
            except KeyboardInterrupt:
                if stop_at is not None:
                    raise
                stop_at = time.monotonic() + STOPS_IN_S
                self._stop()
        for profile in self._futures:
            job = self._jobs[profile]
            self._rows[profile] = self._row(
                job, job.ended(INTERRUPTED, "It had not ended when the fleet did.")
            )
        return list(self._rows.values()), stop_at is not None

    def _take_what_is_done(self) -> None:
        for profile, future in [each for each in self._futures.items() if each[1].done()]:
            job = self._jobs[profile]
            row = self._row(job, _summary(job, future))
            self._rows[profile] = row
            del self._futures[profile]
            seconds = f" ({row.summary.seconds:,.0f} s)" if row.summary.seconds else ""
            told = f": {row.summary.text}" if row.summary.status else ""
            self._say(f"{len(self._rows):,} of {self._total:,}: {profile}: {row.words}{seconds}{told}")

    def _stop(self) -> None:
        """Nothing new begins; reading stops, applies end after what is in flight."""
        from unfulfill.fleet.worker import ShopProcesses

        night = next(iter(self._jobs.values())).night
        self._say(
            f"stopping after what is in flight (Ctrl-C again waits for nothing); --resume {night} goes on with it."
        )
        self._client.register_plugin(ShopProcesses(self._crew, is_over=True))

    def _row(self, job: Job, summary: Summary) -> Row:
        return Row(summary, self._attempts[job.profile])


def _summary(job: Job, future: "Future") -> Summary:
    """What a task gave, or why it gave nothing."""
    if future.status == "finished":
        return Summary(**future.result())
    error = future.exception() if future.status == "error" else ConnectionError("the scheduler was lost")
    told = without_secrets(printable(f"{type(error).__name__}: {error}"))
    return job.ended(
        1,
        f"No attempt came to its end ({told:.300}); look at the memory and the logs of the workers, and at "
        "fleet.log in the run folder.",
    )
