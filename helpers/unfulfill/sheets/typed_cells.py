"""Cells of a row by the name of their column, as the kinds of our tables; what cannot be read becomes a problem."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from unfulfill.sheets.cells import date_text, why_unclear
from unfulfill.sheets.exact_ids import MangledId, exact_id
from unfulfill.sheets.grid import Grid
from unfulfill.sheets.problems import Problem
from unfulfill.sheets.safe_cells import plain_csv_text
from unfulfill.words import said

BLANKS = " \u00a0\t\r\n"
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,6})?"
    r" ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_SERIAL = re.compile(r"[2-7][0-9]{4}(?:\.[0-9]+)?")  # what a spreadsheet makes of a date: 1954 to 2119
_WHOLE = re.compile(r"-?[0-9]{1,12}")
_MONEY = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


class TypedCells:
    """The rows of one grid; `problems` grows by a sentence for every cell that cannot be read."""

    def __init__(self, grid: Grid, problems: list[str]) -> None:
        self.grid, self.problems = grid, problems
        self.at = {" ".join(name.casefold().split()): place for place, name in enumerate(grid.header) if name}
        self.used: set[str] = set()
        self.has_naive_times = False
        self._cells: Sequence[str] = ()
        self.number = 0
        self._is_csv = grid.place.is_line

    def take(self, number: int, cells: Sequence[str]) -> None:
        """Make this the row that is asked."""
        self.number, self._cells = number, cells

    def has(self, name: str) -> bool:
        """Whether there is a column of this name, which counts as used from now on."""
        if name in self.at:
            self.used.add(name)
        return name in self.at

    def ignored(self) -> tuple[str, ...]:
        """Headers of the columns that nothing asked for."""
        return tuple(self.grid.header[place] for name, place in self.at.items() if name not in self.used)

    def problem(self, name: str, why: str) -> None:
        """Note what is wrong in this row, in the column or in the whole row."""
        column = self.grid.header[self.at[name]] if name in self.at else ""
        self.problems.append(Problem.at(self.grid.place, self.number, why, column))

    def raw(self, name: str) -> str:
        """The cell without blanks around it; "" where there is no such column."""
        place = self.at.get(name)
        if place is None:
            return ""
        self.used.add(name)
        cell = self._cells[place]
        return cell.strip(BLANKS) if type(cell) is str else cell

    def text(self, name: str) -> str | None:
        """Text as it stands; None where it is blank. A date where text belongs was changed by a spreadsheet."""
        cell = self.raw(name)
        if not cell:
            return None
        if why := why_unclear(cell):
            self.problem(name, why)
            return None
        return (plain_csv_text(cell) if self._is_csv else cell) or None

    def id(self, name: str, kind: str) -> str | None:
        """The gid of `kind`; None where it is blank."""
        cell = self.text(name)
        if cell is None:
            return None
        try:
            return exact_id(cell, kind)
        except MangledId as error:
            self.problem(name, str(error))
            return None

    def count(self, name: str, least: int | None = 0) -> int | None:
        """Whole units."""
        cell = self.text(name)
        if cell is None:
            return None
        if not _WHOLE.fullmatch(cell) or (least is not None and int(cell) < least):
            if least is None:
                self.problem(name, said("cell.not_whole", text=cell))
            else:
                self.problem(name, said("cell.not_whole_from", text=cell, least=least))
            return None
        return int(cell)

    def money(self, name: str) -> str | None:
        """A decimal with a point."""
        cell = self.text(name)
        if cell is not None and not _MONEY.fullmatch(cell):
            self.problem(name, said("cell.no_amount", text=cell))
            return None
        return cell

    def flag(self, name: str) -> bool | None:
        """TRUE or FALSE."""
        cell = self.text(name)
        if cell is not None and cell.casefold() not in _FLAGS:
            self.problem(name, said("cell.no_flag", text=cell))
            return None
        return _FLAGS[cell.casefold()] if cell else None

    def word(self, name: str, known: Callable[[str], str | None], choices: str) -> str | None:
        """A status as Shopify spells it, by way of how the file spells it."""
        cell = self.text(name)
        if cell is None:
            return None
        found = known(cell.casefold())
        if found is None:
            self.problem(name, said("cell.no_choice", text=cell, choices=choices))
        return found

    def time(self, name: str) -> datetime | None:
        """A UTC time. One without an offset is taken as UTC, and `has_naive_times` says so."""
        cell = self.raw(name)
        if not cell:
            return None
        if why := why_unclear(cell, date_is_clear=True):
            self.problem(name, why)
            return None
        found = _TIME.fullmatch(date_text(cell, False) if _SERIAL.fullmatch(cell) else cell)
        try:
            if found is None:
                raise ValueError
            at = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00:00'}")
            zone = _zone(found[3])
            moment = at.replace(tzinfo=zone or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            self.problem(name, said("cell.no_time", text=cell))
            return None
        if not 1990 < moment.year < 2200:
            self.problem(name, said("cell.no_time_of_shop", text=cell))
            return None
        self.has_naive_times = self.has_naive_times or zone is None
        return moment


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in ("Z", "UTC"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes > 59:
        raise ValueError(text)
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
