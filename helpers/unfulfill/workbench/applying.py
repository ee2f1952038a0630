"""The verbs apply and verify."""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from unfulfill.apply import Applied, Engine, check_approval, made_by_workbench
from unfulfill.apply.course import Failed, not_told
from unfulfill.apply.shop_lock import new_holder, shop_keeps_lock
from unfulfill.approvals import approvers, checked_name
from unfulfill.journal import Journal
from unfulfill.lock import lock_folder, shop_lock
from unfulfill.model import FulfillmentState, Outcome, Plan, SetOnHand, Verdict, from_json, to_json
from unfulfill.progress import Progress, no_progress
from unfulfill.run import JOURNAL, MANIFEST, user_name
from unfulfill.safety import needs_second_person, people
from unfulfill.sheets import result_rows, write_results
from unfulfill.shop import read_back, read_levels
from unfulfill.status import progress_of
from unfulfill.tables import INVENTORY_LEVELS
from unfulfill.verify import StockRow, Verified, expected_stock, stock_rows, verify_plan
from unfulfill.workbench.planning import Planning

STOCK_BEFORE = "stock_before.parquet"
STOCK_AFTER = "stock_after.parquet"
VERDICTS = "verdicts.json"
RESULTS = "results.xlsx"


class Applying(Planning):
    """Writes to the shop by the digest of the plan, and reads back what came of it."""

    def apply(
        self,
        approve: str,
        *,
        by: str = "",
        stop: threading.Event | None = None,
        progress: Progress = no_progress,
        failed: Failed = not_told,
        bulk: bool = False,
        threads: int | None = None,
    ) -> Applied:
        """Apply the plan in plan.json, or go on with it. `approve` is its digest, `by` who approves (blank: the user).

        `bulk` sends cancels and tags, where hundreds wait, by a bulk operation of the shop: each is checked before all
        of them are sent, not just before its own turn. `stop` ends it after what is in flight, but not a bulk operation
        that Shopify works on; the same call goes on. `threads`: how many changes go side by side, by default as many as
        use up the shop's points. `failed` hears of each change that ends without effect. Not every change need have
        ended well: see `Applied.check`. Raises NotApproved, WrongShop, LimitExceeded, QuietHours, Locked. Where the
        plan needs a second person, `by` is noted as one of the two, also if the other is missing yet.
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
                failed=failed,
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
        return progress_of(self.run).outcomes

    def verify(self, progress: Progress = no_progress) -> Verified:
        """Every change against a fresh reading, and stock as it should have moved and did.

        Writes results.xlsx: one row a mark, and a sheet of stock.
        """
        with self._mutex:
            so_far = progress_of(self.run)
            plan, outcomes = so_far.plan, so_far.outcomes
            progress(0, len(plan.changes), "reading back")
            items = self._items(plan)
            verified = verify_plan(
                plan,
                outcomes,
                read_back(self.shop, plan, outcomes, items),
                ours=made_by_workbench(self.run.folder),
                deferred=so_far.deferred,
            )
            self._save_levels(STOCK_AFTER, plan)
            self.run.save_json(VERDICTS, to_json(verified.verdicts))
            progress(len(plan.changes), len(plan.changes), "read back")
            stock = self._stock_rows(plan, outcomes, verified)
            verdicts = {verdict.change_id: verdict for verdict in verified.verdicts}
            write_results(self.run.path(RESULTS), result_rows(plan, outcomes, verdicts, stock, items), stock)
            return verified

    def stock_rows(self) -> list[StockRow]:
        """How stock should have moved by what was applied, beside how it did, item by location; empty before verify."""
        if not self.run.has(STOCK_AFTER):
            return []
        so_far = progress_of(self.run)
        return self._stock_rows(so_far.plan, so_far.outcomes, self.last_verified())

    def _stock_rows(self, plan: Plan, outcomes: Mapping[str, Outcome], verified: Verified) -> list[StockRow]:
        before, after = (
            self.run.load_table(INVENTORY_LEVELS, name) if self.run.has(name) else None
            for name in (STOCK_BEFORE, STOCK_AFTER)
        )
        verdicts = {verdict.change_id: verdict for verdict in verified.verdicts}
        return stock_rows(before, after, expected_stock(plan, outcomes, verdicts, self._items(plan)))

    def last_verified(self) -> Verified:
        """What verify found last; without a verdict while it has not run."""
        stored = self.run.load_json(VERDICTS, "verify") if self.run.has(VERDICTS) else []
        return Verified(tuple(from_json(Verdict, plain) for plain in stored))
