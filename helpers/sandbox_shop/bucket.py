"""The leaky bucket of points: one for each app, in the world's file, so that processes share it.

It runs on real time, not on the shop's clock: a client really waits for it.
"""

from dataclasses import dataclass
from typing import Any

from sandbox_shop.world import World


@dataclass(frozen=True)
class BucketState:
    """What a bucket held after a request was charged, or refused."""

    is_enough: bool
    available: float
    maximum: float
    rate: float  # points that come back per second

    def throttle_status(self) -> dict[str, Any]:
        """As `extensions.cost.throttleStatus`."""
        return {
            "maximumAvailable": float(self.maximum),
            "currentlyAvailable": int(self.available),
            "restoreRate": float(self.rate),
        }


def charge(world: World, app: str, points: float, now_s: float) -> BucketState:
    """Take points, all or none; negative points give back what a request did not use. `now_s`: seconds, any epoch."""
    size = world.get("bucket", {})
    maximum, rate = float(size.get("maximum", 2000)), float(size.get("rate", 100))
    first = float(size.get("available", maximum))
    with world.writing():
        row = world.row("select available, at from bucket where app = ?", app)
        available = min(maximum, row["available"] + max(0.0, now_s - row["at"]) * rate) if row else first
        is_enough = points <= available
        if is_enough:
            available = min(maximum, available - points)
        world.connection.execute(
            "insert into bucket(app, available, at) values(?, ?, ?)"
            " on conflict(app) do update set available = excluded.available, at = excluded.at",
            (app, available, now_s),
        )
    return BucketState(is_enough, available, maximum, rate)
