"""The audit against shops whose mistakes are known. It sees the export only; the truth lies beside the world."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import sandbox_shop
import unfulfill
from unfulfill.audit import Audit

FOUND_BY = {
    "auto_fulfil": "auto_fulfil",
    "app_burst": "burst",
    "phantom_shipment": "no_movement",
    "courier_no_show": "no_movement",
    "preorder": "fulfilled_out_of_stock",
    "pos_mark_as_fulfilled": "pos_fulfilled",
    "third_party_accepted": "third_party_open",
}


class Audited:
    """One seeded shop: what the audit says, and what is true."""

    def __init__(self, folder: Path, seed: int) -> None:
        world = folder / "world.sqlite"
        self.server = sandbox_shop.start(world, seed=seed, size=500)
        try:
            wb = unfulfill.open_workbench(shop=self.server, run=folder / "run")
            wb.export()
            self.audit: Audit = wb.audit()
            self.marks: pd.DataFrame = wb.propose()
            wb.shop.close()
        finally:
            self.server.stop()
        self.truth = json.loads(world.with_name(f"{world.name}.truth.json").read_text())

    def of(self, *incidents: str) -> set[str]:
        """Ids of the fulfillments that belong to these incidents."""
        return {id_ for row in self.truth if row["incident"] in incidents for id_ in row["fulfillments"]}


@pytest.fixture(scope="module", params=[5, 6])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audited]:
    yield Audited(tmp_path_factory.mktemp("audited"), request.param)


@pytest.mark.parametrize(("incident", "kind"), FOUND_BY.items())
def test_every_seeded_mistake_of_a_kind_is_found(shop: Audited, incident: str, kind: str) -> None:
    findings = shop.audit.findings

    missed = shop.of(incident) - set(findings.loc[findings["kind"] == kind, "fulfillment_id"])

    assert shop.of(incident)
    assert missed == set()


def test_nothing_is_proposed_that_is_not_a_mistake(shop: Audited) -> None:
    for decisions, least in ((("unfulfill", "hold"), 50), (("request_cancellation",), 2)):
        wrong = {id_ for row in shop.truth if row["right_fix"] in decisions for id_ in row["fulfillments"]}
        proposed = set(shop.marks.loc[shop.marks["decision"].isin(decisions), "fulfillment_id"])

        assert proposed - wrong == set()
        assert len(proposed) > least


def test_no_locked_fulfillment_is_proposed(shop: Audited) -> None:
    marks = shop.marks[shop.marks["decision"].fillna("") != ""]

    assert marks["locked"].isna().all()


def test_the_right_fix_of_each_finding_of_wrong_tracking_is_to_correct_it(shop: Audited) -> None:
    ids = shop.of("tracking_wrong_or_duplicate")
    told = shop.marks[shop.marks["fulfillment_id"].isin(ids)]

    assert set(told["right_fix"]) == {"correct_tracking"}
