"""Where a made-up shop keeps its things and what it sells: locations, items, and which item stands where."""

from dataclasses import dataclass

import numpy as np
from known_arrays import Booleans, Floats, Numbers

OWN = ("Warehouse", "Store High Street", "Warehouse South", "Store Harbour")
SERVICES = ("Northfill Depot", "Parcelhouse 3PL")
STORES = (1, 3)
PRODUCTS = (
    "Merino Jumper", "Linen Shirt", "Rain Jacket", "Wool Scarf", "Ceramic Mug", "Coffee Filter", "Candle", "Soap Bar",
    "Canvas Bag", "Notebook A5", "Tea Tin", "Cotton Socks", "Desk Lamp", "Beeswax Wrap", "Enamel Plate", "Dog Lead",
)  # fmt: skip
OPTIONS = ("S", "M", "L", "XL", "Blue", "Black", "Oat", "Red")
PACKS = (2, 3, 4, 6, 8, 10, 12, 24)
GIFT_CARD = 0  # index of the item


@dataclass(frozen=True)
class Places:
    """The locations. `shares`: part of the shipped parcels that leave from each."""

    names: tuple[str, ...]
    own: int  # the first so many are the merchant's, the rest belong to services
    shares: Floats

    @property
    def stores(self) -> Numbers:
        """Locations with a till."""
        return np.array([place for place in STORES if place < self.own])

    @property
    def services(self) -> Numbers:
        """Locations of fulfillment services."""
        return np.arange(self.own, len(self.names))


@dataclass(frozen=True)
class Items:
    """What is sold. `pack`: units in a pack, 1 where it is not sold in packs; `chance`: how popular."""

    product: Numbers
    option: Numbers
    pack: Numbers
    tracked: Booleans
    deleted: Booleans  # its variant is gone: lines of it have no item any more
    preorder: Booleans
    everywhere: Booleans  # at all of the merchant's own locations
    stocked: Booleans  # item × location
    chance: Floats

    def draw(self, rng: np.random.Generator, location: Numbers, everywhere: Booleans) -> Numbers:
        """An item for each line, of those that its location stocks (`everywhere`: of those that all own ones do)."""
        item = np.zeros(len(location), dtype=np.int64)
        for place in range(self.stocked.shape[1]):
            for among_all in (False, True):
                lines = np.flatnonzero((location == place) & (everywhere == among_all))
                stocked = self.stocked[:, place] & (self.everywhere | (not among_all))
                edges = np.cumsum(self.chance * stocked)
                item[lines] = np.searchsorted(edges, rng.random(len(lines)) * edges[-1], side="right")
        return item


def make_places(rng: np.random.Generator) -> Places:
    """Two to four own locations and one or two of services."""
    own = int(rng.integers(2, len(OWN) + 1))
    services = int(rng.integers(1, len(SERVICES) + 1))
    weights = np.concatenate(([6.0], rng.uniform(0.4, 1.6, own - 1), rng.uniform(0.6, 1.4, services)))
    return Places((*OWN[:own], *SERVICES[:services]), own, weights / weights.sum())


def make_items(rng: np.random.Generator, count: int, places: Places) -> Items:
    """Products of one to six variants, a few of them very popular; the first item is the gift card."""
    product = np.repeat(np.arange(count), rng.integers(1, 7, count))[:count]
    first = np.searchsorted(product, product)
    packed = rng.random(count) < 0.12
    everywhere = rng.random(count) < 0.45
    everywhere[1:5] = True
    preorder = rng.random(count) < 0.01
    preorder[count - 1] = True
    preorder[:5] = False
    everywhere &= ~preorder
    stocked = np.zeros((count, len(places.names)), dtype=bool)
    stocked[:, 0] = True
    for place in range(1, len(places.names)):
        is_own = place < places.own
        stocked[:, place] = (rng.random(count) < (0.25 if is_own else 0.3)) | (everywhere & is_own)
    stocked[1:5] = True
    stocked[preorder, 1:] = False
    rank = rng.permutation(count)
    chance = 1 / (rank + 8.0) ** rng.uniform(0.75, 1.05)
    chance[preorder] = chance[GIFT_CARD] = 0
    tracked = rng.random(count) >= 0.04
    tracked[preorder | everywhere] = True
    tracked[GIFT_CARD] = False
    deleted = ~tracked & (rng.random(count) < 0.3)
    deleted[GIFT_CARD] = False
    return Items(
        product=product,
        option=np.arange(count) - first,
        pack=np.where(packed, rng.choice(PACKS, count), 1)[first],
        tracked=tracked,
        deleted=deleted,
        preorder=preorder,
        everywhere=everywhere,
        stocked=stocked,
        chance=chance,
    )


def item_texts(items: Items) -> tuple[list[str], list[str], list[str]]:
    """Name, SKU and barcode of every item. Variants of a product have SKUs that are easily mistaken."""
    names, skus, barcodes = ["Gift Card"], ["GIFT-CARD"], [""]
    rows = zip(items.product.tolist(), items.option.tolist(), items.pack.tolist(), strict=True)
    for number, (product, option, pack) in list(enumerate(rows))[1:]:
        packed = f" ({pack} pack)" if pack > 1 else ""
        names.append(
            f"{PRODUCTS[product % len(PRODUCTS)]} No. {product} - {OPTIONS[option % len(OPTIONS)]}{packed}"
        )
        skus.append(
            f"{PRODUCTS[product % len(PRODUCTS)][:3].upper()}-{product:05d}-{OPTIONS[option % len(OPTIONS)]}"
        )
        barcodes.append(f"{4_000_000_000_000 + number * 7}")
    return names, skus, barcodes
