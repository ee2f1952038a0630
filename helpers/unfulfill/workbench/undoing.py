"""The verbs undo and fulfil, each of which makes a plan in a run folder inside this one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Self

from unfulfill.apply import made_by_workbench
from unfulfill.errors import RunFolderRefused
from unfulfill.fulfil import ToFulfil, plan_fulfil
from unfulfill.home import home
from unfulfill.model import Limits, Plan, Skip
from unfulfill.policy import tightened
from unfulfill.run import FULFIL, JOURNAL, MANIFEST, PLAN, UNDO
from unfulfill.sheets import make_shipments, read_shipments
from unfulfill.shop import find_orders, read_back, read_open_fulfillment_orders
from unfulfill.status import changes_in_effect, is_begun, plans_in, unfinished_plan
from unfulfill.tables import ORDERS
from unfulfill.undo import join_plans, plan_undo
from unfulfill.words import said
from unfulfill.workbench.applying import RESULTS, STOCK_AFTER, STOCK_BEFORE, VERDICTS, Applying

OF_ONE_PLAN = (PLAN, STOCK_BEFORE, STOCK_AFTER, VERDICTS, RESULTS, "report.html")


class Undoing(Applying):
    """Plans of their own, applied by the workbench that `undo_workbench` or `fulfil_workbench` gives."""

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
            folder, digest = self.run.folder, begun.digest
            raise RunFolderRefused(
                said("plan_error.begun_without", folder=folder, name=others[0], digest=digest)
            )
        return begun

    def _save_next_plan(self, plan: Plan) -> Plan:
        """Save a plan beside one that has come to its end, whose results go to earlier/. Returns the plan to show.

        That is the earlier one where the new one would change nothing and tells nothing new.
        """
        if is_begun(self.run):
            earlier = self.run.load_plan()
            if not plan.changes and _told(plan) <= _told(earlier):
                return earlier
            self.run.set_aside(OF_ONE_PLAN, f"earlier/{earlier.digest[:12]}")
        self.run.save_plan(plan)
        return plan

    def undo_workbench(self) -> Self:
        """The workbench of the run folder undo/: its plan takes back what this run applied."""
        return self._inside(UNDO)

    def undo_summary(self) -> dict[str, int]:
        """Changes of every undo by result, in the words of `Result`; empty while nothing was undone."""
        if not (self.run.folder / UNDO / JOURNAL).exists():
            return {}
        parts = plans_in(self.undo_workbench().run)
        return dict(Counter(outcome.result.value for _, ended in parts for outcome in ended.values()))

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

    def fulfil_workbench(self) -> Self:
        """The workbench of the run folder fulfil/: its plan marks orders as fulfilled."""
        return self._inside(FULFIL)


def _told(plan: Plan) -> set[Skip]:
    """What a plan leaves out and why, without the sentences: they may be of another language."""
    return {replace(skip, message="") for skip in plan.skips}


def _named(names: Iterable[str] | None) -> list[str] | None:
    return None if names is None else [name.strip() for name in names if name.strip()]
