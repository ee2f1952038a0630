"""The stock table, and the rules about it: negative stock, count against system, fulfilled though there was none."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from unfulfill.audit.findings import fulfillment_findings, stock_findings
from unfulfill.audit.lookup import positions, taken
from unfulfill.audit.places import COUNT, PLACE, is_kept, name_of
from unfulfill.audit.sentences import TEXT, told
from unfulfill.tables import STOCK, make_table
from unfulfill.words import said

_LAST_PART = "[-_ /.][^-_ /.]*$"  # of an SKU: the size of a family's item
LEFT_ALL_THE_SAME = 0.25  # of the parcels that took a stock below nothing, from which it must have been there
LARGE = 10  # units of variance from which a finding is of medium severity


def shipped_units(facts: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a line of a live fulfillment: `row` (index in `facts`), order line, item, location and `units`."""
    lines, items = tables["fulfillment_lines"], tables["line_items"]
    row = positions(lines["fulfillment_id"], facts["fulfillment_id"])
    item = taken(items["inventory_item_id"], positions(lines["line_item_id"], items["line_item_id"]))
    is_placed = (facts["is_live"] & (facts["location_id"] != "")).to_numpy(dtype=bool)
    shipped = np.flatnonzero((row >= 0) & item.notna().to_numpy(dtype=bool))
    shipped = shipped[is_placed[row[shipped]]]
    return pd.DataFrame(
        {
            "row": row[shipped],
            "line_item_id": lines["line_item_id"].take(shipped).reset_index(drop=True),
            "inventory_item_id": item.take(shipped).reset_index(drop=True),
            "location_id": facts["location_id"].take(row[shipped]).reset_index(drop=True),
            "units": lines["quantity"].take(shipped).fillna(0).astype("int64").to_numpy(),
        }
    )


def make_stock(
    tables: Mapping[str, pd.DataFrame], shipped: pd.DataFrame, counted: pd.DataFrame | None
) -> pd.DataFrame:
    """STOCK: every level of the shop, and what was counted where the shop has none."""
    levels = tables["inventory_levels"]
    stock = levels[[column for column in STOCK.columns if column in levels.columns]]
    if counted is not None:
        count = counted[[*PLACE, "counted"]].assign(counted=counted["counted"].astype(COUNT))
        stock = stock.merge(count, on=PLACE, how="outer", validate="one_to_one")
        stock = stock.assign(variance=stock["counted"] - stock["on_hand"]).sort_values(
            PLACE, ignore_index=True
        )
        stock = _named(stock, levels)
    return make_table(STOCK, _with_units(stock, "fulfilled_units", shipped))


def with_questions(stock: pd.DataFrame, shipped: pd.DataFrame, in_question: pd.Index) -> pd.DataFrame:
    """STOCK with the units of those rows of `shipped` whose fulfillment audit would unfulfill."""
    asked = shipped[shipped["row"].isin(in_question)]
    return make_table(STOCK, _with_units(stock.drop(columns="units_in_question"), "units_in_question", asked))


def with_explained(stock: pd.DataFrame, explained: pd.DataFrame) -> pd.DataFrame:
    """STOCK with the units that have a cause, for each place that was counted and is not as the shop says."""
    units = explained["explained"].astype(COUNT).fillna(0)
    varies = (stock["variance"].fillna(0) != 0).astype(bool)
    return stock.assign(explained=units.where(varies, None).astype(COUNT))


def counted_places(stock: pd.DataFrame) -> pd.DataFrame:
    """What attribution asks of each place that was counted, tracked and stocked; indexed from 0."""
    is_known = stock["variance"].notna() & is_kept(stock)
    rows = stock[is_known].reset_index(drop=True)
    return pd.DataFrame(
        {
            "item": rows["inventory_item_id"],
            "location": rows["location_id"],
            "variance": rows["variance"].astype("int64"),
            "on_hand": rows["on_hand"].astype("int64"),
            "adjusted": rows["adjusted"].fillna(0).astype("int64"),
            "like": rows["sku"].fillna("").str.replace(_LAST_PART, "", regex=True),
        }
    )


def _with_units(stock: pd.DataFrame, column: str, units: pd.DataFrame) -> pd.DataFrame:
    sums = units.groupby(PLACE, as_index=False).agg(**{column: ("units", "sum")})
    stock = stock.drop(columns=column, errors="ignore").merge(
        sums, on=PLACE, how="left", validate="one_to_one"
    )
    return stock.assign(**{column: stock[column].astype(COUNT).fillna(0)})


