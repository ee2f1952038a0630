"""The façade that notebooks and widgets call: one method a verb, each reading and writing the run folder.

    export → audit → mark → plan → apply → verify → report        undo → plan → apply → …

A method reads what earlier steps wrote, does its step, writes its file and returns what it wrote. Any of
them can be called again; nothing but `apply` writes to a shop, and only with the digest of the plan.
"""

import hashlib
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from unfulfill import mark as marking
from unfulfill.apply import Applied, Engine, cancelled_by_workbench, check_approval, made_by_workbench
from unfulfill.apply.shop_lock import new_holder, shop_keeps_lock
from unfulfill.approvals import approve_plan, approvers, checked_name
from unfulfill.audit import AUDIT_COLUMNS, Audit, audit_shop, was_cancelled_since
from unfulfill.audit.evidence import moments
from unfulfill.contacting import Surroundings, load_first_contact, run_first_contact
from unfulfill.errors import IncompleteExport, ParameterRefused, RunFolderRefused, SheetRefused
from unfulfill.expecting import Expected, expect
from unfulfill.export import Filters, Manifest, export_shop, load_manifest
from unfulfill.first_contact import FirstContact
from unfulfill.fulfil import ToFulfil, plan_fulfil
from unfulfill.home import home
from unfulfill.journal import Journal, journal_head
from unfulfill.lock import lock_folder, shop_lock
from unfulfill.model import (
    Decision,
    FulfillmentState,
    Limits,
    Mark,
    Outcome,
    Plan,
    SetOnHand,
    ShopIdentity,
    Verdict,
    from_json,
    to_json,
)
from unfulfill.plan import Calendar, PlanOptions, make_plan
from unfulfill.plan_stock import CountedStock, counted_places
from unfulfill.policy import tightened
from unfulfill.profiles import find_settings
from unfulfill.progress import Progress, no_progress
from unfulfill.report import ReportData, render_report, write_messages
from unfulfill.run import FIRST_CONTACT, FULFIL, JOURNAL, MANIFEST, MARKS_FILE, PLAN, UNDO, Run, user_name
from unfulfill.safety import needs_second_person, people
from unfulfill.settings import sandbox_settings
from unfulfill.sheets import (
    load_marks,
    make_shipments,
    read_counts,
    read_shipments,
    result_rows,
    save_marks_sheet,
    write_marks,
    write_orders_sheet,
    write_results,
)
from unfulfill.shop import (
    Preflight,
    Shop,
    find_orders,
    preflight,
    read_back,
    read_fulfillments,
    read_levels,
    read_open_fulfillment_orders,
)
from unfulfill.shop.reading import read_level_states
from unfulfill.status import (
    STEPS,
    Status,
    changes_in_effect,
    deferred_in,
    is_begun,
    outcomes_in,
    plans_in,
    restore_plan,
    status_of,
    step_of,
    unfinished_plan,
)
from unfulfill.tables import FINDINGS, FULFILLMENTS, INVENTORY_LEVELS, LINE_ITEMS, ORDERS, STOCK
from unfulfill.undo import join_plans, plan_undo
from unfulfill.verify import StockRow, Verified, expected_stock, stock_rows, verify_plan

if TYPE_CHECKING:
    from sandbox_shop import SandboxShop

SANDBOX = "sandbox"
STOCK_BEFORE = "stock_before.parquet"
STOCK_AFTER = "stock_after.parquet"
VERDICTS = "verdicts.json"
RESULTS = "results.xlsx"
OF_ONE_PLAN = (PLAN, STOCK_BEFORE, STOCK_AFTER, VERDICTS, RESULTS, "report.html")
MOST_IN_A_SHEET = 250_000  # orders; nobody reads more in a spreadsheet, and it takes minutes and gigabytes


