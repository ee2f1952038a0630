"""An export killed with SIGKILL at every stage, and gone on with: the same tables byte for byte, nothing fetched twice.

The points are found by watching a whole run: every request, and every file that is opened for writing, renamed or
removed. The process that dies is a real one. The last whole sweep, of some 110 points on 2026-11-25: all gone on with,
in 114 seconds on two cores.
"""

import multiprocessing
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sandbox_shop
from unfulfill.export import Filters, export_shop, load_manifest
from unfulfill.run import Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.tables import EXPORTED

NEVER = 1_000_000
FEW, EVERY = 32, 4  # one of so many points by default, and in the gate; the nightly run takes them all
WRITING = os.O_WRONLY | os.O_RDWR
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["unfulfill.export", "pandas", "duckdb"])


def export_and_die(url: str, token: str, folder: str, route: Any, die_at: int, points: Any) -> None:
    """Export; die by SIGKILL just before the `die_at`-th point. `points` is told how many there were."""
    passed = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal passed
        if not _is_point(event, arguments, folder):
            return
        passed += 1
        points.value = passed
        if passed == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    with Shop(sandbox_settings(url, token)) as shop:
        export_shop(shop, Run(folder), Filters(), route=route, poll_s=0.01)


def _is_point(event: str, arguments: tuple[Any, ...], folder: str) -> bool:
    if event == "http.client.send":
        return True
    if event == "open":
        path, _, flags = arguments
        return str(path).startswith(folder) and bool(flags & WRITING)
    return event in ("os.rename", "os.remove", "shutil.rmtree") and str(arguments[0]).startswith(folder)


def run_export(server: Any, folder: Path, route: str, die_at: int = NEVER) -> tuple[int, int]:
    """In a process of its own; its exit code and how many points it passed."""
    points = CONTEXT.Value("i", 0)
    arguments = (server.url, server.token, str(folder), route, die_at, points)
    process = CONTEXT.Process(target=export_and_die, args=arguments)
    process.start()
    process.join(60)
    return process.exitcode or 0, points.value


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = tmp_path_factory.mktemp("export_killed") / "world.sqlite"
    with sandbox_shop.start(world, seed=5, size=60) as started:
        started.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}})
        yield started


def files_of(folder: Path) -> dict[str, bytes]:
    return {table.name: (folder / "export" / f"{table.name}.parquet").read_bytes() for table in EXPORTED}


def started_operations(server: Any) -> int:
    connection = sqlite3.connect(server.world)
    try:
        return int(connection.execute("select count(*) from bulk_operation").fetchone()[0])
    finally:
        connection.close()


def sweep(server: Any, tmp_path: Path, route: str, every: int) -> None:
    """Die at one point after another until an export gets through alive: how many there are depends on how often
    a bulk operation is looked at."""
    code, points = run_export(server, tmp_path / "whole", route)
    assert (code, load_manifest(Run(tmp_path / "whole")).complete) == (0, True)
    expected = files_of(tmp_path / "whole")
    assert points > 30
    operations = 3 if route == "bulk" else 0
    killed = 0
    for die_at in range(1, 2 * points, every):
        folder = tmp_path / f"killed-{die_at}"
        shutil.copytree(tmp_path / "whole", folder)  # an earlier export, which must stay readable
        server.control("clock", {"advance_s": 60})  # the operations of the run before are too old to be taken
        before = started_operations(server)

        code, passed = run_export(server, folder, route, die_at)
        if passed < die_at:
            assert (code, files_of(folder)) == (0, expected), die_at
            break
        assert code == -signal.SIGKILL, die_at
        killed += 1
        left = folder / "export"
        assert not left.exists() or files_of(folder) == expected, die_at
        is_known = (
            folder / "export.new" / "raw" / "memory.json"
        ).exists()  # not any more at the very last points
        is_begun = started_operations(server) - before == operations
        code, _ = run_export(server, folder, route)

        assert (code, load_manifest(Run(folder)).complete) == (0, True), die_at
        assert files_of(folder) == expected, die_at
        assert {path.name for path in folder.iterdir()} == {"export"}, die_at
        if is_known or not is_begun or not operations:
            assert started_operations(server) - before == operations, die_at
        shutil.rmtree(folder)
    else:
        raise AssertionError("no export got through alive")
    assert killed > 30 // every
    print(f"\n{killed} points of an export by {route}, one in {every}: all gone on with")


@pytest.mark.parametrize("every", [FEW, pytest.param(EVERY, marks=pytest.mark.gate)])
@pytest.mark.parametrize("route", ["bulk", "pages"])
def test_an_export_killed_anywhere_goes_on_to_the_same_tables(
    server: Any, tmp_path: Path, route: str, every: int
) -> None:
    sweep(server, tmp_path, route, every)


@pytest.mark.nightly
@pytest.mark.parametrize("route", ["bulk", "pages"])
def test_an_export_killed_at_every_point_goes_on_to_the_same_tables(
    server: Any, tmp_path: Path, route: str
) -> None:
    sweep(server, tmp_path, route, 1)
