"""Connections page by page: a generator of nodes that ends, whatever the shop says."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from unfulfill.errors import BadAnswer
from unfulfill.shop.client import Shop
from unfulfill.words import said

Node = Mapping[str, Any]


def walk(
    shop: Shop, operation: str, find: Callable[[Node], Any], first_page: Any = None, **variables: Any
) -> Iterator[dict[str, Any]]:
    """Every node of the connection that `find` picks out of the data of `operation`.

    `first_page` is a connection that was read already; `variables` stay the same from page to page, and
    `after` is added. Raises BadAnswer for a cursor that does not move on or data without the connection.
    """
    page = first_page if first_page is not None else _page(find, shop.read(operation, **variables))
    after = None
    while True:
        nodes, more, cursor = _contents(page, operation)
        yield from nodes
        if not more:
            return
        if not cursor or cursor == after:
            raise BadAnswer(said("shop_error.no_next_page", shop=shop.name, operation=operation))
        after = cursor
        page = _page(find, shop.read(operation, after=after, **variables))


def _page(find: Callable[[Node], Any], data: Node) -> Any:
    try:
        return find(data)
    except (KeyError, TypeError):
        return None


def _contents(page: Any, operation: str) -> tuple[list[dict[str, Any]], bool, str]:
    try:
        nodes, info = page["nodes"], page["pageInfo"]
        more, cursor = info["hasNextPage"], info["endCursor"]
    except (KeyError, TypeError):
        raise BadAnswer(said("shop_error.no_page", operation=operation)) from None
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise BadAnswer(said("shop_error.no_nodes", operation=operation))
    return nodes, more is True, cursor or ""
