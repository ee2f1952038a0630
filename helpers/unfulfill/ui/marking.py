"""The marking table: filters, decisions, undo. Every edit is saved to marks.csv at once. No decision lives here."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from unfulfill.errors import MarksChanged, WorkbenchError
from unfulfill.mark import CHANGING
from unfulfill.mark_edits import is_locked, may_mark
from unfulfill.row_index.column import Numbers
from unfulfill.ui.card_view import card_message
from unfulfill.ui.edge import as_file, logged
from unfulfill.ui.grid import Grid, Message
from unfulfill.ui.mark_book import MarkBook
from unfulfill.ui.marking_choices import choices_of
from unfulfill.ui.marking_view import MarkingView, columns
from unfulfill.ui.marking_words import page_words, said
from unfulfill.ui.shown import near
from unfulfill.workbench import Workbench

# What is done to rows by their numbers, or to those that a person believes to see.
NEEDS_ROWS = frozenset(
    ("mark", "mark_between", "mark_shown", "unmark_shown", "mark_advised", "reword", "mark_alone", "card")
)


class MarkingPanel:
    """Choose rows and decide them. `widget` is what the notebook shows; `book` holds the rows and saves them."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._lock = threading.RLock()  # messages may come from several threads
        self._edits = 0
        self._told_changed = False
        self._saved = "saved"
        self.book = MarkBook(wb, self._show_unsaved)
        self.view = MarkingView(self.book)
        self.widget = Grid(columns(), page_words(), self.receive)

    # Messages

    def receive(self, message: Message, buffers: Sequence[Any] = ()) -> None:
        """The edge of the ui: do what the browser asks, and show there what went wrong."""
        with self._lock:
            place = str(message.get("place", "grid"))
            try:
                self.view.look(message.get("window"))
                self._act(str(message.get("op")), message, place, buffers)
            except MarksChanged:
                self._edit_failed()
                self._check()
            except WorkbenchError as error:
                self._edit_failed()
                self._note(place, str(error), "bad")
            except Exception as error:
                what, details = logged(error)
                self._edit_failed()
                self._note(place, said("unexpected", error=what), "bad", details)

    def _act(self, op: str, message: Message, place: str, buffers: Sequence[Any]) -> None:
        acts: Mapping[str, Callable[[], object]] = {
            "hello": self._send_state,
            "check": self._check,
            "reload": self._load_again,
            "undo": lambda: self._take_back(place),
            "redo": lambda: self._do_again(place),
            "unmark_shown": lambda: self._tell(place, "unmarked", self.book.unmark(self.book.rows.view)),
            "choices": self._send_choices,
            "export": lambda: self._write_file(place),
        }
        if op in NEEDS_ROWS and message.get("generation") != self.book.generation:
            self._send_state()
            self._note(place, said("stale"), "warn")
            return
        if op in acts:
            acts[op]()
            return
        match {**message, "op": op}:
            case {"op": "rows", "start": int(start), "end": int(end)} if 0 <= start <= end:
                self._send({"op": "rows", **self.view.page(start, end)})
            case {
                "op": "show",
                "filter": dict(wanted),
                "sort": {"name": str(name), "descending": bool(down)},
            }:
                self.view.ask(wanted, name, down)
                self._send_state()
            case {"op": "mark", "row": int(row), "on": bool(on)} if 0 <= row < len(self.book.rows):
                self._mark_one(row, on, message, place)
            case {"op": "mark_between", "start": int(start), "end": int(end), "revision": int(revision)}:
                if revision == self.view.revision and 0 <= start < end:
                    self._mark(np.asarray(self.book.rows.numbers(start, end)), message, place)
            case {"op": "mark_shown"}:
                self._mark(self.book.rows.view, message, place)
            case {"op": "mark_advised"}:
                reason = _text(message, "reason") or self.view.filter.incident
                count = self.book.mark_as_advised(self.book.rows.view, reason, _text(message, "note"))
                self._tell(place, "advised", count)
            case {"op": "reword"}:
                view = self.book.rows.view
                count = self.book.reword(view, _text(message, "reason"), _text(message, "note"))
                self._tell(place, "reworded", count)
            case {"op": "mark_alone", "row": int(row), "units": dict(units)} if (
                0 <= row < len(self.book.rows)
            ):
                told = {name: _text(message, name) for name in ("decision", "reason", "note", "override")}
                wanted = {str(line): count for line, count in units.items() if isinstance(count, int)}
                self.book.mark_alone(row, told, wanted)
                self._done()
                self._note(place, said("row_saved"), "good")
            case {"op": "card", "row": int(row)} if 0 <= row < len(self.book.rows):
                self._send_card(row)
            case {"op": "typed", "text": str(text), "place": int(start)}:
                self._go_to(text, start)
            case {"op": "import", "name": str(name)} if buffers:
                self._read_file(name, bytes(buffers[0]), place)

    def _send(self, message: Message, buffers: Sequence[bytes] | None = None) -> None:
        self.widget.send(message, buffers)

    def _note(self, place: str, text: str, tone: str = "plain", details: str = "") -> None:
        self._send({"op": "note", "place": place, "text": text, "tone": tone, "details": details})

    # What is shown

    def _send_state(self) -> None:
        self._send(self.view.state(self._saved, self._edits))

    def _send_choices(self) -> None:
        """The lists of the filters; from now on also the columns that take long to read are shown."""
        self._send({"op": "choices", **choices_of(self.book.rows, self.book.audit())})
        if not self.view.is_warm:
            self.book.rows.get_ready()
            self.view.is_warm = True
            self._send_state()

    def _send_card(self, row: int, ask: str = "") -> None:
        card = self.book.card(row)
        if card is not None:
            self._send({"op": "card", "row": row, "ask": ask, **card_message(card, self.book.decided(row))})

    def _go_to(self, text: str, start: int) -> None:
        place = self.book.rows.beginning("order_name", text, start)
        if place >= 0:
            self._send({"op": "jump", "to": place})
        self._note("grid", "" if place >= 0 else said("no_such_order", text=text), "warn")

    # Edits

    def _show_unsaved(self) -> None:
        self._saved = "saving"
        self._send_state()

    def _edit_failed(self) -> None:
        """The rows are as they were; show them so."""
        if self._saved == "saving":
            self._saved = "not_saved"
            self._send_state()

    def _done(self) -> None:
        self._saved = "saved"
        self._edits += 1
        self._send_state()

    def _tell(self, place: str, key: str, count: int, **values: object) -> None:
        self._done()
        self._note(
            place, said(key if count else "nothing", count=count, **values), "good" if count else "plain"
        )

    def _mark_one(self, row: int, on: bool, message: Message, place: str) -> None:
        number, decision = np.asarray([row]), _text(message, "decision")
        if not on:
            self.book.unmark(number)
            self._done()
        elif decision in CHANGING and is_locked(self.book.rows, number)[0]:
            self._send_card(row, said("ask_override", locked=self.book.rows["locked"].texts(number)[0]))
        elif self._mark(number, message, place):
            self._note(place, "")

    def _mark(self, numbers: Numbers, message: Message, place: str) -> bool:
        """Mark the rows that may be; whether there were any. It tells how many were left out."""
        decision, part = _text(message, "decision"), _text(message, "part")
        left_out = len(numbers) - len(may_mark(self.book.rows, numbers, decision, part))
        if left_out == len(numbers) > 0:
            self._note(place, said("none_fits" if part else "all_locked"), "warn")
            return False
        count = self.book.mark(numbers, decision, _text(message, "reason"), _text(message, "note"), part)
        key = ("marked_part" if part else "marked_but") if left_out else "marked"
        self._tell(place, key, count, left_out=left_out)
        return True

    def _take_back(self, place: str) -> None:
        if self.book.history.done:
            self._tell(place, "undone", self.book.undo())
        else:
            self._note(place, said("nothing_undone"))

    def _do_again(self, place: str) -> None:
        if self.book.history.undone:
            self._tell(place, "redone", self.book.redo())
        else:
            self._note(place, said("nothing_redone"))

    # marks.csv and marks.xlsx

    def _check(self) -> None:
        """Tell when marks.csv was changed elsewhere, and when it no longer is another one."""
        is_changed = self.book.is_changed_elsewhere
        if is_changed != self._told_changed:
            self._told_changed = is_changed
            self._send({"op": "changed", "text": said("changed") if is_changed else ""})

    def _load_again(self) -> None:
        count, names = self.book.load_again()
        self.view.apply()
        self._done()
        self._check()
        by = said("by", names=", ".join(names)) if names else ""
        self._note("changed", said("loaded_again", count=count, by=by))

    def _write_file(self, place: str) -> None:
        path = self._wb.marks_sheet()
        self._send({"op": "file", "name": path.name}, [path.read_bytes()])
        self._note(place, said("written", path=near(path)), "good")

    def _read_file(self, name: str, content: bytes, place: str) -> None:
        with as_file(name, content, "marks.xlsx") as file:
            count = self.book.take(file)
        self.view.apply()
        self._tell(place, "taken", count, file=file.name)


def _text(message: Message, name: str) -> str:
    given = message.get(name, "")
    return given.strip() if isinstance(given, str) else ""
