"""The verbs export, audit and mark."""

from collections.abc import Collection, Iterable
from pathlib import Path

import pandas as pd

from unfulfill import mark as marking
from unfulfill import run_rules
from unfulfill.apply import cancelled_by_workbench
from unfulfill.audit import AUDIT_COLUMNS, Audit, audit_shop, was_cancelled_since
from unfulfill.audit_files import earlier_stock, load_audit, save_audit
from unfulfill.errors import MarksChanged
from unfulfill.export import Filters, Manifest, export_shop, load_complete_manifest
from unfulfill.from_files import take_marks
from unfulfill.home import home
from unfulfill.lock import marks_lock
from unfulfill.order_card import CARD_COLUMNS, OrderCard, order_card
from unfulfill.progress import Progress, no_progress
from unfulfill.run import COUNT_FILE, MANIFEST, MARKS_FILE, table_file, user_name
from unfulfill.run_rules import RulesCounted
from unfulfill.sheets import clean_text, read_counts, save_marks_sheet, write_orders_sheet
from unfulfill.tables import FINDINGS, FULFILLMENTS, INVENTORY_LEVELS, ORDERS
from unfulfill.words import said
from unfulfill.workbench.bench import Bench

MOST_IN_A_SHEET = 250_000  # orders; nobody reads more in a spreadsheet, and it takes minutes and gigabytes


