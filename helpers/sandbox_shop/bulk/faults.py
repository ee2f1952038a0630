"""Faults of bulk operations, for tests of their readers: the switch `bulk_fault` of the world.

`{"fail_at": objects, "error_code": code, "drop_every": n, "drop_kind": type, "drop_last": n, "drop_counted": bool,
"cut_line": n, "refuse_every": n, "error_every": n, "double_every": n, "delay_s": seconds, "times": n, "of": text}`:
fail after so many objects; leave lines out of the file, every n-th, those of a type or the last n (counted in
objectCount all the same, unless `drop_counted` is false); write the n-th line by half; of a mutation, refuse every
n-th line with a user error, answer it with an internal error although it was done, or write it twice; sleep before
each block. All this for `times` operations, else for all; and only for those whose query holds the text `of`.
"""

from dataclasses import dataclass
from typing import Any

from sandbox_shop.world import World, gid


@dataclass(frozen=True)
class BulkFault:
    """What goes wrong in one operation; nothing by default."""

    fail_at: int | None = None
    error_code: str = "INTERNAL_SERVER_ERROR"
    drop_every: int | None = None
    drop_kind: str = ""
    drop_last: int = 0
    cut_line: int = 0
    drop_counted: bool = True
    refuse_every: int | None = None
    error_every: int | None = None
    double_every: int | None = None
    delay_s: float = 0.0

    def drops(self, number: int, id_: str) -> bool:
        """Whether the line with this number (the first is 1) and id is lost."""
        return is_nth(number, self.drop_every) or (
            bool(self.drop_kind) and id_.startswith(gid(self.drop_kind, ""))
        )

    def fails(self, objects_done: int) -> bool:
        """Whether the operation ends here."""
        return self.fail_at is not None and objects_done >= self.fail_at


def is_nth(number: int, every: int | None) -> bool:
    """Whether a fault that meets every n-th line meets this one, the first being 1; None: it meets none."""
    return every is not None and number % every == 0


def take_fault(world: World, query: str) -> BulkFault:
    """The fault for the operation that starts now with this query; counts `times` down."""
    with world.writing():
        switches: dict[str, Any] = world.get("switches", {})
        given = dict(switches.get("bulk_fault") or {})
        if not given or given.pop("of", "") not in query:
            return BulkFault()
        times = given.pop("times", None)
        if times is not None:
            switches["bulk_fault"] = {**switches["bulk_fault"], "times": times - 1} if times > 1 else None
            world.set("switches", switches)
    return BulkFault(**given)
