"""Whose orders are, for reports that shall say it: initials, or name and city; never a street, e-mail or telephone."""

import re
from collections.abc import Iterable, Iterator, Sequence

import duckdb
import pandas as pd

from unfulfill.errors import AccessDenied
from unfulfill.progress import Progress, no_progress
from unfulfill.redaction import printable
from unfulfill.shop.client import Shop
from unfulfill.shop.reading import IDS_A_REQUEST, nodes_by_id
from unfulfill.shop.shapes import Node, part, text
from unfulfill.tables import CUSTOMERS, make_table
from unfulfill.words import said

MOST_LETTERS = 80  # of a name or a city
MOST_MARKS = 8  # code points of one initial; a letter may have hundreds of marks heaped on it
_BEFORE_LETTERS = re.compile(r"^[\W_]+")


def read_customer_names(
    shop: Shop, order_ids: Iterable[str], with_names: bool, progress: Progress = no_progress
) -> pd.DataFrame:
    """Table CUSTOMERS, a row for each order asked; without `with_names` it has the initials alone.

    Raises AccessDenied where the token may not know addresses.
    """
    ids = list(dict.fromkeys(order_ids))
    found: dict[str, Node] = {}
    try:
        for start in range(0, len(ids), IDS_A_REQUEST):
            progress(start, len(ids), "reading whose orders they are")
            nodes = nodes_by_id(shop, "OrderNamesById", ids[start : start + IDS_A_REQUEST], "Order")
            found |= {node["id"]: part(node, "shippingAddress") for node in nodes}
    except AccessDenied:
        raise AccessDenied(said("shop_error.names_denied")) from None
    words = [_words(found.get(id_, {})) for id_ in ids]
    cities = [_clean(found.get(id_, {}), "city") for id_ in ids]
    rows: dict[str, list[str | None]] = {"order_id": list(ids), "initials": list(initials_of(words))}
    if with_names:
        rows |= {"name": [" ".join(each) for each in words], "city": list(cities)}
    return make_table(CUSTOMERS, rows)


def initials_of(names: Sequence[Sequence[str]]) -> list[str]:
    """ "A. M." for ("Anna", "Müller"), blank for no name: the first letter as a person sees it, in any script."""
    words = [[_BEFORE_LETTERS.sub("", word) or word for word in name] for name in names]
    flat = [word for name in words for word in name]
    with (
        duckdb.connect() as letters
    ):  # it knows where what is seen as one letter ends (Unicode's grapheme clusters)
        told = letters.execute("select list_transform($1::varchar[], lambda w: left_grapheme(w, 1))", [flat])
        first: Iterator[str] = iter((told.fetchone() or ([],))[0])
    return [" ".join(f"{_capital(next(first))}." for _ in name) for name in words]


def _words(address: Node) -> list[str]:
    """First and last name as far as there are any, else the company."""
    names = [_clean(address, "firstName"), _clean(address, "lastName")]
    return [name for name in names if name] or [name for name in [_clean(address, "company")] if name]


def _clean(address: Node, name: str) -> str:
    return " ".join(printable(text(address, name)).split())[:MOST_LETTERS]


def _capital(letter: str) -> str:
    large = letter.upper()
    return (large if len(large) == len(letter) else letter)[:MOST_MARKS]
