"""The settings of a seeded world: shop, tokens, clock, switches, bucket."""

import random
from typing import Any

from sandbox_shop.seeding.errors import SeedRefused
from sandbox_shop.seeding.rows import stamp
from sandbox_shop.world import World

# What Shopify does here is inferred, not documented; a test may turn each.
SWITCHES: dict[str, Any] = {
    "cancel_stock": "committed",  # where cancelled units go: committed or available
    "auto_archive": True,  # an order that is paid and fulfilled is archived by itself
    "reopen_on_cancel": True,  # an archived order is opened when its fulfillment is cancelled
    "partial_fo": "grow",  # a partly fulfilled order: the same FO grows, or a new one is made
    "closed_fo": "new",  # a wholly fulfilled order: a new FO is made, or the closed one opens again
    "cancel_touches_order": True,  # the order's updatedAt moves with a cancel
    "names_count_cancelled": True,  # -F2 after a cancelled -F1, or -F1 again
    "reroute_to": None,  # location id that new FOs go to instead of their old one
    "hide_old_orders_days": 60,  # without read_all_orders
    "customer_data": "granted",  # whether apps were approved for addresses, or denied
}

# Letters that no real token has (those are hexadecimal), so that secret scanners stay quiet.
LETTERS = "ghjkmnpqrstuvwxyz"


def set_meta(
    world: World,
    rng: random.Random,
    *,
    name: str,
    currency: str,
    timezone: str,
    clock: int,
    seed: int,
) -> None:
    """Write every setting that the sandbox reads. `name` is shown after the word SANDBOX.

    Raises SeedRefused where the world holds a shop already.
    """
    if world.get("shop") is not None:
        raise SeedRefused(f"{world.path} holds a shop already; give the path of a new file.")
    shop = {
        "id": 81_000_000_000 + seed % 1_000_000,
        "name": f"SANDBOX {name}",
        "domain": "sandbox-shop.myshopify.com",
        "currency": currency,
        "timezone": timezone,
        "plan": {"publicDisplayName": "Development", "partnerDevelopment": True, "shopifyPlus": False},
    }
    values = {
        "shop": shop,
        "seed": seed,
        "clock": stamp(clock),
        "switches": SWITCHES,
        "bucket": {"maximum": 2000, "rate": 100},
        "latency_ms": 0,
        "token": f"shpat_sandbox_{_word(rng)}",
        "control_token": f"sandbox_control_{_word(rng)}",
        "client": {"id": f"sandbox_client_{_word(rng)}", "secret": f"shpss_sandbox_{_word(rng)}"},
    }
    for key, value in values.items():
        world.set(key, value)


def _word(rng: random.Random) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(24))
