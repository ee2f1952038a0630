"""What a file cannot say, with the reason: no row is lost between the run and a file made of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import pyarrow as pa

from unfulfill.sheets.csv_stream import BOM, write_csv

LEFT_OUT = "left_out.csv"
SHOWN = 20


@dataclass(frozen=True)
class LeftOut:
    """One row that is not in the file. `what` names it as people do: an order, or an item at a location."""

    what: str
    id: str  # of the fulfillment; blank for stock
    reason: str


def write_left_out(file: IO[bytes], rows: Sequence[LeftOut]) -> None:
    """left_out.csv, for people."""
    table = pa.table(
        {
            name: pa.array([getattr(row, name) for row in rows], pa.string())
            for name in ("what", "id", "reason")
        }
    )
    file.write(BOM)
    write_csv(file, ("What", "Fulfillment: ID", "Reason"), [table])


def left_out_lines(rows: Sequence[LeftOut], written: bool = True) -> Iterator[str]:
    """How many rows are left out for which reason, and the first of them by name."""
    if not rows:
        yield "Nothing was left out."
        return
    yield f"Left out: {len(rows):,} rows" + (f", all of them in {LEFT_OUT}:" if written else ":")
    for reason, count in Counter(row.reason for row in rows).most_common(SHOWN):
        first = next(row.what for row in rows if row.reason == reason)
        yield f"  {count:>7,}  {reason} (the first is {first})"
