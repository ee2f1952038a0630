"""The workbench as a whole."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Self

from unfulfill.contacting import Surroundings, load_first_contact, run_first_contact
from unfulfill.errors import RunFolderRefused
from unfulfill.first_contact import FirstContact
from unfulfill.journal import journal_head
from unfulfill.progress import Progress, no_progress
from unfulfill.report import (
    FOLLOW_UP,
    ReportData,
    follow_up,
    follow_up_csv,
    parts_of,
    render_report,
    write_messages,
)
from unfulfill.report.wordings import MESSAGES_FILE, Wordings, read_wordings
from unfulfill.run import AUDIT_PAGE, FIRST_CONTACT, JOURNAL, MANIFEST, PLAN, table_file
from unfulfill.status import STEPS, Status, status_of, step_of
from unfulfill.tables import FINDINGS, FULFILLMENTS, ORDERS
from unfulfill.workbench.applying import STOCK_AFTER, STOCK_BEFORE
from unfulfill.workbench.undoing import Undoing


class Workbench(Undoing):
    """One shop and one run folder. See the package for the life of a run."""

    def __repr__(self) -> str:
        """Shop and run folder; never a secret."""
        return f"Workbench({self.identity.domain}, {self.run.name})"

    def status(self) -> Status:
        """Which steps are done, in words, and what comes next."""
        return status_of(self.run, self.identity)

    def ensure(self, step: str) -> Self:
        """Do the steps up to `step` that are missing, with their defaults: on the sandbox only.

        On a real shop nothing is done unasked: RunFolderRefused names the step to run first.
        """
        for name in STEPS[: STEPS.index(step) + 1]:
            if step_of(self.run, name).done or (name in ("audit", "mark") and self.origin):
                continue
            if not self.identity.is_sandbox:
                raise RunFolderRefused(f"{self.run.folder} has no {name} yet; run {name} first.")
            match name:
                case "export":
                    self.export()
                case "audit":
                    self.audit()
                case "mark":
                    self.propose()
                case "plan":
                    self.plan()
                case "apply":
                    raise RunFolderRefused(
                        f"{self.run.folder} has a plan that was not applied; apply it by its digest first."
                    )
                case "verify":
                    self.verify()
                case "report":
                    self.report()
        return self

    def report(self) -> Path:
        """The report of whatever was done so far: report.html, follow_up.csv with what is left to people, and messages/
        once something was applied."""
        with self._mutex:
            data = self._report_data()
            if data.plan is not None and data.outcomes:
                messages = write_messages(data.plan, data.outcomes, self._locales(), self._wordings())
                for name, content in messages.items():
                    self.run.write(f"messages/{name}", content)
            self.run.write(FOLLOW_UP, follow_up_csv(follow_up(data)))
            return self.run.write("report.html", render_report(data))

    def audit_report(self) -> Path:
        """What the audit found, as a page to share before anything is planned: audit.html. No customer is in it.

        Raises RunFolderRefused where nothing was audited.
        """
        with self._mutex:
            self.run.need(table_file(FINDINGS), "audit")
            return self.run.write(AUDIT_PAGE, render_report(self._audit_data()))

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

    def first_contact(
        self,
        order: str,
        approve: str = "",
        progress: Progress = no_progress,
        clock: Callable[[], float] = time.monotonic,
    ) -> FirstContact:
        """Try one order ("#1001", "1001" or its id) there and back, and record what the shop really does.

        With a blank `approve` nothing is sent: the result says what would happen, and the digest that approves it. With
        the digest the order's fulfillment is cancelled, read, fulfilled again and read; writes first_contact.json. The
        same call goes on where it was interrupted. A first contact that went well is shown, not repeated. It need not
        end well: see `FirstContact.check`. `clock` is a stopwatch in seconds. Raises ParameterRefused, GuardRefused.
        """
        around = Surroundings(self._now, self._sleep, clock, progress)
        return run_first_contact(self, order, approve, around)

    def first_contact_workbench(self) -> Self:
        """The workbench of the run folder first_contact/: its plan is that of the first contact alone."""
        return self._inside(FIRST_CONTACT)

    def last_first_contact(self) -> FirstContact | None:
        """What the first contact of this run showed; None where there was none."""
        return load_first_contact((self.origin or self).run)
