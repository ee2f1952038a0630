"""Items as rows of a world."""

from collections.abc import Iterable

from sandbox_shop.seeding.drafts import Item
from sandbox_shop.seeding.rows import Rows


def add_items(rows: Rows, items: Iterable[Item]) -> None:
    """Queue the rows of items."""
    for item in items:
        rows.add(
            "item",
            {
                "id": item.id,
                "variant_id": item.variant_id,
                "product_id": item.product_id,
                "sku": item.sku,
                "barcode": item.barcode,
                "title": item.title,
                "variant_title": item.variant_title,
                "product_handle": item.handle,
                "tracked": int(item.tracked),
                "requires_shipping": int(item.requires_shipping),
                "price": item.price,
            },
        )
