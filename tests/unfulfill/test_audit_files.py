"""The stock of the export that one was gone on from."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from builders import level, make_tables

from unfulfill.audit_files import earlier_stock
from unfulfill.export import Manifest
from unfulfill.run import MANIFEST, Run
from unfulfill.tables import INVENTORY_LEVELS

EARLIER = Manifest(
    complete=True,
    reasons=(),
    counts={},
    id_digest={},
    api_version_asked="2026-10",
    api_version_served="2026-10",
    shop="made-up.myshopify.com",
    shop_id="gid://shopify/Shop/1",
    taken_at=datetime(2026, 10, 10, 8, 30, 12, tzinfo=UTC),
    filters={},
    filtered_here=(),
    orders_counted={},
    route="pages",
    warnings=(),
)


@pytest.mark.parametrize(
    ("taken_at", "is_it"),
    [
        ("2026-10-10T08:30+00:00", True),
        ("2026-10-10T10:30+02:00", True),  # the same minute in another zone
        ("2026-10-10T08:30Z", True),
        ("2026-10-10T08:31+00:00", False),
        ("2026-10-10T08:30+02:00", False),
    ],
)
def test_the_earlier_stock_is_that_of_the_export_gone_on_from(
    tmp_path: Path, taken_at: str, is_it: bool
) -> None:
    run = Run(tmp_path / "earlier")
    run.save_json(MANIFEST, EARLIER.to_json())
    run.save_table(INVENTORY_LEVELS, make_tables(level(1))["inventory_levels"])
    later = replace(
        EARLIER, taken_at=datetime(2026, 10, 20, tzinfo=UTC), since={"run": "earlier", "taken_at": taken_at}
    )

    found = earlier_stock(Run(tmp_path / "later"), later)

    assert (found is not None) == is_it
    assert found is None or found.taken_at == EARLIER.taken_at
