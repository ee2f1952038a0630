"""The marks of a run folder, and marks.xlsx beside marks.csv."""

import hashlib
from pathlib import Path

import pandas as pd

from unfulfill import mark as marking
from unfulfill.audit import Audit
from unfulfill.errors import RunFolderRefused
from unfulfill.run import MANIFEST, MARKS_FILE, RUN_FILE, Run, table_file
from unfulfill.sheets.marks_csv import read_marks, write_marks
from unfulfill.sheets.marks_xlsx import write_marks_sheet
from unfulfill.tables import FINDINGS, STOCK
from unfulfill.words import said

MARKS_SHEET = "marks.xlsx"
WRITTEN = "marks_xlsx_sha256"  # in run.json: what the workbook was when it was written last


class KeptMarks:
    """The marks of a run folder, read again only where a file behind them is another one than last time."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._stamp = ""
        self._frame: pd.DataFrame | None = None

    def state(self) -> str:
        """What tells whether marks.csv is the one that was read: blank where there is none."""
        return self._run.stamp(MARKS_FILE)

    def load(self) -> pd.DataFrame:
        """As `load_marks`."""
        stamp = self._stamps()
        if self._frame is None or stamp != self._stamp:
            self._frame, self._stamp = load_marks(self._run), stamp
        return self._frame.copy(deep=False)

    def save(self, frame: pd.DataFrame) -> pd.DataFrame:
        """As `save_marks`; what was saved is what the next load gives, where every row of the export is in it."""
        save_marks(self._run, frame)
        is_kept = self._frame is not None and frame["fulfillment_id"].equals(self._frame["fulfillment_id"])
        self._stamp, self._frame = (self._stamps(), frame) if is_kept else ("", None)
        return frame

    def _stamps(self) -> str:
        return self._run.stamp(MARKS_FILE, MANIFEST, table_file(FINDINGS))


def load_marks(run: Run, decided: pd.DataFrame | None = None) -> pd.DataFrame:
    """Table MARKS: every live fulfillment of the export, with what was decided so far. No shop is asked.

    `decided` holds the decisions instead of marks.csv.
    """
    earlier = decided
    if decided is None and run.has(MARKS_FILE):
        earlier = read_marks(run.path(MARKS_FILE))
    tables = run.load_tables(marking.MARKED_COLUMNS)
    return marking.make_marks(tables, Audit(run.load_table(FINDINGS), run.load_table(STOCK)), earlier)


def save_marks(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Write marks.csv. Raises SheetRefused for an unknown decision or a doubled row; then nothing is written."""
    marking.decided_once(frame)
    run.write(MARKS_FILE, write_marks(frame))
    return frame


def save_marks_sheet(run: Run) -> Path:
    """Write marks.xlsx of the run; returns its path.

    Raises RunFolderRefused where the one that is there was edited since it was written: that work would be lost.
    """
    path = run.path(MARKS_SHEET)
    if path.exists() and _digest(path) != run.load_json(RUN_FILE, "export").get(WRITTEN):
        raise RunFolderRefused(said("marks_file.edited", path=path))
    write_marks_sheet(path, load_marks(run))
    run.note({WRITTEN: _digest(path)})
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
