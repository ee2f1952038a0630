"""The marks of a run as a person edits them: each edit is shown, then saved, and can be taken back."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unfulfill import mark_edits
from unfulfill.audit import Audit
from unfulfill.mark import DECIDED
from unfulfill.order_card import OrderCard
from unfulfill.row_index import Edit, History, Rows, apply_edit, edit_of
from unfulfill.row_index.column import Numbers
from unfulfill.run import user_name
from unfulfill.ui.marking_rows import KEY, marking_rows
from unfulfill.workbench import Workbench


class MarkBook:
    """Rows, what was edited in them, and the marks.csv that they were read from.

    `on_edit` is called after the rows changed and before they are saved: saving a large file takes a moment. Each edit
    gives the number of rows that it changed. Raises MarksChanged, and changes nothing, where marks.csv is another one
    than was read here.
    """

    def __init__(self, wb: Workbench, on_edit: Callable[[], None] = lambda: None) -> None:
        self._wb = wb
        self._on_edit = on_edit
        self._audit: Audit | None = None
        self._seen = ""
        self.generation = 0  # moves when the rows were read again: then a number may be that of another row
        self.history = History()
        self.rows = self._read()

    def audit(self) -> Audit:
        """What the audit found; read once."""
        if self._audit is None:
            self._audit = self._wb.last_audit()
        return self._audit

    def _read(self) -> Rows:
        self._seen = self._wb.marks_state()
        self._audit = None
        self.generation += 1
        return marking_rows(self._wb, self._wb.marks(), self.audit)

    @property
    def is_changed_elsewhere(self) -> bool:
        """Whether marks.csv is another one than was read here."""
        return self._wb.marks_state() != self._seen

    def mark(self, numbers: Numbers, decision: str, reason: str, note: str, part: str = "") -> int:
        """One decision for these rows, but for locked ones and such as have not the units of the part."""
        return self._do(mark_edits.marked(self.rows, numbers, decision, reason, note, user_name(), part))

    def unmark(self, numbers: Numbers) -> int:
        """Take decisions back."""
        return self._do(mark_edits.unmarked(self.rows, numbers))

    def mark_as_advised(self, numbers: Numbers, reason: str, note: str) -> int:
        """Decide these rows as the audit advises, as far as it does."""
        return self._do(mark_edits.marked_as_advised(self.rows, numbers, reason, note, user_name()))

    def reword(self, numbers: Numbers, reason: str, note: str) -> int:
        """Another reason and note for those that are decided."""
        return self._do(mark_edits.reworded(self.rows, numbers, reason, note, user_name()))

    def mark_alone(self, row: int, told: Mapping[str, str], units: Mapping[str, int]) -> int:
        """Decide one row: decision, reason, note and override, and the units of each of its lines."""
        card = self.card(row)
        lines = card.units if card else ()
        return self._do(mark_edits.marked_alone(self.rows, row, told, units, lines, user_name()))

    def undo(self) -> int:
        """Take the last edit back."""
        edit = self.history.done[-1].undone()
        self._save(edit)
        self.history.undo()
        return len(edit.rows)

    def redo(self) -> int:
        """Do again what was taken back last."""
        edit = self.history.undone[-1]
        self._save(edit)
        self.history.redo()
        return len(edit.rows)

    def _do(self, edit: Edit) -> int:
        if len(edit.rows):
            self._save(edit)
            self.history.add(edit)
        return len(edit.rows)

    def _save(self, edit: Edit) -> None:
        apply_edit(self.rows, edit)
        self._on_edit()
        try:
            changed = self.rows.written_table(edit.rows, KEY).to_pandas(types_mapper=pd.ArrowDtype)
            self._seen = self._wb.mark_each(changed, self._seen)
        except BaseException:
            apply_edit(self.rows, edit.undone())
            raise

    def load_again(self) -> tuple[int, list[str]]:
        """Read marks.csv again; how many rows are decided differently, and by whom. Nothing can be undone after it."""
        earlier = self.rows
        self.rows, self.history = self._read(), History()
        edit = self._difference(earlier, self.rows)
        return len(edit.rows), sorted({name for name in self.rows["marked_by"].texts(edit.rows) if name})

    def take(self, file: Path) -> int:
        """Take the decisions of an edited marks.xlsx or marks.csv over. It can be undone; earlier edits no longer."""
        earlier = self.rows
        self._wb.take_marks(file, self._seen)
        self.rows, self.history = self._read(), History()
        edit = self._difference(earlier, self.rows)
        if len(edit.rows):
            self.history.add(edit)
        return len(edit.rows)

    def _difference(self, earlier: Rows, later: Rows) -> Edit:
        """What changed, as an edit of the later rows. Words of both have the numbers of the later ones."""
        places: Any = pc.index_in(later[KEY].values, earlier[KEY].values)
        known = np.flatnonzero(places.is_valid().to_numpy(zero_copy_only=False))
        at = places.take(pa.array(known)).to_numpy(zero_copy_only=False)
        words = {name: earlier.written[name].words_in(at) for name in DECIDED}
        return edit_of(later, known, words).undone()

    def card(self, row: int) -> OrderCard | None:
        """Everything that is known about a row's fulfillment."""
        return self._wb.order_card(self.rows[KEY].texts(np.asarray([row]))[0])

    def decided(self, row: int) -> dict[str, str]:
        """What is decided for a row: column → text."""
        return {name: self.rows[name].texts(np.asarray([row]))[0] for name in DECIDED}