def open_workbench(
    shop: "str | SandboxShop" = SANDBOX,
    run: str | Path = "runs/sandbox",
    *,
    seed: int = 1,
    size: int = 600,
    sleep: Callable[[float], object] = time.sleep,
) -> "Workbench":
    """The workbench for a shop and a run folder.

    `shop` is "sandbox" (starts the one that ships with the workbench, in this process), a running
    SandboxShop, the name of a profile that `unfulfill connect` stored, or a shop's domain;
    `unfulfill.profiles` says where its token is looked for. `seed` and `size` make the sandbox's world
    where there is none yet; `sleep` waits seconds. Raises SettingsRefused, RunFolderRefused or WrongShop.
    """
    folder = Run(run)
    if isinstance(shop, str) and shop != SANDBOX:
        settings = find_settings(shop, os.environ, home())
        return Workbench(
            Shop(settings, sleep=sleep), folder, lock=settings.domain or settings.url, sleep=sleep
        )
    if isinstance(shop, str):
        world = os.environ.get("UNFULFILL_SANDBOX_WORLD") or folder.folder.parent / "sandbox_shop.sqlite"
        sandbox = start_sandbox(Path(world), seed=seed, size=size)
    else:
        sandbox = shop
    settings = sandbox_settings(sandbox.url, sandbox.token)
    lock = "sandbox-" + hashlib.sha256(str(sandbox.world).encode()).hexdigest()[:16]
    return Workbench(Shop(settings, sleep=sleep), folder, lock=lock, sandbox=sandbox, sleep=sleep)


def start_sandbox(
    world: Path,
    *,
    seed: int = 1,
    size: int = 600,
    orders: Path | None = None,
    inventory: Path | None = None,
) -> "SandboxShop":
    """The sandbox shop of a world file, in this process.

    Where there is no such file it is made: of `size` orders by `seed`, or from a merchant's orders and inventory
    CSV. Raises SheetRefused where one of these cannot be used.
    """
    import sandbox_shop

    try:
        return sandbox_shop.start(world, seed, size, orders=orders, inventory=inventory)
    except (ValueError, OSError) as error:
        raise SheetRefused(str(error)) from None


