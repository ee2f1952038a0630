"""What really happened in a seeded shop, saved beside the world and out of the API's reach."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox_shop.world import World, gid

RIGHT_FIX = {
    "auto_fulfil": "unfulfill",
    "app_burst": "unfulfill",
    "phantom_shipment": "unfulfill",
    "courier_no_show": "void_label",
    "wrong_location": "move",
    "preorder": "hold",
    "pos_mark_as_fulfilled": "unfulfill",
    "fulfilled_after_cancel_or_refund": "unfulfill",
    "line_missing": "partial",
    "tracking_wrong_or_duplicate": "correct_tracking",
    "third_party_accepted": "request_cancellation",
    "delivered_or_in_transit": "return",
    "already_cancelled": "nothing",
    "archived": "unfulfill",
    "staff_edit": "unfulfill",
    "stock_unexplained": "count_again",
}


@dataclass
class Incident:
    """One cause and the fulfillments that came of it. `kind` is a key of RIGHT_FIX."""

    kind: str
    fulfillment_ids: list[int] = field(default_factory=list)
    detail: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """incident, fulfillments (gids), right_fix and, where there is more to say, detail."""
        plain: dict[str, Any] = {
            "incident": self.kind,
            "fulfillments": [gid("Fulfillment", id_) for id_ in self.fulfillment_ids],
            "right_fix": RIGHT_FIX[self.kind],
        }
        return {**plain, "detail": self.detail} if self.detail else plain


def truth_path(world_path: Path) -> Path:
    """Where the truth of a world is saved: its path and .truth.json."""
    return world_path.with_name(world_path.name + ".truth.json")


def count_path(world_path: Path) -> Path:
    """Where the count of the shelf is saved: the world's path and .count.csv."""
    return world_path.with_name(world_path.name + ".count.csv")


def write_truth(world: World, incidents: Iterable[Incident]) -> None:
    """Save the truth of a world; for a merchant's own shop, where nobody knows it, an empty list."""
    lines = [json.dumps(incident.as_json(), ensure_ascii=False) for incident in incidents]
    text = "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"
    truth_path(world.path).write_text(text, encoding="utf-8")


def write_count(world: World, rows: Iterable[tuple[str, str, str, int]]) -> None:
    """Save a count of the shelf: SKU, barcode, name of the location, units counted."""
    with count_path(world.path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("sku", "barcode", "location", "counted"))
        writer.writerows(rows)
