"""The made-up shop behind the sample files: what it sells, thirty orders, and what was fulfilled by mistake.

Everything follows from the number of an order by arithmetic, so that the files are the same on every machine.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

WAREHOUSE, STORE, DEPOT = "Main Warehouse", "Birch & Bay Store", "Depot Express"
LOCATIONS = (WAREHOUSE, STORE, DEPOT)
SUMMER = timezone(timedelta(hours=2))
BURST = (16, 17, 18, 20, 22, 24)  # places of the orders that one app fulfilled within a minute
TOO_EARLY = (5, 13)  # fulfilled seconds after their payment
CANCELLED, PARTIAL, OPEN, TILL, DRAFT, REFUNDED = (4, 15), (7, 19), (26, 27, 28, 29), (9, 21), (12,), (23,)
NOTES = {
    2: "Please ring twice.\nThe bell is quiet.",
    8: '=HYPERLINK("http://example.com","open")',
    10: 'She said "soon", twice; thanks',
    14: "<script>alert(1)</script>",
    25: "\u202eneddih\u202c 🎁",
}


@dataclass(frozen=True)
class Thing:
    """One variant. `stock`: units on hand at each of LOCATIONS; None where it is not stocked."""

    handle: str
    title: str
    option_text: str  # Name=Value, several parted by a slash
    sku: str
    barcode: str
    cents: int
    stock: tuple[int | None, int | None, int | None]

    @property
    def options(self) -> list[list[str]]:
        """Name and value of each option."""
        return [option.split("=") for option in self.option_text.split("/")]

    @property
    def name(self) -> str:
        """Title - Option / Option."""
        values = [value for _, value in self.options if value != "Default Title"]
        return f"{self.title} - {' / '.join(values)}" if values else self.title


THINGS = (
    Thing("canoe-mug", "Canoe Mug", "Color=Blue", "BB-MUG-BLU", "2000000100012", 1600, (84, 12, 40)),
    Thing("canoe-mug", "Canoe Mug", "Color=Green", "BB-MUG-GRN", "2000000100029", 1600, (61, 9, 40)),
    Thing("bay-tee", "Bay Tee", "Color=Black/Size=S", "BB-TEE-BLK-S", "2000000100036", 2900, (33, 4, None)),
    Thing("bay-tee", "Bay Tee", "Color=Black/Size=M", "BB-TEE-BLK-M", "2000000100043", 2900, (47, 6, None)),
    Thing("bay-tee", "Bay Tee", "Color=White/Size=M", "BB-TEE-WHT-M", "2000000100050", 2900, (0, 2, None)),
    Thing("birch-board", "Birch Board", "Title=Default Title", "BB-BOARD", "2000000100067", 5400, (18, 3, None)),
    Thing("pine-candle", "Pine Candle", "Scent=Resin", "BB-CAN-RES", "2000000100074", 1250, (120, 20, 60)),
    Thing("pine-candle", "Pine Candle", "Scent=Snow, Ice", "BB-CAN-SNO", "2000000100081", 1250, (95, 15, 60)),
    Thing("wool-socks", "Wool Socks", "Size=38-41", "BB-SOCK", "2000000100098", 1900, (70, 11, None)),
    Thing("wool-socks", "Wool Socks", "Size=42-45", "BB-SOCK", "2000000100104", 1900, (66, 14, None)),  # same SKU
    Thing("map-print", "Map Print", "Size=A3", "", "2000000100111", 3300, (25, None, None)),  # no SKU
    Thing("tide-clock", "Tide Clock", "Title=Default Title", "BB-CLOCK", "2000000100128", 8900, (-2, 1, None)),
)  # fmt: skip
ENGRAVING = Thing("", "Custom engraving", "Title=Default Title", "", "", 1500, (None, None, None))


@dataclass(frozen=True)
class Line:
    """One order line; `fulfilled` units of `quantity`."""

    id: int
    thing: Thing
    quantity: int
    fulfilled: int


@dataclass(frozen=True)
class Order:
    """One order with at most one fulfillment. `place` counts from 0."""

    place: int
    id: int
    number: int
    created: datetime
    lines: tuple[Line, ...]
    source: str
    paid: datetime | None
    fulfilled: datetime | None
    cancelled: datetime | None
    fulfillment_id: int
    tracking: str

    @property
    def total(self) -> int:
        """In cents, shipping included."""
        return sum(line.thing.cents * line.quantity for line in self.lines) + self.shipping

    @property
    def shipping(self) -> int:
        """In cents."""
        return 0 if self.source == "pos" else 490

    @property
    def refunded(self) -> int:
        """In cents."""
        if self.cancelled and self.paid:
            return self.total
        return self.lines[0].thing.cents if self.place in REFUNDED else 0

    @property
    def financial(self) -> str:
        """As the orders CSV spells it."""
        if self.cancelled:
            return "refunded" if self.paid else "voided"
        if self.refunded:
            return "partially_refunded"
        return "paid" if self.paid else "pending"

    @property
    def fulfillment(self) -> str:
        """As the orders CSV spells it."""
        if not any(line.fulfilled for line in self.lines):
            return "unfulfilled"
        return "fulfilled" if all(line.fulfilled == line.quantity for line in self.lines) else "partial"

    @property
    def location(self) -> str:
        """Where it is fulfilled."""
        return STORE if self.source == "pos" else WAREHOUSE


def make_orders(
    count: int = 30,
    *,
    first_number: int = 2001,
    first_id: int = 6_400_000_013_057,
    begin: datetime = datetime(2026, 9, 14, 9, 7, 11, tzinfo=SUMMER),
) -> list[Order]:
    """The orders of the shop, the oldest first."""
    return [
        _make_order(place, first_number + place, first_id + 32_771 * place, begin) for place in range(count)
    ]


def _make_order(place: int, number: int, id_: int, begin: datetime) -> Order:
    created = begin + timedelta(hours=11 * place, seconds=(place * place * 37) % 3000)
    source = "pos" if place in TILL else "shopify_draft_order" if place in DRAFT else "web"
    cancelled = created + timedelta(hours=5, seconds=13) if place in CANCELLED else None
    is_paid = place not in (15, 29)
    paid = created + timedelta(seconds=2 + place % 7) if is_paid else None
    fulfilled = None
    if place not in (*OPEN, *CANCELLED):
        fulfilled = _fulfilled_at(place, created, begin)
    is_tracked = fulfilled is not None and place not in (*BURST, *TOO_EARLY, *TILL)
    return Order(
        place=place,
        id=id_,
        number=number,
        created=created,
        lines=_lines(place, number, is_fulfilled=fulfilled is not None),
        source=source,
        paid=paid,
        fulfilled=fulfilled,
        cancelled=cancelled,
        fulfillment_id=id_ - 1_100_000_000_000,
        tracking=f"0034{number:06d}{place * 977 % 10_000:04d}00" if is_tracked else "",
    )


def _fulfilled_at(place: int, created: datetime, begin: datetime) -> datetime:
    if place in TILL:
        return created + timedelta(seconds=9)
    if place in TOO_EARLY:
        return created + timedelta(seconds=15)
    if place in BURST:
        return begin + timedelta(days=11, hours=21, seconds=11 * BURST.index(place))
    return created + timedelta(hours=19 + place % 9, minutes=place * 7 % 60)


def _lines(place: int, number: int, *, is_fulfilled: bool) -> tuple[Line, ...]:
    chosen = [THINGS[place * 5 % len(THINGS)]]
    if place % 3 == 1 or place in PARTIAL:
        chosen.append(THINGS[(place * 7 + 3) % len(THINGS)])
    if place in DRAFT:
        chosen.append(ENGRAVING)
    lines = []
    for position, thing in enumerate(dict.fromkeys(chosen)):
        quantity = 2 if (place + position) % 4 == 0 else 1
        is_left = place in PARTIAL and position == 1
        fulfilled = quantity if is_fulfilled and not is_left else 0
        lines.append(Line(14_700_000_000_000 + number * 10 + position, thing, quantity, fulfilled))
    return tuple(lines)


def written(at: datetime | None) -> str:
    """A time as Shopify's and Matrixify's files write it; empty for none."""
    return at.strftime("%Y-%m-%d %H:%M:%S %z") if at else ""


def money(cents: int) -> str:
    """Decimal text."""
    return f"{cents // 100}.{cents % 100:02d}"
