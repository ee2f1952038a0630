"""Which item an order line of a merchant's file means: by SKU, then by name, else an item of its own."""

from collections import defaultdict
from dataclasses import replace

from sandbox_shop.seeding.drafts import Item
from sandbox_shop.seeding.items import add_items
from sandbox_shop.seeding.orders_file import FileLine
from sandbox_shop.seeding.rows import Rows
from sandbox_shop.seeding.stock_file import FileItem


class Matcher:
    """The items of a shop that is seeded from files; each ordered item is matched once and counted."""

    def __init__(self, rows: Rows, stocked: list[FileItem]) -> None:
        self._rows = rows
        self._by_sku: defaultdict[str, list[Item]] = defaultdict(list)
        self._by_name: defaultdict[str, list[Item]] = defaultdict(list)
        self._known: dict[tuple[str, str], Item] = {}
        self._products: dict[str, int] = {}
        self._prices: dict[int, str] = {}
        self.items: list[Item] = []
        self.levels: dict[int, FileItem] = {}  # item id → its stock in the file
        self.by_sku: set[int] = set()  # ids of ordered items, by how they were found
        self.by_name: set[int] = set()
        self.not_tracked: set[int] = set()
        self.guessed: set[int] = set()  # several items share the SKU and none the name: the first was taken
        for stock in stocked:
            self._stocked(stock)

    def find(self, line: FileLine) -> Item:
        """The item of an order line. One without a stock row is made and not tracked; the same line, the same item."""
        key = (line.sku, line.name)
        if key not in self._known:
            item = self._match(line)
            self._known[key] = item
            self._prices.setdefault(item.id, line.price)
        return self._known[key]

    def add_rows(self) -> None:
        """Queue the rows of all items, after the last order line: prices come from the orders."""
        prices = self._prices
        add_items(self._rows, [replace(item, price=prices.get(item.id, "0.00")) for item in self.items])

    def _match(self, line: FileLine) -> Item:
        """Several items may share a SKU; the name decides between them, else the first is taken."""
        of_name = self._by_name.get(line.name.casefold(), [])
        of_sku = self._by_sku.get(line.sku.casefold(), []) if line.sku else []
        if of_sku:
            named = next((item for item in of_sku if item in of_name), None)
            if named is None and len(of_sku) > 1:
                self.guessed.add(of_sku[0].id)
            return self._counted(named or of_sku[0], self.by_sku)
        if of_name:
            return self._counted(of_name[0], self.by_name)
        item = self._made(line.name, None, line.sku, None, line.name, tracked=False, line=line)
        self.not_tracked.add(item.id)
        return item

    def _counted(self, item: Item, found: set[int]) -> Item:
        (found if item.tracked else self.not_tracked).add(item.id)
        return item

    def _stocked(self, stock: FileItem) -> None:
        item = self._made(
            stock.title,
            stock.variant_title or None,
            stock.sku,
            stock.barcode,
            stock.handle,
            tracked=bool(stock.levels),  # "not stocked" everywhere is no stock row
        )
        self.levels[item.id] = stock
        if stock.sku:
            self._by_sku[stock.sku.casefold()].append(item)
        self._by_name[stock.name.casefold()].append(item)

    def _made(
        self,
        title: str,
        variant_title: str | None,
        sku: str,
        barcode: str | None,
        handle: str,
        *,
        tracked: bool,
        line: FileLine | None = None,
    ) -> Item:
        if handle not in self._products:
            self._products[handle] = self._rows.new_id("Product")
        item = Item(
            id=self._rows.new_id("InventoryItem"),
            variant_id=self._rows.new_id("ProductVariant"),
            product_id=self._products[handle],
            sku=sku or None,
            barcode=barcode or None,
            title=title,
            variant_title=variant_title,
            handle=handle,
            tracked=tracked,
            requires_shipping=line is None or line.requires_shipping is not False,
            vendor=(line.vendor if line else "") or None,
        )
        self.items.append(item)
        return item
