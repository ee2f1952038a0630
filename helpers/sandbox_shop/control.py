"""The control API: what a test does to a shop that no client of Shopify can. `POST /_sandbox/<command>`.

Its paths lie outside Shopify's, and it has a token of its own.
"""

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox_shop import auth, faults
from sandbox_shop.app import App
from sandbox_shop.world import World, format_time, parse_time

KEPT_BY_RESET = ("token", "control_token", "client")
TRUTHS = ("ledger", "request", "email")


class ControlRefused(ValueError):
    """A command that cannot be carried out; the message says why."""


def run_command(app: App, command: str, given: dict[str, Any]) -> dict[str, Any]:
    """Carry out one command. ControlRefused, or another ValueError, where it is unknown or ill formed."""
    if command not in COMMANDS:
        raise ControlRefused(f"There is no command {command!r}; there are {', '.join(sorted(COMMANDS))}.")
    return COMMANDS[command](app.world, given)


def _reset(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """Empty the world and seed the incident shop: {"seed": 1, "size": 600}. Tokens stay as they are."""
    from sandbox_shop.seeding import seed_incident_shop

    kept = {key: world.get(key) for key in KEPT_BY_RESET}
    with world.writing():
        tables = world.rows(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        )
        for table in tables:
            world.connection.execute(f'delete from "{table["name"]}"')
        seed_incident_shop(world, seed=int(given.get("seed", 1)), size=int(given.get("size", 600)))
        for key, value in kept.items():
            world.set(key, value)
    return _state(world, {})


def _clock(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """The shop's clock: {} reads, {"set": time} freezes, {"set": null} frees, {"advance_s": 3600} moves it."""
    with world.writing():
        if "set" in given:
            world.set("clock", format_time(parse_time(given["set"])) if given["set"] else None)
        if "advance_s" in given:
            world.set("clock", format_time(world.now() + timedelta(seconds=float(given["advance_s"]))))
    return {"clock": format_time(world.now()), "frozen": bool(world.get("clock"))}


def _faults(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """Faults: {} lists, {"clear": true} takes all back, {"add": [fault …]} or one fault orders them."""
    if given.get("clear"):
        faults.clear_faults(world)
    added = given.get("add", [given] if "kind" in given else [])
    for spec in added if isinstance(added, list) else [added]:
        faults.add_fault(world, spec)
    return {"faults": faults.list_faults(world)}


def _switches(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """The switches of what is inferred about Shopify: those given are set, all are answered."""
    return {"switches": _merge(world, "switches", given)}


def _settings(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """{"latency_ms": 50} before each answer; {"bucket": {"maximum": 2000, "rate": 100}}, filled up again.

    With "available" in the bucket it begins at that level instead of full.
    """
    unknown = sorted(set(given) - {"latency_ms", "bucket"})
    if unknown:
        raise ControlRefused(f"There is no setting {unknown[0]!r}; there are bucket and latency_ms.")
    with world.writing():
        if "latency_ms" in given:
            world.set("latency_ms", float(given["latency_ms"]))
        if "bucket" in given:
            _merge(world, "bucket", given["bucket"])
            world.connection.execute("delete from bucket")
    return {"latency_ms": world.get("latency_ms", 0), "bucket": world.get("bucket")}


def _tokens(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """{"scopes": [...], "app": name, "expires_in_s": 60} makes a token; {"expire": token} ends one."""
    if "expire" in given:
        if auth.identify(world, given["expire"]) is None:
            raise ControlRefused("This token is not valid, so it cannot be made to expire.")
        auth.issue_token(world, given["expire"], lifetime_s=0)
        return {"expired": True}
    scopes = frozenset(given.get("scopes", auth.ALL_SCOPES))
    unknown = sorted(scopes - auth.ALL_SCOPES)
    if unknown:
        raise ControlRefused(f"The sandbox knows no scope {unknown[0]!r}.")
    token = new_secret("shpat_sandbox")
    auth.issue_token(world, token, str(given.get("app", auth.OWN_APP)), scopes, given.get("expires_in_s"))
    return {"token": token}


def _truth(table: str) -> Callable[[World, dict[str, Any]], dict[str, Any]]:
    def command(world: World, given: dict[str, Any]) -> dict[str, Any]:
        return {
            "rows": world.rows(f"select * from {table} where id > ? order by id", int(given.get("since", 0)))
        }

    command.__doc__ = (
        f"Ground truth: the rows of the world's `{table}` table; {{'since': id}} leaves older ones out."
    )
    return command


def _state(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """How much there is of each thing, and the settings."""
    tables = ("order", "fulfillment", "fulfillment_order", "item", "location", "bulk_operation", *TRUTHS)
    rows = {name: world.rows(f'select count(*) as number from "{name}"')[0]["number"] for name in tables}
    return {
        "rows": rows,
        "clock": format_time(world.now()),
        "seed": world.get("seed"),
        "shop": world.get("shop"),
    }


def _merge(world: World, key: str, given: dict[str, Any]) -> dict[str, Any]:
    with world.writing():
        merged = {**world.get(key, {}), **given}
        world.set(key, merged)
    return merged


def new_secret(prefix: str) -> str:
    """A random token. Its letters are no hexadecimal digits, so that no scanner takes it for a real one."""
    return f"{prefix}_" + "".join(secrets.choice("ghjkmnpqrstuvwxyz") for _ in range(32))


COMMANDS: dict[str, Callable[[World, dict[str, Any]], dict[str, Any]]] = {
    "reset": _reset,
    "clock": _clock,
    "faults": _faults,
    "switches": _switches,
    "settings": _settings,
    "tokens": _tokens,
    "state": _state,
    **{table: _truth(table) for table in TRUTHS},
}


def parse_command(body: bytes) -> dict[str, Any]:
    """The JSON object of a command's body; empty where there is none."""
    try:
        given = json.loads(body) if body else {}
    except ValueError:
        raise ControlRefused("The body of a command is a JSON object.") from None
    if not isinstance(given, dict):
        raise ControlRefused("The body of a command is a JSON object.")
    return given
