"""The verb plan: what would be done for the marks, and what it costs."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import pandas as pd

from unfulfill import mark as marking
from unfulfill.approvals import approve_plan
from unfulfill.audit.evidence import moments
from unfulfill.errors import ParameterRefused, RunFolderRefused
from unfulfill.expecting import Expected, expect
from unfulfill.export import load_complete_manifest
from unfulfill.model import Decision, FulfillmentState, Limits, Mark, Plan
from unfulfill.plan import Calendar, PlanOptions, make_plan
from unfulfill.plan_stock import CountedStock, counted_places
from unfulfill.policy import tightened
from unfulfill.progress import Progress, no_progress
from unfulfill.run import Run
from unfulfill.shop import read_fulfillments, read_open_fulfillment_orders
from unfulfill.shop.reading import read_level_states
from unfulfill.status import is_begun, restore_plan
from unfulfill.tables import FULFILLMENTS, LINE_ITEMS, ORDERS, STOCK
from unfulfill.words import said
from unfulfill.workbench.looking_ahead import LookingAhead


class Planning(LookingAhead):
    """Plans, and notes who approves; only reads."""

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
            load_complete_manifest(self.run)
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
            raise ParameterRefused(said("plan_error.no_count"))
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
            first, folder = new[0].order_name, self.run.folder
            raise RunFolderRefused(
                said("plan_error.marked_since", folder=folder, count=len(new), order=first)
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
