"""The columns that a rule may ask about: one row a fulfillment, its order, and what the audit and people say of it.

This is the only place that says what each of them means; `unfulfill rules --columns` prints it. Kinds:

    text     compared by ==, != and in, upper or lower case alike; "abc" in x asks whether it stands somewhere inside
    number   compared and reckoned with
    time     compared with a day ("2026-11-01", that whole day in UTC), a moment ("2026-11-01T08:30Z") or another time
    flag     true or false, asked as it stands
    words    several texts; "vip" in tags asks for one of them
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from unfulfill.audit import KINDS
from unfulfill.audit.about_to_ship import OPEN_KINDS
from unfulfill.mark import FIXES, SEVERITIES

Kind = Literal["text", "number", "time", "flag", "words"]


@dataclass(frozen=True)
class Column:
    """One column: its kind, what it means, and its values where there are only these."""

    kind: Kind
    meaning: str
    values: tuple[str, ...] = ()


# Values of enums: Shopify's Admin schema, alike in 2026-04, 2026-07 and 2026-10.
_FINANCIAL = (
    "AUTHORIZED", "EXPIRED", "PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "PENDING", "REFUNDED", "VOIDED",
)  # fmt: skip
_RETURNS = (
    "INSPECTION_COMPLETE", "IN_PROGRESS", "NO_RETURN", "RETURNED", "RETURN_FAILED", "RETURN_REQUESTED",
)  # fmt: skip

_FOUND = tuple(kind for kind in KINDS if kind not in OPEN_KINDS)  # of fulfillments

COLUMNS: Mapping[str, Column] = {
    "order_name": Column("text", "name of the order, such as #1001"),
    "ordered_at": Column("time", "when the order was made"),
    "paid_at": Column("time", "when it was first paid; missing where it never was"),
    "cancelled_at": Column("time", "when the order was cancelled; missing where it was not"),
    "refunded_at": Column("time", "when it was last refunded; missing where it never was"),
    "closed_at": Column("time", "when the order was archived; missing where it was not"),
    "financial_status": Column("text", "what was paid of the order", _FINANCIAL),
    "return_status": Column("text", "how its return stands", _RETURNS),
    "source_name": Column("text", "where it was ordered: web, pos (the till), or an app"),
    "tags": Column("words", "tags of the order"),
    "test": Column("flag", "a test order"),
    "total": Column("number", "what the order costs now, in the shop's currency"),
    "days_since_ordered": Column("number", "days from the order to the export, 0.5 for half a day"),
    "fulfilled_at": Column("time", "when the fulfillment was made"),
    "days_since_fulfilled": Column("number", "days from the fulfillment to the export, 0.5 for half a day"),
    "minutes_from_payment": Column(
        "number", "minutes from the payment to the fulfillment, below 0 where it was made first; 0.5 for 30 seconds"
    ),
    "display_status": Column("text", "the fulfillment's status as the admin shows it, such as IN_TRANSIT"),
    "location": Column("text", "name of the location that it was fulfilled from"),
    "service": Column("text", "name of the fulfillment service; Manual for the merchant's own hands"),
    "service_type": Column("text", "kind of that service", ("GIFT_CARD", "MANUAL", "THIRD_PARTY")),
    "carrier": Column("text", "the shipping company that stands there"),
    "tracking": Column("text", "its tracking numbers, joined by commas"),
    "is_tracked": Column("flag", "whether a tracking number stands there"),
    "units": Column("number", "units in the fulfillment"),
    "items": Column("text", "what is in it, such as 2 × TEE-BLK-M, 1 × Mug"),
    "is_locked": Column("flag", "whether something says that the parcel left"),
    "severity": Column("text", "of its worst finding; missing where the audit found nothing", SEVERITIES),
    "findings": Column("words", "kinds of what the audit found", _FOUND),
    "right_fix": Column("text", "what the audit advises; missing where it found nothing", FIXES),
    "incident": Column("text", "names of the incidents that it belongs to, joined by semicolons"),
}  # fmt: skip
