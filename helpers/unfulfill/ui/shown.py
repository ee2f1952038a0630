"""Results as notebooks show them: HTML in JupyterLab, plain text elsewhere. Every text of a shop is escaped."""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from unfulfill.audit import KINDS
from unfulfill.ending import DONE, MIME, Ending
from unfulfill.home import home
from unfulfill.words import headings, moment, number, said, said_word

Cells = Sequence[object]

ROWS = 20  # of a table in a notebook; the files of the run folder have them all
SIGNED = re.compile(r"[+−±][\d\s.,]+")  # a difference, as `words.signed` writes it
FOLDED = 500  # more of them, behind one click

LEFT = "padding:3px 8px;text-align:left;vertical-align:top;max-width:46em;white-space:normal"
RIGHT = "padding:3px 8px;text-align:right;vertical-align:top"
TONES = {  # a border says it, so that it reads in the light and in the dark theme
    "plain": "#8a8f98",
    "good": "#2e8b57",
    "warn": "#d99a00",
    "bad": "#c0392b",
}


@dataclass(frozen=True)
class Shown:
    """A piece of a notebook's output, with how the step ended where it says so."""

    markup: str
    text: str
    ending: Ending = field(default=DONE)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/html": self.markup, "text/plain": self.text}
        if self.ending is not DONE:
            bundle[MIME] = {"exit_status": self.ending.exit_status, "text": self.ending.text}
        return bundle

    def __repr__(self) -> str:
        """The plain text."""
        return self.text

    def __add__(self, other: "Shown") -> "Shown":
        """One below the other; the later ending counts."""
        ending = self.ending if other.ending is DONE else other.ending
        return Shown(self.markup + other.markup, f"{self.text}\n{other.text}", ending)


@dataclass(frozen=True)
class Link:
    """A cell that leads to a page of the shop's admin; without an address it is its text."""

    text: str
    url: str = ""

    def __str__(self) -> str:
        """The text."""
        return self.text


def escape(value: object) -> str:
    """Text for HTML; a missing value is blank."""
    text = html.escape(plain(value), quote=True)
    if isinstance(value, Link) and value.url:
        url = html.escape(value.url, quote=True)
        return f'<a href="{url}" target="_blank" rel="noopener noreferrer">{text}</a>'
    return text


def plain(value: object) -> str:
    """Text for people; a missing value is blank, a time has minutes, a number has thousands separators."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return said("shown.yes") if value else said("shown.no")
    if isinstance(value, int):
        return number(value)
    return moment(value) if hasattr(value, "strftime") else str(value)


def said_kind(kind: str) -> str:
    """What a kind of finding means."""
    return said_word(kind, KINDS.get(kind, ""), of="kind")


def said_kinds(text: str) -> str:
    """Kinds of findings, "burst, no_tracking", in few words; what is no kind stays as it is."""
    return ", ".join(said_word(name, of="kind_name") if name in KINDS else name for name in text.split(", "))


def near(file: Path) -> Path:
    """A path as one would type it: from the folder that relative paths count from."""
    return file.relative_to(home()) if file.is_relative_to(home()) else file


def say(text: str, tone: str = "plain", ending: Ending = DONE) -> Shown:
    """One sentence with a coloured edge. Tones: plain, good, warn, bad."""
    style = f"border-left:4px solid {TONES[tone]};padding:4px 10px;margin:6px 0"
    return Shown(f'<p style="{style}">{escape(text)}</p>', text, ending)


def below(first: Shown, *parts: Shown) -> Shown:
    """One below the other."""
    for part in parts:
        first = first + part
    return first


def table(columns: Sequence[str], rows: Iterable[Cells], note: str = "", empty: str = "") -> Shown:
    """A table of texts and numbers; numbers stand right. `note` stands below it, `empty` in place of no rows."""
    rows = [list(row) for row in rows]
    if not rows:
        return say(empty or said("shown.nothing"))
    numeric = [_all_numbers(row[at] for row in rows) for at in range(len(columns))]
    styles = [RIGHT if number else LEFT for number in numeric]
    head = "".join(
        f'<th scope="col" style="{style}">{escape(name)}</th>'
        for name, style in zip(columns, styles, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{style}">{escape(cell)}</td>' for cell, style in zip(row, styles, strict=True))
        + "</tr>"
        for row in rows
    )
    below = f"<p><small>{escape(note)}</small></p>" if note else ""
    markup = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{below}"
    return Shown(markup, _text_table(columns, rows) + (f"\n{note}" if note else ""))


def titled(title: str, shown: Shown) -> Shown:
    """Something under a small heading."""
    markup = f'<p style="margin:12px 0 2px"><b>{escape(title)}</b></p>{shown.markup}'
    return Shown(markup, f"\n{title}\n{shown.text}", shown.ending)


def folded(title: str, shown: Shown) -> Shown:
    """Something that a click on its title opens."""
    markup = f'<details><summary style="cursor:pointer">{escape(title)}</summary>{shown.markup}</details>'
    return Shown(markup, title, shown.ending)


def frame_table(frame: pd.DataFrame, columns: dict[str, str], most: int = 20, empty: str = "") -> Shown:
    """The first rows of a DataFrame, in some columns (name in the frame → key of its heading)."""
    part = frame[list(columns)].head(most)
    rows = [list(row) for row in part.itertuples(index=False, name=None)]
    return table(headings(*columns.values()), rows, more_rows(len(frame) - len(part)), empty)


def percent(value: int | None) -> str:
    """A whole number of percent; blank where there is none."""
    return "" if value is None or pd.isna(value) else said("limit.percent", number=int(value))


def more_rows(more: int) -> str:
    """How many rows are not shown; blank where all are."""
    return said("shown.more_rows", count=more) if more > 0 else ""


def _all_numbers(cells: Iterable[object]) -> bool:
    present = [cell for cell in cells if not (cell is None or cell is pd.NA)]
    return bool(present) and all(
        (isinstance(cell, int) and not isinstance(cell, bool)) or SIGNED.fullmatch(str(cell))
        for cell in present
    )


def _text_table(columns: Sequence[str], rows: Sequence[Cells]) -> str:
    texts = [list(columns), *([plain(cell) for cell in row] for row in rows)]
    widths = [min(60, max(len(row[at]) for row in texts)) for at in range(len(columns))]
    return "\n".join(
        "  ".join(cell[:60].ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in texts
    )
