"""Whether a plan may be applied to the shop that is connected, and now."""

from collections.abc import Collection
from datetime import UTC, datetime

from unfulfill.errors import NotApproved, QuietHours, WrongShop
from unfulfill.model import Plan
from unfulfill.safety import quiet_now, raise_if_unsafe
from unfulfill.shop import Shop
from unfulfill.words import said


def check_approval(plan: Plan, shop: Shop, approve: str, approvals: Collection[str] = ()) -> None:
    """Raise a GuardRefused where the plan must not be applied to this shop now.

    `approve` is the digest that was given, `approvals` the names of those who approved the plan: NotApproved,
    WrongShop, LimitExceeded, QuietHours.
    """
    if approve != plan.digest:
        raise NotApproved(said("error.wrong_digest", digest=plan.digest))
    identity = shop.identity()
    if (identity.id, identity.domain) != (plan.shop.id, plan.shop.domain):
        raise WrongShop(said("error.wrong_shop", planned=plan.shop.domain, connected=identity.domain))
    if shop.api_version != plan.api_version:
        raise WrongShop(said("error.wrong_version", planned=plan.api_version, now=shop.api_version))
    raise_if_unsafe(plan, _shop_time(plan, shop), approvals)


def refuse_in_quiet_hours(plan: Plan, shop: Shop) -> None:
    """Raise QuietHours where the shop's clock says that nothing new may be sent. What is under way is not stopped."""
    if quiet := quiet_now(plan, _shop_time(plan, shop)):
        raise QuietHours(said("sent.quiet", quiet=quiet))


def _shop_time(plan: Plan, shop: Shop) -> datetime:
    """The shop's time; this machine's where the shop does not tell it.

    Where quiet hours depend on it the shop is asked: its last answer may be hours old in an open notebook, and a
    stopwatch stands still while a laptop sleeps.
    """
    if plan.limits.quiet_hours:
        shop.read("PreflightVersions")
    return shop.server_time or datetime.now(UTC)
