"""What an export would cost by pages and by bulk operations, so that the quicker way is taken. Pure."""

import math
from dataclasses import dataclass
from typing import Literal

from unfulfill.words import said

ORDERS_A_PAGE = 250
ITEMS_A_PAGE = 100
FULFILLMENTS_A_REQUEST = 250
# Points of one request, by the formula fitted to recorded shops (inferred; the shop tells the true ones).
ORDERS_PAGE_POINTS = 226
LINES_PAGE_POINTS = 17
ITEMS_PAGE_POINTS = 218
REQUEST_S = 0.5  # from sending a large page to having it
FULFILLMENTS_AN_ORDER = 1.2
OBJECTS_AN_ORDER = 7  # the order, its lines, its fulfillments and their lines, its fulfillment orders
BULK_START_S = 20.0  # until a bulk operation runs and its file is there (inferred, as is the next)
BULK_OBJECTS_A_S = 2000.0


@dataclass(frozen=True)
class Forecast:
    """Points and seconds of both ways for so many orders and inventory items."""

    orders: int
    items: int
    pages_points: int
    pages_s: float
    bulk_s: float

    @property
    def route(self) -> Literal["bulk", "pages"]:
        """The quicker way; a bulk operation where they are alike, for it leaves the points to others."""
        return "pages" if self.pages_s < self.bulk_s else "bulk"

    @property
    def sentence(self) -> str:
        """Both ways in words."""
        return said(
            "export_proof.forecast",
            orders=self.orders,
            items=self.items,
            points=self.pages_points,
            pages_s=round(self.pages_s),
            bulk_s=round(self.bulk_s),
        )


def forecast(orders: int, items: int, *, points: float, restore_rate: float) -> Forecast:
    """Forecast for a shop whose bucket holds `points` now and gives back `restore_rate` a second (0: unknown)."""
    requests = {
        ORDERS_PAGE_POINTS: math.ceil(orders / ORDERS_A_PAGE),
        LINES_PAGE_POINTS: math.ceil(orders * FULFILLMENTS_AN_ORDER / FULFILLMENTS_A_REQUEST),
        ITEMS_PAGE_POINTS: math.ceil(items / ITEMS_A_PAGE),
    }
    needed = sum(cost * count for cost, count in requests.items())
    waiting_s = max(0.0, needed - points) / (restore_rate or 100.0)
    return Forecast(
        orders=orders,
        items=items,
        pages_points=needed,
        pages_s=max(waiting_s, sum(requests.values()) * REQUEST_S),
        bulk_s=BULK_START_S + (orders * OBJECTS_AN_ORDER + items * 3) / BULK_OBJECTS_A_S,
    )
