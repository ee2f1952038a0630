"""Values of an answer, one by one: what Shopify sends, and what it never does."""

from collections.abc import Callable
from typing import Any

import pytest

from unfulfill.errors import BadAnswer
from unfulfill.shop.shapes import flag, identifier, moment, number, part, parts


@pytest.mark.parametrize(
    ("read", "empty"), [(number, 0), (part, {}), (parts, [])], ids=["number", "part", "parts"]
)
def test_null_is_nothing(read: Callable[[Any, str], Any], empty: Any) -> None:
    assert read({"x": None}, "x") == empty


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (number, "7"),
        (number, True),
        (number, 1.5),
        (part, []),
        (part, "text"),
        (parts, {}),
        (parts, [{}, None]),
        (flag, 1),
        (identifier, "123"),
        (moment, "2026-10-01"),
        (moment, "2026-10-01T00:00:00"),
    ],
)
def test_what_is_of_another_kind_is_refused_by_its_name(
    read: Callable[[Any, str], Any], value: object
) -> None:
    with pytest.raises(BadAnswer, match="quantity"):
        read({"quantity": value}, "quantity")
