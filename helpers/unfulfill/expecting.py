"""What a plan is expected to do, cost and take, as it is shown before anybody approves it. Nothing is sent."""

from dataclasses import dataclass

from unfulfill.apply import ApplyForecast, Situation, by_change, forecast_apply, outcomes_of
from unfulfill.approvals import approvers
from unfulfill.contacting import load_first_contact
from unfulfill.model import Plan
from unfulfill.plan_effects import KnownItems, StockForecast, expected_stock, known_items
from unfulfill.run import MANIFEST, Run
from unfulfill.shop import Shop
from unfulfill.status import events_in
from unfulfill.tables import INVENTORY_LEVELS, LINE_ITEMS


@dataclass(frozen=True)
class Expected:
    """Everything about a plan that does not stand in the plan itself."""

    cost: ApplyForecast
    stock: StockForecast
    measured: str  # what a first contact of this run showed about stock, in a sentence; blank: there was none
    approved_by: tuple[str, ...]  # so far
    done: int = 0  # its changes that have ended, where its apply has begun


def expect(plan: Plan, shop: Shop, run: Run, exported: Run) -> Expected:
    """What to expect of the plan in `run`. `exported` is the run folder whose export it was made from."""
    known = KnownItems()
    if exported.has(MANIFEST):
        known = known_items(
            exported.load_table(LINE_ITEMS, columns=("line_item_id", "inventory_item_id")),
            exported.load_table(
                INVENTORY_LEVELS, columns=("inventory_item_id", "location_id", "location_name", "tracked")
            ),
            plan,
        )
    stock = expected_stock(plan, known)
    situation = Situation(
        shop.bucket.points, shop.bucket.restore_rate, shop.latency_s, shop.threads, shop.cost_of
    )
    contact = load_first_contact(exported)
    return Expected(
        forecast_apply(plan, situation, len({effect.item for effect in stock.effects})),
        stock,
        contact.stock if contact is not None and contact.shop_id == plan.shop.id else "",
        tuple(approvers(run, plan.digest)),
        len(outcomes_of(plan, by_change(events_in(run), plan.digest))),
    )
