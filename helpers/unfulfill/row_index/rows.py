"""All rows, and the view of them: those that pass the filter, in the order asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.row_index.column import Column, Mask, Numbers, Written


class Rows:
    """Columns of equal length by name. A row has a number, which stays the same however the view changes.

    `written` names the columns that people write; `orders` gives words of a column in the order in which it sorts.
    """

    def __init__(
        self,
        columns: Mapping[str, Any],
        written: Sequence[str],
        count: int,
        orders: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._columns = {
            name: (Written if name in written else Column)(values, (orders or {}).get(name, ()))
            for name, values in columns.items()
        }
        self.written: Mapping[str, Written] = {
            name: column for name, column in self._columns.items() if isinstance(column, Written)
        }
        self._count = count
        self._haystacks: dict[tuple[str, ...], Column] = {}
        self._view: Numbers | None = None  # None: all rows as they stand

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def get_ready(self) -> None:
        """Do now what the first edit would have to wait for."""
        for column in self.written.values():
            column.code_of("")

    @property
    def shown(self) -> int:
        """How many rows are in the view."""
        return self._count if self._view is None else len(self._view)

    @property
    def view(self) -> Numbers:
        """The numbers of the rows in the view, in its order."""
        return np.arange(self._count) if self._view is None else self._view

    def show(self, passes: Mask | None, sort: str = "", descending: bool = False) -> None:
        """Make the view of the rows that pass (None: all), in the order of a column (blank: as they stand)."""
        if passes is None and not sort:
            self._view = None
            return
        view = np.arange(self._count) if passes is None else np.flatnonzero(passes)
        self._view = self[sort].sort(view, descending) if sort else view

    def numbers(self, start: int, end: int) -> "Numbers | range":
        """The rows at these places of the view."""
        if self._view is None:
            return range(min(start, self._count), min(end, self._count))
        return self._view[start:end]

    def place_of(self, row: int) -> int:
        """Where a row stands in the view; -1 where it is not in it."""
        if self._view is None:
            return row
        found = np.flatnonzero(self._view == row)
        return int(found[0]) if len(found) else -1

    def beginning(self, name: str, text: str, start: int) -> int:
        """The first place of the view, from `start` on and then from the top, whose word begins with `text`; or -1.

        A sign before the number need not be typed: 1001 finds #1001.
        """
        words = self[name].values
        folded = text.lower()
        begins: Any = pc.starts_with(words, folded, ignore_case=True)
        if not folded.startswith("#"):
            begins = pc.or_(begins, pc.starts_with(words, "#" + folded, ignore_case=True))
        mask = pc.fill_null(begins, False).to_numpy(zero_copy_only=False)
        places = np.flatnonzero(mask if self._view is None else mask[self._view])
        if not len(places):
            return -1
        after = np.searchsorted(places, start)
        return int(places[after] if after < len(places) else places[0])

    def containing(self, word: str, names: tuple[str, ...]) -> Mask:
        """Rows that have `word` in one of these columns, whatever its case."""
        found = self._haystack(tuple(name for name in names if name not in self.written)).containing(word)
        for name in names:
            if name in self.written:
                found = found | self.written[name].containing(word)
        return found

    def _haystack(self, names: tuple[str, ...]) -> Column:
        """The texts of several columns as one: made at the first search, for it takes the longest."""
        if names not in self._haystacks:
            texts = [pc.fill_null(self[name].all_texts(), "") for name in names]
            self._haystacks[names] = Column(pc.binary_join_element_wise(*texts, "\x1f"))
        return self._haystacks[names]

    def written_table(self, rows: Numbers, key: str) -> pa.Table:
        """What people wrote in these rows, with the key of each."""
        texts = {name: column.words_in(rows) for name, column in self.written.items()}
        return pa.table({key: self[key].values.take(pa.array(rows)), **texts})
