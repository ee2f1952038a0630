"""An export that goes on from an earlier one: what changed is read, the tables are those of a full export."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from unfulfill.errors import ParameterRefused
from unfulfill.export import Filters, Manifest, export_shop
from unfulfill.run import MANIFEST, Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.tables import EXPORTED, FULFILLMENTS, ORDERS

WORLD = {"seed": 19, "size": 120}


def export(
    shop: Shop, run: Path, since: str = "", filters: Filters | None = None, route: Any = "pages"
) -> Manifest:
    return export_shop(shop, Run(run), filters or Filters(), route=route, since=since, poll_s=0.01)


def live_fulfillments(server: Any, count: int) -> list[str]:
    connection = sqlite3.connect(server.world)
    try:
        rows = connection.execute(
            "select id from fulfillment where status = 'SUCCESS' limit ?", (count,)
        ).fetchall()
    finally:
        connection.close()
    return [f"gid://shopify/Fulfillment/{id_}" for (id_,) in rows]


def change(server: Any, shop: Shop) -> list[str]:
    """An hour later, two fulfillments are cancelled; returns them."""
    server.control("clock", {"advance_s": 3600})
    cancelled = live_fulfillments(server, 2)
    for id_ in cancelled:
        shop.write("FulfillmentCancel", id=id_)
    server.control("clock", {"advance_s": 3600})
    return cancelled


@pytest.mark.parametrize("route", ["bulk", "pages"])
def test_the_tables_are_those_of_a_full_export(shop: Shop, server: Any, tmp_path: Path, route: str) -> None:
    export(shop, tmp_path / "monday", route=route)
    cancelled = change(server, shop)

    merged = export(shop, tmp_path / "tuesday", str(tmp_path / "monday"), route=route)
    whole = export(shop, tmp_path / "whole", route=route)

    assert (merged.complete, merged.reasons, merged.counts) == (True, (), whole.counts)
    assert merged.since["run"] == "monday"
    assert merged.id_digest == whole.id_digest
    for table in EXPORTED:
        ours, full = (Run(tmp_path / name).load_table(table) for name in ("tuesday", "whole"))
        if table is FULFILLMENTS:
            before = ours.set_index("fulfillment_id")["status_before"]
            assert (before.loc[cancelled] == "SUCCESS").all()
            ours, full = (frame.drop(columns="status_before") for frame in (ours, full))
        pd.testing.assert_frame_equal(ours, full)


def test_only_what_changed_is_read(shop: Shop, server: Any, tmp_path: Path) -> None:
    export(shop, tmp_path / "monday")
    change(server, shop)

    merged = export(shop, tmp_path / "tuesday", "last")

    assert int(merged.forecast.split()[0]) in range(2, 6)  # those of the first minute may be read again
    assert merged.orders_counted["after"] == merged.counts["orders"] == 120


def test_a_run_goes_on_from_its_own_export(shop: Shop, server: Any, tmp_path: Path) -> None:
    export(shop, tmp_path / "run")
    change(server, shop)
    export(shop, tmp_path / "run", "last")
    again = export(shop, tmp_path / "run", "last")

    whole = export(shop, tmp_path / "whole")
    assert (again.complete, again.since["run"]) == (True, "run")
    assert again.id_digest == whole.id_digest


def test_an_order_that_is_no_more_makes_everything_be_read(shop: Shop, server: Any, tmp_path: Path) -> None:
    export(shop, tmp_path / "monday")
    connection = sqlite3.connect(server.world)
    with connection:
        ((number,),) = connection.execute(
            """select id from "order" where id not in (select order_id from fulfillment) limit 1"""
        ).fetchall()
        for table in ("line", "fulfillment_order"):
            connection.execute(f"delete from {table} where order_id = ?", (number,))
        connection.execute("""delete from "order" where id = ?""", (number,))
    connection.close()

    merged = export(shop, tmp_path / "tuesday", "last")

    assert (merged.complete, merged.counts["orders"], merged.since) == (True, 119, {})
    assert any("in the shop no more, so everything was read" in warning for warning in merged.warnings)


def test_a_new_order_comes_with_it(shop: Shop, server: Any, tmp_path: Path) -> None:
    export(shop, tmp_path / "monday")
    connection = sqlite3.connect(server.world)
    ((number,),) = connection.execute('select max(id) from "order"').fetchall()
    connection.close()
    server.control("clock", {"advance_s": 3600})
    with shop_as_staff(server) as staff:
        staff.write("TagsAdd", id=f"gid://shopify/Order/{number}", tags=["looked at"])

    export(shop, tmp_path / "tuesday", "last")

    tags = Run(tmp_path / "tuesday").load_table(ORDERS).set_index("order_id")["tags"]
    assert "looked at" in tags[f"gid://shopify/Order/{number}"]


def shop_as_staff(server: Any) -> Shop:
    return Shop(sandbox_settings(server.url, server.token))


# Which export fits


def test_without_an_earlier_export_everything_is_read_and_said(shop: Shop, tmp_path: Path) -> None:
    manifest = export(shop, tmp_path / "monday", "last")

    assert (manifest.complete, manifest.counts["orders"]) == (True, 120)
    assert any("there is no earlier export" in warning for warning in manifest.warnings)


def test_the_newest_export_that_fits_is_taken(shop: Shop, server: Any, tmp_path: Path) -> None:
    for name in ("a", "b", "incomplete", "filtered", "damaged"):
        filters = Filters(created_from="2026-08-01") if name == "filtered" else Filters()
        export(shop, tmp_path / name, filters=filters)
        server.control("clock", {"advance_s": 60})
    path = tmp_path / "incomplete" / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), "complete": False}))
    (tmp_path / "damaged" / MANIFEST).write_text("{")

    assert export(shop, tmp_path / "new", "last").since["run"] == "b"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ({"complete": False}, "it is not complete"),
        ({"shop_id": "gid://shopify/Shop/5", "shop": "other.myshopify.com"}, "it is of other.myshopify.com"),
        ({"filters": {"tags": ["x"]}}, "other filters"),
    ],
)
def test_an_export_that_does_not_fit_is_refused_with_the_reason(
    shop: Shop, tmp_path: Path, spoil: dict[str, Any], words: str
) -> None:
    export(shop, tmp_path / "monday")
    path = tmp_path / "monday" / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **spoil}))

    with pytest.raises(ParameterRefused, match=words):
        export(shop, tmp_path / "tuesday", str(tmp_path / "monday"))


def test_a_folder_without_an_export_is_refused(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ParameterRefused, match="holds no export to go on from"):
        export(shop, tmp_path / "tuesday", str(tmp_path / "nothing"))


def test_tables_that_are_damaged_are_not_gone_on_from(shop: Shop, tmp_path: Path) -> None:
    export(shop, tmp_path / "monday")
    (tmp_path / "monday" / "export" / "orders.parquet").write_bytes(b"PAR1")

    with pytest.raises(ParameterRefused, match=r"orders\.parquet is missing or damaged"):
        export(shop, tmp_path / "tuesday", str(tmp_path / "monday"))


def test_what_is_filtered_on_our_side_cannot_be_gone_on_from(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(ParameterRefused, match="carrier"):
        export(shop, tmp_path / "tuesday", "last", Filters(carriers=("DHL",)))
