"""The main job from end to end over HTTP: export to report, and back again."""

import sqlite3
import zipfile
from collections import Counter
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import sandbox_shop
from unfulfill.errors import GuardRefused
from unfulfill.model import Limits
from unfulfill.tables import FULFILLMENT_LINES, FULFILLMENTS, INVENTORY_LEVELS, LINE_ITEMS, ORDERS
from unfulfill.workbench import open_workbench

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT.parent / "shared" / "samples"
RUN_FILES = {
    "run.json",
    "export/orders.parquet",
    "export/line_items.parquet",
    "export/fulfillments.parquet",
    "export/fulfillment_lines.parquet",
    "export/fulfillment_orders.parquet",
    "export/inventory_levels.parquet",
    "export/manifest.json",
    "orders.xlsx",
    "findings.parquet",
    "stock.parquet",
    "marks.csv",
    "plan.json",
    "journal.sqlite",
    "results.xlsx",
    "report.html",
}


def fulfilled(bench):
    """What is fulfilled: (order line, company, numbers, urls, location) → units, over live fulfillments."""
    live = bench.run.load_table(FULFILLMENTS).query("status == 'SUCCESS'")
    rows = bench.run.load_table(FULFILLMENT_LINES).merge(live, on="fulfillment_id")
    columns = ["line_item_id", "tracking_company", "tracking_numbers", "tracking_urls", "location_id"]
    keys = rows[columns].fillna("").itertuples(index=False, name=None)
    units = Counter()
    for key, quantity in zip(keys, rows["quantity"], strict=True):
        units[key] += quantity
    return units


def open_units(bench):
    lines = bench.run.load_table(LINE_ITEMS)
    return dict(zip(lines["line_item_id"], lines["unfulfilled_quantity"], strict=True))


def stock(bench):
    levels = bench.run.load_table(INVENTORY_LEVELS)
    return levels.sort_values(list(INVENTORY_LEVELS.key)).to_dict("records")


def closed(bench):
    orders = bench.run.load_table(ORDERS)
    return set(orders.loc[orders["closed_at"].notna(), "order_id"])


CANARIES = {
    "customer_name": "Canarina Goldfinch",
    "email": "canarina@goldfinch.example",
    "note": "ring the canary twice",
    "address": '{"address1": "7 Canary Wharf", "city": "Goldfinchford", "phone": "+44 20 7946 0123"}',
}
NEVER = ("Canarina", "Goldfinch", "goldfinch", "canary twice", "Canary Wharf", "7946 0123")


def plant_canaries(world):
    """In every order, each field that tells who its customer is."""
    with closing(sqlite3.connect(world)) as connection, connection:
        columns = ", ".join(f"{name} = ?" for name in CANARIES)
        assert connection.execute(f'update "order" set {columns}', tuple(CANARIES.values())).rowcount > 50


