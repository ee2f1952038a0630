"""Connections: pages of rows with cursors, by Shopify's rules of pagination."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from sandbox_shop.context import Context, TopLevelError
from sandbox_shop.world import Row

MAX_PAGE = 250


def connection(context: Context, rows: Sequence[Row], args: dict[str, Any]) -> dict[str, Any]:
    """A connection over rows that are all at hand, in the order that holds without `reverse`.

    `args` are the GraphQL arguments of the field (first, last, after, before, reverse). In a bulk operation
    everything is given.
    """
    if context.bulk:
        return {"nodes": rows}
    size, backwards = page_size(args)
    ordered = list(reversed(rows)) if args.get("reverse") else list(rows)
    start, stop = 0, len(ordered)
    keys = [row_cursor_id(row) for row in ordered]
    if args.get("after"):
        start = _position(keys, args["after"]) + 1
    if args.get("before"):
        stop = _position(keys, args["before"])
    window = ordered[start:stop]
    page = window[-size:] if backwards else window[:size]
    cut = len(page) < len(window)
    return page_of(
        page,
        has_next=(stop < len(ordered)) if backwards else cut or stop < len(ordered),
        has_previous=cut or start > 0 if backwards else start > 0,
    )


def page_of(
    rows: Sequence[Row], has_next: bool, has_previous: bool, values: Sequence[Any] = ()
) -> dict[str, Any]:
    """The dict of one page; `values` are the sort values that go into the cursors."""
    cursors = [
        make_cursor(row_cursor_id(row), values[number] if values else None) for number, row in enumerate(rows)
    ]
    return {
        "nodes": rows,
        "edges": [{"cursor": cursor, "node": row} for cursor, row in zip(cursors, rows, strict=True)],
        "page_info": {
            "has_next_page": has_next,
            "has_previous_page": has_previous,
            "start_cursor": cursors[0] if cursors else None,
            "end_cursor": cursors[-1] if cursors else None,
        },
    }


def page_size(args: dict[str, Any]) -> tuple[int, bool]:
    """Number of rows asked for, and whether they are the last ones. TopLevelError where neither or both are given."""
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise TopLevelError("you must provide one of first or last", "BAD_REQUEST")
    if first is not None and last is not None:
        raise TopLevelError("providing both first and last is not supported", "BAD_REQUEST")
    size: int = first if first is not None else last  # type: ignore[assignment]
    if size < 0:
        name = "first" if last is None else "last"
        raise TopLevelError(f"{name} cannot be negative", "BAD_REQUEST")
    return min(size, MAX_PAGE), last is not None


def make_cursor(id_: int | str, value: Any = None) -> str:
    """An opaque cursor: the last id seen and the value it was sorted by."""
    text = json.dumps(
        {"last_id": id_, "last_value": value if value is not None else str(id_)}, separators=(",", ":")
    )
    return base64.b64encode(text.encode()).decode()


def read_cursor(text: str) -> tuple[Any, Any]:
    """Id and sort value of a cursor. TopLevelError where it is none of ours."""
    try:
        data = json.loads(base64.b64decode(text, validate=True))
        return data["last_id"], data["last_value"]
    except (ValueError, KeyError, TypeError):
        raise TopLevelError(f"Invalid cursor for current pagination sort: {text}", "BAD_REQUEST") from None


def row_cursor_id(row: Row) -> Any:
    """What tells a row from its neighbours in one connection."""
    return (
        f"{row['item_id']}-{row['location_id']}" if row.get("__typename") == "InventoryLevel" else row["id"]
    )


def _position(keys: list[Any], cursor: str) -> int:
    id_ = read_cursor(cursor)[0]
    try:
        return keys.index(id_)
    except ValueError:
        raise TopLevelError(f"Invalid cursor for current pagination sort: {cursor}", "BAD_REQUEST") from None
