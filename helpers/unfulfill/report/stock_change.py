"""Stock of the items that the plan touches, as read before and after."""

from dataclasses import dataclass

import pandas as pd

MEASURED = ("on_hand", "available", "committed")
_PLACE = ["inventory_item_id", "location_id"]


@dataclass(frozen=True)
class StockRow:
    """One item at one location; numbers as "10 → 12 (+2)"."""

    item: str
    location: str
    on_hand: str
    available: str
    committed: str


def stock_changes(before: pd.DataFrame | None, after: pd.DataFrame | None) -> list[StockRow]:
    """The places where something changed, by item and location. Other sales of the same time are in it too."""
    if before is None or after is None:
        return []
    names = ["sku", "item_name", "location_name"]
    both = before[[*_PLACE, *names, *MEASURED]].merge(
        after[[*_PLACE, *names, *MEASURED]],
        on=_PLACE,
        how="outer",
        suffixes=("", "_after"),
        validate="one_to_one",
    )
    both = both.assign(**{name: both[name].fillna(both[f"{name}_after"]) for name in names})
    numbers = {
        f"{name}{end}": both[f"{name}{end}"].fillna(0).astype("int64")
        for name in MEASURED
        for end in ("", "_after")
    }
    both = both.assign(**numbers)
    moved = pd.concat([both[name] != both[f"{name}_after"] for name in MEASURED], axis=1).any(axis=1)
    changed = both[moved].sort_values(["sku", "location_name"], na_position="last")
    columns = [
        "sku",
        "item_name",
        "location_name",
        *(f"{name}{end}" for name in MEASURED for end in ("", "_after")),
    ]
    return [
        StockRow(
            _text(sku) or _text(name) or "?",
            _text(place),
            *(_arrow(x, y) for x, y in zip(n[::2], n[1::2], strict=True)),
        )
        for sku, name, place, *n in changed[columns].itertuples(index=False, name=None)
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _arrow(before: int, after: int) -> str:
    return f"{before} → {after} ({after - before:+d})" if before != after else f"{after}"
