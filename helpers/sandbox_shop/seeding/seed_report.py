"""What a seeding made of a merchant's files."""

from dataclasses import dataclass


@dataclass
class SeedReport:
    """What a seeding made of the files, in counts. Items are those that were ordered, each counted once."""

    orders: int = 0
    fulfillments: int = 0
    order_lines: int = 0
    items_by_sku: int = 0
    items_by_name: int = 0
    items_not_tracked: int = 0  # ordered, without a stock row
    locations: int = 0
    fulfilled_at_made: int = 0  # fulfilled lines without `Fulfilled at`: Paid at, else Created at, was taken
    parts_guessed: int = 0  # lines "partial": the file does not say how many units, half was taken
    lines_taken_off: int = 0  # pending lines of a fulfilled order: they were removed from it
    ids_made: int = 0  # orders without `Id`
    skus_shared: int = (
        0  # ordered items whose SKU several items share and whose name none: the first was taken
    )

    def sentence(self) -> str:
        """The counts in one sentence; doubts only where there are any."""
        items = self.items_by_sku + self.items_by_name + self.items_not_tracked
        made = f"{_many(self.orders, 'order')} with {_many(self.fulfillments, 'fulfillment')}"
        matched = f"{self.items_by_sku} matched by SKU, {self.items_by_name} by name"
        text = (
            f"{made} at {_many(self.locations, 'location')}; of {_many(items, 'ordered item')} {matched}, "
            f"{self.items_not_tracked} not tracked for want of a stock row"
        )
        doubts = (
            (
                self.fulfilled_at_made,
                "fulfillment dated by its payment or order because `Fulfilled at` is empty",
            ),
            (self.parts_guessed, "partial line taken as half fulfilled"),
            (self.lines_taken_off, "pending line of a fulfilled order taken as removed"),
            (self.ids_made, "order id made because the file has none"),
            (self.skus_shared, "item taken as the first of several with its SKU"),
        )
        said = [f"{count} × {what}" for count, what in doubts if count]
        return f"{text}; {', '.join(said)}." if said else f"{text}."


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
