"""A served sandbox that can be put back to its beginning in a millisecond, and processes that apply a plan to it."""

import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from all_kinds import make_plan, make_world
from ground_truth import disagreements, picture, truth_of
from nursery import Nursery

import sandbox_shop
from unfulfill.model import Plan
from unfulfill.run import Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop

MEMORY = Path("/dev/shm")


@contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, in memory where the machine has that: a commit then costs next to nothing."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None, prefix="unfulfill-") as folder:
        yield Path(folder)


@dataclass
class Stage:
    """One shop, one plan, and what comes of it when nothing goes wrong."""

    folder: Path
    sandbox: Any  # SandboxShop
    prepared: Path  # its world at the beginning
    plan: Plan
    nursery: Nursery
    calm: dict[str, Any] = field(default_factory=dict)  # the shop after an apply without trouble

    @property
    def run(self) -> Path:
        """The run folder of the operator."""
        return self.folder / "run"

    def begin(self) -> None:
        """Everything as it was before the plan was applied."""
        self.quiet()
        with closing(sqlite3.connect(self.prepared)) as source, closing(sqlite3.connect(self.world)) as into:
            source.backup(into)
        shutil.rmtree(self.run, ignore_errors=True)
        Run(self.run).save_plan(self.plan)

    @property
    def world(self) -> Path:
        """The world's file."""
        return Path(self.sandbox.world)

    def quiet(self) -> None:
        """Wait until the shop has done whatever was sent by processes that are dead."""
        ends_at = time.monotonic() + 30
        while self.sandbox._server.open:
            assert time.monotonic() < ends_at, "a connection stays open"
            time.sleep(0.0005)

    def job(self, threads: int = 1, **more: Any) -> dict[str, Any]:
        """What a process is told to do; see `dying.work`."""
        return {
            "url": self.sandbox.url,
            "token": self.sandbox.token,
            "folder": str(self.run),
            "result": str(self.folder / "result.json"),
            "threads": threads,
            **more,
        }

    def apply(self, threads: int = 1, **more: Any) -> int:
        """Apply the plan, or go on with it, in a process of its own; its exit code, negative where it was killed."""
        code = self.nursery.run(self.job(threads, **more))
        self.quiet()
        return code

    def result(self) -> dict[str, Any]:
        """What the last process that was not killed told."""
        told: dict[str, Any] = json.loads((self.folder / "result.json").read_text())
        return told

    def problems(self) -> list[str]:
        """What is wrong at the end: nothing, where the shop is as after a calm apply and every write came in once."""
        found = disagreements(self.world, self.plan, self.run / "journal.sqlite")
        with truth_of(self.world) as truth:
            effects = sum(row["effect"] > 0 for row in truth.writes())
        if effects != len(self.plan.changes):
            found.append(f"{effects} effects of {len(self.plan.changes)} changes")
        now = picture(self.world)
        found += [f"{key} differ from a calm apply" for key in now if now[key] != self.calm[key]]
        if self.result()["counts"] != {"applied": len(self.plan.changes)}:
            found.append(f"the last process told {self.result()}")
        return found


@contextmanager
def open_stage(wanted: dict[str, int]) -> Iterator[Stage]:
    """A stage with a plan over `wanted` (see all_kinds), which was applied once without trouble."""
    with memory_folder() as folder:
        prepared = folder / "prepared.sqlite"
        made = make_world(prepared, wanted)
        shutil.copy(prepared, folder / "world.sqlite")
        with sandbox_shop.start(folder / "world.sqlite") as sandbox, Nursery() as nursery:
            with Shop(sandbox_settings(sandbox.url, sandbox.token)) as shop:
                plan = make_plan(shop, made, wanted)
            stage = Stage(folder, sandbox, prepared, plan, nursery)
            stage.begin()
            assert stage.apply() == 0
            stage.calm = picture(stage.world)
            assert stage.problems() == []
            yield stage