class Auditing(Bench):
    """Reads the shop and finds what is wrong; nothing here is sent to it."""

    def export(
        self, filters: Filters | None = None, progress: Progress = no_progress, *, since: str = ""
    ) -> Manifest:
        """Read the shop into the tables of the run folder, with the proof that nothing is missing.

        `since`: the run folder of an earlier export to go on from, or "last" for the newest beside this one that
        fits; only what changed since is read then. Writes export/, and orders.xlsx for up to 250,000 orders. An
        earlier export stays as it was where this one fails; the same call goes on with what was fetched.
        """
        with self._mutex:
            filters = filters or Filters()
            manifest = export_shop(self.shop, self.run, filters, progress, since=since)
            self.run.note({"filters": manifest.filters})
            sheet = self.run.path("orders.xlsx")
            if manifest.counts[ORDERS.name] > MOST_IN_A_SHEET:
                sheet.unlink(missing_ok=True)  # one of an earlier export would tell something else
            else:
                write_orders_sheet(sheet, self.run.load_tables())
            return manifest

    def audit(
        self,
        stock_count: str | Path | None = None,
        days_without_movement: int = 5,
        before: str | Path | None = None,
    ) -> Audit:
        """Findings, their incidents, the stock and what explains it, from the export alone.

        Raises IncompleteExport, SheetRefused, ParameterRefused.

        `stock_count` is a count file; by default stock_count.csv of the run folder, else the count
        that a sandbox was seeded with, where there is one. `before` is the run folder of an earlier export, to
        compare the stock with; by default the one that this export rests on, where there is one.
        """
        with self._mutex:
            manifest, tables = load_complete_manifest(self.run), self.run.load_tables(AUDIT_COLUMNS)
            file, counted = self._counted(stock_count, tables[INVENTORY_LEVELS.name])
            if file is not None and file.absolute() != self.run.path(COUNT_FILE):
                self.run.write(COUNT_FILE, file.read_bytes())
            audit = audit_shop(
                tables,
                now=manifest.taken_at,
                counted=counted,
                days_without_movement=days_without_movement,
                ours=self._ours(tables[FULFILLMENTS.name]),
                before=earlier_stock(self.run, manifest, before),
                is_whole=not manifest.filters,
            )
            save_audit(self.run, audit)
            return audit

    def _counted(
        self, named: str | Path | None, levels: pd.DataFrame
    ) -> tuple[Path | None, pd.DataFrame | None]:
        """The count that is named, else that of the run folder, else that of the sandbox: its file and its rows."""
        if named is None and self.run.has(COUNT_FILE):
            named = self.run.path(COUNT_FILE)
        file = home() / named if named is not None else self._sandbox_count()
        return file, read_counts(file, levels) if file is not None else None

    def _ours(self, fulfillments: pd.DataFrame) -> frozenset[str]:
        """What the workbench itself cancelled; journals are read only where something was cancelled at all."""
        if not was_cancelled_since(fulfillments).any():
            return frozenset()
        return cancelled_by_workbench(self.run, self.identity.id)

    def last_audit(self) -> Audit:
        """What audit wrote last."""
        return load_audit(self.run)

    def marks(self) -> pd.DataFrame:
        """Table MARKS: every live fulfillment of the export, with what was decided so far."""
        with self._mutex:
            return self._kept_marks.load()

    def marks_state(self) -> str:
        """Another text whenever marks.csv is another file: a person edited it, or another notebook or program."""
        return self._kept_marks.state()

    def marks_sheet(self) -> Path:
        """Write marks.xlsx: the marks as a workbook to decide in, with drop-downs and colours; its path.

        Raises RunFolderRefused where the one that is there was edited: that work would be lost.
        """
        with self._mutex:
            return save_marks_sheet(self.run)

    def save_marks(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Write marks.csv. Raises SheetRefused for an unknown decision or a doubled row."""
        with self._mutex, marks_lock(self.run.folder):
            return self._kept_marks.save(frame)

    def mark(
        self,
        decision: str,
        *,
        fulfillment_ids: Iterable[str] | None = None,
        kinds: Iterable[str] | None = None,
        part: str | None = None,
        reason: str = "",
        note: str = "",
        override: str = "",
        by: str = "",
    ) -> pd.DataFrame:
        """Decide rows, chosen by id, by kinds of findings or both, and save them. Blank decision: undecided.

        `part` names the units that are meant, "SKU-1=2; SKU-2=1", for rows named by id; blank: all of them,
        None: as it stood. Locked rows are decided too; the plan skips them unless `override` says why not. Returns
        table MARKS.
        """
        with self._mutex, marks_lock(self.run.folder):
            marks = marking.mark_rows(
                self.marks(),
                decision=decision,
                fulfillment_ids=fulfillment_ids,
                kinds=kinds,
                part=part,
                reason=reason,
                note=note,
                override=override,
                by=by or user_name(),
            )
            return self._kept_marks.save(marks)

    def mark_each(self, changed: pd.DataFrame, seen: str) -> str:
        """Save rows that were each decided by themselves, at once; the state of marks.csv afterwards.

        `changed` has fulfillment_id and what a person writes (mark.DECIDED), `seen` is the `marks_state` that the
        person looked at. Raises MarksChanged where marks.csv is another one by now: then nothing is written.
        """
        with self._mutex, marks_lock(self.run.folder):
            self._refuse_unseen(seen)
            told = changed.assign(**{name: _cleaned(changed[name]) for name in marking.DECIDED})
            self._kept_marks.save(marking.replace_decided(self.marks(), told))
            return self.marks_state()

    def take_marks(self, file: Path, seen: str) -> pd.DataFrame:
        """Take the decisions of an edited marks.xlsx or marks.csv over; returns table MARKS. `seen` as in `mark_each`.

        Rows that the file lacks stay. Raises MarksChanged, or SheetRefused with every problem of the file.
        """
        with self._mutex, marks_lock(self.run.folder):
            self._refuse_unseen(seen)
            take_marks(self.run, file)
            return self.marks()

    def order_card(self, fulfillment_id: str) -> OrderCard | None:
        """Everything that export and audit know about one fulfillment and its order; None where the export lacks it."""
        with self._mutex:
            stamp = self.run.stamp(MANIFEST, table_file(FINDINGS))
            if self._kept_tables is None or self._kept_tables[0] != stamp:
                self._kept_tables = stamp, self.run.load_tables(CARD_COLUMNS), self.last_audit()
            _, tables, audit = self._kept_tables
            return order_card(
                tables, audit.findings, audit.evidence, audit.stock, fulfillment_id, self.identity
            )

    def _refuse_unseen(self, seen: str) -> None:
        if seen != self.marks_state():
            raise MarksChanged(said("error.marks_changed", file=MARKS_FILE))

    def propose(self, fulfillment_ids: Collection[str] | None = None, reason: str = "") -> pd.DataFrame:
        """Mark what the audit advises to unfulfill, hold or have stopped by its service, and what is not locked.

        `fulfillment_ids`: of these alone. Decided rows stay. `reason` by default the kinds of their findings. Returns
        table MARKS.
        """
        with self._mutex, marks_lock(self.run.folder):
            findings = self.run.load_table(FINDINGS)
            return self._kept_marks.save(marking.propose(self.marks(), findings, fulfillment_ids, reason))

    def count_by_rules(self, path: str | Path = "") -> RulesCounted:
        """What each rule of rules.toml matches and would mark; nothing is marked.

        `path` names the file; by default it is that of the run folder, else that of the notebooks. Raises
        SettingsRefused with every problem of the file.
        """
        with self._mutex:
            return run_rules.count_by_rules(self.run, path)

    def mark_by_rules(self, path: str | Path = "") -> pd.DataFrame:
        """Mark what the rules of rules.toml match: each row by the first that does. Returns table MARKS.

        Decided rows stay, and nothing locked is marked to be unfulfilled.
        """
        with self._mutex, marks_lock(self.run.folder):
            return run_rules.mark_by_rules(self.run, path)[1]


def _cleaned(column: pd.Series) -> pd.Series:
    """As marks.csv keeps them and gives them back."""
    words = column.unique()
    return column.map({word: clean_text(word).strip() for word in words}).astype(marking.TEXT)
