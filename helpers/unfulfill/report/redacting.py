"""What a report shows of customers: nothing, initials, or names; and tracking numbers, which lead to their address."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jinja2
import pandas as pd

from unfulfill.errors import ParameterRefused, RunFolderRefused
from unfulfill.words import said

NONE, INITIALS, FULL = "none", "initials", "full"
LEVELS = (NONE, INITIALS, FULL)
SHOWN_DIGITS = 4  # of a tracking number where it is cut
_WORD = re.compile(r"\w+")


def checked_level(customers: object) -> str:
    """The level as it was written. Raises ParameterRefused for anything but none, initials and full."""
    if not isinstance(customers, str) or customers not in LEVELS:
        raise ParameterRefused(said("run_error.customers_level", customers=repr(customers)[:40]))
    return customers


@dataclass(frozen=True)
class Customers:
    """Whose the orders are, as far as a page shows it."""

    level: str = NONE
    by_order: Mapping[str, str] = field(default_factory=dict)  # order id → what is shown

    def of(self, order_id: str) -> str:
        """What is shown beside an order; blank at the level none."""
        return "" if self.level == NONE else self.by_order.get(order_id, said("run_error.customer_not_known"))


def shown_customers(rows: pd.DataFrame, customers: str) -> Customers:
    """What the level shows of table CUSTOMERS: "A. M.", or "Anna Müller, Hamburg"; a dash where there is no name.

    Raises RunFolderRefused where the table has less than the level needs.
    """
    if customers == FULL and rows["name"].isna().any():
        raise RunFolderRefused(said("run_error.only_initials", level=customers))
    if customers == FULL:
        names, cities = rows["name"].fillna(""), rows["city"].fillna("")
        shown = names.str.cat(cities, ", ").where((names != "") & (cities != ""), names + cities)
    else:
        shown = rows["initials"].fillna("")
    return Customers(customers, dict(zip(rows["order_id"], shown.where(shown != "", "–"), strict=True)))


class Cut:
    """Cuts known tracking numbers in any text to their last characters."""

    def __init__(self, numbers: Iterable[str]) -> None:
        self._by_start: dict[str, list[str]] = {}
        for number in sorted({each.strip() for each in numbers}, key=len, reverse=True):
            start = _WORD.search(number)
            if start is not None and len(number) > SHOWN_DIGITS:
                self._by_start.setdefault(start[0], []).append(number[start.start() :])

    def __call__(self, text: str) -> str:
        """The text with each of the numbers cut: "…0123" for "JD0100123"."""
        parts, at = [], 0
        for word in _WORD.finditer(text):
            number = self._number_at(text, word) if word.start() >= at else ""
            if number:
                parts += [text[at : word.start()], "…", number[-SHOWN_DIGITS:]]
                at = word.start() + len(number)
        return "".join([*parts, text[at:]])

    def _number_at(self, text: str, word: "re.Match[str]") -> str:
        """The longest of the numbers that stands there as a whole."""
        found = (n for n in self._by_start.get(word[0], ()) if text.startswith(n, word.start()))
        return next((n for n in found if not text[word.start() + len(n) :][:1].isalnum()), "")


@jinja2.pass_context
def cutting(context: jinja2.runtime.Context, value: Any) -> Any:
    """A template's value, cut where the page has a `cut`."""
    cut = context.get("cut")
    return cut(value) if cut is not None and type(value) is str else value
