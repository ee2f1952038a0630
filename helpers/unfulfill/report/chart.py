"""A chart as numbers: rectangles and texts that a template draws as inline SVG, and the same numbers in words."""

from dataclasses import dataclass

WIDTH = 720  # of every chart, in SVG units
LABELS = 170  # of them for the labels left of horizontal bars


@dataclass(frozen=True)
class Piece:
    """One rectangle: where, which series, and what it says on pointing at it."""

    x: float
    y: float
    width: float
    height: float
    series: str  # a CSS class
    title: str


@dataclass(frozen=True)
class Label:
    """One text beside the bars."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Chart:
    """A drawn chart; `columns` and `rows` are its numbers as a table."""

    id: str
    title: str
    summary: str  # the text alternative, one sentence
    height: float
    pieces: tuple[Piece, ...]
    labels: tuple[Label, ...]
    legend: tuple[tuple[str, str], ...]  # (CSS class, name)
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    baseline: float | None = None  # x of a vertical axis


def shortened(text: str, length: int) -> str:
    """At most `length` characters."""
    return text if len(text) <= length else text[: length - 1] + "…"
