"""Rules about tracking numbers: none, without movement, on several orders, or not a number at all."""

import numpy as np
import pandas as pd

from unfulfill.audit.findings import fulfillment_findings, join_findings
from unfulfill.audit.sentences import TEXT, each, told
from unfulfill.words import day_of_year, said

FRESH = pd.Timedelta(days=1)
USUAL_SHARE = 0.5
UNUSUAL = 10  # points of silence: fewer than one parcel in ten of this carrier and age has no event
PACKED_TOGETHER = pd.Timedelta(minutes=2)  # fulfilled within so short a time …
ORDERED_TOGETHER = pd.Timedelta(hours=6)  # … and ordered within this: two orders that go in one parcel
REPORTS_SELDOM = 0.2  # a company of whose old parcels fewer moved is one that Shopify gets no events from
ENOUGH = 20  # parcels, from which the habit of a shop can be told
FEW = 5  # parcels, under which a share says nothing
LABEL_ONLY = ("LABEL_PRINTED", "LABEL_PURCHASED")
SAME_DAY_SHARE = 0.8  # of a location's parcels of one day, above which the courier did not come
# Real numbers have 5 to 40 letters and digits, at least one of them a digit; 1Z numbers (UPS) have 18.
_SHAPE = r"^[0-9A-Z]{5,40}$"
_SAME_DIGIT = (
    "^(?:" + "|".join(f"{digit}+" for digit in range(10)) + ")$"
)  # 000000: typed to get past the field
_EXPONENT = r"^[0-9]\.?[0-9]*E\+?[0-9]+$"  # a spreadsheet rounded it


def split_numbers(facts: pd.DataFrame) -> pd.DataFrame:
    """One row a fulfillment × tracking number: `row` (index in `facts`), `order_id`, `number` as written, `plain`."""
    tracked = facts[facts["is_tracked"]]
    split = tracked["tracking_numbers"].str.split(",").explode()
    numbers = pd.DataFrame(
        {"row": split.index.to_numpy(), "number": split.astype(TEXT).str.strip().to_numpy()}
    )
    numbers["order_id"] = facts["order_id"].reindex(numbers["row"]).to_numpy()
    numbers["number"] = numbers["number"].astype(TEXT)
    numbers = numbers[numbers["number"] != ""]
    return numbers.assign(plain=numbers["number"].str.upper().str.replace(r"[\s-]", "", regex=True))


def tracks_its_parcels(facts: pd.DataFrame) -> bool:
    """Whether most of the shop's parcels have a tracking number; a shop with few parcels is taken to."""
    parcels = facts[facts["is_live"] & facts["ships"] & ~facts["is_pos"]]
    return len(parcels) < ENOUGH or float(parcels["is_tracked"].mean()) >= USUAL_SHARE


def unseen(facts: pd.DataFrame, silence: np.ndarray) -> pd.Series:
    """Parcels that should have been seen by now and were not: without a number, or of a carrier that usually reports.

    `silence`: points of each row of `facts` for having no event. Where most parcels have no number, none says nothing.
    """
    bare = ~facts["is_tracked"] if tracks_its_parcels(facts) else pd.Series(False, index=facts.index)
    quiet: pd.Series = facts["ships"] & (facts["locked"] == "").astype(bool) & (bare | (silence >= UNUSUAL))
    return quiet


def no_tracking(facts: pd.DataFrame) -> pd.DataFrame:
    """Parcels without a tracking number; low where most of the shop's parcels have none, or within a day."""
    shipped = facts["is_live"] & facts["ships"] & ~facts["is_pos"]
    bare = shipped & ~facts["is_tracked"] & (facts["locked"] == "").astype(bool)
    rows = facts[bare]
    message = told("finding.no_tracking", count=rows["age"].dt.days.clip(lower=0).astype("Int64"))
    severity = pd.Series("medium", index=rows.index, dtype=TEXT).mask(rows["age"] < FRESH, "low")
    fix = "correct_tracking"
    if not tracks_its_parcels(facts):
        message = message + " " + said("finding.usually_none")
        severity, fix = pd.Series("low", index=rows.index, dtype=TEXT), "nothing"
    return fulfillment_findings(rows, "no_tracking", severity, fix, message)


