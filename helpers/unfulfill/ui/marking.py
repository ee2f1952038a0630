"""The marking panel: filters, tick boxes, decision and reason. Every edit is saved to marks.csv at once."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets
import pandas as pd

from unfulfill.audit import KINDS
from unfulfill.errors import WorkbenchError
from unfulfill.mark import CHANGING, WITH_PART
from unfulfill.ui.grid import Column, Grid
from unfulfill.ui.shown import say
from unfulfill.workbench import Workbench

LOG = logging.getLogger(__name__)

COLUMNS = (
    Column("order_name", "Order", 90),
    Column("decision", "Decision", 80),
    Column("part", "Part", 110),
    Column("reason", "Reason", 150),
    Column("severity", "Severity", 75),
    Column("findings", "Findings", 230),
    Column("locked", "Locked", 170),
    Column("created_at", "Fulfilled at", 130),
    Column("location_name", "Location", 130),
    Column("tracking_numbers", "Tracking", 140),
    Column("items", "Items", 260),
    Column("override", "Override", 140),
)
SEARCHED = ("order_name", "reason", "findings", "location_name", "tracking_numbers", "items", "note")
REASONS = (
    "fulfilled by mistake",
    "fulfilled by an app",
    "never shipped",
    "out of stock",
    "wrong location",
    "cancelled by the customer",
    "other",
)
ANY = "any"


class MarkingPanel:
    """Choose rows and decide them. `widget` is what the notebook shows; `marks` is what is saved."""

    def __init__(self, wb: Workbench) -> None:
        self._wb = wb
        self._lock = threading.RLock()  # callbacks may come from several threads
        self.marks = wb.marks()
        self._kinds = _ids_by_kind(wb.last_audit().findings, self.marks)
        self.grid = Grid(COLUMNS, self._ticked, label="Fulfillments")
        self.find = ipywidgets.Text(
            description="Find", placeholder="order, SKU, tracking …", continuous_update=True
        )
        self.kind = _choice("Finding", [(ANY, "")] + [(KINDS.get(kind, kind), kind) for kind in self._kinds])
        self.severity = _choice("Severity", [(ANY, ""), "high", "medium", "low"])
        self.lock = _choice("Lock", [(ANY, ""), ("locked", "locked"), ("not locked", "open")])
        locations = sorted(self.marks["location_name"].dropna().unique())
        self.location = _choice("Location", [(ANY, ""), *locations])
        self.decided = _choice("Marked", [(ANY, ""), ("marked", "marked"), ("not marked", "open")])
        self.decision = _choice(
            "Decision",
            [
                ("unfulfill", "unfulfill"),
                ("unfulfill and hold", "hold"),
                ("ask the service to stop", "request_cancellation"),
                "keep",
            ],
        )
        self.reason = _choice("Reason", list(REASONS))
        self.part = ipywidgets.Text(description="Part", placeholder="SKU-1=2; SKU-2=1; blank: all of it")
        self.override = ipywidgets.Text(description="Override", placeholder="why a locked row all the same")
        self.mark_button = ipywidgets.Button(description="Mark all filtered")
        self.unmark_button = ipywidgets.Button(description="Unmark all filtered")
        self.status = ipywidgets.HTML()
        self.widget = self._layout()
        for filter_ in self._filters:
            filter_.observe(lambda _: self._safely(self.refresh), names="value")
        self.mark_button.on_click(lambda _: self._safely(self._mark_filtered))
        self.unmark_button.on_click(lambda _: self._safely(self._unmark_filtered))
        self.refresh()

    @property
    def _filters(self) -> tuple[Any, ...]:
        return (self.find, self.kind, self.severity, self.lock, self.location, self.decided)

    def _layout(self) -> Any:
        row = {"flex_flow": "row wrap"}
        return ipywidgets.VBox(
            [
                ipywidgets.Box(list(self._filters), layout=row),
                ipywidgets.Box([self.decision, self.part, self.reason, self.override], layout=row),
                ipywidgets.HBox([self.mark_button, self.unmark_button, self.status]),
                self.grid,
            ]
        )

    def refresh(self) -> None:
        """Show the rows that pass the filters, and count."""
        with self._lock:
            kept = self._kept()
            ticked = self.marks["decision"].isin(CHANGING)
            self.grid.show(self.marks, ticked, kept)
            self._say(
                f"{int(ticked.sum()):,} marked of {len(self.marks):,}; {int(kept.sum()):,} shown. Saved in marks.csv."
            )

    def _kept(self) -> "pd.Series[bool]":
        marks = self.marks
        kept = pd.Series(True, index=marks.index)
        if self.find.value.strip():
            text = marks[list(SEARCHED)].fillna("").agg(" ".join, axis="columns").str.lower()
            for word in self.find.value.lower().split():
                kept &= text.str.contains(word, regex=False).astype(bool)
        if self.kind.value:
            kept &= marks["fulfillment_id"].isin(self._kinds[self.kind.value]).astype(bool)
        if self.severity.value:
            kept &= _equals(marks["severity"], self.severity.value)
        if self.location.value:
            kept &= _equals(marks["location_name"], self.location.value)
        if self.lock.value:
            kept &= _filled(marks["locked"]) == (self.lock.value == "locked")
        if self.decided.value:
            kept &= marks["decision"].isin(CHANGING).astype(bool) == (self.decided.value == "marked")
        return kept

    def _ticked(self, row: int, ticked: bool) -> None:
        def decide() -> None:
            decision = self.decision.value if ticked else ""
            self._decide([row], decision, self.override.value.strip(), self.part.value.strip())
            if ticked:
                self.part.value = ""  # the next row has other lines

        self._safely(decide)

    def _mark_filtered(self) -> None:
        self._decide(self.grid.shown_rows, self.decision.value)

    def _unmark_filtered(self) -> None:
        self._decide(self.grid.shown_rows, "")

    def _decide(
        self, rows: Iterable[int], decision: str, override: str = "", part: str | None = None
    ) -> None:
        """An override or a part is given row by row: marking all filtered rows never carries one."""
        with self._lock:
            ids = [str(self.marks["fulfillment_id"].iloc[row]) for row in rows]
            self.marks = self._wb.mark(
                decision,
                fulfillment_ids=ids,
                part=part if decision in WITH_PART else None,
                reason=self.reason.value if decision else "",
                override=override if decision else "",
            )
            self.refresh()

    def _safely(self, action: Callable[[], None]) -> None:
        """The edge of the ui: an error in a callback is shown nowhere else."""
        try:
            action()
        except WorkbenchError as error:
            self.grid.revision += 1  # the tick box shows what is saved
            self._say(str(error), "bad")
        except Exception as error:
            LOG.exception("marking failed")
            self.grid.revision += 1
            self._say(f"{type(error).__name__}: {error}", "bad")

    def _say(self, text: str, tone: str = "plain") -> None:
        self.status.value = f'<div role="status">{say(text, tone).markup}</div>'


def _choice(name: str, options: list[Any]) -> Any:
    pairs = [option if isinstance(option, tuple) else (option, option) for option in options]
    return ipywidgets.Dropdown(description=name, options=pairs)


def _ids_by_kind(findings: pd.DataFrame, marks: pd.DataFrame) -> dict[str, set[str]]:
    """Only kinds that some row has: what was cancelled has no row."""
    about = findings[findings["fulfillment_id"].isin(marks["fulfillment_id"])]
    return {str(kind): set(group) for kind, group in about.groupby("kind")["fulfillment_id"]}


def _equals(column: "pd.Series[Any]", value: str) -> "pd.Series[bool]":
    return (column == value).fillna(False).astype(bool)


def _filled(column: "pd.Series[Any]") -> "pd.Series[bool]":
    return column.fillna("").astype(str).str.len() > 0
