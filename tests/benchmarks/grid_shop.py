"""Run folders of any size for the benchmark of the marking table: tables of a made-up shop, and findings beside them.

The findings are made from what is known about the shop, not by the audit, which takes minutes for a million rows.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from known_shops import make_known_shop

import sandbox_shop
from unfulfill import open_workbench
from unfulfill.run import MANIFEST, Run
from unfulfill.tables import CAUSES, EVIDENCE, EXPORTED, FINDINGS, INCIDENTS, STOCK, make_table

KINDS = ("no_tracking", "burst", "auto_fulfil", "no_movement")


def make_run(folder: Path, rows: int, seed: int) -> Path:
    """A run folder of the sandbox whose export has `rows` fulfillments and more; its path. Made once."""
    run_folder = folder / f"rows-{rows}" / "run"
    if (run_folder / "ready").exists():
        return run_folder
    shutil.rmtree(run_folder.parent, ignore_errors=True)
    run_folder.parent.mkdir(parents=True)
    with sandbox_shop.start(run_folder.parent / "sandbox_shop.sqlite", seed=seed, size=20) as shop:
        bench = open_workbench(shop, run_folder)
        bench.export()
        bench.shop.close()
    shop_made = make_known_shop(seed, rows, items=2_000)
    run = Run(run_folder)
    manifest = run.load_json(MANIFEST, "export")
    for table in EXPORTED:
        run.save_table(table, shop_made.tables[table.name], f"export/{table.name}.parquet")
        manifest["counts"][table.name] = len(shop_made.tables[table.name])
    run.save_json(MANIFEST, manifest)
    _save_audit(run, shop_made.tables["fulfillments"], seed)
    (run_folder / "ready").write_text(json.dumps({"rows": rows}))
    return run_folder


def _save_audit(run: Run, fulfillments: pd.DataFrame, seed: int) -> None:
    """One fulfillment in twenty has a finding; each has its evidence."""
    random = np.random.default_rng(seed)
    found = fulfillments.iloc[np.flatnonzero(random.random(len(fulfillments)) < 0.05)]
    count = len(found)
    findings = {
        "finding_id": [f"made/{number}" for number in range(count)],
        "kind": random.choice(KINDS, count),
        "severity": random.choice(("high", "medium", "low"), count),
        "incident": random.choice([f"{number} at one place" for number in range(40)], count),
        "order_id": found["order_id"].to_numpy(),
        "fulfillment_id": found["fulfillment_id"].to_numpy(),
        "right_fix": random.choice(("unfulfill", "hold", "nothing"), count),
        "message": ["Made up."] * count,
    }
    percent = random.integers(0, 101, len(fulfillments))
    run.save_table(
        EVIDENCE,
        make_table(
            EVIDENCE, {"fulfillment_id": fulfillments["fulfillment_id"].to_numpy(), "percent": percent}
        ),
    )
    for table in (STOCK, CAUSES, INCIDENTS):
        run.save_table(table, make_table(table))
    run.save_table(FINDINGS, make_table(FINDINGS, findings))
