"""Lines as Shopify's bulk operations write them, with sane defaults."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Line = dict[str, Any]
AT = "2026-09-01T08:00:00Z"


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def fulfillment(number: int, units: int = 2, **changes: Any) -> Line:
    """A fulfillment as it stands inside its order's line."""
    return {
        "id": gid("Fulfillment", number),
        "name": f"#F{number}",
        "status": "SUCCESS",
        "displayStatus": "FULFILLED",
        "createdAt": AT,
        "updatedAt": AT,
        "inTransitAt": None,
        "deliveredAt": None,
        "totalQuantity": units,
        "requiresShipping": True,
        "location": {"id": gid("Location", 7), "name": "Lager Nord"},
        "service": {"handle": "manual", "serviceName": "Manual", "type": "MANUAL"},
        "trackingInfo": [{"company": "DHL", "number": f"00{number}", "url": None}],
        **changes,
    }


def order(number: int, fulfillments: Iterable[Line] = (), **changes: Any) -> Line:
    money = {"shopMoney": {"amount": "12.50", "currencyCode": "EUR"}}
    return {
        "id": gid("Order", number),
        "name": f"#{number}",
        "createdAt": AT,
        "processedAt": AT,
        "updatedAt": AT,
        "cancelledAt": None,
        "closedAt": None,
        "displayFulfillmentStatus": "FULFILLED",
        "displayFinancialStatus": "PAID",
        "returnStatus": "NO_RETURN",
        "sourceName": "web",
        "tags": ["b", "a"],
        "customerLocale": None,
        "requiresShipping": True,
        "test": False,
        "currentTotalPriceSet": money,
        "totalRefundedSet": {"shopMoney": {"amount": "0.0"}},
        "transactions": [{"kind": "SALE", "status": "SUCCESS", "processedAt": AT}],
        "refunds": [],
        "fulfillments": list(fulfillments),
        **changes,
    }


def line_item(number: int, owner: int, **changes: Any) -> Line:
    return {
        "id": gid("LineItem", number),
        "name": "Hemd",
        "sku": "SKU",
        "quantity": 2,
        "currentQuantity": 2,
        "unfulfilledQuantity": 0,
        "refundableQuantity": 2,
        "requiresShipping": True,
        "isGiftCard": False,
        "variant": {
            "id": gid("ProductVariant", 5),
            "inventoryItem": {"id": gid("InventoryItem", 6)},
        },
        "__parentId": gid("Order", owner),
        **changes,
    }


def fulfillment_order(number: int, owner: int, **changes: Any) -> Line:
    return {
        "id": gid("FulfillmentOrder", number),
        "status": "CLOSED",
        "requestStatus": "UNSUBMITTED",
        "createdAt": AT,
        "updatedAt": AT,
        "assignedLocation": {"name": "Lager Nord", "location": {"id": gid("Location", 7)}},
        "supportedActions": [{"action": "HOLD"}, {"action": "MOVE"}],
        "fulfillmentHolds": [],
        "deliveryMethod": {"methodType": "SHIPPING"},
        "__parentId": gid("Order", owner),
        **changes,
    }


def fulfilled_lines(
    number: int, owner: int, items: Mapping[int, int], first: int | None = None
) -> list[Line]:
    """A fulfillment in the file of lines, with units by line item. `first`: the number of its first line."""
    first = number * 10 if first is None else first
    parent = {"__parentId": gid("Fulfillment", number)}
    return [
        {"id": gid("Fulfillment", number), "__parentId": gid("FulfillmentOrder", owner)},
        *(
            {
                "id": gid("FulfillmentLineItem", first + n),
                "quantity": units,
                "lineItem": {"id": gid("LineItem", item)},
                **parent,
            }
            for n, (item, units) in enumerate(items.items())
        ),
    ]


def stock(number: int, location: int = 7) -> list[Line]:
    item = gid("InventoryItem", number)
    names = (
        "available",
        "committed",
        "on_hand",
        "reserved",
        "damaged",
        "safety_stock",
        "quality_control",
        "incoming",
    )
    return [
        {"id": item, "sku": "SKU", "tracked": True},
        {
            "id": gid("ProductVariant", number - 1),
            "barcode": "0012",
            "displayName": "Hemd",
            "__parentId": item,
        },
        {
            "id": f"gid://shopify/InventoryLevel/{location}?inventory_item_id={number}",
            "location": {"id": gid("Location", location), "name": "Lager Nord"},
            "quantities": [{"name": name, "quantity": n} for n, name in enumerate(names)],
            "__parentId": item,
        },
    ]


def shop_lines(numbers: Iterable[int]) -> dict[str, list[Line]]:
    """The files of a shop with these orders: one fulfillment of one line each, and one item in stock."""
    files: dict[str, list[Line]] = {"orders.jsonl": [], "lines.jsonl": [], "inventory.jsonl": stock(6)}
    for n in numbers:
        files["orders.jsonl"] += [
            order(n, [fulfillment(n + 1)]),
            line_item(n + 2, n),
            fulfillment_order(n + 3, n),
        ]
        files["lines.jsonl"] += [
            {"id": gid("FulfillmentOrder", n + 3)},
            *fulfilled_lines(n + 1, n + 3, {n + 2: 2}),
        ]
    return files


def as_text(line: Line, *, escaped: bool = True) -> str:
    text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
    return text.replace("/", "\\/") if escaped else text


def write(folder: Path, files: Mapping[str, Iterable[Line]], *, escaped: bool = True) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        text = "".join(f"{as_text(line, escaped=escaped)}\n" for line in lines)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