def no_movement(facts: pd.DataFrame, days: int, wrong_numbers: pd.Index) -> pd.DataFrame:
    """Parcels with a tracking number and no carrier event for `days`.

    At once: a voided label, and a day's labels at a location that the courier passed over. Labels are to be voided
    first. `wrong_numbers` are the rows whose number itself is wrong: a carrier cannot report on those. A carrier that
    never reports to this shop proves nothing either.
    """
    parcels = facts[facts["is_live"] & facts["is_tracked"] & facts["ships"]]
    still = (parcels["locked"] == "").astype(bool)
    old = parcels["age"] >= pd.Timedelta(days=days)
    voided = still & (parcels["display_status"] == "LABEL_VOIDED").astype(bool)
    label = still & parcels["display_status"].isin(LABEL_ONLY).astype(bool)
    no_shows = _no_shows(parcels, label, old)
    found = ((old & still) | voided | parcels.index.isin(no_shows.index)) & ~parcels.index.isin(wrong_numbers)
    rows, is_label, is_voided = parcels[found], label[found], voided[found]
    is_silent = rows["tracking_company"].isin(_silent_companies(parcels[old])).astype(bool)
    waited = rows["age"].dt.days.clip(lower=0).astype("Int64")
    message = told("finding.no_movement", count=waited)
    silent = told("finding.silent_carrier", message=message, carrier=rows["tracking_company"])
    message = message.mask(is_silent, silent)
    message = message.mask(is_label, told("finding.label_only", count=waited))
    message = message.mask(is_voided, said("finding.label_voided"))
    unsure = is_silent & ~is_label & ~is_voided
    severity = pd.Series("high", index=rows.index, dtype=TEXT).mask(unsure, "low")
    fix = (
        pd.Series("unfulfill", index=rows.index, dtype=TEXT)
        .mask(is_label, "void_label")
        .mask(unsure, "nothing")
    )
    incident = no_shows.reindex(rows.index).astype(TEXT)
    return fulfillment_findings(rows, "no_movement", severity, fix, message, incident)


def _silent_companies(old: pd.DataFrame) -> list[str]:
    """Companies whose old parcels hardly ever show an event."""
    moved = (old["locked"] != "").astype("float64").groupby(old["tracking_company"]).agg(["mean", "size"])
    return list(moved.index[(moved["size"] >= FEW) & (moved["mean"] < REPORTS_SELDOM)])


def _no_shows(parcels: pd.DataFrame, label: pd.Series, old: pd.Series) -> pd.Series:
    """Name of the courier's no-show, for labels of a day and location of which hardly any parcel moved.

    They must be old, or later parcels of that location have moved: then the courier came and did not take these.
    """
    moved = (parcels["locked"] != "").astype(bool)
    latest = (
        parcels[moved]
        .groupby("location_id")["created_at"]
        .max()
        .reindex(parcels["location_id"])
        .set_axis(parcels.index)
    )
    passed = old | (latest > parcels["created_at"] + FRESH)
    daily = parcels.assign(day=parcels["created_at"].dt.floor("D"), waits=label & passed, moved=moved)
    days = daily.groupby(["location_id", "day"])[["waits", "moved"]].sum().rename(columns={"waits": "sum"})
    days = days[(days["sum"] >= FEW) & (days["sum"] >= SAME_DAY_SHARE * (days["sum"] + days["moved"]))]
    named = (
        daily[daily["waits"]]
        .reset_index()
        .merge(days[["sum"]].reset_index(), on=["location_id", "day"])
        .set_index("index")
    )
    count = named["sum"].astype("int64")
    return told(
        "incident.no_show", place=named["location_name"], day=each(named["day"], day_of_year), count=count
    )


