"""The stage on which the made-up orders play: places, services, items, chance, and helpers to build a draft."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from sandbox_shop.seeding.catalogue import Catalogue, cents_of, money
from sandbox_shop.seeding.drafts import Draft, DraftLine, Item, Refund, Shipment
from sandbox_shop.seeding.orders import OrderWriter
from sandbox_shop.seeding.people import HOSTILE, Person, make_person
from sandbox_shop.seeding.rows import Rows
from sandbox_shop.seeding.shelf import Shelf
from sandbox_shop.seeding.truth import Incident

HOUR = 3600
DAY = 86_400
STAFF = ""  # fulfilled by a person in the admin: no app
LABELS_APP = "Parcelbench Labels"
DEPOT_APP = "Cargolane Fulfilment"
TILL_APP = "Point of Sale"
HOSTILE_ORDERS = 2 * len(HOSTILE)  # spread over the first 1,600
CARRIERS = (("Nordpost", "NP"), ("Kurier Blitz", "KB"), ("Parcello", "PC"))


@dataclass
class Stage:
    """Everything that the makers of orders share. Ids are those of the world's rows; `now` in seconds."""

    rng: random.Random
    now: int
    size: int
    rows: Rows
    shelf: Shelf
    writer: OrderWriter
    catalogue: Catalogue
    warehouse: int
    store: int
    depot: int
    manual: int
    gift_card_service: int
    depot_service: int
    incidents: list[Incident] = field(default_factory=list)
    quiet_days: set[int] = field(
        default_factory=set
    )  # days (since 1970) on which no courier came to the warehouse
    written: int = 0

    def items(self, most: int, among: Sequence[Item] = ()) -> list[Item]:
        """One to `most` different items (of `among`, else all regular ones), the first of them more often."""
        choice = among or self.catalogue.regular
        places = {int(len(choice) * self.rng.random() ** 1.5) for _ in range(self.rng.randint(1, most))}
        return [choice[place] for place in sorted(places)]

    def lines(
        self, location: int, most: int = 3, method: str = "SHIPPING", *, among: Sequence[Item] = ()
    ) -> list[DraftLine]:
        """Order lines of such items."""
        quantities = (1, 1, 1, 2, 2, 3)
        return [
            DraftLine(item, self.rng.choice(quantities), location, method) for item in self.items(most, among)
        ]

    def parcel(self, carrier: int | None = None) -> dict[str, str]:
        """A tracking entry with a number of its own."""
        company, letters = CARRIERS[self.rng.randrange(len(CARRIERS)) if carrier is None else carrier]
        number = f"{letters}{self.rng.randrange(10**9, 10**10)}DE"
        return {"company": company, "number": number, "url": f"https://track.example.com/{number}"}

    def order(self, created: int, lines: list[DraftLine], *, source: str = "web") -> Draft:
        """A paid order of a customer, not yet fulfilled."""
        paid = created + self.rng.randint(1, 20)
        total = money(sum(cents_of(line.item.price) * line.quantity for line in lines))
        gateway = "cash" if source == "pos" else self.rng.choice(("shopify_payments", "paypal"))
        return Draft(
            created=created,
            lines=lines,
            currency="EUR",
            total=total,
            source=source,
            paid_at=paid,
            payments=[("SALE", "SUCCESS", gateway, paid)],
            retail_location=self.store if source == "pos" else None,
        )

    def ship(self, draft: Draft, at: int, location: int, app: str, *, places: Sequence[int] = ()) -> Shipment:
        """Add a fulfillment of whole order lines: of those in `places`, else of all. Neither tracking nor events."""
        chosen = places or range(len(draft.lines))
        shipment = Shipment(
            units={place: draft.lines[place].quantity - draft.lines[place].removed for place in chosen},
            at=at,
            location=location,
            service=self.depot_service if location == self.depot else self.manual,
            app=app,
        )
        draft.shipments.append(shipment)
        return shipment

    def travel(self, shipment: Shipment) -> None:
        """Give a shipment a parcel and what the carrier has reported of it until now."""
        shipment.tracking = [self.parcel()]
        at = shipment.at + self.rng.randint(60, 600)
        for status, shortest, longest in (
            ("LABEL_PRINTED", 1, 5 * 60),
            ("CARRIER_PICKED_UP", HOUR, 9 * HOUR),
            ("IN_TRANSIT", HOUR, 14 * HOUR),
            ("OUT_FOR_DELIVERY", 12 * HOUR, 60 * HOUR),
            ("DELIVERED", HOUR, 9 * HOUR),
        ):
            at += self.rng.randint(shortest, longest)
            if at > self.now:
                return
            shipment.events.append((status, at))
            shipment.display = status

    def refund(
        self, draft: Draft, at: int, lines: list[tuple[int, int, str, int | None]], note: str | None
    ) -> None:
        """Give back the price of order lines; `lines` as in `Refund`."""
        amount = sum(cents_of(draft.lines[place].item.price) * quantity for place, quantity, _, _ in lines)
        before = cents_of(draft.refunded)
        draft.refunds.append(Refund(at, money(amount), note, lines))
        draft.refunded = money(before + amount)
        draft.financial = "REFUNDED" if draft.refunded == draft.total else "PARTIALLY_REFUNDED"

    def refund_money(self, draft: Draft, at: int, note: str | None) -> None:
        """Give back everything that was paid, without saying which units."""
        draft.refunds.append(Refund(at, draft.total, note))
        draft.refunded = draft.total
        draft.financial = "REFUNDED"

    def write(self, draft: Draft) -> list[int]:
        """Sign the order with a customer and queue its rows; returns the ids of its fulfillments."""
        person = self._next_person()
        draft.customer, draft.email, draft.locale = person.name, person.email, person.locale
        draft.note = draft.note or person.note
        draft.tags = [*draft.tags, *person.tags]
        if person.title is not None:
            draft.lines[0].title = person.title
        return self.writer.write(draft)

    def keep_on_shelf(self, draft: Draft, shipment: Shipment) -> None:
        """The units of a shipment never left: a count finds them where the shop says they left from."""
        for place, quantity in shipment.units.items():
            self.shelf.misplace(draft.lines[place].item, shipment.location, quantity)

    def _next_person(self) -> Person:
        self.written += 1
        every = max(2, min(self.size, 1600) // HOSTILE_ORDERS)
        turn, rest = divmod(self.written, every)
        if rest == 1 and turn < HOSTILE_ORDERS:
            return HOSTILE[turn % len(HOSTILE)]
        return make_person(self.rng, self.written)
