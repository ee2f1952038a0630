"""The made-up shops agree with themselves, so that the audit can be held against them."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from audit_scores import FOUND_AS, LEAVE_ALONE, tally
from audit_scores import figures as figures_of
from cause_scores import true_effects
from known_parcels import KINDS, STAYED
from known_shops import KnownShop, make_known_shop

from unfulfill.audit.columns import AUDIT_COLUMNS
from unfulfill.audit.evidence import lock_reasons
from unfulfill.tables import EXPORTED, FINDINGS, INVENTORY_LEVELS, check_table, make_table

SEEDS = (1, 2, 3, 4)
PLACE = ["inventory_item_id", "location_id"]


@pytest.fixture(scope="module", params=SEEDS)
def shop(request: pytest.FixtureRequest) -> KnownShop:
    return make_known_shop(request.param, 2_000, noise=0, few_kinds=request.param % 4 == 0)


def shipped(shop: KnownShop) -> pd.DataFrame:
    """Every line of every fulfillment with its item and location."""
    tables = shop.tables
    lines = tables["fulfillment_lines"].merge(tables["fulfillments"], on="fulfillment_id")
    return lines.merge(tables["line_items"][["line_item_id", "inventory_item_id"]], on="line_item_id")


def said_by_truth(shop: KnownShop) -> pd.Series:
    """counted - on_hand of each place, as truth and stock_truth say it; places with nothing are left out."""
    lines = shipped(shop).merge(
        shop.truth.rename(columns={"line_item_id": "missing_line", "units": "concerned"}), on="fulfillment_id"
    )
    stayed = lines[lines["kind"].isin(STAYED)]
    elsewhere = lines[lines["kind"] == "wrong_location"]
    gone = elsewhere.assign(location_id=elsewhere["other_location_id"], quantity=-elsewhere["quantity"])
    missing = lines[(lines["line_item_id"] == lines["missing_line"]).fillna(False)]
    missing = missing.assign(quantity=missing["concerned"])
    stock = shop.stock_truth.rename(columns={"units": "quantity"})
    whole = pd.concat([part[[*PLACE, "quantity"]] for part in (stayed, elsewhere, gone, missing, stock)])
    sums = whole.groupby(PLACE)["quantity"].sum()
    return sums[sums != 0]


def test_the_same_seed_makes_the_same_shop() -> None:
    one, two = make_known_shop(7, 1_500), make_known_shop(7, 1_500)

    for name in one.tables:
        pd.testing.assert_frame_equal(one.tables[name], two.tables[name])
    for name in ("counted", "before", "truth", "stock_truth", "hard_negatives"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert (one.now, one.before_at) == (two.now, two.before_at)


def test_another_seed_makes_another_shop() -> None:
    one, two = make_known_shop(7, 1_500), make_known_shop(8, 1_500)

    assert not one.tables["fulfillment_lines"].equals(two.tables["fulfillment_lines"])


def test_count_minus_stock_is_what_the_truth_says_place_by_place(shop: KnownShop) -> None:
    levels = shop.tables["inventory_levels"].set_index(PLACE)["on_hand"]
    counted = shop.counted.set_index(PLACE)["counted"]
    variance = counted - levels.reindex(counted.index)

    said = said_by_truth(shop)

    found = variance[variance != 0].astype("int64").sort_index()
    expected = said[said.index.isin(counted.index)].astype("int64").sort_index()
    pd.testing.assert_series_equal(found, expected, check_names=False)
    assert len(found) > 0


def test_every_table_is_as_an_export_writes_it(shop: KnownShop) -> None:
    for table in EXPORTED:
        check_table(table, shop.tables[table.name], "made-up shop")
        for name in AUDIT_COLUMNS[table.name]:
            assert shop.tables[table.name][name].notna().any(), f"{table.name}.{name} is empty"
    check_table(INVENTORY_LEVELS, shop.before, "the earlier stock")


def test_nothing_points_at_what_is_not_there(shop: KnownShop) -> None:
    tables = shop.tables
    known = {name: set(tables[name][f"{name[:-1]}_id"]) for name in ("orders", "line_items", "fulfillments")}
    levels = set(map(tuple, tables["inventory_levels"][PLACE].itertuples(index=False)))

    for name in ("line_items", "fulfillments", "fulfillment_orders"):
        assert set(tables[name]["order_id"]) <= known["orders"]
    assert set(tables["fulfillment_lines"]["line_item_id"]) <= known["line_items"]
    assert set(tables["fulfillment_lines"]["fulfillment_id"]) == known["fulfillments"]
    assert set(shop.truth["fulfillment_id"]) <= known["fulfillments"]
    assert set(shop.truth["line_item_id"].dropna()) <= known["line_items"]
    assert set(shop.hard_negatives["fulfillment_id"]) <= known["fulfillments"] - set(
        shop.truth["fulfillment_id"]
    )
    for frame in (shop.counted, shop.stock_truth):
        assert set(map(tuple, frame[PLACE].itertuples(index=False))) <= levels


def test_a_fulfillment_is_of_the_order_of_its_lines(shop: KnownShop) -> None:
    lines = shop.tables["fulfillment_lines"].merge(shop.tables["fulfillments"], on="fulfillment_id")
    lines = lines.merge(shop.tables["line_items"], on="line_item_id", suffixes=("", "_of_line"))

    assert (lines["order_id"] == lines["order_id_of_line"]).all()


def test_lines_add_up_to_their_fulfillments_and_orders(shop: KnownShop) -> None:
    lines, fulfillments = shop.tables["fulfillment_lines"], shop.tables["fulfillments"]
    items = shop.tables["line_items"].set_index("line_item_id")
    live = fulfillments.loc[fulfillments["status"] != "CANCELLED", "fulfillment_id"]

    units = lines.groupby("fulfillment_id")["quantity"].sum()
    sent = lines[lines["fulfillment_id"].isin(live)].groupby("line_item_id")["quantity"].sum()

    assert (
        units.reindex(fulfillments["fulfillment_id"]).to_numpy() == fulfillments["total_quantity"].to_numpy()
    ).all()
    assert (sent <= items["quantity"].reindex(sent.index)).all()
    assert (items["current_quantity"] + items["refunded_quantity"] == items["quantity"]).all()
    assert (items[["current_quantity", "unfulfilled_quantity", "refunded_quantity"]] >= 0).all(axis=None)


def test_on_hand_is_the_sum_of_its_states(shop: KnownShop) -> None:
    states = ["available", "committed", "reserved", "damaged", "safety_stock", "quality_control"]

    for levels in (shop.tables["inventory_levels"], shop.before):
        assert (levels["on_hand"] == levels[states].sum(axis=1)).all()
        assert (levels["committed"] >= 0).all()
        assert (levels.loc[~levels["tracked"], "on_hand"] == 0).all()


def test_committed_units_are_those_that_wait(shop: KnownShop) -> None:
    """Of every tracked item, at all locations together: what orders still want is what the levels have committed."""
    levels, items = shop.tables["inventory_levels"], shop.tables["line_items"]
    tracked = levels.loc[levels["tracked"], "inventory_item_id"]

    waiting = (
        items[items["inventory_item_id"].isin(tracked)]
        .groupby("inventory_item_id")["unfulfilled_quantity"]
        .sum()
    )
    committed = levels.groupby("inventory_item_id")["committed"].sum()

    assert (committed.reindex(waiting.index) == waiting).all()
    assert int(committed.sum()) == int(waiting.sum()) > 0


def test_locked_truth_has_carrier_events_and_what_stayed_has_none(shop: KnownShop) -> None:
    fulfillments = shop.tables["fulfillments"].set_index("fulfillment_id")
    locks = lock_reasons(fulfillments, shop.now)
    kind = shop.truth.set_index("fulfillment_id")["kind"]

    locked = kind.index[kind == "delivered_or_in_transit"]
    stayed = kind.index[kind.isin(STAYED)]

    assert locks[locked].notna().all()
    assert locks[stayed].isna().all()
    assert fulfillments.loc[kind.index[kind == "already_cancelled"], "status"].eq("CANCELLED").all()


def test_hard_negatives_show_no_event_though_they_left(shop: KnownShop) -> None:
    why = shop.hard_negatives.set_index("fulfillment_id")["why"]
    why = why[why != "shared_parcel"]  # those only share a number
    fulfillments = shop.tables["fulfillments"].set_index("fulfillment_id").loc[why.index]

    assert fulfillments[["in_transit_at", "delivered_at"]].isna().all(axis=None)
    assert fulfillments.loc[why == "lost_parcel", "tracking_numbers"].notna().all()
    assert 0 < (why == "lost_parcel").mean() * len(why) < 0.012 * len(shop.tables["fulfillments"])


def test_nothing_happens_after_the_export_and_nothing_before_its_order(shop: KnownShop) -> None:
    now = pd.Timestamp(shop.now)
    fulfillments = shop.tables["fulfillments"].merge(
        shop.tables["orders"], on="order_id", suffixes=("", "_of_order")
    )

    for table in ("orders", "fulfillments", "fulfillment_orders"):
        for name in shop.tables[table].columns:
            if name.endswith("_at"):
                assert not (shop.tables[table][name] > now).any(), f"{table}.{name}"
    assert (fulfillments["created_at"] >= fulfillments["created_at_of_order"]).all()
    for name in ("in_transit_at", "delivered_at"):
        assert not (fulfillments[name] < fulfillments["created_at"]).any()


def test_the_earlier_stock_lacks_only_what_happened_since() -> None:
    """An earlier export of the same minute is this one; one from before everything has nothing committed."""
    same, before_all = (make_known_shop(11, 1_500, before_days=days) for days in (0, 400))

    pd.testing.assert_frame_equal(same.before, same.tables["inventory_levels"])
    assert int(before_all.before["committed"].sum()) == 0
    assert before_all.before_at == before_all.now - timedelta(days=400)


def test_most_of_what_was_shipped_since_explains_how_the_stock_moved() -> None:
    """The rest of the places got a delivery, a return, or an error of their own."""
    shop = make_known_shop(13, 4_000, noise=0)
    lines = shipped(shop)
    since = lines[(lines["created_at"] > pd.Timestamp(shop.before_at)) & (lines["status"] != "CANCELLED")]
    levels = shop.tables["inventory_levels"].merge(shop.before, on=PLACE, suffixes=("", "_before"))
    levels = levels[levels["tracked"]].set_index(PLACE)

    less = levels["on_hand_before"] - levels["on_hand"]
    sent = since.groupby(PLACE)["quantity"].sum().reindex(less.index).fillna(0)

    assert (less == sent).mean() > 0.85
    assert int(sent.sum()) > 1_000


def test_a_share_of_the_places_is_counted_and_a_share_of_the_counts_is_off() -> None:
    exact, part, noisy = (
        make_known_shop(12, 3_000, noise=0),
        make_known_shop(12, 3_000, noise=0, counted_share=0.4),
        make_known_shop(12, 3_000, noise=0.1),
    )

    off = np.mean((noisy.counted["counted"] != exact.counted["counted"]).to_numpy())
    share = len(part.counted) / len(exact.counted)

    assert 0.33 < share < 0.47
    assert 0.06 < off < 0.13
    assert (exact.counted["counted"] >= 0).all()


def test_some_shops_have_everything_and_some_only_a_few_kinds() -> None:
    everything, few = (make_known_shop(1, 1_000, few_kinds=few).truth["kind"] for few in (False, True))

    assert set(everything) == set(KINDS[1:])
    assert 2 <= few.nunique() <= 5
    assert 0.05 < len(everything) / 1_000 < 0.11
    assert len(few) < 60


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    script = Path(__file__).parent / "audit.py"
    command = [sys.executable, str(script), "--size", "1500", "--seeds", "3:4", "--sizes", "", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    plain = json.loads(done.stdout)
    assert isinstance(plain, dict)
    return plain


def test_it_prints_one_object_with_the_figures(figures: dict[str, Any]) -> None:
    kinds = figures["kinds"]

    assert isinstance(kinds, dict)
    assert set(kinds) == {"all", *KINDS[1:]}
    assert all(set(each) == {"precision", "recall", "fulfillments"} for each in kinds.values())
    assert {
        "attribution",
        "explained_units",
        "calibration",
        "locked_proposed",
        "seconds",
        "peak_mb",
    } <= figures.keys()
    assert figures["seeds"] == [3, 4]
    assert list(figures["seconds_by_size"]) == ["1500"]
    assert figures["locked_proposed"] == 0


def findings_of(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    names = ("fulfillment_id", "kind", "right_fix")
    return make_table(FINDINGS, pd.DataFrame(rows, columns=list(names)))


def causes_of(rows: pd.DataFrame, cause: str, percent: float = 90.0) -> pd.DataFrame:
    return rows.assign(role="chosen", cause=cause, percent=percent, other_location_id=None)


def test_an_audit_that_knows_everything_scores_full_marks() -> None:
    shop = make_known_shop(1, 3_000, noise=0, few_kinds=False)
    names = {"wrong_location": "left_elsewhere", "line_missing": "line_missing"}
    fixes = {
        "wrong_location": "move",
        "line_missing": "partial",
        "tracking_wrong_or_duplicate": "correct_tracking",
    }
    asked = shop.truth[~shop.truth["kind"].isin(LEAVE_ALONE)]
    rows = [(i, names.get(kind, FOUND_AS.get(kind, ("burst",))[0]), fixes.get(kind, "unfulfill"))
            for i, kind in zip(asked["fulfillment_id"], asked["kind"], strict=True)]  # fmt: skip
    effects = true_effects(shop)
    cause = effects["kind"].astype(object).map(lambda kind: names.get(kind, "still_on_shelf"))
    stock = shop.stock_truth[shop.stock_truth["kind"] != "miscount"]
    causes = pd.concat(
        [causes_of(effects, "").assign(cause=cause), causes_of(stock, "").assign(cause=stock["kind"])]
    )
    others = shop.truth.set_index("fulfillment_id")["other_location_id"]
    causes = causes.assign(other_location_id=causes["fulfillment_id"].map(others))

    told = figures_of(tally(shop, findings_of(rows), causes))

    assert {(each["precision"], each["recall"]) for each in told["kinds"].values()} <= {
        (1.0, 1.0),
        (None, 1.0),
    }
    assert (
        told["attribution"]["fulfillments"]["precision"]
        == told["attribution"]["fulfillments"]["recall"]
        == 1.0
    )
    assert told["attribution"]["units"]["precision"] == told["attribution"]["units"]["recall"] == 1.0
    assert told["explained_units"] == told["explained_units_of_whole_parcels"] == 1.0
    alike = told["wrong_location"]
    assert alike["precision_of_alike"] == alike["recall_of_alike"] == 1.0
    assert 0.5 < alike["most_recall_at_95"] <= 1  # of an expert who cannot tell twins apart
    assert {each["recall"] for each in told["stock"].values()} <= {1.0, None}
    assert [(each["percent"], each["said"], each["true"]) for each in told["calibration"]] == [
        ("90-95", 0.9, 1.0)
    ]


def test_an_audit_that_accuses_what_left_is_wrong() -> None:
    shop = make_known_shop(1, 3_000, noise=0, few_kinds=False)
    left = shop.truth[shop.truth["kind"].isin(("delivered_or_in_transit", "wrong_location"))]
    lost, phantoms = shop.hard_negatives, int((shop.truth["kind"] == "phantom_shipment").sum())
    ids = [*left["fulfillment_id"], *lost["fulfillment_id"]]
    lines = shipped(shop)[lambda rows: rows["fulfillment_id"].isin(ids)].merge(shop.counted[PLACE], on=PLACE)

    told = figures_of(
        tally(
            shop,
            findings_of([(each, "still_on_shelf", "unfulfill") for each in ids]),
            causes_of(lines.rename(columns={"quantity": "units"}), "still_on_shelf"),
        )
    )

    assert told["kinds"]["phantom_shipment"] == {"precision": 0.0, "recall": 0.0, "fulfillments": phantoms}
    assert told["kinds"]["delivered_or_in_transit"]["recall"] == 0.0
    assert told["attribution"]["fulfillments"]["precision"] == 0.0
    assert {each["share"] for each in told["false_alarms"].values()} == {1.0}
    assert told["locked_proposed"] > 0
    assert told["calibration"][0]["true"] == 0.0
