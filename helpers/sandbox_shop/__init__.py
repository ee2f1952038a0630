"""A local Shopify shop for tests and rehearsals: a real HTTP server on 127.0.0.1, its world one SQLite file.

`start()` serves one from this process, `python -m sandbox_shop` from a process of its own. README.md beside
this file says what it imitates and what not.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox_shop.running import SandboxShop

__all__ = ["SandboxShop", "start"]


def start(
    world: str | Path | None = None,
    seed: int = 1,
    size: int = 600,
    *,
    port: int = 0,
    orders: str | Path | None = None,
    inventory: str | Path | None = None,
) -> "SandboxShop":
    """Serve a shop until its `stop()`; also a context manager, with `url`, `token`, `control_token`, `world`.

    `world` is its file: one that exists is served as it is (by several processes, if need be), a new one is
    seeded, and without it the world is temporary. It is seeded with the incident shop of `seed` and `size`
    orders, or from a merchant's `orders` CSV, with or without an `inventory` CSV (then its `seeded` is a sentence
    that says what was made of them). `port` 0 takes a free one.
    ValueError or OSError with one sentence where a file or number cannot be used; nothing is left behind.
    """
    from sandbox_shop.running import start as start_running

    paths = [Path(path).expanduser() if path is not None else None for path in (world, orders, inventory)]
    return start_running(paths[0], seed, size, port, paths[1], paths[2])


def __getattr__(name: str) -> Any:
    """SandboxShop, imported when it is asked for: graphql-core need not be loaded to import this package."""
    if name == "SandboxShop":
        from sandbox_shop.running import SandboxShop

        return SandboxShop
    raise AttributeError(f"module 'sandbox_shop' has no attribute {name!r}")