class Workbench:
    """One shop and one run folder. See the module for the life of a run."""

    def __init__(
        self,
        shop: Shop,
        run: Run,
        *,
        lock: str,
        sandbox: "SandboxShop | None" = None,
        origin: "Workbench | None" = None,
        sleep: Callable[[float], object] = time.sleep,
        lock_in_shop: bool | None = None,
    ) -> None:
        self.shop = shop
        self.run = run
        self.sandbox = sandbox
        self.origin = origin  # the workbench whose run this one undoes
        self._lock = lock
        self._sleep = sleep
        self._mutex = threading.RLock()  # widget callbacks and cells may come from several threads
        identity = shop.identity()
        # A sandbox is on this machine alone, where the machine's own lock does.
        self._lock_in_shop = not identity.is_sandbox if lock_in_shop is None else lock_in_shop
        run.open_for(identity, shop.api_version, version("unfulfill-workbench"), self._now())

    def __repr__(self) -> str:
        """Shop and run folder; never a secret."""
        return f"Workbench({self.identity.domain}, {self.run.name})"

    @property
    def identity(self) -> ShopIdentity:
        """Which shop is connected."""
        return self.shop.identity()

    def _now(self) -> datetime:
        """The shop's time; this machine's where the shop has not told its own."""
        return self.shop.server_time or datetime.now(UTC)

    # Where the run stands

    def preflight(self) -> Preflight:
        """What the shop, its token and the way to it can do: one line each, with what to do about it. Only reads."""
        return preflight(self.shop)

    def status(self) -> Status:
        """Which steps are done, in words, and what comes next."""
        return status_of(self.run, self.identity)

    def ensure(self, step: str) -> "Workbench":
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

    def _sandbox_count(self) -> Path | None:
        """The count of the sandbox's shelves that was seeded with its world."""
        if self.sandbox is None:
            return None
        count = self.sandbox.world.with_name(self.sandbox.world.name + ".count.csv")
        return count if count.exists() else None

    # The verbs

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

    def audit(self, stock_count: str | Path | None = None, days_without_movement: int = 5) -> Audit:
        """Findings and the stock table, from the export alone. Raises IncompleteExport, SheetRefused.

        `stock_count` is a count file; by default stock_count.csv of the run folder, else the count
        that a sandbox was seeded with, where there is one.
        """
        with self._mutex:
            manifest, tables = self._complete_export(), self.run.load_tables(AUDIT_COLUMNS)
            if stock_count is None and self.run.has("stock_count.csv"):
                stock_count = self.run.path("stock_count.csv")
            stock_count = home() / stock_count if stock_count is not None else self._sandbox_count()
            counted = read_counts(Path(stock_count), tables[INVENTORY_LEVELS.name]) if stock_count else None
            if stock_count and Path(stock_count).absolute() != self.run.path("stock_count.csv"):
                self.run.write("stock_count.csv", Path(stock_count).read_bytes())
            audit = audit_shop(
                tables,
                now=manifest.taken_at,
                counted=counted,
                days_without_movement=days_without_movement,
                ours=self._ours(tables[FULFILLMENTS.name]),
            )
            self.run.save_table(FINDINGS, audit.findings)
            self.run.save_table(STOCK, audit.stock)
            return audit

    def _complete_export(self) -> Manifest:
        manifest = load_manifest(self.run)
        if not manifest.complete:
            raise IncompleteExport(
                f"The export in {self.run.folder} is not complete: {'; '.join(manifest.reasons)}. Export again."
            )
        return manifest

    def _ours(self, fulfillments: pd.DataFrame) -> frozenset[str]:
        """What the workbench itself cancelled; journals are read only where something was cancelled at all."""
        if not was_cancelled_since(fulfillments).any():
            return frozenset()
        return cancelled_by_workbench(self.run, self.identity.id)

    def last_audit(self) -> Audit:
        """What audit wrote last."""
        return Audit(self.run.load_table(FINDINGS), self.run.load_table(STOCK))

    def marks(self) -> pd.DataFrame:
        """Table MARKS: every live fulfillment of the export, with what was decided so far."""
        with self._mutex:
            return load_marks(self.run)

    def marks_sheet(self) -> Path:
        """Write marks.xlsx: the marks as a workbook to decide in, with drop-downs and colours; its path.

        Raises RunFolderRefused where the one that is there was edited: that work would be lost.
        """
        with self._mutex:
            return save_marks_sheet(self.run)[0]

    def save_marks(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Write marks.csv. Raises SheetRefused for an unknown decision or a doubled row."""
        with self._mutex:
            marking.to_marks(frame)
            self.run.write(MARKS_FILE, write_marks(frame))
            return frame

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
        with self._mutex:
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
            return self.save_marks(marks)

    def propose(self) -> pd.DataFrame:
        """Mark what the audit advises to unfulfill, hold or have stopped by its service, and what is not locked.

        Decided rows stay. Returns table MARKS.
        """
        with self._mutex:
            return self.save_marks(marking.propose(self.marks(), self.run.load_table(FINDINGS)))

    def plan(
        self,
        limits: Limits | None = None,
        *,
        tag: str = "",
        untag: str = "",
        hold_reason: str = "OTHER",
        set_on_hand: bool = False,
        close_again: bool = False,
        progress: Progress = no_progress,
    ) -> Plan:
        """The plan for the marks, against the shop as it is now; writes plan.json. Raises IncompleteExport.

        `set_on_hand` sets what was counted where the cancels do not explain it; `close_again` archives orders again
        that a cancel opens. `limits` may only tighten what policy.toml sets. Raises ParameterRefused for a limit, a
        tag, a hold reason or a count that cannot be used.

        A plan whose apply has begun is never replaced: it is returned as it is, so that apply can resume.
        """
        with self._mutex:
            self._complete_export()
            marks = marking.to_marks(self.marks())
            restore_plan(self.run)
            if is_begun(self.run):
                return self._begun_plan(marks)
            policy = self.run.policy()
            limits = policy if limits is None else tightened(policy, limits)
            orders = self.run.load_table(ORDERS, columns=("order_id", "created_at", "refunded_at"))
            fulfillments = self.run.load_table(FULFILLMENTS, columns=("status",))
            options = PlanOptions(limits, tag, hold_reason, untag, close_again, set_on_hand)
            progress(0, len(marks), "reading the marked fulfillments")
            states = read_fulfillments(self.shop, [mark.fulfillment_id for mark in marks])
            asked = {states[m.fulfillment_id].order.id for m in marks if _is_request(m, states)}
            plan = make_plan(
                marks,
                states,
                shop=self.identity,
                api_version=self.shop.api_version,
                made_at=self._now(),
                live_fulfillments=int((fulfillments["status"] == "SUCCESS").sum()),
                refunded_at=_times(orders, "order_id", "refunded_at"),
                options=options,
                calendar=_calendar(orders, limits.timezone, [mark.order_id for mark in marks]),
                open_orders=read_open_fulfillment_orders(self.shop, sorted(asked)),
                stock=self._counted_stock(states.values()) if set_on_hand else None,
            )
            self.run.save_plan(plan)
            progress(len(marks), len(marks), "planned")
            return plan

    def _counted_stock(self, states: Iterable[FulfillmentState]) -> CountedStock:
        """What was counted, the stock there as it is now, and the items of the lines of these fulfillments."""
        places = counted_places(self.run.load_table(STOCK))
        if not places:
            raise ParameterRefused("set_on_hand needs a count; audit with a stock_count first, then plan.")
        lines = {line.line_item_id for state in states for line in state.lines}
        levels = read_level_states(self.shop, [place.inventory_item_id for place in places])
        return CountedStock(places, levels, self._items_of(self.run, lines))

    @staticmethod
    def _items_of(run: Run, lines: Collection[str]) -> dict[str, str]:
        """Order line id → inventory item id, where the export of `run` knows one."""
        known = run.load_table(LINE_ITEMS, columns=("line_item_id", "inventory_item_id"))
        known = known[known["line_item_id"].isin(list(lines)) & known["inventory_item_id"].notna()]
        return dict(zip(known["line_item_id"], known["inventory_item_id"], strict=True))

    def _begun_plan(self, marks: Iterable[Mark]) -> Plan:
        plan = self.run.load_plan()
        known = {change.fulfillment_id for change in plan.changes} | {
            skip.fulfillment_id for skip in plan.skips
        }
        new = [
            mark for mark in marks if mark.fulfillment_id not in known and mark.decision is not Decision.KEEP
        ]
        if new:
            raise RunFolderRefused(
                f"The plan in {self.run.folder} is being applied or was; {len(new)} rows were marked since, the first "
                f"in order {new[0].order_name}. Export into a new run folder and mark them there."
            )
        return plan

    def load_plan(self) -> Plan:
        """The plan in plan.json. Raises RunFolderRefused where there is none or it was edited."""
        return self.run.load_plan()

    def forecast(self, plan: Plan) -> Expected:
        """What a plan is expected to do to stock, to cost in points and to take; who approved it so far. Only reads."""
        return expect(plan, self.shop, self.run, (self.origin or self).run)

    def approve(self, digest: str, by: str = "") -> Plan:
        """Note in approvals.json that `by` (blank: the user of this machine) approves the plan with this digest.

        Nothing is sent. A name is what somebody typed, and no proof of who they are: a second person protects against
        slips. Raises NotApproved for another digest, ParameterRefused for a name that is none.
        """
        with self._mutex:
            return approve_plan(self.run, digest, by, self._now())

    def apply(
        self,
        approve: str,
        *,
        by: str = "",
        stop: threading.Event | None = None,
        progress: Progress = no_progress,
        bulk: bool = False,
        threads: int | None = None,
    ) -> Applied:
        """Apply the plan in plan.json, or go on with it. `approve` is its digest, `by` who approves (blank: the user).

        `bulk` sends cancels and tags, where hundreds wait, by a bulk operation of the shop: each is checked before all
        of them are sent, not just before its own turn. `stop` ends it after what is in flight, but not a bulk operation
        that Shopify works on; the same call goes on. `threads`: how many changes go side by side, by default as many as
        use up the shop's points. Not every change need have ended well: see `Applied.check`. Raises
        NotApproved, WrongShop, LimitExceeded, QuietHours, Locked. Where the plan needs a second person, `by` is noted
        as one of the two, also if the other is missing yet.
        """
        plan, by = self.run.load_plan(), checked_name(by)
        if needs_second_person(plan):
            self.approve(approve, by)
        who = people([*approvers(self.run, plan.digest), by])
        check_approval(plan, self.shop, approve, who)
        with (
            self._only_one(plan) as is_locked,
            Journal(self.run.path(JOURNAL), lambda: self._now().isoformat()) as journal,
        ):
            engine = Engine(
                plan,
                self.shop,
                journal,
                sleep=self._sleep,
                stop=stop,
                progress=progress,
                threads=threads,
                bulk=bulk,
                is_locked=is_locked,
            )
            if not self.run.has(STOCK_BEFORE):
                self._save_levels(STOCK_BEFORE, plan)
            return engine.run(approve, ", ".join(who))

    @contextmanager
    def _only_one(self, plan: Plan) -> Iterator[Callable[[], bool]]:
        """Hold the machine's lock of the shop and the one that the shop keeps; yields whether that is still ours."""
        with shop_lock(lock_folder(os.environ), self._lock, user_name()):
            if not self._lock_in_shop:
                yield lambda: True
                return
            with shop_keeps_lock(self.shop, new_holder(self.shop, user_name(), plan.digest)) as lock:
                yield lambda: lock.is_held

    def _save_levels(self, name: str, plan: Plan) -> None:
        """Read the stock of the items that a plan touches, where the export knows which they are."""
        items = self._items(plan)
        set_ = {c.action.inventory_item_id for c in plan.changes if isinstance(c.action, SetOnHand)}
        if items or set_:
            levels = read_levels(self.shop, sorted({*items.values(), *set_}))
            self.run.save_table(INVENTORY_LEVELS, levels, name)

    def _items(self, plan: Plan) -> dict[str, str]:
        """Order line → inventory item, for the lines that a plan moves, as the export of the run has them."""
        export = (self.origin or self).run
        if not export.has(MANIFEST):
            return {}
        lines = {
            line.line_item_id
            for change in plan.changes
            for line in (
                *(change.before.lines if isinstance(change.before, FulfillmentState) else ()),
                *getattr(change.action, "lines", ()),
            )
        }
        return self._items_of(export, lines)

    def outcomes(self) -> dict[str, Outcome]:
        """How each change of the plan ended so far, by change id, from the journal."""
        return outcomes_in(self.run)

    def verify(self, progress: Progress = no_progress) -> Verified:
        """Every change against a fresh reading, and stock as it should have moved and did.

        Writes results.xlsx: one row a mark, and a sheet of stock.
        """
        with self._mutex:
            plan, outcomes = self.run.load_plan(), self.outcomes()
            progress(0, len(plan.changes), "reading back")
            items = self._items(plan)
            reading = read_back(self.shop, plan, outcomes, items)
            verified = verify_plan(
                plan,
                outcomes,
                reading,
                ours=made_by_workbench(self.run.folder),
                deferred=deferred_in(self.run),
            )
            self._save_levels(STOCK_AFTER, plan)
            self.run.save_json(VERDICTS, to_json(verified.verdicts))
            verdicts = {verdict.change_id: verdict for verdict in verified.verdicts}
            progress(len(plan.changes), len(plan.changes), "read back")
            rows = result_rows(plan, outcomes, verdicts, self.stock_rows(), items)
            write_results(self.run.path(RESULTS), rows, self.stock_rows())
            return verified

    def stock_rows(self) -> list[StockRow]:
        """How stock should have moved by what was applied, beside how it did, item by location; empty before verify."""
        if not self.run.has(STOCK_AFTER):
            return []
        plan = self.run.load_plan()
        verdicts = {verdict.change_id: verdict for verdict in self.last_verified().verdicts}
        before, after = (
            self.run.load_table(INVENTORY_LEVELS, name) if self.run.has(name) else None
            for name in (STOCK_BEFORE, STOCK_AFTER)
        )
        return stock_rows(before, after, expected_stock(plan, self.outcomes(), verdicts, self._items(plan)))

    def last_verified(self) -> Verified:
        """What verify found last; without a verdict while it has not run."""
        stored = self.run.load_json(VERDICTS, "verify") if self.run.has(VERDICTS) else []
        return Verified(tuple(from_json(Verdict, plain) for plain in stored))

    def report(self) -> Path:
        """The report of whatever was done so far: report.html, and messages/ once something was applied."""
        with self._mutex:
            data = self._report_data()
            if data.plan is not None and data.outcomes:
                messages = write_messages(data.plan, data.outcomes)
                for name, text in messages.items():
                    self.run.write(f"messages/{name}", text)
            return self.run.write("report.html", render_report(data))

    def _report_data(self) -> ReportData:
        run, source = self.run, (self.origin or self).run
        shows_audit = self.origin is None and run.has("findings.parquet")
        plan = run.load_plan() if run.has(PLAN) else None
        return ReportData(
            run=run.name,
            shop=self.identity,
            made_at=self._now(),
            manifest=source.load_json(MANIFEST, "export") if source.has(MANIFEST) else {},
            findings=run.load_table(FINDINGS) if shows_audit else None,
            stock=run.load_table(STOCK) if shows_audit else None,
            fulfillments=run.load_table(FULFILLMENTS) if shows_audit else None,
            marks=self.marks() if shows_audit else None,
            plan=plan,
            outcomes=self.outcomes() if plan else {},
            verdicts={verdict.change_id: verdict for verdict in self.last_verified().verdicts},
            stock_moved=self.stock_rows() if run.has(STOCK_BEFORE) and run.has(STOCK_AFTER) else None,
            journal_head=journal_head(run.path(JOURNAL)) if run.has(JOURNAL) else "",
            undone=self.undo_summary(),
            first_contact=self.last_first_contact(),
        )

    # First contact

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

    def first_contact_workbench(self) -> "Workbench":
        """The workbench of the run folder first_contact/: its plan is that of the first contact alone."""
        return self._inside(FIRST_CONTACT)

    def last_first_contact(self) -> FirstContact | None:
        """What the first contact of this run showed; None where there was none."""
        return load_first_contact((self.origin or self).run)

    # Undo

    def undo(self, orders: Iterable[str] | None = None, cases: Iterable[str] | None = None) -> Plan:
        """The plan that takes back what this run applied: all of it, or only what is named.

        `orders` are names ("#1001"), `cases` stand in results.xlsx ("m0001"). It rests on the journal alone: every plan
        that was applied in this run folder, the last first, less what was undone before. Written to undo/plan.json;
        apply it with `undo_workbench().apply(approve=digest)`. An undo that has begun is returned as it is, so that it
        can resume; where all is undone, the last undo is. Its skips say what cannot be given back. Raises
        ParameterRefused for a name that this run did not change, RunFolderRefused.
        """
        with self._mutex:
            undoing = self.undo_workbench()
            names, wanted = _named(orders), _named(cases)
            begun = unfinished_plan(undoing.run)
            if begun is not None:
                return undoing._go_on(begun, names, wanted)
            plan, outcomes = join_plans(plans_in(self.run) or [(self.run.load_plan(), {})])
            undo = plan_undo(
                plan,
                outcomes,
                read_back(self.shop, plan, outcomes),
                made_at=self._now(),
                api_version=self.shop.api_version,
                orders=names,
                cases=wanted,
                undone=changes_in_effect(undoing.run),
                ours=made_by_workbench(self.run.folder),
            )
            return undoing._save_next_plan(undo)

    def _go_on(self, begun: Plan, orders: list[str] | None, cases: list[str] | None) -> Plan:
        """A plan that has begun, where nothing else was asked for. Raises RunFolderRefused."""
        known = {c.order_name.removeprefix("#") for c in begun.changes}
        others = [name for name in orders or () if name.removeprefix("#") not in known]
        others += [name for name in cases or () if name not in {change.case for change in begun.changes}]
        if others:
            raise RunFolderRefused(
                f"The plan in {self.run.folder} has begun and is not at its end, and {others[0]} is not in it; apply "
                f"it to its end first, by its digest {begun.digest}."
            )
        return begun

    def _save_next_plan(self, plan: Plan) -> Plan:
        """Save a plan beside one that has come to its end, whose results go to earlier/. Returns the plan to show.

        That is the earlier one where the new one would change nothing and tells nothing new.
        """
        if is_begun(self.run):
            earlier = self.run.load_plan()
            if not plan.changes and set(plan.skips) <= set(earlier.skips):
                return earlier
            self.run.set_aside(OF_ONE_PLAN, f"earlier/{earlier.digest[:12]}")
        self.run.save_plan(plan)
        return plan

    def undo_workbench(self) -> "Workbench":
        """The workbench of the run folder undo/: its plan takes back what this run applied."""
        return self._inside(UNDO)

    # Fulfil

    def fulfil(
        self,
        orders: Iterable[str] = (),
        company: str = "",
        numbers: Mapping[str, str] | None = None,
        urls: Mapping[str, str] | None = None,
        *,
        file: str | Path | None = None,
        limits: Limits | None = None,
    ) -> Plan:
        """The plan that marks orders as fulfilled: the other way round, for orders that did leave.

        `orders` are names ("#1001"); `numbers` and `urls` give the tracking of some of them by name, `company` the
        carrier of all. Or `file`: a CSV with the columns order, company, number, url. Every open fulfillment order of
        these orders becomes one fulfillment with all that is left in it, without an e-mail; skips say what cannot be
        fulfilled and why. Written to fulfil/plan.json:

            plan = wb.fulfil(["#1001"], "DHL", {"#1001": "00340434"})
            wb.fulfil_workbench().apply(approve=plan.digest)

        Its undo is `fulfil_workbench().undo()`. A plan that has begun is returned as it is, so that it can resume.
        Raises ParameterRefused for an order that the shop does not have, SheetRefused, RunFolderRefused.
        """
        with self._mutex:
            tracking = read_shipments(home() / file) if file is not None else {}
            tracking |= make_shipments(orders, company, numbers or {}, urls or {})
            fulfilling = self.fulfil_workbench()
            begun = unfinished_plan(fulfilling.run)
            if begun is not None:
                return fulfilling._go_on(begun, list(tracking), None)
            policy = self.run.policy()
            found = find_orders(self.shop, tracking, self._order_ids())
            opened = read_open_fulfillment_orders(self.shop, [order.id for order in found.values()])
            wanted = {
                order.id: ToFulfil(order, opened.get(order.id, ()), tracking[name])
                for name, order in found.items()
            }
            plan = plan_fulfil(
                list(wanted.values()),
                shop=self.identity,
                api_version=self.shop.api_version,
                made_at=self._now(),
                limits=policy if limits is None else tightened(policy, limits),
            )
            return fulfilling._save_next_plan(plan)

    def _order_ids(self) -> dict[str, list[str]]:
        """Name of an order without its #, in small letters → ids, as the export has them."""
        export = (self.origin or self).run
        known: dict[str, list[str]] = {}
        if export.has(MANIFEST):
            orders = export.load_table(ORDERS, columns=("order_id", "name"))
            for id_, name in zip(orders["order_id"], orders["name"].fillna(""), strict=True):
                known.setdefault(str(name).removeprefix("#").casefold(), []).append(str(id_))
        return known

    def fulfil_workbench(self) -> "Workbench":
        """The workbench of the run folder fulfil/: its plan marks orders as fulfilled."""
        return self._inside(FULFIL)

    def _inside(self, folder: str) -> "Workbench":
        run, origin = Run(self.run.folder / folder), self.origin or self
        return Workbench(
            self.shop,
            run,
            lock=self._lock,
            sandbox=self.sandbox,
            origin=origin,
            sleep=self._sleep,
            lock_in_shop=self._lock_in_shop,
        )

    def undo_summary(self) -> dict[str, int]:
        """Changes of every undo by result, in the words of `Result`; empty while nothing was undone."""
        if not (self.run.folder / UNDO / JOURNAL).exists():
            return {}
        parts = plans_in(self.undo_workbench().run)
        return dict(Counter(outcome.result.value for _, ended in parts for outcome in ended.values()))


def _named(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else [name.strip() for name in names if name.strip()]


def _is_request(mark: Mark, states: Mapping[str, FulfillmentState]) -> bool:
    return mark.decision is Decision.REQUEST and mark.fulfillment_id in states


def _times(frame: pd.DataFrame, key: str, column: str) -> dict[str, datetime]:
    """Key → time, for the rows that have one."""
    present = frame.loc[frame[column].notna(), [key, column]]
    return {str(k): at.to_pydatetime() for k, at in zip(present[key], present[column], strict=True)}


def _calendar(orders: pd.DataFrame, zone: str, order_ids: Iterable[str]) -> Calendar:
    """On which day of the zone each order was created, for those asked, and how many of a day there are."""
    days = moments(orders["created_at"]).dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    asked = days.notna() & orders["order_id"].isin(set(order_ids))
    day_of = zip(orders.loc[asked, "order_id"], days[asked], strict=True)
    return Calendar(
        {id_: f"{day:%Y-%m-%d}" for id_, day in day_of},
        {f"{day:%Y-%m-%d}": int(count) for day, count in days.value_counts().items()},
    )
