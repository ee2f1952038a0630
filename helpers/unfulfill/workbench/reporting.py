"""The verb report: the pages, the messages and the follow-up of whatever was done so far."""

from dataclasses import replace
from pathlib import Path

from unfulfill.contacting import load_first_contact
from unfulfill.errors import RunFolderRefused
from unfulfill.first_contact import FirstContact
from unfulfill.journal import journal_head
from unfulfill.progress import Progress, no_progress
from unfulfill.report import (
    FOLLOW_UP,
    ReportData,
    follow_up,
    follow_up_csv,
    named_orders,
    parts_of,
    render_report,
    write_messages,
)
from unfulfill.report.redacting import FULL, NONE, checked_level, shown_customers
from unfulfill.report.wordings import MESSAGES_FILE, Wordings, read_wordings
from unfulfill.run import AUDIT_PAGE, JOURNAL, MANIFEST, PLAN, table_file
from unfulfill.shop.customer_names import read_customer_names
from unfulfill.tables import CUSTOMERS, FINDINGS, FULFILLMENTS, ORDERS
from unfulfill.words import said
from unfulfill.workbench.applying import STOCK_AFTER, STOCK_BEFORE
from unfulfill.workbench.undoing import Undoing


class Reporting(Undoing):
    """Writes the run's pages; but for `read_customers`, without asking the shop."""

    def report(self, customers: str = NONE) -> Path:
        """The report of whatever was done so far: report.html, follow_up.csv with what is left to people, and messages/
        once something was applied.

        `customers`: none, initials or full, for the page alone; of the latter two the run must hold what
        `read_customers` asks for. Raises ParameterRefused, RunFolderRefused.
        """
        with self._mutex:
            data = self._with_customers(self._report_data(), customers)
            if data.plan is not None and data.outcomes:
                messages = write_messages(data.plan, data.outcomes, self._locales(), self._wordings())
                for name, content in messages.items():
                    self.run.write(f"messages/{name}", content)
            self.run.write(FOLLOW_UP, follow_up_csv(follow_up(data)))
            return self.run.write("report.html", render_report(data))

    def audit_report(self, customers: str = NONE) -> Path:
        """What the audit found, as a page to share before anything is planned: audit.html. `customers` as in `report`.

        Raises RunFolderRefused where nothing was audited, ParameterRefused.
        """
        with self._mutex:
            self.run.need(table_file(FINDINGS), "audit")
            data = self._with_customers(self._audit_data(), customers)
            return self.run.write(AUDIT_PAGE, render_report(data))

    def read_customers(self, customers: str, progress: Progress = no_progress) -> int:
        """Ask the shop whose the orders of the report are, as much as the level shows; how many orders were asked for.

        Kept in customers.parquet, which nothing but the reports reads; with none it is removed. Raises
        ParameterRefused, and AccessDenied where the token may not know.
        """
        with self._mutex:
            level, run = checked_level(customers), (self.origin or self).run
            if level == NONE:
                if run.has(table_file(CUSTOMERS)):
                    run.path(table_file(CUSTOMERS)).unlink()
                return 0
            orders = named_orders(self._report_data())
            rows = read_customer_names(self.shop, orders, level == FULL, progress)
            run.save_table(CUSTOMERS, rows)
            return len(rows)

    def _with_customers(self, data: ReportData, customers: str) -> ReportData:
        level, run = checked_level(customers), (self.origin or self).run
        if level == NONE:
            return data
        if not run.has(table_file(CUSTOMERS)):
            raise RunFolderRefused(said("run_error.no_customers", folder=run.folder, level=level))
        try:
            rows = run.load_table(CUSTOMERS)
        except RunFolderRefused:
            file = run.folder / table_file(CUSTOMERS)
            raise RunFolderRefused(said("run_error.customers_damaged", file=file, level=level)) from None
        return replace(data, customers=shown_customers(rows, level))

    def _locales(self) -> dict[str, str]:
        """Order id → the customer's locale, as the export has it."""
        source = (self.origin or self).run
        if not source.has(MANIFEST):
            return {}
        orders = source.load_table(ORDERS).dropna(subset=["customer_locale"])
        return dict(zip(orders["order_id"], orders["customer_locale"], strict=True))

    def _wordings(self) -> Wordings:
        """The texts of messages: those of messages.toml of the run folder or the workspace, before the shipped ones."""
        found = (self.origin or self).run.settings_file(MESSAGES_FILE)
        return read_wordings(found[0], str(found[1])) if found else read_wordings()

    def _audit_data(self) -> ReportData:
        """What a report shows before anything is planned."""
        run, source = self.run, (self.origin or self).run
        data = ReportData(
            run=run.name,
            shop=self.identity,
            made_at=self._now(),
            manifest=source.load_json(MANIFEST, "export") if source.has(MANIFEST) else {},
        )
        if self.origin is not None or not run.has(table_file(FINDINGS)):
            return data
        fulfillments = run.load_table(FULFILLMENTS)
        return replace(data, fulfillments=fulfillments, marks=self.marks(), **parts_of(self.last_audit()))

    def _report_data(self) -> ReportData:
        run = self.run
        plan = run.load_plan() if run.has(PLAN) else None
        return replace(
            self._audit_data(),
            plan=plan,
            outcomes=self.outcomes() if plan else {},
            verdicts={verdict.change_id: verdict for verdict in self.last_verified().verdicts},
            stock_moved=self.stock_rows() if run.has(STOCK_BEFORE) and run.has(STOCK_AFTER) else None,
            journal_head=journal_head(run.path(JOURNAL)) if run.has(JOURNAL) else "",
            undone=self.undo_summary(),
            first_contact=self.last_first_contact(),
        )

    def last_first_contact(self) -> FirstContact | None:
        """What the first contact of this run showed; None where there was none."""
        return load_first_contact((self.origin or self).run)
