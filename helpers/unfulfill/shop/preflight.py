"""Is everything there? What a shop, its token and the way to it can do, one line each with what to do about it.

Only reads. What the token may not read becomes a line; only a shop that cannot be talked to at all is an error.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from unfulfill.errors import AccessDenied, BadAnswer
from unfulfill.shop.client import Shop
from unfulfill.shop.pages import walk
from unfulfill.shop.scopes import Check, State, scope_checks
from unfulfill.words import said

Preflight = tuple[Check, ...]

CANCEL_POINTS = 10  # of a fulfillmentCancel (measured on recorded shops, 2026)
END_IS_NEAR_DAYS = 60
LARGEST_SKEW_S = 60.0
MOST_NAMED = 8


def this_machines_time() -> datetime:
    """What the clock of this machine says."""
    return datetime.now(UTC)


def preflight(shop: Shop, now: Callable[[], datetime] = this_machines_time) -> Preflight:
    """Every line, in the order in which a person would ask. `now` is the clock of this machine.

    Raises a ShopError where the shop gives no answer to build on (no connection, a wrong token, a frozen shop,
    another API version) and WrongShop where another shop answers.
    """
    shop.identity()  # what this costs in waiting shall not blur the clock
    sent_at = now()
    facts = shop.read("PreflightVersions")
    received_at = now()
    shop_time = shop.server_time or received_at
    return (
        _shop_check(shop, facts),
        _token_check(shop),
        _points_check(shop),
        version_check(shop.api_version, shop.served_version, _supported(shop, facts), shop_time.date()),
        *scope_checks(shop.scopes, shop_time),
        *_place_checks(shop),
        clock_check(shop.server_time, sent_at, received_at, is_sandbox=shop.settings.is_sandbox),
    )


def worst(checks: Preflight) -> State:
    """The state of the worst line."""
    states = {check.state for check in checks}
    return "bad" if "bad" in states else "warn" if "warn" in states else "good"


def _shop_check(shop: Shop, facts: dict[str, Any]) -> Check:
    identity, plan = shop.identity(), _plan(shop, facts)
    kind = said("check.live")
    if identity.is_sandbox:
        kind = said("check.sandbox")
    elif plan["partnerDevelopment"]:
        kind = said("check.development")
    elif plan["shopifyPlus"]:
        kind = said("check.plus")
    text = said("check.shop", shop=identity.name, domain=identity.domain, plan=identity.plan, kind=kind)
    return Check("shop", "good", text)


def _plan(shop: Shop, facts: dict[str, Any]) -> dict[str, bool]:
    try:
        plan = facts["shop"]["plan"]
        return {name: plan[name] is True for name in ("partnerDevelopment", "shopifyPlus")}
    except (KeyError, TypeError):
        raise BadAnswer(said("shop_error.no_plan", shop=shop.name)) from None


def _token_check(shop: Shop) -> Check:
    ends_in_s = shop.token_ends_in_s
    if ends_in_s is None:
        return Check("token", "good", said("check.token"))
    hours, minutes = divmod(max(0, round(ends_in_s / 60)), 60)
    return Check("token", "good", said("check.token_renewed", hours=hours, minutes=f"{minutes:02}"))


def _points_check(shop: Shop) -> Check:
    maximum, rate = int(shop.bucket.maximum), int(shop.bucket.restore_rate)
    if not rate:
        return Check("points", "warn", said("check.points_unknown"), said("check.try_again"))
    text = said(
        "check.points",
        maximum=maximum,
        rate=rate,
        at_once=maximum // CANCEL_POINTS,
        a_minute=rate * 60 // CANCEL_POINTS,
        each=CANCEL_POINTS,
    )
    return Check("points", "good", text)


def _supported(shop: Shop, facts: dict[str, Any]) -> list[str]:
    try:
        return sorted(each["handle"] for each in facts["publicApiVersions"] if each["supported"])
    except (KeyError, TypeError):
        raise BadAnswer(said("shop_error.no_versions", shop=shop.name)) from None


def version_check(asked: str, served: str, supported: Sequence[str], today: date) -> Check:
    """Which API version answers, and until when Shopify supports it: at least a year from its first day."""
    if asked not in supported:
        return Check(
            "API version",
            "bad",
            said("check.version_gone", asked=asked, served=served, supported=", ".join(supported) or "–"),
            said("check.set_version"),
        )
    year, month = (int(part) for part in asked.split("-"))
    end = date(year + 1, month, 1)
    left = (end - today).days
    return Check(
        "API version",
        "warn" if left < END_IS_NEAR_DAYS else "good",
        said("check.version", asked=asked, served=served, end=str(end)),
        said("check.newer_version") if left < END_IS_NEAR_DAYS else "",
    )


def _place_checks(shop: Shop) -> list[Check]:
    """Locations, and services that ship for the shop."""
    for operation in ("PreflightLocations", "PreflightNamelessLocations"):
        try:
            places = list(walk(shop, operation, lambda data: data["locations"]))
        except AccessDenied:
            continue
        return [_locations_check(places), _services_check(places)]
    denied, advice = said("check.places_denied"), said("check.grant_places")
    return [Check("locations", "bad", denied, advice), Check("services", "warn", denied, advice)]


def _locations_check(places: Sequence[dict[str, Any]]) -> Check:
    own = [place for place in places if not place.get("isFulfillmentService")]
    inactive = sum(not place.get("isActive") for place in own)
    numbers = said(
        "check.locations", active=len(own) - inactive, inactive=inactive, services=len(places) - len(own)
    )
    names = [str(place["name"]) for place in places if place.get("name")]
    if places and not names:
        return Check(
            "locations",
            "bad",
            said("check.nameless", numbers=numbers),
            said("check.grant_names"),
        )
    if not places:
        return Check("locations", "warn", said("check.no_location"), said("check.right_shop"))
    return Check("locations", "good", said("check.named_locations", numbers=numbers, names=_listed(names)))


def _services_check(places: Sequence[dict[str, Any]]) -> Check:
    services = [place.get("fulfillmentService") for place in places if place.get("isFulfillmentService")]
    names = [str(service["serviceName"]) for service in services if isinstance(service, dict)]
    if not names:
        return Check("services", "good", said("check.no_service"))
    return Check("services", "good", said("check.services", names=_listed(sorted(set(names)))))


def clock_check(
    shop_time: datetime | None, sent_at: datetime, received_at: datetime, *, is_sandbox: bool = False
) -> Check:
    """How far this machine's clock is from the shop's, which tells whole seconds, less what the way there explains."""
    if shop_time is None:
        return Check("clock", "warn", said("check.no_time"), said("check.look_at_clock"))
    middle = sent_at + (received_at - sent_at) / 2
    skew_s = (shop_time - middle).total_seconds() + 0.5
    unsure_s = (received_at - sent_at).total_seconds() / 2 + 0.5
    if is_sandbox:
        return Check("clock", "good", said("check.sandbox_clock", time=shop_time))
    if abs(skew_s) - unsure_s > LARGEST_SKEW_S:
        key = "check.clock_behind" if skew_s > 0 else "check.clock_ahead"
        return Check("clock", "warn", said(key, seconds=round(abs(skew_s))), said("check.set_clock"))
    return Check("clock", "good", said("check.clock", seconds=round(abs(skew_s) + unsure_s)))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (said("check.more", count=more) if more > 0 else "")
