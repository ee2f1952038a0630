"""The stock table, and the rules about it: negative stock, count against system, fulfilled though there was none."""

from collections.abc import Mapping

import pandas as pd

from unfulfill.audit.evidence import TEXT
from unfulfill.audit.findings import fulfillment_findings, stock_findings
from unfulfill.tables import ARROW_TYPES, STOCK, make_table

PLACE = ["inventory_item_id", "location_id"]
COUNT = pd.ArrowDtype(ARROW_TYPES["count"])
LARGE = 10  # units of variance from which a finding is of medium severity


def shipped_units(facts: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a line of a live fulfillment: `row` (index in `facts`), item, location and `units`."""
    live = facts.loc[facts["is_live"], ["fulfillment_id", "location_id"]].rename_axis("row").reset_index()
    lines = tables["fulfillment_lines"].merge(live, on="fulfillment_id")
    items = tables["line_items"][["line_item_id", "inventory_item_id"]]
    lines = lines.merge(items[items["inventory_item_id"].notna()], on="line_item_id", validate="many_to_one")
    lines = lines[lines["location_id"] != ""]
    return lines[["row", *PLACE]].assign(units=lines["quantity"].fillna(0).astype("int64"))


def make_stock(
    tables: Mapping[str, pd.DataFrame],
    shipped: pd.DataFrame,
    in_question: pd.Index,
    counted: pd.DataFrame | None,
) -> pd.DataFrame:
    """STOCK: every level of the shop, and what was counted where the shop has none.

    `in_question` are the rows of `shipped` whose fulfillment audit would unfulfill.
    """
    levels = tables["inventory_levels"]
    stock = levels[[column for column in STOCK.columns if column in levels.columns]]
    if counted is not None:
        count = counted[[*PLACE, "counted"]].assign(counted=counted["counted"].astype(COUNT))
        stock = stock.merge(count, on=PLACE, how="outer", validate="one_to_one")
        stock = stock.assign(variance=stock["counted"] - stock["on_hand"]).sort_values(
            PLACE, ignore_index=True
        )
        stock = _named(stock, levels)
    asked = shipped[shipped["row"].isin(in_question)]
    for column, units in (("fulfilled_units", shipped), ("units_in_question", asked)):
        sums = units.groupby(PLACE, as_index=False).agg(**{column: ("units", "sum")})
        stock = stock.merge(sums, on=PLACE, how="left", validate="one_to_one")
        stock = stock.assign(**{column: stock[column].astype(COUNT).fillna(0)})
    return make_table(STOCK, stock)


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
    rows = stock[stock["tracked"].fillna(True).astype(bool) & ((on_hand < 0) | (available < 0))]
    is_physical = on_hand[rows.index] < 0
    name, place = _name(rows), rows["location_name"].fillna("")
    message = (name + " has " + _text(on_hand[rows.index]) + " units on hand at " + place + ".").where(
        is_physical,
        name + " is sold beyond its stock at " + place + ": " + _text(available[rows.index]) + " available.",
    )
    severity = pd.Series("low", index=rows.index, dtype=TEXT).mask(is_physical, "medium")
    return stock_findings(rows, "negative_stock", severity, "count_again", message)


def count_variances(stock: pd.DataFrame) -> pd.DataFrame:
    """Items whose count differs from the system.

    More on the shelf than in the system, and units in question that cover it: unfulfil those. The same units missing
    at another location: they left from there, move. Anything else no fulfillment in question explains: count again.
    """
    variance = stock["variance"].fillna(0).astype("int64")
    rows = stock[(variance != 0) | (stock["counted"].notna() & stock["on_hand"].isna())]
    more = variance[rows.index]
    asked = rows["units_in_question"].astype("int64")
    is_explained = (more > 0) & (asked >= more)
    opposite = pd.DataFrame({"inventory_item_id": rows["inventory_item_id"], "more": more, "less": -more})
    pairs = opposite.reset_index().merge(
        opposite, left_on=["inventory_item_id", "less"], right_on=["inventory_item_id", "more"]
    )
    is_moved = pd.Series(rows.index.isin(pairs["index"]), index=rows.index) & ~is_explained & (more != 0)
    word = (
        _text(more.abs())
        + " units "
        + pd.Series("fewer", index=rows.index, dtype=TEXT).mask(more > 0, "more")
    )
    message = (
        _name(rows)
        + ": "
        + word
        + " on the shelf than in the system at "
        + rows["location_name"].fillna("")
        + "."
    )
    message = message.mask(
        is_explained, message + " " + _text(asked) + " units in question there would explain it."
    )
    message = message.mask(is_moved, message + " Another location has the opposite difference.")
    unstocked = (
        _name(rows)
        + ": counted at "
        + rows["location_name"].fillna("")
        + ", where the shop does not stock it."
    )
    message = message.mask(rows["on_hand"].isna(), unstocked)
    fix = (
        pd.Series("count_again", index=rows.index, dtype=TEXT)
        .mask(is_moved, "move")
        .mask(is_explained, "unfulfill")
    )
    severity = pd.Series("low", index=rows.index, dtype=TEXT).mask(
        (more.abs() >= LARGE) | is_explained, "medium"
    )
    return stock_findings(rows, "count_variance", severity, fix, message)


def fulfilled_out_of_stock(
    facts: pd.DataFrame, shipped: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """The latest fulfillments of an item that has less than nothing on hand, as many as the missing units.

    What is known to have left existed, so locked parcels are passed over.
    """
    levels = tables["inventory_levels"]
    tracked = levels["tracked"].fillna(True).astype(bool)
    short = levels[tracked & (levels["on_hand"].fillna(0) < 0).astype(bool)]
    missing = short[PLACE].assign(missing=-short["on_hand"].astype("int64"), item=_name(short))
    lines = shipped.merge(missing, on=PLACE)
    lines = lines[(facts["locked"].reindex(lines["row"]) == "").to_numpy().astype(bool)]
    lines = lines.sort_values("row", ascending=False, kind="stable")  # rows of facts are in order of time
    taken = lines.groupby(PLACE)["units"].cumsum() - lines["units"]
    lines = lines[taken < lines["missing"]].drop_duplicates("row").set_index("row").sort_index()
    rows = facts.loc[lines.index]
    message = (
        lines["item"] + " was fulfilled from " + rows["location_name"] + " though there was none left there."
    )
    return fulfillment_findings(rows, "fulfilled_out_of_stock", "high", "hold", message)


def _name(rows: pd.DataFrame) -> pd.Series:
    """SKU, else the item's name."""
    sku = rows["sku"].fillna("")
    return sku.mask(sku == "", rows["item_name"].fillna("an item without SKU"))


def _text(numbers: pd.Series) -> pd.Series:
    return numbers.astype("string").astype(TEXT)