def words_in(path):
    """All texts of a file, also of one that is packed."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as packed:
            return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pylist())
    if path.suffix == ".eml":
        return str(message_from_bytes(path.read_bytes(), policy=default).get_content())
    return path.read_bytes().decode("utf-8", "replace")


def go_there_and_back(workbench):
    """The whole path with every proposed row, then its undo. Returns the runs before, between and after."""
    bench = workbench("run")
    assert bench.export().complete
    bench.audit(stock_count=bench._sandbox_count())
    bench.propose()
    plan = bench.plan(tag="unfulfilled")
    bench.apply(plan.digest).check()
    assert set(bench.verify().counts) <= {"confirmed"}
    bench.report()
    between = workbench("between")
    between.export()
    undo = bench.undo()
    undoing = bench.undo_workbench()
    undoing.apply(undo.digest).check()
    assert set(undoing.verify().counts) <= {"confirmed"}
    undoing.report()
    after = workbench("after")
    after.export()
    return bench, between, after


@pytest.fixture(scope="module")
def there_and_back(tmp_path_factory):
    """That path, gone once for the tests that only look: the shop, and the runs before, between and after."""
    folder = tmp_path_factory.mktemp("there_and_back")
    opened = []
    with (
        pytest.MonkeyPatch.context() as environment,
        sandbox_shop.start(folder / "world.sqlite", seed=7, size=60) as shop,
    ):
        environment.setenv("XDG_STATE_HOME", str(folder / "state"))
        plant_canaries(Path(shop.world))
        shop.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}})

        def workbench(name):
            opened.append(open_workbench(shop, folder / name, sleep=lambda seconds: None))
            return opened[-1]

        yield shop, *go_there_and_back(workbench)
        for each in opened:
            each.shop.close()


def test_after_undo_every_order_line_is_fulfilled_and_tracked_as_before(there_and_back):
    sandbox, bench, between, after = there_and_back

    assert len(bench.load_plan().changes) > 10
    asked = [c.fulfillment_id for c in bench.load_plan().changes if c.kind == "RequestCancellation"]
    assert [(skip.fulfillment_id, skip.reason) for skip in bench.undo().skips] == [
        (fulfillment_id, "not_by_us") for fulfillment_id in reversed(asked)
    ]
    assert fulfilled(between) != fulfilled(bench)
    assert fulfilled(after) == fulfilled(bench)
    assert open_units(after) == open_units(bench)
    assert closed(bench) <= closed(after)
    assert stock(after) == stock(bench) != stock(between)
    assert sandbox.control("email", {})["rows"] == []


def test_the_run_folder_holds_every_file_of_the_design_and_nothing_others_may_read(there_and_back):
    _, bench, _, _ = there_and_back

    folder = bench.run.folder
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files >= RUN_FILES
    assert files >= {"undo/plan.json", "undo/journal.sqlite", "undo/results.xlsx", "undo/report.html"}
    assert any(name.startswith("messages/") for name in files)
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))} == {0}


def test_a_token_stands_in_no_file_of_the_run(there_and_back):
    sandbox, bench, _, _ = there_and_back

    for path in bench.run.folder.rglob("*"):
        assert not path.is_file() or sandbox.token.encode() not in path.read_bytes(), path


def test_nothing_of_a_customer_stands_in_any_file_of_the_run(there_and_back):
    _, bench, between, after = there_and_back
    files = [
        path for each in (bench, between, after) for path in each.run.folder.rglob("*") if path.is_file()
    ]
    kinds = {path.suffix for path in files}
    assert kinds >= {".parquet", ".xlsx", ".html", ".csv", ".json", ".sqlite", ".eml"}
    order = bench.load_plan().changes[0].order_name
    assert any(
        order in words_in(path) for path in files if path.suffix == ".xlsx"
    )  # so would a customer be found

    found = {(path.name, word) for path in files for word in NEVER if word in words_in(path)}

    assert found == set()


def test_an_undo_can_be_undone(workbench):
    bench, between, _ = go_there_and_back(workbench)
    again = bench.undo_workbench()

    plan = again.undo()
    again.undo_workbench().apply(plan.digest).check()

    third = workbench("third")
    third.export()
    assert fulfilled(third) == fulfilled(between)


def test_only_the_orders_named_are_undone(workbench):
    bench = workbench(with_audit=True).ensure("plan")
    plan = bench.load_plan()
    bench.apply(plan.digest)
    names = [
        change.order_name for change in plan.changes if change.reversibility.value == "undoable, new ids"
    ]

    undo = bench.undo(orders=[names[0]])

    assert {change.order_name for change in undo.changes} == {names[0]}


def test_steps_on_a_shop_that_is_not_the_sandbox_are_never_done_unasked(workbench, monkeypatch):
    bench = workbench("run")
    monkeypatch.setattr(
        type(bench), "identity", property(lambda self: type("Live", (), {"is_sandbox": False}))
    )

    with pytest.raises(Exception, match="has no export yet; run export first"):
        bench.ensure("plan")


@pytest.mark.parametrize(
    ("orders", "inventory"),
    [("orders_h.csv", "inventory_i.csv"), ("orders_a.csv", None), ("orders_a.csv", "inventory_k.csv")],
)
@pytest.mark.skipif(not SAMPLES.exists(), reason="the real sample files are not beside this checkout")
def test_the_same_path_on_a_merchants_own_files(orders, inventory, tmp_path):
    files = {"orders": SAMPLES / orders, "inventory": SAMPLES / inventory if inventory else None}
    with sandbox_shop.start(tmp_path / "world.sqlite", **files) as shop:
        shop.control("settings", {"bucket": {"maximum": 1_000_000, "rate": 100_000}})
        opened = []

        def workbench(name):
            opened.append(open_workbench(shop, tmp_path / name, sleep=lambda seconds: None))
            return opened[-1]

        bench = workbench("first")
        bench.export()
        bench.audit()
        live = bench.run.load_table(FULFILLMENTS)["fulfillment_id"]
        bench.mark("unfulfill", fulfillment_ids=list(live.head(9)), reason="chosen by the test")
        plan = bench.plan()
        bench.apply(plan.digest).check()
        undo = bench.undo()
        bench.undo_workbench().apply(undo.digest).check()
        after = workbench("after")
        after.export()
        for each in opened:
            each.shop.close()

    assert len(plan.changes) == 9
    assert fulfilled(after) == fulfilled(bench)


def test_a_plan_over_the_limits_is_refused_before_anything_is_sent(workbench, sandbox):
    bench = workbench(with_audit=True).ensure("mark")
    plan = bench.plan(Limits(max_cancels=1))

    with pytest.raises(GuardRefused, match="the limit is 1"):
        bench.apply(plan.digest)

    assert not [row for row in sandbox.control("request", {})["rows"] if row["mutation"] and row["effect"]]
