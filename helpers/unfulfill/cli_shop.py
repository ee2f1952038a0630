"""The commands about a shop: connect, unlock, sandbox."""

import argparse
import os
import sys
from pathlib import Path

from unfulfill.errors import ParameterRefused


def add_shop_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them to the command line."""
    _add_connect(commands.add_parser("connect", help="check and store what opens a shop, as a profile"))

    unlock = commands.add_parser("unlock", help="take a shop's lock from a machine that is gone for good")
    unlock.set_defaults(act=_unlock)
    unlock.add_argument("shop", help="a profile, or a domain such as example.myshopify.com")

    sandbox = commands.add_parser(
        "sandbox", help="serve a sandbox shop until Ctrl-C; prints one line of JSON"
    )
    sandbox.set_defaults(act=_sandbox)
    sandbox.add_argument(
        "--world", type=Path, metavar="FILE", help="its SQLite file; made where it is missing"
    )
    sandbox.add_argument("--seed", type=int, metavar="N")
    sandbox.add_argument("--size", type=int, metavar="ORDERS")
    sandbox.add_argument("--port", type=int, metavar="N", help="0 takes a free one")
    add_seed_files(sandbox)


def add_seed_files(parser: argparse.ArgumentParser) -> None:
    """Add the options of what a sandbox shop is made of."""
    parser.add_argument(
        "--orders", type=Path, metavar="FILE", help="seed the shop from an orders CSV of Shopify's"
    )
    parser.add_argument("--inventory", type=Path, metavar="FILE", help="and from an inventory CSV")


def _add_connect(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(act=_connect)
    parser.description = (
        "Asks for what is not given. A secret is never an argument: it is typed unseen or piped in."
    )
    parser.add_argument("--shop", default="", metavar="DOMAIN", help="such as example.myshopify.com")
    parser.add_argument("--profile", default="", metavar="NAME", help="the short name to open the shop by")
    parser.add_argument("--api-version", default="", metavar="YYYY-MM", help="2026-10 unless said")
    parser.add_argument(
        "--client-id", default="", metavar="ID", help="of the app, with --secret-stdin or asked"
    )
    given = parser.add_mutually_exclusive_group()
    given.add_argument("--token-stdin", action="store_true", help="read the access token from standard input")
    given.add_argument(
        "--secret-stdin", action="store_true", help="read the client secret from standard input"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="show the profiles, without secrets")
    instead.add_argument("--check", metavar="PROFILE", help="ask the shop again, store nothing")
    instead.add_argument("--forget", metavar="PROFILE", help="remove a profile and its secret")


def _connect(options: argparse.Namespace) -> int:
    from unfulfill import connect

    terminal = connect.Terminal(sys.stdout)
    if options.list:
        return connect.list_profiles(terminal)
    if options.check:
        return connect.check_profile(options.check, terminal)
    if options.forget:
        return connect.forget(options.forget, terminal)
    if options.secret_stdin != bool(options.client_id) and (options.secret_stdin or options.token_stdin):
        raise ParameterRefused(
            "--secret-stdin needs --client-id, and --token-stdin goes without; give one of the two ways."
        )
    asked = connect.Asked(
        options.shop,
        options.profile,
        options.api_version,
        options.client_id,
        options.token_stdin or options.secret_stdin,
    )
    if not asked.secret_on_stdin and not (sys.stdin and sys.stdin.isatty()):
        raise ParameterRefused(
            "There is no terminal to ask in; give --shop and --token-stdin, or --client-id and --secret-stdin, and "
            "pipe the secret in."
        )
    return connect.connect(asked, terminal)


def _unlock(options: argparse.Namespace) -> int:
    """Only a person can know that the machine that holds it will never go on."""
    from unfulfill.apply.shop_lock import remove_lock
    from unfulfill.home import home
    from unfulfill.profiles import find_settings
    from unfulfill.shop import Shop

    with Shop(find_settings(options.shop, os.environ, home())) as shop:
        holder = remove_lock(shop)
    print(f"The lock of {holder} was removed." if holder else "Nobody holds a lock of this shop.")
    return 0


def _sandbox(options: argparse.Namespace) -> int:
    """Become the sandbox: it shares no code with the workbench, so it is started like any other program."""
    command = [sys.executable, "-m", "sandbox_shop"]
    for name in ("world", "seed", "size", "orders", "inventory", "port"):
        value = getattr(options, name)
        if value is not None:
            command += [f"--{name}", str(value)]
    sys.stdout.flush()
    os.execv(sys.executable, command)
