"""Fifty sandbox shops on two workers, one of which is killed while it applies: by night (`pytest -m nightly`).

Every shop has a night from its export to its verification, and policy.toml lets its plan be applied. Prints the numbers
that stand in README.md.
"""

import os
import signal
import subprocess
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from fleets import Fleet, attempt_of, open_fleet, wait_for
from ground_truth import disagreements, truth_of, units_lost

import sandbox_shop
from unfulfill.errors import WorkbenchError
from unfulfill.journal import read_journal
from unfulfill.run import Run

SHOPS = tuple(f"shop-{number:02}" for number in range(1, int(os.environ.get("FLEET_SHOPS", "50")) + 1))
SLOW = {"latency_ms": 250}
WITHIN_S = 3_600


class Memory:
    """The most memory that a process and all below it took together, in bytes: what they share is counted once."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.most = 0
        self._root = psutil.Process(process.pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(1.0):
            with suppress(psutil.Error):
                self.most = max(
                    self.most, sum(map(self._of, [self._root, *self._root.children(recursive=True)]))
                )

    @staticmethod
    def _of(process: psutil.Process) -> int:
        try:
            return int(process.memory_full_info().pss)
        except psutil.Error:
            return 0

    def close(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()


def applying(fleet: Fleet) -> dict[str, Any] | None:
    """An attempt in the middle of its apply, once five shops have ended."""
    if len(list(fleet.runs.glob("shop-*/fleet-*/summary.json"))) < min(5, len(SHOPS) // 2):
        return None
    for journal in fleet.runs.glob("shop-*/fleet-*/journal.sqlite"):
        with suppress(WorkbenchError):
            if (working := attempt_of(journal.parent)) and any(
                e.event == "APPLIED" for e in read_journal(journal)
            ):
                return working
    return None


def wrong_with(fleet: Fleet, row: dict[str, Any], odd: frozenset[str]) -> list[str]:
    """What is wrong with one shop at the end."""
    run, world = fleet.home / row["run"], fleet.shops[row["shop"]].world
    plan = Run(run).load_plan()
    found = [
        f"{row['shop']}: {each}"
        for each in disagreements(world, plan, run / "journal.sqlite")
        if each not in odd
    ]
    with truth_of(world) as truth:
        effects = sum(write["effect"] > 0 for write in truth.writes())
    if (row["status"], effects, row["applied"]) != (0, len(plan.changes), {"applied": len(plan.changes)}):
        found.append(f"{effects} effects of {len(plan.changes)} changes: {row}")
    return found


@pytest.mark.nightly
def test_fifty_shops_lose_no_change_by_a_killed_worker(tmp_path: Path) -> None:
    (tmp_path / "seeded").mkdir()
    world = tmp_path / "seeded" / "world.sqlite"
    sandbox_shop.start(world, seed=7, size=100).stop()
    with truth_of(world) as truth:
        odd = frozenset(units_lost(truth))
    with open_fleet(tmp_path / "home", world, SHOPS) as fleet:
        (fleet.home / "policy.toml").write_text("unattended_up_to = 1000\n")
        fleet.write(*SHOPS)
        for shop in fleet.shops.values():
            shop.control("settings", SLOW)

        process = fleet.start("--workers", "2")
        with closing(Memory(process)) as memory:
            child = wait_for(lambda: applying(fleet), process, WITHIN_S)["pid"]
            worker = psutil.Process(psutil.Process(child).ppid())
            killed_with = len(worker.children())
            os.kill(worker.pid, signal.SIGKILL)
            out, err = process.communicate(timeout=WITHIN_S)

        summary, rows = fleet.rows(out)
        again = {name: row["attempts"] for name, row in rows.items() if row["attempts"] > 1}
        print(
            f"\n{len(rows)} shops, {sum(summary['applied'].values())} changes, {summary['seconds']:.0f} s, peak "
            f"{memory.most / 2**20:,.0f} MB; the killed worker had {killed_with} shops, attempts {again}"
        )
        assert [found for row in rows.values() for found in wrong_with(fleet, row, odd)] == []
        assert (process.returncode, summary["status"], len(rows)) == (0, 0, len(SHOPS)), err
        assert len(again) == killed_with > 0
        assert fleet.leaks(out, err) == []
