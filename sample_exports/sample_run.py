"""A finished run of the workbench on a small sandbox shop: every step from export to report, and its undo.

Everything in it follows from the seed. The executed notebooks are left out: they carry times of this machine.
"""

import os
import shutil
import tempfile
from pathlib import Path

import sandbox_shop
from unfulfill import open_workbench

SEED, ORDERS = 1, 80


def run(folder: Path) -> None:
    """run/: the run folder of design and README, with undo/ inside."""
    os.environ["LOGNAME"] = "operator"  # who opened, marked and approved; else this machine's user
    shutil.rmtree(folder / "run", ignore_errors=True)
    with tempfile.TemporaryDirectory() as world:
        os.environ["XDG_STATE_HOME"] = world
        os.environ["UNFULFILL_HOME"] = world  # no policy.toml but the run's own
        with sandbox_shop.start(Path(world) / "sandbox_shop.sqlite", SEED, ORDERS) as shop:
            bench = open_workbench(shop, folder / "run")
            bench.export()
            bench.audit(stock_count=shop.world.with_name(shop.world.name + ".count.csv"))
            bench.propose()
            plan = bench.plan(tag="unfulfilled")
            bench.apply(plan.digest, threads=1).check()
            bench.verify()
            undo = bench.undo()
            undoing = bench.undo_workbench()
            undoing.apply(undo.digest, threads=1).check()
            undoing.verify()
            undoing.report()
            bench.report()
            bench.shop.close()
