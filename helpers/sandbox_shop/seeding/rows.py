"""Rows on their way into a world: ids given out per kind, inserted in blocks."""

import time
from typing import Any

from sandbox_shop.world import ID_BASES, World

# Kinds that world.ID_BASES does not know. Below its default base, so that ids given out later never collide.
OTHER_BASE = 900_000_000_000
BLOCK_ROWS = 20_000


class Rows:
    """Collects rows per table and inserts them a block at a time, inside the caller's `world.writing()`."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables: dict[str, list[dict[str, Any]]] = {}
        self._last: dict[str, int] = {}
        self._waiting = 0

    def new_id(self, kind: str) -> int:
        """The next id of a kind (Order, LineItem, …), in the order of asking."""
        last = self._last.get(kind) or ID_BASES.get(kind, OTHER_BASE)
        self._last[kind] = last + 1
        return last + 1

    def start_ids_above(self, kind: str, id_: int) -> None:
        """Let ids made from now on be larger than `id_`, one that came from outside."""
        self._last[kind] = max(self._last.get(kind) or ID_BASES.get(kind, OTHER_BASE), id_)

    def add(self, table: str, row: dict[str, Any]) -> None:
        """Queue one row. All rows of a table must have the same columns in the same order."""
        self._tables.setdefault(table, []).append(row)
        self._waiting += 1
        if self._waiting >= BLOCK_ROWS:
            self.flush()

    def flush(self) -> None:
        """Insert what is queued."""
        for table, rows in self._tables.items():
            self._world.insert_many(table, rows)
        self._tables.clear()
        self._waiting = 0

    def finish(self) -> None:
        """Insert what is queued and save the last id of each kind, from where the world goes on."""
        self.flush()
        for kind, last in self._last.items():
            if kind in ID_BASES:
                self._world.set(f"id:{kind}", last)


def stamp(seconds: float) -> str:
    """Text of a time given in seconds since 1970, as worlds store it: 2026-10-05T08:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def stamp_or_none(seconds: float | None) -> str | None:
    """`stamp`, or None where there is no time."""
    return None if seconds is None else stamp(seconds)
