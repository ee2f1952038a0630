"""A table with tick boxes whose rows stay in the kernel; the browser asks for those that it shows.

Rows travel by messages only, never in synced traits: a notebook file keeps the traits of its widgets, and
would keep the shop's orders with them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import pandas as pd
import traitlets

HERE = Path(__file__).parent
MOST_ROWS_A_MESSAGE = 500


@dataclass(frozen=True)
class Column:
    """A column shown: its name in the frame, its heading and its width in pixels."""

    name: str
    heading: str
    width: int


class Grid(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is seen untyped
    """Shows a DataFrame, sorted and filtered in the kernel, with one tick box a row.

    `on_tick(row, ticked)` is called with the row's number in the frame when a person ticks; the grid itself
    decides nothing: after a change the owner calls `show` again. All cells are shown as text.
    """

    _esm = HERE / "grid.js"
    _css = HERE / "grid.css"

    columns = traitlets.List().tag(sync=True)
    total = traitlets.Int(0).tag(sync=True)  # rows that pass the filter
    revision = traitlets.Int(0).tag(sync=True)  # moves when shown rows may have changed
    label = traitlets.Unicode("Rows").tag(sync=True)
    height = traitlets.Int(420).tag(sync=True)  # pixels

    def __init__(
        self, columns: Sequence[Column], on_tick: Callable[[int, bool], None], label: str = "Rows"
    ) -> None:
        self._names = [column.name for column in columns]
        self._on_tick = on_tick
        self._frame = pd.DataFrame(columns=self._names)
        self._ticked = np.zeros(0, dtype=bool)
        self._kept = np.zeros(0, dtype=bool)
        self._view = np.zeros(0, dtype=int)
        self._sort: tuple[str, bool] = ("", False)
        headings = [{"name": c.name, "heading": c.heading, "width": c.width} for c in columns]
        super().__init__(columns=headings, label=label)
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        """A text without an address, so that notebooks compare equal."""
        return f"Grid({self.total} rows)"

    def show(
        self, frame: pd.DataFrame, ticked: "pd.Series[bool]", kept: "pd.Series[bool] | None" = None
    ) -> None:
        """Show the rows of `frame` where `kept` is true, with the tick boxes of `ticked`."""
        self._frame = frame.reset_index(drop=True)
        self._ticked = np.asarray(ticked, dtype=bool)
        self._kept = np.ones(len(frame), dtype=bool) if kept is None else np.asarray(kept, dtype=bool)
        self._order()

    @property
    def shown_rows(self) -> list[int]:
        """Numbers of the rows that pass the filter, in the order shown."""
        return [int(row) for row in self._view]

    def page(self, start: int, end: int) -> list[list[Any]]:
        """Rows of the view as sent to the browser: number in the frame, ticked, then one text a column."""
        rows = self._view[start : min(end, start + MOST_ROWS_A_MESSAGE)]
        columns = [_texts(self._frame[name].iloc[rows]) for name in self._names]
        return [
            [int(row), bool(self._ticked[row]), *cells] for row, *cells in zip(rows, *columns, strict=True)
        ]

    def _order(self) -> None:
        view = np.flatnonzero(self._kept)
        name, descending = self._sort
        if name:
            values = self._frame[name].iloc[view].reset_index(drop=True)
            order = values.sort_values(ascending=not descending, kind="stable", na_position="last").index
            view = view[order.to_numpy()]
        self._view = view
        self.total = len(view)
        self.revision += 1

    def _receive(self, _: object, message: dict[str, Any], buffers: object) -> None:
        match message:
            case {"op": "rows", "start": int(start), "end": int(end)} if 0 <= start <= end:
                answer = {
                    "op": "rows",
                    "start": start,
                    "revision": self.revision,
                    "rows": self.page(start, end),
                }
                self.send(answer)
            case {"op": "tick", "row": int(row), "value": bool(value)} if 0 <= row < len(self._frame):
                self._on_tick(row, value)
            case {"op": "sort", "name": str(name), "descending": bool(descending)} if name in self._names:
                self._sort = (name, descending)
                self._order()


def _texts(column: "pd.Series[Any]") -> list[str]:
    """A column as the texts that people read; missing values are blank."""
    if isinstance(column.dtype, pd.ArrowDtype) and column.dtype.kind == "M":
        column = column.dt.strftime("%Y-%m-%d %H:%M")
    return ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
