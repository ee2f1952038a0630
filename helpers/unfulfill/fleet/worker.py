"""What happens on a worker of Dask: a process for each shop, which ends when the worker does.

The secret of a shop is looked up by its own process. Its environment has the secrets of no other shop.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from distributed import Worker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from unfulfill.errors import WorkbenchError
from unfulfill.fleet.attempt import is_prepared, prepare
from unfulfill.fleet.job import Job
from unfulfill.fleet.place import copy_out, read_back
from unfulfill.profiles.listing import CLIENT, TOKEN, secret_variable
from unfulfill.redaction import printable, without_secrets
from unfulfill.scheduling.night import INTERRUPTED
from unfulfill.scheduling.summary import Summary
from unfulfill.settings import PROFILE_SECRET, SECRET_NAMES

LOG = "fleet.log"
PLAIN = (*SECRET_NAMES, "UNFULFILL_CLIENT_ID", "UNFULFILL_SHOP")


class AttemptLost(Exception):
    """The process of a shop was killed or told to end, and the fleet goes on: Dask tries again."""


class ShopProcesses(WorkerPlugin):  # type: ignore[misc]  # Dask has no types
    """The processes that a worker has started for one fleet. They end when the worker does, or the fleet is over."""

    def __init__(self, name: str, *, is_over: bool = False, is_ours: bool = False) -> None:
        self.name = name
        self.is_over = is_over  # the fleet was interrupted: nothing new begins
        self.is_ours = is_ours  # the worker belongs to this fleet alone, and Ctrl-C is the fleet's to hear
        self.version = version("unfulfill-workbench")

    def setup(self, worker: Worker) -> None:
        """Begin on a worker. Raises WorkbenchError where it has another version of the workbench."""
        if version("unfulfill-workbench") != self.version:
            raise WorkbenchError(
                f"{worker.address} has another version of the workbench than {self.version}."
            )
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_left = self.is_over
        if self.is_ours and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)

    def teardown(self, worker: Worker) -> None:
        """Tell every process to end."""
        with self._lock:
            self._is_left = True
            for process in self._running:
                _let_go(process)

    def run(self, job: Job, log: Path) -> Summary:
        """Run a job in a process of its own to its end."""
        with (
            os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as errors,
            self._lock,
        ):
            if self._is_left:
                return job.ended(INTERRUPTED, "Not begun, for the fleet was interrupted.")
            process = subprocess.Popen(
                [sys.executable, "-m", "unfulfill.fleet.shop_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=log.parent,
                env=environment_of(job, os.environ),
                start_new_session=True,  # Ctrl-C in the terminal is for the fleet
            )
            self._running.add(process)
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(OSError, ValueError):  # it has ended already, or was told to
                process.stdin.write(job.to_json().encode() + b"\n")
                process.stdin.flush()
            with process.stdout:
                told = process.stdout.read()
            code = process.wait()
        finally:
            with self._lock:
                self._running.discard(process)
            _let_go(process)
        return self._summary(job, told, code, log)

    def _summary(self, job: Job, told: bytes, code: int, log: Path) -> Summary:
        if code < 0:
            raise AttemptLost(f"the process of {job.profile} was killed by signal {-code}")
        try:
            return Summary(**json.loads(told.splitlines()[-1]))
        except (ValueError, TypeError, IndexError):
            last = log.read_text(encoding="utf-8", errors="replace").split("\n")[-2:]
            return job.ended(
                1, without_secrets(printable(f"A defect: {' '.join(last).strip():.300}; see {log}."))
            )


def environment_of(job: Job, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a shop's process: without the secret of any other shop, and without plain credentials."""
    own = {secret_variable(job.profile, kind) for kind in (TOKEN, CLIENT)}
    kept = {
        name: value
        for name, value in environ.items()
        if name in own or not (name in PLAIN or PROFILE_SECRET.fullmatch(name))
    }
    return {**kept, "UNFULFILL_HOME": job.home}


def run_shop(job: Job) -> dict[str, Any]:
    """The task of one shop: its summary, as JSON. Raises AttemptLost where it must be tried again."""
    worker = get_worker()
    worker.log_event(job.crew, job.profile)
    try:
        summary = _in_store(job, worker) if job.is_store else _in_folder(job, worker)
    except WorkbenchError as error:
        summary = job.ended(error.exit_status, str(error))
    except OSError as error:
        summary = job.ended(1, f"The run folder cannot be used on {worker.address} ({error}).")
    if summary.status == INTERRUPTED and not worker.plugins[job.crew].is_over:
        raise AttemptLost(f"{job.profile} was interrupted on {worker.address}")
    return summary.to_json()


def _in_folder(job: Job, worker: Worker) -> Summary:
    if not is_prepared(job.folder):
        return job.ended(
            2,
            f"{job.folder} is not there on {worker.address}; the folder runs must stand on a disk that every worker "
            "sees by the same path.",
        )
    found: Summary = worker.plugins[job.crew].run(job, job.folder / LOG)
    return found


def _in_store(job: Job, worker: Worker) -> Summary:
    """Work in a folder of the worker's own, and copy it out."""
    if done := read_back(job.runs, job.profile, job.night):
        return Summary(**json.loads(done))
    with tempfile.TemporaryDirectory(dir=worker.local_directory, prefix="unfulfill-") as scratch:
        local = replace(job, runs=scratch)
        prepare(local.folder)
        summary: Summary = worker.plugins[job.crew].run(local, local.folder / LOG)
        if summary.status == INTERRUPTED:
            return summary
        place = f"{job.runs.rstrip('/')}/{job.profile}/{job.night}"
        report = f"{place}/report.html" if summary.report else ""
        text = summary.text.replace(str(local.folder), place)
        summary = replace(summary, run=place, report=report, text=text)
        (local.folder / "summary.json").write_text(json.dumps(summary.to_json()))
        copy_out(local.folder, job.runs, job.profile, job.night)
        return summary


def _let_go(process: "subprocess.Popen[bytes]") -> None:
    """Close its standard input, by which it knows that it must end."""
    with suppress(OSError):
        if process.stdin:
            process.stdin.close()
