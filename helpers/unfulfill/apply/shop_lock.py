"""One apply at a time for a shop, wherever it runs: a lock that the shop itself keeps.

`unfulfill.lock` keeps the processes of one machine apart, this one keeps machines apart. It is a metafield of our own
app's installation, set only if it is still what was read (`compareDigest` of metafieldsSet, shopify.dev, 2026-11). It
never expires: Shopify cannot stop a process that slept and goes on later. A holder on this machine whose process has
ended is passed over; one on another machine is removed by a person with `unfulfill unlock`.
"""

import json
import os
import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from unfulfill.errors import BadAnswer, Locked, OutcomeUnknown, ShopError
from unfulfill.shop import Shop
from unfulfill.words import said

NAMESPACE, KEY = "$app:unfulfill", "lock"


@dataclass(frozen=True)
class Holder:
    """Who applies to a shop."""

    token: str  # of this one apply
    who: str
    host: str
    pid: int
    since: str  # the shop's time
    plan: str  # how its digest begins

    def __str__(self) -> str:
        """For a message."""
        facts = {name: str(fact) for name, fact in asdict(self).items() if name != "token"}
        return said("run_error.shop_holder", **facts) if self.token else said("run_error.shop_holder_unknown")


def new_holder(shop: Shop, who: str, plan: str) -> Holder:
    """This process, about to apply the plan with this digest."""
    shop.identity()
    since = shop.server_time.isoformat(timespec="seconds") if shop.server_time else ""
    return Holder(uuid.uuid4().hex, who, platform.node(), os.getpid(), since, plan[:12])


class ShopLock:
    """The lock of one shop, held."""

    def __init__(self, shop: Shop, holder: Holder) -> None:
        self.shop = shop
        self.holder = holder

    @property
    def is_held(self) -> bool:
        """Whether the shop still names us: a person may have removed the lock."""
        _, holder, _ = _read(self.shop)
        return holder is not None and holder.token == self.holder.token


@contextmanager
def shop_keeps_lock(shop: Shop, me: Holder) -> Iterator[ShopLock]:
    """Hold the lock that the shop keeps. Raises Locked, naming the holder, where another apply holds it."""
    installation, holder, digest = _read(shop)
    if holder is not None and is_running(holder):
        raise Locked(
            said("error.applying_already", shop=shop.name, holder=holder)
            + " "
            + said("error.unlock", shop=shop.name)
        )
    if not _set(shop, installation, asdict(me), digest):
        _, holder, _ = _read(shop)
        raise Locked(said("error.same_moment", shop=shop.name, holder=holder))
    try:
        yield ShopLock(shop, me)
    finally:
        _release(shop, me)


def remove_lock(shop: Shop) -> Holder | None:
    """Take the lock away from whoever holds it; says who that was. Only a person may decide that."""
    installation, holder, digest = _read(shop)
    if holder is not None and not _set(shop, installation, {}, digest):
        raise Locked(said("run_error.lock_changed", shop=shop.name))
    return holder


def is_running(holder: Holder) -> bool:
    """Whether the apply may still be going on. Of another machine nobody here can know, so it counts as going on."""
    if holder.host != platform.node():
        return True
    if holder.pid == os.getpid():  # `unfulfill.lock` let us in, so that one has ended
        return False
    try:
        os.kill(holder.pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)  # another person's process goes on too
    return True


def _release(shop: Shop, me: Holder) -> None:
    """Give the lock back; where the shop cannot be reached it stays, and this machine passes over it next time."""
    try:
        installation, holder, digest = _read(shop)
        if holder is not None and holder.token == me.token:
            _set(shop, installation, {}, digest)
    except ShopError:
        return


def _read(shop: Shop) -> tuple[str, Holder | None, str | None]:
    """Id of the app's installation, who holds the lock, and the digest of what was read."""
    installation = shop.read("ShopLock", namespace=NAMESPACE, key=KEY).get("currentAppInstallation")
    if not isinstance(installation, dict) or not isinstance(installation.get("id"), str):
        raise BadAnswer(said("run_error.no_installation", shop=shop.name))
    field = installation.get("metafield")
    if not isinstance(field, dict):
        return installation["id"], None, None
    return installation["id"], _holder(field.get("value")), field.get("compareDigest")


def _holder(text: Any) -> Holder | None:
    try:
        plain = json.loads(text)
        return Holder(**plain) if plain else None
    except (ValueError, TypeError):
        return Holder("", "somebody", "an unknown machine", 0, "an unknown time", "unknown")


def _set(shop: Shop, installation: str, value: dict[str, Any], digest: str | None) -> bool:
    """Whether the shop took the value; False where it was changed since it was read."""
    text = json.dumps(value)
    field = {
        "ownerId": installation,
        "namespace": NAMESPACE,
        "key": KEY,
        "type": "json",
        "value": text,
        "compareDigest": digest,
    }
    try:
        errors = shop.write("ShopLockSet", metafields=[field])["userErrors"]
    except OutcomeUnknown:
        _, holder, _ = _read(shop)
        return (holder.token if holder else None) == value.get("token")
    if errors and errors[0].get("code") not in ("STALE_OBJECT", "INVALID_COMPARE_DIGEST"):
        raise ShopError(said("run_error.lock_not_kept", shop=shop.name, error=str(errors[0].get("message"))))
    return not errors
