"""The first contact panel in a real JupyterLab: an order typed, read, approved by its name, tried and shown."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from playwright.sync_api import expect

import sandbox_shop

QUIET = """select o.name from "order" o join fulfillment f on f.order_id = o.id join service s on s.id = f.service_id
  where f.status = 'SUCCESS' and f.display_status = 'FULFILLED' and s.type = 'MANUAL' and o.financial_status = 'PAID'
  group by o.id having count(*) = 1 order by o.id"""
WRITES = "select mutation from request where mutation is not null order by id"


def test_one_order_is_read_approved_by_its_name_and_tried(
    open_notebook: Callable[..., Any], lab: Any
) -> None:
    folder = lab.root / "runs" / "contact"
    folder.mkdir(parents=True)
    sandbox_shop.start(folder / "sandbox_shop.sqlite", seed=7, size=60).stop()
    with closing(sqlite3.connect(folder / "sandbox_shop.sqlite")) as world:
        ((order,), *_) = world.execute(QUIET).fetchall()
    notebook = open_notebook("0_start", run="runs/contact/run")
    notebook.run_all()
    page = notebook.page
    panel = notebook.out.filter(has=page.get_by_label("Order to try", exact=True))
    status = panel.get_by_role("status")
    expect(status).to_contain_text("Nothing has been sent")
    go = page.get_by_role("button", name="Cancel and undo this order")
    expect(go).not_to_be_visible()

    page.get_by_label("Order to try", exact=True).fill(order)
    page.get_by_role("button", name="Read and plan").click()
    expect(status).to_contain_text("Nothing was sent")
    expect(notebook.out.get_by_text("Digest of this plan")).to_be_visible()
    expect(go).to_be_disabled()
    page.get_by_label("To approve, type the order's name again").fill(order)
    go.click()

    expect(status).to_contain_text("This is what the shop did")
    expect(notebook.out.get_by_text("May the token cancel a fulfillment?")).to_be_visible()
    expect(go).not_to_be_visible()
    assert notebook.errors() == []
    with closing(sqlite3.connect(folder / "sandbox_shop.sqlite")) as world:
        assert [name for (name,) in world.execute(WRITES)] == ["fulfillmentCancel", "fulfillmentCreate"]
