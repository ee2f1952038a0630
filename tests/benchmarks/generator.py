"""A made-up shop's bulk files: orders, lines of fulfillments and stock, with the truth about their tables beside them.

Seeded, standard library only, and no code of the workbench: what is checked may not check itself. The lines have the
fields of the three bulk queries, in their order. Lines stand shuffled within windows, so that a child may come before
its parent. One fulfillment in fifty spans two fulfillment orders and comes twice in the file of lines.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import IO

FILES = ("orders.jsonl", "lines.jsonl", "inventory.jsonl")
WINDOW = 40  # orders whose lines are shuffled
ORDERS_AN_ITEM = 20
START = 1_700_000_000  # seconds since 1970
SEPARATOR, MISSING = "\x1f", "\x00"
WORDS = (
    "Hemd", "Merino-Pullover mit Rundhalsausschnitt - dunkelblau / M", "Mütze",
    "Winterjacke mit Kapuze „Größe L“ - Oliv",
    "Schal 100 % Wolle, handgewebt in kleiner Auflage - 30 x 180 cm", "帽子", "Ring 💍", 'Bild 30" x 40"',
    "=SUM(A1)", "-20 % Rabatt", "@home", "0012", "Zeile\u2028zwei", "Tab\tStop", "C:\\Temp", "Socken/Paar",
)  # fmt: skip
TITLES = (
    "Merino-Pullover mit Rundhalsausschnitt aus zertifizierter Wolle - Dunkelblau / M",
    "Organic Cotton Crew Neck T-Shirt, Relaxed Fit, Garment Dyed - Faded Olive / XL",
    "Winterjacke mit abnehmbarer Kapuze und recycelter Füllung „Größe L“ - Oliv / 52",
    "Schal 100 % Wolle, handgewebt in kleiner Auflage - Naturweiß / 30 x 180 cm",
    "Ceramic Pour-Over Coffee Dripper with Walnut Stand and Filters - Matte Black / 02",
    "Tee d’été en lin lavé, col rond, coupe ample - Bleu orage / Taille unique",
)  # as long as those of real shops; most lines have one of them
TAGS = (
    "vip",
    "b2b",
    "Großhandel",
    "pre, order",
    "-",
    "00123",
    "subscription-first-order",
    "Klarna - pay later",
    "packed-by-warehouse-nord",
    "gift-note-included",
)
TRACKING = (
    "https://www.carrier.example.com/en/private-customers/receive-parcels/track-and-trace.html?lang=de&idc="
)
LOCATIONS = tuple(
    (60_000_000_000 + n, name) for n, name in enumerate(("Lager Nord", "Laden Altstadt", "3PL Süd"))
)
QUANTITIES = (
    "available", "committed", "on_hand", "reserved", "damaged", "safety_stock", "quality_control", "incoming",
)  # fmt: skip
Cell = str | int | bool | None


@dataclass
class Truth:
    """What the tables of the files must hold: rows, sum of units and a hash of each that no order of rows changes."""

    rows: dict[str, int] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, int] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)  # by file

    def add(self, table: str, cells: Sequence[Cell], units: int = 0) -> None:
        """Count one row."""
        self.rows[table] = self.rows.get(table, 0) + 1
        self.units[table] = self.units.get(table, 0) + units
        self.hashes[table] = (
            self.hashes.get(table, 0) + hash_text(SEPARATOR.join(map(_cell, cells)))
        ) % 2**64


def hash_text(text: str) -> int:
    """64 bits of a row's text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def generate(folder: Path, size: int, seed: int, *, window: int = WINDOW) -> Truth:
    """Write the three files of `size` orders and `truth.json` into the folder."""
    truth = Truth()
    maker = _Maker(random.Random(f"{seed}/{size}"), max(3, size // ORDERS_AN_ITEM), truth)
    with (
        (folder / "orders.jsonl").open("w", encoding="utf-8", newline="\n") as orders,
        (folder / "lines.jsonl").open("w", encoding="utf-8", newline="\n") as lines,
    ):
        for start in range(0, size, window):
            two: tuple[list[str], list[str]] = ([], [])
            for index in range(start, min(start + window, size)):
                maker.order(index, *two)
            for file, batch in zip((orders, lines), two, strict=True):
                _write(file, batch, maker.random, truth)
    with (folder / "inventory.jsonl").open("w", encoding="utf-8", newline="\n") as inventory:
        batch: list[str] = []
        for index in range(maker.items):
            maker.item(index, batch)
            if len(batch) > 1000 or index == maker.items - 1:
                _write(inventory, batch, maker.random, truth)
                batch = []
    for table in (
        "orders",
        "line_items",
        "fulfillments",
        "fulfillment_lines",
        "fulfillment_orders",
        "inventory_levels",
    ):
        truth.rows.setdefault(table, 0)
        truth.hashes.setdefault(table, 0)
    (folder / ".truth.json").write_text(json.dumps(vars(truth), indent=1), encoding="utf-8")
    return truth


def load_truth(folder: Path) -> Truth:
    """The truth beside generated files."""
    return Truth(**json.loads((folder / ".truth.json").read_text(encoding="utf-8")))


def grouped(lines: Iterator[bytes]) -> list[bytes]:
    """The lines of orders.jsonl with children right after their order, as `groupObjects: true` would give them."""
    parents: dict[str, list[bytes]] = {}
    for line in lines:
        value = json.loads(line)
        if "__parentId" in value:
            parents.setdefault(value["__parentId"], []).append(line)
        else:
            parents.setdefault(value["id"], []).insert(0, line)
    return [line for group in parents.values() for line in group]


def _write(file: IO[str], batch: list[str], rng: random.Random, truth: Truth) -> None:
    rng.shuffle(batch)
    name = Path(file.name).name
    truth.lines[name] = truth.lines.get(name, 0) + len(batch)
    text = "\n".join(batch).replace("/", "\\/")  # as Shopify escapes them
    file.write(text + "\n")


def _cell(value: Cell) -> str:
    return _CELLS[value] if value is None or value is True or value is False else str(value)


def _time(second: int) -> str:
    day, rest = divmod(second, 86_400)
    return f"{_day(day)}T{_CLOCK[rest]}Z"


@cache
def _day(day: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


_CELLS = {None: MISSING, True: "true", False: "false"}
_CLOCK = [f"{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}" for n in range(86_400)]
_QUOTED = {
    word: json.dumps(word, ensure_ascii=bool(n % 2)) for n, word in enumerate((*WORDS, *TITLES, *TAGS))
}


class _Maker:
    """Lines of orders and items, with their rows counted into the truth."""

    def __init__(self, rng: random.Random, items: int, truth: Truth) -> None:
        self.random, self.items, self.truth = rng, items, truth
        self._line = 13_000_000_000_000
        self._fulfillment = 4_000_000_000_000
        self._fulfillment_order = 6_000_000_000_000
        self._units = 0  # of the order in hand, without gift cards

    def order(self, index: int, orders: list[str], lines: list[str]) -> None:
        """The lines of one order, into the files of orders and of lines of fulfillments."""
        r = self.random.random
        id_, at = 5_500_000_000_000 + index * 3, START + index * 30 + int(r() * 20)
        name, gid = f"#{1001 + index}", f"gid://shopify/Order/{id_}"
        self._units = 0
        line_items = [
            self._line_item(gid, orders)
            for _ in range(1 if r() < 0.36 else 2 if r() < 0.52 else 3 + int(r() * 1.7))
        ]
        parts = 0 if r() < 0.08 else 2 if r() < 0.16 else 3 if r() < 0.06 else 1
        made = [self._made(gid, name, n, at) for n in range(parts)]
        for n, (cells, *_rest) in enumerate(made):
            mine = line_items[n::parts] if len(line_items) >= parts else line_items[:1]
            units = sum(quantity for _, quantity in mine)
            cells[18] = units
            self.truth.add("fulfillments", cells, units)
        owners = [self._owner(gid, at, bool(parts), orders) for _ in range(2 if r() < 0.1 else 1)]
        orders.append(
            self._order_line(gid, name, at, [text.replace("@@", str(cells[18])) for cells, text in made])
        )
        for owner in owners:
            lines.append(f'{{"id":"{owner}","orderId":"{gid}"}}')
        for n, (cells, _text) in enumerate(made):
            mine = line_items[n::parts] if len(line_items) >= parts else line_items[:1]
            listed = owners if len(owners) > 1 and r() < 0.2 else owners[n % len(owners) :][:1]
            fulfillment = str(cells[0])
            rows = []
            for line_id, quantity in mine:
                self._line += 1
                rows.append(
                    f'{{"id":"gid://shopify/FulfillmentLineItem/{self._line}","quantity":{quantity},'
                    f'"lineItem":{{"id":"{line_id}"}},"__parentId":"{fulfillment}"}}'
                )
                self.truth.add("fulfillment_lines", (fulfillment, line_id, quantity), quantity)
            for owner in listed:
                lines.append(f'{{"id":"{fulfillment}","__parentId":"{owner}"}}')
                lines.extend(rows)

    def item(self, index: int, lines: list[str]) -> None:
        """The lines of one inventory item: itself, its variant, its levels."""
        r = self.random.random
        number = 45_000_000_000_000 + index * 2
        gid, variant = (
            f"gid://shopify/InventoryItem/{number}",
            f"gid://shopify/ProductVariant/{number - 3_000_000_000_000}",
        )
        sku = f"SKU-{index:06d}" if r() > 0.03 else None
        tracked, barcode = r() > 0.05, f"{4_000_000_000_000 + index}" if r() > 0.1 else None
        title = f"{WORDS[index % len(WORDS)]} / {index}"
        lines.append(f'{{"id":"{gid}","sku":{json.dumps(sku)},"tracked":{json.dumps(tracked)}}}')
        lines.append(
            f'{{"id":"{variant}","barcode":{json.dumps(barcode)},"displayName":{json.dumps(title, ensure_ascii=False)},'
            f'"__parentId":"{gid}"}}'
        )
        for place, place_name in LOCATIONS[: 1 + int(r() * 3)]:
            available, committed, incoming = int(r() * 90) - 5, int(r() * 9), int(r() * 30)
            amounts = (available, committed, available + committed, 0, 0, 0, 0, incoming)
            spelled = ",".join(
                f'{{"name":"{n}","quantity":{q}}}' for n, q in zip(QUANTITIES, amounts, strict=True)
            )
            location = f"gid://shopify/Location/{place}"
            lines.append(
                f'{{"id":"gid://shopify/InventoryLevel/{place + index}?inventory_item_id={number}",'
                f'"location":{{"id":"{location}","name":"{place_name}"}},"quantities":[{spelled}],"__parentId":"{gid}"}}'
            )
            cells = (gid, location, place_name, sku, barcode, title, tracked, *amounts)
            self.truth.add("inventory_levels", cells, available)

    def _line_item(self, order: str, lines: list[str]) -> tuple[str, int]:
        r = self.random.random
        self._line += 1 + int(r() * 3)
        gid, words = f"gid://shopify/LineItem/{self._line}", WORDS if r() < 0.15 else TITLES
        word = words[int(r() * len(words))]
        item = int(r() * self.items)
        number = 45_000_000_000_000 + item * 2
        sku = f"SKU-{item:06d}" if r() > 0.05 else "" if r() < 0.5 else None
        quantity = 1 if r() < 0.8 else 2 + int(r() * 4)
        current = quantity if r() < 0.95 else quantity - 1
        variant, stocked, gift = (
            f"gid://shopify/ProductVariant/{number - 3_000_000_000_000}",
            f"gid://shopify/InventoryItem/{number}",
            r() < 0.01,
        )
        self._units += 0 if gift else quantity
        deleted = r() < 0.02
        about = "null" if deleted else f'{{"id":"{variant}","inventoryItem":{{"id":"{stocked}"}}}}'
        lines.append(
            f'{{"id":"{gid}","name":{_QUOTED[word]},"sku":{"null" if sku is None else chr(34) + sku + chr(34)},'
            f'"quantity":{quantity},"currentQuantity":{current},"unfulfilledQuantity":0,"refundableQuantity":{current},'
            f'"requiresShipping":{"false" if gift else "true"},"isGiftCard":{"true" if gift else "false"},'
            f'"variant":{about},"__parentId":"{order}"}}'
        )
        ids = (None, None) if deleted else (variant, stocked)
        cells = (
            gid,
            order,
            word,
            sku,
            quantity,
            current,
            0,
            current,
            quantity - current,
            not gift,
            gift,
            *ids,
        )
        self.truth.add("line_items", cells, quantity)
        return gid, quantity

    def _made(self, order: str, name: str, n: int, at: int) -> tuple[list[Cell], str]:
        """A fulfillment: its cells and its text inside the order, where @@ stands for its units."""
        r = self.random.random
        self._fulfillment += 1 + int(r() * 2)
        gid, made = f"gid://shopify/Fulfillment/{self._fulfillment}", at + 3600 + int(r() * 200_000)
        cancelled, transit, delivered = r() < 0.03, r() < 0.8, r() < 0.6
        status, shown = (
            ("CANCELLED", "CANCELED") if cancelled else ("SUCCESS", "DELIVERED" if delivered else "FULFILLED")
        )
        place, place_name = LOCATIONS[int(r() * 3)]
        moved = made + 40_000 if transit else None
        arrived = made + 150_000 if delivered else None
        numbers = [
            f"00340434{int(r() * 10**12):012d}" for _ in range(0 if r() < 0.1 else 2 if r() < 0.06 else 1)
        ]
        info = ",".join(
            f'{{"company":"DHL","number":"{number}","url":"{TRACKING}{number}"}}' for number in numbers
        )
        urls = ", ".join(f"{TRACKING}{number}" for number in numbers)
        text = (
            f'{{"id":"{gid}","name":"{name}-F{n + 1}","status":"{status}","displayStatus":"{shown}",'
            f'"createdAt":"{_time(made)}",'
            f'"updatedAt":"{_time(made + 60)}","inTransitAt":{_maybe(moved)},'
            f'"deliveredAt":{_maybe(arrived)},"totalQuantity":@@,'
            f'"requiresShipping":true,"location":{{"id":"gid://shopify/Location/{place}","name":"{place_name}"}},'
            f'"service":{{"handle":"manual","serviceName":"Manual","type":"MANUAL"}},"trackingInfo":[{info}]}}'
        )
        cells: list[Cell] = [
            gid, order, f"{name}-F{n + 1}", status, None, shown, made, made + 60, moved, arrived,
            f"gid://shopify/Location/{place}", place_name, "manual", "Manual", "MANUAL",
            "DHL" if numbers else None, ", ".join(numbers) or None, urls or None, 0, True,
        ]  # fmt: skip
        return cells, text

    def _owner(self, order: str, at: int, closed: bool, lines: list[str]) -> str:
        """A fulfillment order; returns its id."""
        r = self.random.random
        self._fulfillment_order += 1 + int(r() * 2)
        gid = f"gid://shopify/FulfillmentOrder/{self._fulfillment_order}"
        place, place_name = LOCATIONS[int(r() * 3)]
        held = not closed and r() < 0.1
        status = "CLOSED" if closed else "ON_HOLD" if held else "OPEN"
        actions = () if closed else ("RELEASE_HOLD",) if held else ("CREATE_FULFILLMENT", "HOLD", "MOVE")
        hold = '{"reason":"OTHER"}' if held else ""
        spelled = ",".join(f'{{"action":"{action}"}}' for action in actions)
        lines.append(
            f'{{"id":"{gid}","status":"{status}","requestStatus":"UNSUBMITTED",'
            f'"createdAt":"{_time(at)}","updatedAt":"{_time(at + 9)}",'
            f'"assignedLocation":{{"name":"{place_name}","location":{{"id":"gid://shopify/Location/{place}"}}}},'
            f'"supportedActions":[{spelled}],"fulfillmentHolds":[{hold}],'
            f'"deliveryMethod":{{"methodType":"SHIPPING"}},"__parentId":"{order}"}}'
        )
        cells = (
            gid, order, status, "UNSUBMITTED", at, at + 9, f"gid://shopify/Location/{place}", place_name,
            ", ".join(actions), "OTHER" if held else "", "SHIPPING",
        )  # fmt: skip
        self.truth.add("fulfillment_orders", cells)
        return gid

    def _order_line(self, gid: str, name: str, at: int, fulfillments: Sequence[str]) -> str:
        r = self.random.random
        cancelled = at + 500 if r() < 0.02 else None
        closed = at + 400_000 if r() < 0.7 else None
        paid, refunded = (at + 5 if r() < 0.97 else None), (at + 700_000 if r() < 0.03 else None)
        shown, money = ("FULFILLED" if fulfillments else "UNFULFILLED"), ("PAID" if paid else "PENDING")
        source, locale = ("web", "pos", "580111")[int(r() * 3)], ("de", "en", None)[int(r() * 3)]
        tags = sorted({TAGS[int(r() * len(TAGS))] for _ in range(int(r() * 5))})
        currency = "JPY" if r() < 0.02 else "EUR"
        amount = str(int(r() * 9000)) if currency == "JPY" else f"{int(r() * 300)}.{int(r() * 100):02d}"
        back = "5.0" if refunded else "0.0"
        sale = f'{{"kind":"SALE","status":"SUCCESS","processedAt":"{_time(paid)}"}}' if paid else ""
        failed = (
            f'{{"kind":"AUTHORIZATION","status":"FAILURE","processedAt":"{_time(at + 1)}"}}'
            if r() < 0.05
            else ""
        )
        given = f'{{"createdAt":"{_time(refunded)}"}}' if refunded else ""
        self.truth.add(
            "orders",
            (
                gid, name, at, at + 2, at + 900_000, paid, cancelled, closed, refunded, shown, money, "NO_RETURN",
                source,                ", ".join(tags), locale, True, False, amount, back, currency,
            ),
        )  # fmt: skip
        return (
            f'{{"id":"{gid}","name":"{name}","createdAt":"{_time(at)}",'
            f'"processedAt":"{_time(at + 2)}","updatedAt":"{_time(at + 900_000)}",'
            f'"cancelledAt":{_maybe(cancelled)},"closedAt":{_maybe(closed)},"displayFulfillmentStatus":"{shown}",'
            f'"displayFinancialStatus":"{money}","returnStatus":"NO_RETURN","sourceName":"{source}",'
            f'"tags":[{",".join(_QUOTED[tag] for tag in tags)}],"customerLocale":{json.dumps(locale)},'
            f'"requiresShipping":true,"test":false,"subtotalLineItemsQuantity":{self._units},'
            f'"currentTotalPriceSet":{{"shopMoney":{{"amount":"{amount}","currencyCode":"{currency}"}}}},'
            f'"totalRefundedSet":{{"shopMoney":{{"amount":"{back}"}}}},'
            f'"transactions":[{",".join(filter(None, (sale, failed)))}],'
            f'"refunds":[{given}],"fulfillments":[{",".join(fulfillments)}]}}'
        )


def _maybe(second: int | None) -> str:
    return "null" if second is None else f'"{_time(second)}"'
