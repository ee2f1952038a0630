"""A worker of a fleet is killed in the middle of an apply: another one goes on, and the shop does each change once.

Beside it in the same fleet: a shop whose lock somebody holds, and one that nobody knows. Each is one row.
"""

import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from fleets import Fleet, attempt_of, open_fleet, wait_for
from ground_truth import disagreements, truth_of, units_lost

import sandbox_shop
from unfulfill.fleet.attempt import prepare
from unfulfill.journal import read_journal
from unfulfill.lock import lock_folder, shop_lock
from unfulfill.model import Plan
from unfulfill.workbench import open_workbench

NIGHT = "fleet-2026-11-01-0200"
CANCELS = 24
SLOW = {"latency_ms": 300, "bucket": {"maximum": 400, "rate": 80}}
USUAL = {"latency_ms": 0, "bucket": {"maximum": 1_000_000, "rate": 100_000}}


@dataclass(frozen=True)
class Begun:
    """A shop, and a run folder whose apply was stopped after the first changes, as a lost attempt leaves it."""

    world: Path
    run: Path
    plan: Plan
    odd: frozenset[str]  # what the referee says of the shop before anything was done


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    folder = tmp_path_factory.mktemp("begun")
    world = folder / "shop" / "world.sqlite"
    world.parent.mkdir()
    prepare(folder / "run")
    with sandbox_shop.start(world, seed=7, size=60) as shop:
        shop.control("settings", USUAL)
        with truth_of(world) as truth:
            odd = frozenset(units_lost(truth))
        bench = open_workbench(shop, folder / "run")
        with closing(bench.shop):
            bench.export()
            bench.audit()
            marks = bench.marks()
            free = marks.loc[marks["locked"].fillna("") == "", "fulfillment_id"].head(CANCELS)
            bench.mark("unfulfill", fulfillment_ids=free.tolist(), reason="never left")
            plan = bench.plan()
            stop = threading.Event()
            bench.apply(plan.digest, stop=stop, threads=1, progress=lambda done, *more: done and stop.set())
    return Begun(world, folder / "run", plan, odd)


@pytest.fixture
def fleet(begun: Begun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    with open_fleet(tmp_path, begun.world, ("north", "west", "east"), in_file=("west",)) as opened:
        for name in ("north", "west"):
            shutil.copytree(begun.run, opened.runs / name / NIGHT)
        (opened.runs / NIGHT).mkdir()
        monkeypatch.setenv("XDG_STATE_HOME", opened.environ["XDG_STATE_HOME"])
        yield opened


def outcomes(journal: Path) -> int:
    return sum(event.event == "APPLIED" for event in read_journal(journal))


def addresses(pid: int) -> set[str]:
    """The addresses on which a process and those below it listen."""
    root = psutil.Process(pid)
    found: set[str] = set()
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):  # it has just ended
            found |= {
                each.laddr.ip for each in process.net_connections() if each.status == psutil.CONN_LISTEN
            }
    return found


@pytest.mark.gate
@pytest.mark.parametrize("victim", ["worker", "process of the shop"])
def test_a_killed_worker_costs_an_attempt_and_no_change(begun: Begun, fleet: Fleet, victim: str) -> None:
    shop, run = fleet.shops["north"], fleet.runs / "north" / NIGHT
    journal = run / "journal.sqlite"
    shop.control("settings", SLOW)
    fleet.write("north", "nobody", "west")
    before = outcomes(journal)
    assert 0 < before < len(begun.plan.changes) / 2

    with shop_lock(lock_folder(os.environ), fleet.shops["west"].url, "somebody else"):
        process = fleet.start("--workers", "2", "--resume", NIGHT)
        child = wait_for(lambda: attempt_of(run), process)["pid"]
        environ = Path(f"/proc/{child}/environ").read_bytes().decode().split("\0")
        wait_for(lambda: outcomes(journal) > before + 2, process)
        listening = addresses(process.pid)
        os.kill(psutil.Process(child).ppid() if victim == "worker" else child, signal.SIGKILL)
        out, err = process.communicate(timeout=120)

    summary, rows = fleet.rows(out)
    changes = len(begun.plan.changes)
    north = rows["north"]
    assert (north["attempts"], north["status"], north["applied"]) == (2, 0, {"applied": changes}), err
    assert set(disagreements(shop.world, begun.plan, journal)) <= begun.odd
    with truth_of(shop.world) as truth:
        assert sum(row["effect"] > 0 for row in truth.writes()) == changes
    assert {name: row["status"] for name, row in rows.items()} == {"nobody": 2, "west": 6, "north": 0}
    assert list(rows) == ["nobody", "west", "north"]
    assert "somebody else" in rows["west"]["text"]
    assert (summary["status"], process.returncode) == (2, 2)
    assert listening == {"127.0.0.1"}
    own = [line.split("=")[0] for line in environ if line.startswith("UNFULFILL_PROFILE_")]
    assert own == ["UNFULFILL_PROFILE_NORTH_TOKEN"]
    assert fleet.leaks(out, err) == []


@pytest.mark.gate
def test_ctrl_c_finishes_what_is_in_flight_and_the_night_can_be_gone_on_with(
    begun: Begun, fleet: Fleet
) -> None:
    """One shop applies, one is read, one waits for its turn."""
    shop, journal = fleet.shops["north"], fleet.runs / "north" / NIGHT / "journal.sqlite"
    shop.control("settings", SLOW)
    fleet.write("north", "east", "nobody")
    before = outcomes(journal)

    process = fleet.start("--workers", "1", "--resume", NIGHT)
    wait_for(lambda: outcomes(journal) > before + 1, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=60)

    summary, rows = fleet.rows(out)
    events = [event.event for event in read_journal(journal)]
    assert (process.returncode, summary["status"]) == (130, 130), err
    assert {name: row["status"] for name, row in rows.items()} == {
        "north": 130,
        "east": 130,
        "nobody": 130,
    }, rows
    assert rows["nobody"]["text"] == "Not begun, for the fleet was interrupted."
    assert events.count("INTENT") == events.count("APPLIED") < len(begun.plan.changes)
    assert not (fleet.runs / "east" / NIGHT / "plan.json").exists()

    fleet.write("north", "nobody")
    out, err = fleet.start("--workers", "1", "--resume", NIGHT).communicate(timeout=120)

    summary, rows = fleet.rows(out)
    assert {name: row["status"] for name, row in rows.items()} == {"north": 0, "nobody": 2}, err
    assert set(disagreements(shop.world, begun.plan, journal)) <= begun.odd
    assert fleet.leaks(out, err) == []
