"""The marking panel: filters, tick boxes, decision and reason. Every edit is saved to marks.csv at once."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import ipywidgets
import pandas as pd

from unfulfill.audit import KINDS
from unfulfill.errors import WorkbenchError
from unfulfill.mark import CHANGING, WITH_PART, advised_rows
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
        audit = wb.last_audit()
        self._kinds = _ids_by(audit.findings, "kind", self.marks)
        self._incidents = _ids_by(audit.findings, "incident", self.marks)
        self.grid = Grid(COLUMNS, self._ticked, label="Fulfillments")
        self.find = ipywidgets.Text(
            description="Find", placeholder="order, SKU, tracking …", continuous_update=True
        )
        self.kind = _choice("Finding", [(ANY, "")] + [(KINDS.get(kind, kind), kind) for kind in self._kinds])
        self.incident = _choice("Incident", [(ANY, ""), *_incident_choices(audit.incidents, self._incidents)])
        self.incident.layout.width = "36em"  # its names are sentences
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
        self.incident_button = ipywidgets.Button(
            description="Mark the incident as advised", layout={"width": "auto"}
        )
        self.status = ipywidgets.HTML()
        self.widget = self._layout()
        for filter_ in self._filters:
            filter_.observe(lambda _: self._safely(self.refresh), names="value")
        self.mark_button.on_click(lambda _: self._safely(self._mark_filtered))
        self.unmark_button.on_click(lambda _: self._safely(self._unmark_filtered))
        self.incident_button.on_click(lambda _: self._safely(self._mark_incident))
        self.refresh()

    @property
    def _filters(self) -> tuple[Any, ...]:
        return (self.find, self.incident, self.kind, self.severity, self.lock, self.location, self.decided)

    def _layout(self) -> Any:
        row = {"flex_flow": "row wrap"}
        return ipywidgets.VBox(
            [
                ipywidgets.Box(list(self._filters), layout=row),
                ipywidgets.Box([self.decision, self.part, self.reason, self.override], layout=row),
                ipywidgets.Box(
                    [self.mark_button, self.unmark_button, self.incident_button, self.status], layout=row
                ),
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
                + self._said_of_incident()
            )

    def _kept(self) -> "pd.Series[bool]":
        marks = self.marks
        kept = pd.Series(True, index=marks.index)
        if self.find.value.strip():
            text = marks[list(SEARCHED)].fillna("").agg(" ".join, axis="columns").str.lower()
            for word in self.find.value.lower().split():
                kept &= text.str.contains(word, regex=False).astype(bool)
        if self.incident.value:
            kept &= marks["fulfillment_id"].isin(self._incidents[self.incident.value]).astype(bool)
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

    def _advised(self) -> Mapping[str, list[str]]:
        """What would be marked of the chosen incident: decision → ids."""
        return advised_rows(self.marks, self._incidents.get(self.incident.value, ()))

    def _said_of_incident(self) -> str:
        """How many rows of the chosen incident would be marked, and which stay; blank where none is chosen."""
        advised = self._advised()
        self.incident_button.disabled = not advised
        if not self.incident.value:
            return ""
        rows = self.marks[self.marks["fulfillment_id"].isin(self._incidents[self.incident.value])]
        is_decided = _filled(rows["decision"])
        decided, locked = int(is_decided.sum()), int((_filled(rows["locked"]) & ~is_decided).sum())
        wanted = ", ".join(f"{decision.replace('_', ' ')} {len(ids):,}" for decision, ids in advised.items())
        others = len(rows) - decided - locked - sum(map(len, advised.values()))
        return (
            f" The incident has {len(rows):,} rows. Advised: {wanted or 'none to mark'}; decided already {decided:,},"
            f" locked {locked:,}, with other advice {others:,}: those stay as they are."
        )

    def _mark_incident(self) -> None:
        """Every free row of the incident as the audit advises; the incident's name is the reason."""
        with self._lock:
            self.marks = self._wb.marks()  # what was decided elsewhere meanwhile stays
            for decision, ids in self._advised().items():
                self.marks = self._wb.mark(decision, fulfillment_ids=ids, reason=self.incident.value)
            self.refresh()

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


def _ids_by(findings: pd.DataFrame, column: str, marks: pd.DataFrame) -> dict[str, set[str]]:
    """Kind or incident → fulfillments; only those that some row has: what was cancelled has no row."""
    about = findings[findings["fulfillment_id"].isin(marks["fulfillment_id"]) & findings[column].notna()]
    return {str(name): set(group) for name, group in about.groupby(column)["fulfillment_id"]}


def _incident_choices(incidents: pd.DataFrame, known: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """ "63 still on the shelf at Lager Nord, 9 Sep to 2 Oct: 56 to undo", in the order of the table."""
    sizes = zip(incidents["incident"], incidents["to_undo"], strict=True)
    return [(f"{name}: {to_undo:,} to undo", str(name)) for name, to_undo in sizes if name in known]


def _equals(column: "pd.Series[Any]", value: str) -> "pd.Series[bool]":
    return (column == value).fillna(False).astype(bool)


def _filled(column: "pd.Series[Any]") -> "pd.Series[bool]":
    return column.fillna("").astype(str).str.len() > 0