def _named(stock: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """The same with names and tracking of items counted at a location where the shop has no level for them."""
    items = levels.drop_duplicates("inventory_item_id").set_index("inventory_item_id")
    places = levels.drop_duplicates("location_id").set_index("location_id")
    named = {
        column: stock[column].fillna(
            stock["inventory_item_id"].map(items[column]).astype(stock[column].dtype)
        )
        for column in ("sku", "item_name", "tracked")
    }
    place = stock["location_id"].map(places["location_name"]).astype(TEXT)
    return stock.assign(**named, location_name=stock["location_name"].fillna(place))


def negative_stock(stock: pd.DataFrame) -> pd.DataFrame:
    """Tracked items with less than nothing on hand (medium), or sold beyond what is there (low)."""
    on_hand, available = (
        stock["on_hand"].fillna(0).astype("int64"),
        stock["available"].fillna(0).astype("int64"),
    )
    rows = stock[is_kept(stock) & ((on_hand < 0) | (available < 0))]
    is_physical = on_hand[rows.index] < 0
    name, place = name_of(rows), rows["location_name"].fillna("")
    below_nothing = told("finding.below_nothing", item=name, count=on_hand[rows.index], place=place)
    oversold = told("finding.oversold", item=name, place=place, available=available[rows.index])
    message = below_nothing.where(is_physical, oversold)
    severity = pd.Series("low", index=rows.index, dtype=TEXT).mask(is_physical, "medium")
    return stock_findings(rows, "negative_stock", severity, "count_again", message)


def count_variances(stock: pd.DataFrame, explained: pd.DataFrame) -> pd.DataFrame:
    """Items whose count differs from the system, and what was found to explain it.

    `explained` (of `explained_places`) has the index of `stock`: `explained` units, `by` which causes, `fix`.
    """
    variance = stock["variance"].fillna(0).astype("int64")
    rows = stock[(variance != 0) | (stock["counted"].notna() & stock["on_hand"].isna())]
    more = variance[rows.index]
    rest = more - explained["explained"].reindex(rows.index).fillna(0).astype("int64")
    by = explained["by"].reindex(rows.index)
    item, place = name_of(rows), rows["location_name"].fillna("")
    message = told("finding.fewer_counted", item=item, count=more.abs(), place=place)
    message = message.mask(more > 0, told("finding.more_counted", item=item, count=more.abs(), place=place))
    whole = told("finding.explained", message=message, by=by.fillna(""))
    part = told("finding.partly_explained", message=whole, count=rest.abs())
    none = message + " " + said("finding.unexplained")
    message = whole.mask(rest != 0, part).mask(by.isna(), none)
    message = message.mask(rows["on_hand"].isna(), told("finding.counted_unstocked", item=item, place=place))
    severity = pd.Series("low", index=rows.index, dtype=TEXT).mask(more.abs() >= LARGE, "medium")
    fix = explained["fix"].reindex(rows.index).astype(TEXT).fillna("count_again")
    return stock_findings(rows, "count_variance", severity, fix, message)


def not_stocked(shipped: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """Items fulfilled from a location that does not stock them, though it stocks others."""
    units = shipped.groupby(PLACE, as_index=False)["units"].sum()
    units = units.merge(levels[PLACE].assign(stocked=True), on=PLACE, how="left")
    items = levels[is_kept(levels)].drop_duplicates("inventory_item_id")
    rows = units[units["stocked"].isna()].merge(
        items[["inventory_item_id", "sku", "item_name"]], on="inventory_item_id"
    )
    places = levels.drop_duplicates("location_id")[["location_id", "location_name"]]
    rows = rows.merge(places, on="location_id")
    place = rows["location_name"].fillna("")
    message = told("finding.not_stocked", count=rows["units"], item=name_of(rows), place=place)
    return stock_findings(rows, "not_stocked", "low", "count_again", message)


def fulfilled_out_of_stock(
    facts: pd.DataFrame, shipped: pd.DataFrame, tables: Mapping[str, pd.DataFrame], unseen: pd.Series
) -> pd.DataFrame:
    """The latest fulfillments of an item that has less than nothing on hand, as many as the missing units.

    What is known to have left, or was handed over, existed, so such parcels are passed over. Where some of those that
    took the stock below nothing have left, it was there and not booked. It was not there where most of those accused
    should have been seen by now (`unseen`); of others nothing is known.
    """
    levels = tables["inventory_levels"]
    tracked = is_kept(levels)
    short = levels[tracked & (levels["on_hand"].fillna(0) < 0).astype(bool)]
    missing = short[PLACE].assign(missing=-short["on_hand"].astype("int64"), item=name_of(short))
    lines = shipped.merge(missing, on=PLACE)
    left = (facts["locked"] != "").astype(bool) | ~facts["ships"]
    lines["left"] = left.reindex(lines["row"]).to_numpy(dtype=bool)
    lines = lines.sort_values("row", ascending=False, kind="stable")  # rows of facts are in order of time
    latest = lines[_taken(lines) < lines["missing"]]
    booked = latest.groupby(PLACE, as_index=False).agg(share=("left", "mean"))
    lines = lines[~lines["left"]]
    lines = lines[_taken(lines) < lines["missing"]].merge(
        booked, on=PLACE, how="left", validate="many_to_one"
    )
    lines["unseen"] = unseen.reindex(lines["row"]).to_numpy(dtype=bool)
    lines["unseen"] |= lines.groupby(PLACE)["unseen"].transform("mean") >= 0.5
    lines = lines.sort_values("share", kind="stable").drop_duplicates("row").set_index("row").sort_index()
    rows, some_left = facts.loc[lines.index], lines["share"] > LEFT_ALL_THE_SAME
    message = told("finding.out_of_stock", item=lines["item"], place=rows["location_name"])
    message = message.mask(some_left, message + " " + said("finding.others_left"))
    is_sure = lines["unseen"] & ~some_left
    severity = pd.Series("medium", index=rows.index, dtype=TEXT).mask(some_left, "low").mask(is_sure, "high")
    fix = pd.Series("count_again", index=rows.index, dtype=TEXT).mask(is_sure, "hold")
    return fulfillment_findings(rows, "fulfilled_out_of_stock", severity, fix, message)


def _taken(lines: pd.DataFrame) -> pd.Series:
    """Units that the lines before each one have taken from its place."""
    before: pd.Series = lines.groupby(PLACE)["units"].cumsum() - lines["units"]
    return before