def wrong_numbers(facts: pd.DataFrame) -> pd.DataFrame:
    """FINDINGS about numbers that are on several orders, or are none."""
    numbers = split_numbers(facts)
    return join_findings([duplicate_tracking(facts, numbers), malformed_tracking(facts, numbers)])


def is_to_correct(facts: pd.DataFrame, found: pd.DataFrame) -> np.ndarray:
    """Rows whose number itself is wrong, by `found` of `wrong_numbers`: a carrier cannot report on those."""
    wrong = found.loc[found["right_fix"] == "correct_tracking", "fulfillment_id"]
    rows: np.ndarray = facts["fulfillment_id"].isin(wrong).to_numpy(dtype=bool)
    return rows


def duplicate_tracking(facts: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    """Fulfillments of different orders with the same number. Two orders may share a parcel: that is low.

    Nothing is to be corrected where two orders were made and packed together.
    """
    live = numbers[facts["is_live"].to_numpy()[numbers["row"]]]
    number = pd.factorize(live["plain"])[0]
    live = live[np.bincount(number)[number] > 1]  # the few that may be on several orders
    pairs = live.drop_duplicates(["plain", "order_id"])
    orders = live["plain"].map(pairs["plain"].value_counts()).fillna(0).astype("int64")
    doubled = live.assign(orders=orders)[orders > 1]
    together = doubled["plain"].isin(_packed_together(facts, doubled))
    doubled = doubled.assign(together=together).drop_duplicates("row").set_index("row")
    rows = facts.loc[doubled.index]
    message = told("finding.duplicate_tracking", number=doubled["number"], orders=doubled["orders"])
    message = message.mask(doubled["together"], message + " " + said("finding.packed_together"))
    severity = pd.Series("medium", index=rows.index, dtype=TEXT).mask(doubled["orders"] == 2, "low")
    fix = pd.Series("correct_tracking", index=rows.index, dtype=TEXT).mask(doubled["together"], "nothing")
    incident = told("incident.duplicate_tracking", number=doubled["plain"], orders=doubled["orders"])
    incident = incident.mask(doubled["together"], None)
    return fulfillment_findings(rows, "duplicate_tracking", severity, fix, message, incident)


def _packed_together(facts: pd.DataFrame, doubled: pd.DataFrame) -> pd.Index:
    """Numbers that stand on two orders of one location and carrier, ordered and fulfilled within a short time."""
    columns = ["created_at", "ordered_at", "location_id", "tracking_company"]
    known = doubled.loc[doubled["orders"] == 2, ["row", "plain"]].merge(
        facts[columns], left_on="row", right_index=True
    )
    groups = known.groupby("plain")
    span = groups[["created_at", "ordered_at"]].max() - groups[["created_at", "ordered_at"]].min()
    one = groups[["location_id", "tracking_company"]].nunique().max(axis=1) == 1
    near = (span["created_at"] <= PACKED_TOGETHER) & (span["ordered_at"] <= ORDERED_TOGETHER)
    return span.index[one & near]


def malformed_tracking(facts: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    """Fulfillments with something in the field that no carrier could have issued."""
    plain = numbers["plain"]
    is_rounded = plain.str.contains(_EXPONENT, regex=True)
    is_shaped = plain.str.contains(_SHAPE, regex=True) & plain.str.contains("[0-9]", regex=True)
    is_short_ups = plain.str.startswith("1Z") & (plain.str.len() != 18)
    is_filler = plain.str.contains(_SAME_DIGIT, regex=True)
    wrong = numbers.assign(is_rounded=is_rounded)[
        (~is_shaped | is_rounded | is_short_ups | is_filler).astype(bool)
    ]
    wrong = wrong[facts["is_live"].reindex(wrong["row"]).to_numpy()].drop_duplicates("row").set_index("row")
    rows = facts.loc[wrong.index]
    message = told("finding.malformed_tracking", number=wrong["number"].str.slice(0, 60))
    message = message.mask(wrong["is_rounded"].astype(bool), message + " " + said("finding.rounded"))
    return fulfillment_findings(rows, "malformed_tracking", "medium", "correct_tracking", message)
