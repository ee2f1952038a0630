"""What the made-up shop sells: lamps, textiles and small things, in variants, with the flaws of real catalogues."""

from collections.abc import Iterator
from dataclasses import replace

from sandbox_shop.seeding.drafts import Item
from sandbox_shop.seeding.rows import Rows

COLOURS = ("Ochre", "Slate", "Moss", "Plum", "Chalk", "Rust", "Teal", "Sand")
NOUNS = (
    ("Table Lamp", "TLA", 6900),
    ("Linen Cushion", "CUS", 2490),
    ("Wool Throw", "THR", 8900),
    ("Stoneware Mug", "MUG", 1450),
    ("Beeswax Candle", "CAN", 990),
    ("Oak Tray", "TRA", 3900),
    ("Tea Towel", "TOW", 1290),
    ("Paper Lantern", "LAN", 1990),
    ("Jute Rug", "RUG", 12900),
    ("Salad Bowl", "BOW", 3450),
    ("Door Mat", "MAT", 2790),
    ("Wall Hook", "HOO", 850),
)
MAKERS = ("Fjell", "Marin", "Kiosk", "Aster", "Norden", "Pippa", "Lund", "Terra", "Quill", "Sol")
VENDORS = ("Lantern & Loom", "Weberei Süd", "Atelier Nº 9")


class Catalogue:
    """Items by their part in the shop. `regular` are tracked, shipped and never short."""

    def __init__(self, rows: Rows, size: int) -> None:
        self._rows = rows
        self._number = 0
        self.regular: list[Item] = []
        count = 36 + size // 100
        while len(self.regular) < count:
            self.regular += self._product(len(self.regular))
        self.regular = _with_flawed_skus(self.regular[:count])
        self.preorder = [
            self._item(f"Aurora Lamp {number}", None, f"LL-AUR-{number}", 24900) for number in (1, 2)
        ]
        self.short = self._item("Copper Kettle", None, "LL-KET-COP", 7900)  # more sold than there is
        self.hostile = self._item('Mug "1/2" =SUM(A1:A9)', "<b>Big</b>", "=1+1", 1990)
        self.gift_card = self._item(
            "Gift Card", "€50", None, 5000, tracked=False, requires_shipping=False, gift_card=True
        )
        self.pattern = self._item(
            "Weaving Pattern (PDF)", None, "LL-PDF-01", 590, tracked=False, requires_shipping=False
        )
        self.wrapping = self._item("Gift Wrapping", None, "LL-WRAP", 350, tracked=False)

    @property
    def calm(self) -> list[Item]:
        """Regular items that no incident touches: what is wrong with their stock has other causes."""
        return self.regular[-max(8, len(self.regular) // 8) :]

    @property
    def busy(self) -> list[Item]:
        """The other regular items."""
        return self.regular[: len(self.regular) - len(self.calm)]

    @property
    def tracked(self) -> list[Item]:
        """Every item that has stock."""
        return [*self.regular, *self.preorder, self.short, self.hostile]

    @property
    def all(self) -> list[Item]:
        """Every item."""
        return [*self.tracked, self.gift_card, self.pattern, self.wrapping]

    def _product(self, start: int) -> list[Item]:
        number = start // 3
        noun, code, cents = NOUNS[number % len(NOUNS)]
        series = number // len(NOUNS)
        maker = MAKERS[series % len(MAKERS)] + (
            f" {series // len(MAKERS) + 1}" if series >= len(MAKERS) else ""
        )
        product_id = self._rows.new_id("Product")
        return [
            self._item(
                f"{maker} {noun}",
                COLOURS[(number + place) % len(COLOURS)],
                f"LL-{code}-{series + 1:02d}-{'ABC'[place]}",
                cents + 100 * series,
                product_id=product_id,
            )
            for place in range(3)
        ]

    def _item(
        self,
        title: str,
        variant_title: str | None,
        sku: str | None,
        cents: int,
        *,
        product_id: int | None = None,
        tracked: bool = True,
        requires_shipping: bool = True,
        gift_card: bool = False,
    ) -> Item:
        self._number += 1
        handle = "".join(letter if letter.isalnum() else "-" for letter in title.lower()).strip("-")
        return Item(
            id=self._rows.new_id("InventoryItem"),
            variant_id=self._rows.new_id("ProductVariant"),
            product_id=product_id or self._rows.new_id("Product"),
            sku=sku,
            barcode=_barcode(self._number) if tracked else None,
            title=title,
            variant_title=variant_title,
            handle=handle,
            price=money(cents),
            tracked=tracked,
            requires_shipping=requires_shipping,
            gift_card=gift_card,
            vendor=VENDORS[self._number % len(VENDORS)],
        )


def money(cents: int) -> str:
    """Decimal text of cents: 1990 → "19.90"."""
    return f"{cents // 100}.{cents % 100:02d}"


def cents_of(price: str) -> int:
    """The inverse of `money`."""
    return int(price.replace(".", ""))


def _with_flawed_skus(items: list[Item]) -> list[Item]:
    """Two pairs of items share a SKU and three have none, as in catalogues that grew over years."""
    flaws = {9: items[8].sku, 20: items[4].sku, 13: None, 22: "", 30: None}
    return [replace(item, sku=flaws[place]) if place in flaws else item for place, item in enumerate(items)]


def _barcode(number: int) -> str:
    """A valid EAN-13 of the range 20, which shops give out themselves."""
    digits = f"20{number:010d}"
    odd_and_even: Iterator[int] = (int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-sum(odd_and_even) % 10)
