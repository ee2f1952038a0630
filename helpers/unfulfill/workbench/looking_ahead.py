"""The audit of orders that are about to ship."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from unfulfill.audit.about_to_ship import audit_about_to_ship, waiting_orders
from unfulfill.audit.columns import ABOUT_TO_SHIP_COLUMNS
from unfulfill.errors import ParameterRefused
from unfulfill.export import load_complete_manifest
from unfulfill.progress import Progress, no_progress
from unfulfill.shop.before_shipping import read_before_shipping
from unfulfill.tables import FINDINGS, INVENTORY_LEVELS, TO_SHIP
from unfulfill.words import said
from unfulfill.workbench.auditing import Auditing

FULFILLED, ABOUT_TO_SHIP = "fulfilled", "about_to_ship"
FINDINGS_FILE = "about_to_ship.parquet"


@dataclass(frozen=True)
class AboutToShip:
    """What was found about the orders that are about to ship."""

    orders: int  # with something left to ship
    findings: pd.DataFrame  # FINDINGS, the most severe first
    unknown: tuple[str, ...]  # what the token may not know, as sentences


class LookingAhead(Auditing):
    """Looks at what would ship next; only reads."""

    def about_to_ship(
        self,
        stock_count: str | Path | None = None,
        *,
        scope: str = ABOUT_TO_SHIP,
        progress: Progress = no_progress,
    ) -> AboutToShip | None:
        """Findings about the open orders of the export, also in about_to_ship.parquet; None for the scope "fulfilled".

        Of those orders the shop is asked for what no export holds: their risk, what their addresses lack, and which are
        of one customer (to_ship.parquet; no address is kept). What the token may not know is left out and said. Marks
        and plans take no notice of these findings. `stock_count` as in `audit`. Raises IncompleteExport, SheetRefused,
        and ParameterRefused for another scope.
        """
        if scope == FULFILLED:
            return None
        if scope != ABOUT_TO_SHIP:
            known = {"first": FULFILLED, "second": ABOUT_TO_SHIP}
            raise ParameterRefused(said("run_error.scope", scope=repr(scope)[:40], **known))
        with self._mutex:
            load_complete_manifest(self.run)
            tables = self.run.load_tables(ABOUT_TO_SHIP_COLUMNS)
            _, counted = self._counted(stock_count, tables[INVENTORY_LEVELS.name])
            orders = waiting_orders(tables)
            asked = read_before_shipping(self.shop, orders, progress)
            findings = audit_about_to_ship(tables, asked.facts, counted)
            self.run.save_table(TO_SHIP, asked.facts)
            self.run.save_table(FINDINGS, findings, FINDINGS_FILE)
            return AboutToShip(len(orders), findings, asked.unknown)
