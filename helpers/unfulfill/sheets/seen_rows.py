"""What is to be said of a file's rows as such: that there are none, and which of them people do not see."""

from collections.abc import Iterator
from dataclasses import replace

from unfulfill.sheets.grid import Grid
from unfulfill.sheets.row_place import Place
from unfulfill.sheets.strict_rows import HiddenRow
from unfulfill.words import said

SHOWN = 10


class SeenRows:
    """Counts rows as they are read."""

    def __init__(self) -> None:
        self.rows = 0
        self.hidden: dict[Place, list[int]] = {}

    def watch(self, grid: Grid) -> Grid:
        """The same table, whose rows are seen as they come."""
        return replace(grid, rows=self._watched(grid))

    def _watched(self, grid: Grid) -> Iterator[tuple[int, tuple[str, ...]]]:
        for number, cells in grid.rows:
            self.rows += 1
            if isinstance(number, HiddenRow):
                self.hidden.setdefault(grid.place, []).append(number)
            yield number, cells

    def hidden_notes(self, key: str) -> Iterator[str]:
        """The message of a key for each sheet with rows that are hidden, or filtered out."""
        for place, numbers in self.hidden.items():
            first = ", ".join(f"{number}" for number in numbers[:SHOWN])
            rest = " …" if len(numbers) > SHOWN else ""
            yield said(key, count=len(numbers), where=place.at(first + rest))
