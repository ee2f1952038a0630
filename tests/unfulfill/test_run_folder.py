import json
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from states import NOW, SHOP, mark, plan_for

from unfulfill.atomic import write_atomic
from unfulfill.errors import RunFolderRefused, WrongShop
from unfulfill.run import Run
from unfulfill.tables import FINDINGS, MARKS, ORDERS, make_table


def test_files_are_private_and_written_whole(tmp_path):
    run = Run(tmp_path / "runs" / "today")

    path = run.write("messages/one.txt", "hello")

    assert path.read_text() == "hello"
    assert path.stat().st_mode & 0o777 == 0o600
    assert run.folder.stat().st_mode & 0o777 == 0o700
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "report.html"
    write_atomic(path, lambda file: file.write(b"first"))

    def fail(file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, fail)

    assert path.read_bytes() == b"first"
    assert [found.name for found in tmp_path.iterdir()] == ["report.html"]


def test_a_table_comes_back_with_its_dtypes_and_exact_ids(tmp_path):
    run = Run(tmp_path)
    frame = make_table(ORDERS, {"order_id": ["gid://shopify/Order/9007199254740993"], "test": [None]})

    run.save_table(ORDERS, frame)

    pd.testing.assert_frame_equal(run.load_table(ORDERS), frame)
    assert run.has("export/orders.parquet")


def test_a_doubled_or_missing_key_is_refused(tmp_path):
    doubled = make_table(MARKS, {"fulfillment_id": ["F1", "F1"]})
    missing = make_table(MARKS, {"fulfillment_id": [None]})

    with pytest.raises(RunFolderRefused, match="1 doubled row, which is F1"):
        Run(tmp_path).save_table(MARKS, doubled)
    with pytest.raises(RunFolderRefused, match="a row without fulfillment_id"):
        Run(tmp_path).save_table(MARKS, missing)


def doubled_orders(run, counted):
    """An export with a doubled order, whose manifest counts so many."""
    arrow = pa.table({name: [None, None] for name in ORDERS.columns}, schema=ORDERS.arrow_schema)
    ids = pa.array(["O1", "O1"])
    pq.write_table(arrow.set_column(0, "order_id", ids), run.path("export/orders.parquet"))
    run.save_json("export/manifest.json", {"complete": True, "counts": {"orders": counted}})


def test_some_columns_come_in_the_order_of_the_table_and_with_its_key_checked(tmp_path):
    run = Run(tmp_path)
    run.save_table(ORDERS, make_table(ORDERS, {"order_id": ["O1"], "name": ["#1"], "tags": ["a"]}))

    frame = run.load_table(ORDERS, columns=("tags", "name"))

    assert [*frame.columns] == ["name", "tags"]
    assert frame.to_numpy().tolist() == [["#1", "a"]]
    doubled_orders(run, counted=1)
    with pytest.raises(RunFolderRefused, match="1 doubled row, which is O1"):
        run.load_table(ORDERS, columns=("tags", "name"))


@pytest.mark.parametrize(
    "manifest", [{"complete": False, "counts": {"orders": 2}}, {"complete": True}, [], None]
)
def test_what_the_export_did_not_prove_is_checked_at_every_loading(tmp_path, manifest):
    run = Run(tmp_path)
    doubled_orders(run, counted=2)
    assert len(run.load_table(ORDERS)) == 2  # proved: not looked at again
    run.save_json("export/manifest.json", manifest)

    with pytest.raises(RunFolderRefused, match="doubled row"):
        run.load_table(ORDERS)


def test_a_column_that_an_older_export_lacks_is_named(tmp_path):
    run = Run(tmp_path)
    doubled_orders(run, counted=2)
    path = run.path("export/orders.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["tags"]), path)

    assert len(run.load_table(ORDERS, columns=("order_id",))) == 2
    with pytest.raises(RunFolderRefused, match="lacks the columns tags; export again"):
        run.load_table(ORDERS, columns=("order_id", "tags"))


def test_a_missing_file_names_the_step_to_run(tmp_path):
    with pytest.raises(RunFolderRefused, match=r"findings\.parquet is missing; run audit first"):
        Run(tmp_path).load_table(FINDINGS)
    with pytest.raises(RunFolderRefused, match=r"plan\.json is missing; run plan first"):
        Run(tmp_path).load_plan()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind": "unfulfill"}', "\x00\x01"])
def test_a_damaged_plan_is_refused_with_a_sentence(tmp_path, text):
    run = Run(tmp_path)
    run.write("plan.json", text)

    with pytest.raises(RunFolderRefused, match="is not the plan that was made"):
        run.load_plan()


def test_a_plan_with_one_byte_changed_is_refused(tmp_path):
    run = Run(tmp_path)
    run.save_plan(plan_for(mark(1)))
    path = run.path("plan.json")
    path.write_text(path.read_text().replace("never left", "never_left"))

    with pytest.raises(RunFolderRefused, match="its content does not match its digest"):
        run.load_plan()


def test_a_damaged_table_is_refused_with_a_sentence(tmp_path):
    run = Run(tmp_path)
    run.write("export/orders.parquet", b"PAR1 but not really PAR1")

    with pytest.raises(RunFolderRefused, match="is damaged"):
        run.load_table(ORDERS)


def test_a_folder_of_another_shop_is_refused(tmp_path):
    run = Run(tmp_path)
    run.open_for(SHOP, "2026-10", "0.1.0", NOW)

    run.open_for(SHOP, "2026-10", "0.1.0", NOW)
    with pytest.raises(WrongShop, match="name another run folder"):
        run.open_for(replace(SHOP, domain="other.myshopify.com"), "2026-10", "0.1.0", NOW)

    facts = json.loads(run.path("run.json").read_text())
    assert facts["shop"] == "sandbox-shop.myshopify.com"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "run").write_text("")

    with pytest.raises(RunFolderRefused, match="is a file"):
        Run(tmp_path / "run")
