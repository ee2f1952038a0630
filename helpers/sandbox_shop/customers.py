"""Whose an order is and where it goes: customers told apart by e-mail, addresses that are made up."""

import zlib
from collections.abc import Mapping
from typing import Any

BASE = 7_800_000_000_000  # of customer ids
STREETS = ("Lindenweg", "Hafenstraße", "Am Markt", "Rosenallee", "Mühlgasse")
CITIES = (("Hamburg", "20095"), ("Köln", "50667"), ("Leipzig", "04109"), ("Bremen", "28195"))
PARTS = (  # of MailingAddressInput; those of the API have the same names
    "firstName", "lastName", "company", "address1", "address2", "city", "zip", "countryCode", "provinceCode", "phone",
)  # fmt: skip


def customer_id(email: str | None) -> int | None:
    """The customer with this e-mail, the same in every world; None where there is none."""
    return BASE + zlib.crc32(email.strip().lower().encode()) if email and email.strip() else None


def made_up_address(number: int, name: str | None) -> dict[str, str]:
    """A complete address for the order of this number."""
    first, _, last = (name or "").partition(" ")
    city, code = CITIES[number % len(CITIES)]
    return {
        "firstName": first,
        "lastName": last or first or "Customer",
        "address1": f"{STREETS[number % len(STREETS)]} {number % 90 + 1}",
        "city": city,
        "zip": code,
        "countryCode": "DE",
    }


def given_address(address: Mapping[str, Any] | None) -> dict[str, str] | None:
    """What an app gave as the shipping address of a new order."""
    return None if address is None else {name: str(address[name]) for name in PARTS if address.get(name)}
