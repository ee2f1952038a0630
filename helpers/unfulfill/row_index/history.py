"""What was edited, so that it can be taken back and done again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill.row_index.column import Codes, Numbers, Written
from unfulfill.row_index.rows import Rows

MOST_KEPT = 200  # edits


@dataclass(frozen=True)
class Edit:
    """Rows, and the words of each written column there before and after, by their numbers."""

    rows: Numbers
    before: Mapping[str, Codes]
    after: Mapping[str, Codes]

    def undone(self) -> "Edit":
        """The edit that takes this one back."""
        return Edit(self.rows, self.after, self.before)


@dataclass
class History:
    """Edits done, and edits taken back since."""

    done: list[Edit] = field(default_factory=list)
    undone: list[Edit] = field(default_factory=list)

    def add(self, edit: Edit) -> None:
        """Note an edit; what was taken back can no longer be done again."""
        self.done = [*self.done[-MOST_KEPT + 1 :], edit]
        self.undone = []

    def undo(self) -> None:
        """Note that the last edit was taken back."""
        self.undone.append(self.done.pop())

    def redo(self) -> None:
        """Note that it was done again."""
        self.done.append(self.undone.pop())


def edit_of(rows: Rows, numbers: Numbers, words: Mapping[str, Any]) -> Edit:
    """The edit that writes into these rows: column → one word, or an Arrow array with a word for each of the rows.

    Rows that say so already are not in it.
    """
    after = {name: _codes(rows.written[name], given, len(numbers)) for name, given in words.items()}
    is_new = np.zeros(len(numbers), np.bool_)
    for name, codes in after.items():
        is_new |= rows.written[name].codes[numbers] != codes
    changed = numbers[is_new]
    before = {name: rows.written[name].codes[changed] for name in after}
    return Edit(changed, before, {name: codes[is_new] for name, codes in after.items()})


def _codes(column: Written, given: Any, count: int) -> Codes:
    if isinstance(given, str):
        return np.full(count, column.code_of(given), np.int32)
    encoded = pc.fill_null(given, "").dictionary_encode()
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    codes = np.asarray([column.code_of(word) for word in encoded.dictionary.to_pylist()], np.int32)
    places = encoded.indices.to_numpy(zero_copy_only=False)
    return codes[places] if len(codes) else np.zeros(0, np.int32)


def apply_edit(rows: Rows, edit: Edit) -> None:
    """Write what the edit says."""
    for name, codes in edit.after.items():
        rows.written[name].put(edit.rows, codes)
