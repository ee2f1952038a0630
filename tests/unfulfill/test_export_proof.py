"""Whether an export notices what is missing: bulk results with lines lost in every place, counted or not."""

from pathlib import Path
from typing import Any

import pytest

from unfulfill.errors import BadAnswer, IncompleteExport
from unfulfill.export import Filters, Manifest, export_shop
from unfulfill.run import Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.workbench import open_workbench

WORLD = {"seed": 13, "size": 80}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "run")


def export(server: Any, run: Run, fault: dict[str, Any]) -> Manifest:
    """An export whose bulk operation of the orders has a fault."""
    server.control("switches", {"bulk_fault": {**fault, "of": " orders(", "times": 1}})
    with Shop(sandbox_settings(server.url, server.token)) as shop:
        return export_shop(shop, run, Filters(), route="bulk", poll_s=0.01)


LOSSES = [
    {"drop_last": 1},
    {"drop_last": 40},
    {"drop_every": 97},
    {"drop_every": 3},
    {"drop_kind": "LineItem"},
    {"drop_kind": "FulfillmentOrder"},
    {"drop_kind": "Order"},
]


@pytest.mark.parametrize("fault", LOSSES)
def test_lines_that_the_shop_counted_and_the_file_lacks_are_noticed(
    server: Any, run: Run, fault: dict[str, Any]
) -> None:
    manifest = export(server, run, fault)

    assert not manifest.complete
    assert any("BulkOrders holds" in reason for reason in manifest.reasons)


@pytest.mark.parametrize("fault", LOSSES)
def test_lines_that_nobody_counted_are_missed_all_the_same(
    server: Any, run: Run, fault: dict[str, Any], tmp_path: Path
) -> None:
    """Every loss is told, or mended by reading the order again; what is called complete is complete."""
    whole = export(server, Run(tmp_path / "whole"), {})

    manifest = export(server, run, {**fault, "drop_counted": False})

    assert whole.complete
    assert not manifest.complete or manifest.id_digest == whole.id_digest
    assert manifest.reasons or any("read again" in warning for warning in manifest.warnings)


def test_nothing_is_planned_from_an_export_that_lacks_lines(server: Any, run: Run) -> None:
    export(server, run, {"drop_every": 5})
    workbench = open_workbench(server, run.folder)

    with pytest.raises(IncompleteExport, match="Export again"):
        workbench.plan()

    workbench.shop.close()


def test_a_line_that_is_cut_is_named_and_the_earlier_export_stays(server: Any, run: Run) -> None:
    export(server, run, {})
    before = {path.name: path.read_bytes() for path in (run.folder / "export").iterdir()}

    with pytest.raises(BadAnswer, match=r"Line \d+ of orders\.jsonl"):
        export(server, run, {"cut_line": 7})

    assert {path.name: path.read_bytes() for path in (run.folder / "export").iterdir()} == before
    assert [path.name for path in run.folder.iterdir()] == ["export"]
