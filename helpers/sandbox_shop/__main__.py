"""`python -m sandbox_shop`: serve a shop, print one line of JSON, go on until Ctrl-C or SIGTERM."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

import sandbox_shop


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 after a signal, 2 where the shop cannot be started."""
    parser = argparse.ArgumentParser(prog="python -m sandbox_shop", description=sandbox_shop.__doc__)
    parser.add_argument("--world", metavar="FILE", help="the shop's file; one that exists is served as it is")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers of a new incident shop")
    parser.add_argument("--size", type=int, default=600, metavar="ORDERS", help="of a new incident shop")
    parser.add_argument("--orders", metavar="FILE", help="seed from this Shopify orders CSV instead")
    parser.add_argument("--inventory", metavar="FILE", help="and its stock from this Shopify inventory CSV")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    options = parser.parse_args(arguments)
    return serve(**vars(options))


def serve(
    world: str | None, seed: int, size: int, orders: str | None, inventory: str | None, port: int
) -> int:
    """Serve until a signal; prints {"url", "token", "control_token", "world"} as one line.

    What was made of a merchant's files is said on stderr.
    """
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    try:
        shop = sandbox_shop.start(world, seed, size, port=port, orders=orders, inventory=inventory)
    except (ValueError, OSError, OverflowError) as error:
        print(f"The sandbox shop cannot be started: {error}", file=sys.stderr)
        return 2
    with shop:
        if shop.seeded:
            print(shop.seeded, file=sys.stderr)
        line = {
            "url": shop.url,
            "token": shop.token,
            "control_token": shop.control_token,
            "world": str(shop.world),
        }
        print(json.dumps(line), flush=True)
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
