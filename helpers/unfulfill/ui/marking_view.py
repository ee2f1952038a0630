"""What of the marks is on the screen: filter, order and window, and the messages that the browser draws."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from unfulfill.mark_edits import advised
from unfulfill.row_index import RowFilter, passing
from unfulfill.ui.grid import GridColumn, Message
from unfulfill.ui.mark_book import MarkBook
from unfulfill.ui.marking_words import WIDTHS, heading, said
from unfulfill.ui.shown import said_kinds
from unfulfill.words import locale, moment, said_word

SEARCHED = (
    "order_name", "reason", "note", "override", "findings", "location_name", "tracking_numbers", "items",
)  # fmt: skip
# Filter → column whose word it must be.
EQUAL = {"severity": "severity", "status": "display_status", "location": "location_name",
         "service": "service_name", "app": "source_name"}  # fmt: skip
NAMES = ("decision", "severity")  # columns of our words, each said in the operator's language
STATUS = "display_status"
MOST_ROWS_A_MESSAGE = 200


def columns() -> tuple[GridColumn, ...]:
    """The columns of the table, with their headings in the operator's language."""
    return tuple(GridColumn(name, heading(name), width) for name, width in WIDTHS.items())


class MarkingView:
    """The view of a book's rows. Its messages have a revision: rows of an older one are passed over."""

    def __init__(self, book: MarkBook) -> None:
        self._book = book
        self.filter = RowFilter()
        self.revision = 0  # moves whenever rows may read differently
        self.is_warm = False  # whether columns that take long to read are shown too
        self._sort = ("", False)
        self._window = (0, 50)
        self._number = 0  # moves whenever other rows are shown, or in another order

    def look(self, window: object) -> None:
        """Note which rows are on the screen: they are sent along when they change."""
        match window:
            case [int(start), int(end)] if 0 <= start <= end:
                self._window = (start, end)

    def ask(self, wanted: Mapping[str, Any], sort: str, descending: bool) -> None:
        """Show what a person asks for; what is no column or no day is passed over."""
        self.filter = _filter_of(wanted)
        self._sort = (sort if sort in WIDTHS else "", descending)
        self.apply()

    def apply(self) -> None:
        """Filter and sort the rows as they are now."""
        passes = None if self.filter.is_blank else passing(self._book.rows, self.filter, SEARCHED)
        self._book.rows.show(passes, *self._sort)
        self._number += 1

    def page(self, start: int, end: int) -> Message:
        """Rows of the view as the browser draws them: number, marked, locked, then a text a column."""
        rows = self._book.rows
        numbers = rows.numbers(start, min(end, start + MOST_ROWS_A_MESSAGE))
        texts = {
            name: rows[name].texts(numbers) if self.is_warm or rows[name].is_at_hand else [""] * len(numbers)
            for name in WIDTHS
        }
        for name in NAMES:
            texts[name] = [said_word(text) for text in texts[name]]
        texts["findings"] = [said_kinds(text) for text in texts["findings"]]
        texts["display_status"] = [said_word(text, text, of=STATUS) for text in texts["display_status"]]
        texts["created_at"] = [_written(text) for text in texts["created_at"]]
        flags = (map(bool, texts["decision"]), map(bool, texts["locked"]))
        cells = zip(map(int, numbers), *flags, *texts.values(), strict=True)
        return {"start": start, "revision": self.revision, "rows": [list(row) for row in cells]}

    def state(self, saved: str, edits: int) -> Message:
        """Counts, what can be pressed, and the rows on the screen. `saved` is a key of the texts."""
        self.revision += 1
        rows, history = self._book.rows, self._book.history
        is_marked = rows["decision"].filled()
        marked = int(is_marked.sum())
        hidden = marked - int(is_marked[rows.view].sum()) if rows.shown < len(rows) else 0
        counts = {"marked": marked, "hidden": hidden, "shown": rows.shown, "all": len(rows)}
        return {
            "op": "state",
            "view": str(self._number),
            "generation": self._book.generation,
            "edits": edits,
            "total": rows.shown,
            "marked": marked,
            "hidden": hidden,
            "counts": said("counts" if hidden else "counts_all", saved=said(saved), **counts),
            "saved": saved,
            "advised": len(advised(rows, rows.view)) if self.is_warm else 0,
            "undo": bool(history.done),
            "redo": bool(history.undone),
            "warm": self.is_warm,
            **self.page(*self._window),
        }


def _filter_of(wanted: Mapping[str, Any]) -> RowFilter:
    texts = {name: word.strip() for name, word in wanted.items() if isinstance(word, str)}
    days = {name: text for name in ("since", "until") if _is_day(text := texts.get(name, ""))}
    named = ("text", "kind", "decision", "lock", "evidence", "sku", "incident")
    equal = {column: texts[name] for name, column in EQUAL.items() if texts.get(name)}
    return RowFilter(**{name: texts.get(name, "") for name in named}, **days, equal=equal)


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _written(time: str) -> str:
    """A time of the table as the language writes it: rows are scrolled through, so what is known is kept."""
    return _time(time, str(locale())) if time else ""


@lru_cache(maxsize=4_096)
def _time(time: str, _locale: str) -> str:
    return moment(datetime.strptime(time, "%Y-%m-%d %H:%M"))
