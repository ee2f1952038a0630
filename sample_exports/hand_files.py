"""Files that people make: counts of the shelf, the marks of a run as somebody has edited them, a policy."""

from datetime import UTC
from pathlib import Path

import story
from shopify_files import write_csv

MARK_COLUMNS = [
    *("fulfillment_id", "order_name", "order_id", "decision", "part", "reason", "note", "override", "marked_by"),
    *("severity", "findings", "right_fix", "locked", "created_at", "location_name", "tracking_numbers", "items"),
]  # fmt: skip

POLICY = """\
# The largest plan that may be applied, when, and by how many people. Put it into a run folder, or into the workspace
# for all runs; the run folder's file counts instead of the other, as a whole. Every line may be left out. The
# parameters of a notebook can only tighten these numbers, also its own 1,000 fulfillments and 10,000 units. A plan
# keeps the limits under which it was made; an undo has none.

max_changes = 500            # changes of every kind
max_cancels = 250            # fulfillments to cancel
max_units = 1000             # units in them
max_share_of_export = 0.10   # of the live fulfillments in the export: 10 %
max_share_of_day = 0.50      # of the orders created on one day, where it has at least 20

# Orders with one of these tags are left out of every plan; upper and lower case are the same.
protected_tags = ["vip", "wholesale"]

# Nothing new is sent in these hours, by the shop's clock. A run that is under way pauses and can go on later.
quiet_hours = ["22:00-06:00"]
timezone = "Europe/Berlin"   # needed for quiet hours; also says where a day of orders begins

# A plan with more changes than this needs a second person:
#     unfulfill approve RUN --digest DIGEST --by NAME
second_person_above = 100

# A schedule (unfulfill run --schedule) may apply a plan of at most so many changes without a person. Without this line
# every plan of a schedule waits for approval.
unattended_up_to = 20
"""


def count_by_sku(folder: Path) -> None:
    """The count that fits the Shopify files: what the burst marked as fulfilled still lies there. Clear SKUs only."""
    shared = [thing.sku for thing in story.THINGS]
    rows = [
        {"sku": thing.sku, "location": location, "counted": str(units)}
        for thing, location, units in _counts()
        if thing.sku and shared.count(thing.sku) == 1
    ]
    write_csv(folder / "count_by_sku.csv", ["sku", "location", "counted"], rows)


def count_by_barcode(folder: Path) -> None:
    """The same of every item by barcode, as a German Excel saves it: semicolons, Windows-1252, CRLF."""
    rows = [
        {"Strichcode": thing.barcode, "Standort": location, "Gezählt": str(units)}
        for thing, location, units in _counts()
    ]
    write_csv(
        folder / "count_by_barcode.csv",
        ["Strichcode", "Standort", "Gezählt"],
        rows,
        encoding="cp1252",
        delimiter=";",
        newline="\r\n",
    )


def marks(folder: Path) -> None:
    """marks.csv of a run: the burst to be unfulfilled, one of it held, one kept, one too early one overridden."""
    rows = []
    for order in story.make_orders():
        if order.place not in (*story.BURST, *story.TOO_EARLY, 0):
            continue
        row = {
            "fulfillment_id": f"gid://shopify/Fulfillment/{order.fulfillment_id}",
            "order_name": f"#{order.number}",
            "order_id": f"gid://shopify/Order/{order.id}",
            "created_at": _utc(order),
            "location_name": order.location,
            "tracking_numbers": f"'{order.tracking}" if order.tracking else "",
            "items": ", ".join(
                f"{line.fulfilled} × {line.thing.name}" for line in order.lines if line.fulfilled
            ),
        }
        rows.append({**row, **_decision(order)})
    write_csv(folder / "marks.csv", MARK_COLUMNS, rows, encoding="utf-8-sig", newline="\r\n", quote_all=True)


def policy(folder: Path) -> None:
    """policy.toml with every key, and what each is for."""
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8", newline="\n")


def _decision(order: story.Order) -> dict[str, str]:
    found = {"severity": "high", "right_fix": "unfulfill", "marked_by": "sam"}
    if order.place == story.BURST[0]:
        return {
            **found,
            "findings": "burst",
            "decision": "hold",
            "reason": "burst",
            "note": "Ask the customer first",
        }
    if order.place in story.BURST[1:-1]:
        return {**found, "findings": "burst", "decision": "unfulfill", "reason": "burst"}
    if order.place == story.BURST[-1]:
        return {**found, "findings": "burst", "decision": "keep", "note": "Collected in the store"}
    if order.place in story.TOO_EARLY:
        return {
            **found,
            "findings": "no tracking",
            "decision": "unfulfill",
            "reason": "automatic fulfilment was on",
        }
    return {
        "decision": "unfulfill",
        "reason": "came back unopened",
        "override": "The parcel stands here",
        "locked": "delivered",
        "right_fix": "return",
        "marked_by": "sam",
    }


def _utc(order: story.Order) -> str:
    assert order.fulfilled is not None
    return order.fulfilled.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _counts() -> list[tuple[story.Thing, str, int]]:
    """What lies on the shelf: the stock, and at the warehouse what was fulfilled by mistake. No depot."""
    still_here: dict[story.Thing, int] = {}
    for order in story.make_orders():
        if order.place in (*story.BURST, *story.TOO_EARLY):
            for line in order.lines:
                still_here[line.thing] = still_here.get(line.thing, 0) + line.fulfilled
    return [
        (thing, location, max(0, on_hand + (still_here.get(thing, 0) if location == story.WAREHOUSE else 0)))
        for thing in story.THINGS
        for location, on_hand in zip(story.LOCATIONS, thing.stock, strict=True)
        if on_hand is not None and location != story.DEPOT
    ]
