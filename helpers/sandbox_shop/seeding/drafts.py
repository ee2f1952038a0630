"""An order before it becomes rows: what was bought, what was shipped, what was paid and given back.

Times are whole seconds since 1970 (UTC); money is decimal text.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Item:
    """One variant with its inventory item."""

    id: int
    variant_id: int
    product_id: int
    sku: str | None
    barcode: str | None
    title: str
    variant_title: str | None
    handle: str
    price: str = "0.00"
    tracked: bool = True
    requires_shipping: bool = True
    gift_card: bool = False
    vendor: str | None = None

    @property
    def name(self) -> str:
        """Title - Variant, as Shopify writes `Lineitem name`."""
        return f"{self.title} - {self.variant_title}" if self.variant_title else self.title


@dataclass(slots=True)
class DraftLine:
    """One order line. `location` is where its open units are assigned."""

    item: Item
    quantity: int
    location: int
    method: str = "SHIPPING"  # delivery method of its fulfillment order
    removed: int = 0  # units taken off the order before they were fulfilled
    title: str | None = None  # where the order says something else than the item
    name: str | None = None
    price: str | None = None
    requires_shipping: bool | None = None


@dataclass(slots=True)
class Shipment:
    """One fulfillment: `units` maps the position of an order line to a quantity."""

    units: dict[int, int]
    at: int
    location: int
    service: int
    app: str = ""
    status: str = "SUCCESS"
    display: str = "FULFILLED"
    tracking: list[dict[str, str]] = field(default_factory=list)  # company, number, url
    events: list[tuple[str, int]] = field(default_factory=list)  # (status, time)
    cancelled_at: int | None = None

    def time_of(self, status: str) -> int | None:
        """When the first event of this status happened."""
        return next((at for event, at in self.events if event == status), None)


@dataclass(slots=True)
class Refund:
    """Money given back; `lines` holds (position of the order line, quantity, restock type, location)."""

    at: int
    amount: str
    note: str | None = None
    lines: list[tuple[int, int, str, int | None]] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """One order. Without `id` or `number` they are made."""

    created: int
    lines: list[DraftLine]
    currency: str
    total: str
    source: str = "web"
    id: int | None = None
    number: int | None = None
    name: str | None = None
    shipments: list[Shipment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    payments: list[tuple[str, str, str, int]] = field(default_factory=list)  # kind, status, gateway, time
    financial: str = "PAID"
    paid_at: int | None = None
    refunded: str = "0.00"
    cancelled_at: int | None = None
    cancel_reason: str | None = None
    closed_at: int | None = None
    tags: list[str] = field(default_factory=list)
    note: str | None = None
    customer: str | None = None
    email: str | None = None
    locale: str | None = None
    retail_location: int | None = None
    test: bool = False
    hold: tuple[str, str] | None = None  # reason and notes of a hold on what is open
    fulfill_at: int | None = None  # what is open is scheduled for this time
    request: str | None = None  # request status of what is open at a third-party service
