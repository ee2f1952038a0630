"""Whether there is enough on the shelf for the orders that are about to ship, and whether anybody counted."""

import pandas as pd

from unfulfill.audit.evidence import moments
from unfulfill.audit.places import is_kept, name_of
from unfulfill.audit.sentences import TEXT, told
from unfulfill.audit.waiting import order_findings
from unfulfill.words import said

EVERYWHERE = ""  # in place of a location: the order ships from several, or it is not known from where
PLACE = ["item", "place"]


def findings(
    waiting: pd.DataFrame, lines: pd.DataFrame, levels: pd.DataFrame, counted: pd.DataFrame | None
) -> list[pd.DataFrame]:
    """Orders that find too little, then those with an item that was not counted where others were.

    The oldest orders are served first. What is on hold or scheduled for later takes nothing. Where an order ships from
    several locations, only the sum of all of them is compared. Untracked items and items without a level are passed
    over.
    """
    wanted = _wanted(waiting, lines)
    shelf = _shelf(levels, counted)
    wanted = wanted.merge(shelf, on=PLACE, how="inner", validate="many_to_one")
    wanted = wanted.sort_values(["at", "order_id"], kind="stable", ignore_index=True)
    wanted = wanted.assign(left=wanted["there"] - (wanted.groupby(PLACE)["units"].cumsum() - wanted["units"]))
    is_short = wanted["left"] < wanted["units"]
    is_blind = ~is_short & (wanted["place"] != EVERYWHERE) & ~wanted["is_counted"]
    return [_short(wanted[is_short], waiting), _not_counted(wanted[is_blind], waiting, counted)]


def _wanted(waiting: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """One row an order × item that could ship now: units, the order's location, and when it was made."""
    ready = waiting.loc[waiting["is_ready"], ["order_id", "place", "ordered_at"]]
    ready = ready.assign(place=ready["place"].fillna(EVERYWHERE), at=moments(ready["ordered_at"]))
    known = lines[lines["inventory_item_id"].notna()].rename(columns={"inventory_item_id": "item"})
    wanted = known.merge(ready, on="order_id", validate="many_to_one")
    summed: pd.DataFrame = wanted.groupby(["order_id", *PLACE, "at"], sort=False)["units"].sum().reset_index()
    return summed


def _shelf(levels: pd.DataFrame, counted: pd.DataFrame | None) -> pd.DataFrame:
    """Units `there` of each tracked item at each location, and everywhere together; counted ones where there are."""
    tracked = levels[is_kept(levels)].rename(
        columns={"inventory_item_id": "item", "location_id": "place", "location_name": "shelf_name"}
    )
    units = (tracked["available"] + tracked["committed"]).fillna(tracked["on_hand"])
    tracked = tracked.assign(
        there=units,
        item_name=name_of(tracked),
        is_counted=False,
    )
    if counted is not None:
        count = counted.rename(columns={"inventory_item_id": "item", "location_id": "place"})
        tracked = tracked.merge(count[[*PLACE, "counted"]], on=PLACE, how="left", validate="one_to_one")
        is_counted = tracked["counted"].notna()
        tracked = tracked.assign(
            there=tracked["counted"].astype("Int64").fillna(tracked["there"].astype("Int64"))
        )
        tracked = tracked.assign(is_counted=is_counted)
    tracked = tracked[tracked["there"].notna()]
    tracked = tracked.assign(there=tracked["there"].astype("int64"))
    tracked = tracked[[*PLACE, "shelf_name", "item_name", "there", "is_counted"]]
    whole = tracked.groupby("item", as_index=False).agg(
        there=("there", "sum"), item_name=("item_name", "first")
    )
    whole = whole.assign(place=EVERYWHERE, shelf_name=said("open.all_locations"), is_counted=False)
    both = pd.concat([tracked, whole[tracked.columns]], ignore_index=True)
    return both.assign(place=both["place"].astype(TEXT))


def _short(wanted: pd.DataFrame, waiting: pd.DataFrame) -> pd.DataFrame:
    rows = _first_of_order(wanted, waiting)
    left = rows["left"].clip(lower=0)
    message = told(
        "open.too_few", item=rows["item_name"], units=rows["units"], there=rows["there"], count=left,
        place=rows["shelf_name"].fillna(said("open.its_location")), more=rows["more"],
    )  # fmt: skip
    severity = pd.Series("medium", index=rows.index, dtype=TEXT).mask(left == 0, "high")
    return order_findings(rows, "open_out_of_stock", severity, "hold", message)


def _not_counted(wanted: pd.DataFrame, waiting: pd.DataFrame, counted: pd.DataFrame | None) -> pd.DataFrame:
    """Only at locations where something was counted: elsewhere nobody meant to."""
    places = list(counted["location_id"].unique()) if counted is not None else []
    rows = _first_of_order(wanted[wanted["place"].isin(places).astype(bool)], waiting)
    place = rows["shelf_name"].fillna(said("open.its_location"))
    message = told("open.not_counted", item=rows["item_name"], place=place, more=rows["more"])
    return order_findings(rows, "open_not_counted", "low", "count_again", message)


def _first_of_order(wanted: pd.DataFrame, waiting: pd.DataFrame) -> pd.DataFrame:
    """One row an order of `waiting`, with the first of its items; `more` ends the sentence with how many others."""
    number = wanted.groupby("order_id")["item"].size() - 1
    first = wanted.drop_duplicates("order_id")[
        ["order_id", "item", "units", "there", "left", "item_name", "shelf_name"]
    ]
    rows = waiting.merge(first, on="order_id", validate="one_to_one")
    others = rows["order_id"].map(number).astype("int64")
    return rows.assign(more=told("open.more_items", count=others).mask(others == 0, "."))
