"""The preflight: what each line says of a shop as it is, and that a missing right is a line and no exception."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from shop_servers import PREFLIGHT, Told, telling

import sandbox_shop
from unfulfill import ui
from unfulfill.errors import AccessDenied, BadAnswer
from unfulfill.settings import Secret, ShopSettings, sandbox_settings
from unfulfill.shop import Check, Preflight, Shop, preflight, worst
from unfulfill.shop.preflight import clock_check, version_check
from unfulfill.shop.scopes import APPLYING, READING, scope_checks
from unfulfill.workbench import open_workbench

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
READ_ONLY = [*READING, "read_all_orders"]
ENOUGH = [*READ_ONLY, *APPLYING]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    world = tmp_path_factory.mktemp("preflight") / "world.sqlite"
    with sandbox_shop.start(world, seed=3, size=60) as running:
        yield running


def checked(server: Any, scopes: list[str], **settings: Any) -> dict[str, Check]:
    token = server.control("tokens", {"scopes": scopes})["token"]
    with Shop(sandbox_settings(server.url, token, **settings)) as shop:
        return {check.name: check for check in preflight(shop)}


def states(checks: dict[str, Check], state: str) -> list[str]:
    return [name for name, check in checks.items() if check.state == state]


def test_a_token_with_what_is_needed_leaves_only_the_right_to_cancel_open(server: Any) -> None:
    checks = checked(server, ENOUGH)

    assert states(checks, "warn") == ["right to cancel"]
    assert states(checks, "bad") == []
    assert "only a first cancel proves it" in checks["right to cancel"].text
    assert [name for name in ENOUGH if name not in checks] == []


def test_shop_points_version_locations_and_services_are_told(server: Any) -> None:
    checks = checked(server, ENOUGH)

    assert checks["shop"].text.startswith("SANDBOX ")
    assert "sandbox-shop.myshopify.com, plan Development, a sandbox" in checks["shop"].text
    assert "2,000, and 100 more each second: 200 cancels at once, then 600 a minute" in checks["points"].text
    assert (
        checks["API version"].text == "2026-10 is asked for and 2026-10 answers; supported until 2027-10-01"
    )
    assert checks["locations"].text.startswith("2 active, 0 inactive, 1 of fulfillment services: Cargolane")
    assert checks["services"].text.startswith("Cargolane: ")
    assert checks["token"].text == "an Admin API access token, which tells no end"


def test_a_token_that_only_reads_is_good_for_reading(server: Any) -> None:
    checks = checked(server, READ_ONLY)

    assert states(checks, "bad") == []
    assert states(checks, "warn") == [*APPLYING, "right to cancel"]
    assert "planning do not need it" in checks["write_orders"].text


def test_without_all_orders_the_day_is_told_before_which_orders_are_invisible(server: Any) -> None:
    checks = checked(server, [scope for scope in ENOUGH if scope != "read_all_orders"])

    shop_now = datetime.fromisoformat(server.control("clock")["clock"])
    day = (shop_now - timedelta(days=60)).date()
    assert checks["read_all_orders"].state == "warn"
    assert f"before {day} are invisible" in checks["read_all_orders"].text


@pytest.mark.parametrize("missing", READING)
def test_each_scope_that_reading_needs_is_missed_by_name_with_what_fails(server: Any, missing: str) -> None:
    checks = checked(server, [scope for scope in READ_ONLY if scope != missing])

    assert missing in states(checks, "bad")
    assert checks[missing].text.startswith("not held: ")
    assert "install the app again" in checks[missing].advice


def test_locations_whose_names_may_not_be_read_are_counted(server: Any) -> None:
    checks = checked(server, [scope for scope in READ_ONLY if scope != "read_locations"])

    assert checks["locations"].state == "bad"
    assert checks["locations"].text == (
        "2 active, 0 inactive, 1 of fulfillment services; their names may not be read"
    )
    assert checks["services"].text.startswith("Cargolane")


def test_locations_that_may_not_be_read_are_a_line_and_no_error(server: Any) -> None:
    checks = checked(server, ["read_orders"])

    assert (checks["locations"].state, checks["services"].state) == ("bad", "warn")


def test_more_scopes_than_needed_are_named(server: Any) -> None:
    checks = checked(server, [*ENOUGH, "write_inventory"])

    assert checks["other scopes"].state == "warn"
    assert "write_inventory" in checks["other scopes"].text
    assert "read_orders" not in checks["other scopes"].text


def test_a_write_scope_is_a_read_scope_too() -> None:
    reads = [scope for scope in READ_ONLY if scope != "read_orders"]

    checks = {check.name: check for check in scope_checks([*reads, "write_orders"], NOW)}

    assert checks["read_orders"].state == "good"
    assert checks["other scopes"].state == "good"


def test_a_token_got_for_a_client_tells_when_it_ends(server: Any) -> None:
    client = server._server.world.get("client")
    settings = ShopSettings(
        server.url, "", client_id=client["id"], client_secret=Secret(client["secret"]), profile="mine"
    )

    with Shop(settings, clock=lambda: 0.0) as shop:
        token = next(check for check in preflight(shop) if check.name == "token")

    assert "it ends in 24 h 00 min and is renewed by itself before that" in token.text


def versions(*supported: str, **plan: bool) -> Told:
    named = [{"handle": handle, "supported": True} for handle in supported]
    body = {
        "shop": {"plan": {"partnerDevelopment": False, "shopifyPlus": False, **plan}},
        "publicApiVersions": [*named, {"handle": "unstable", "supported": False}],
    }
    return Told({"data": body})


DENIED = Told({"errors": [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]})


def told(*answers: Told, **settings: Any) -> Preflight:
    with (
        telling(Told(PREFLIGHT), *answers) as server,
        Shop(ShopSettings(server.url, "", token=Secret("x"), **settings), sleep=lambda s: None) as shop,
    ):
        return preflight(shop)


def test_a_version_that_the_shop_no_longer_supports_is_bad() -> None:
    checks = {check.name: check for check in told(versions("2027-01", "2027-04"), DENIED)}

    assert checks["API version"].state == "bad"
    assert "Shopify supports 2027-01, 2027-04" in checks["API version"].text
    assert checks["points"].state == "warn"


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({}, "a live store"),
        ({"shopifyPlus": True}, "a live store on Plus"),
        ({"shopifyPlus": True, "partnerDevelopment": True}, "a development store"),
    ],
)
def test_it_says_what_kind_of_store_it_is(
    plan: dict[str, bool], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ShopSettings, "is_sandbox", property(lambda self: False))

    checks = {check.name: check for check in told(versions("2026-10", **plan), DENIED)}

    assert checks["shop"].text == f"Told, told.myshopify.com, plan Basic, {words}"


def test_a_shop_that_is_not_plain_about_its_plan_or_versions_is_refused() -> None:
    with pytest.raises(BadAnswer, match="plan"):
        told(Told({"data": {"shop": None, "publicApiVersions": []}}))
    with pytest.raises(BadAnswer, match="versions"):
        told(Told({"data": {**versions().body["data"], "publicApiVersions": None}}))
    with pytest.raises(AccessDenied):
        told(DENIED)


@pytest.mark.parametrize(
    ("today", "state"),
    [(date(2026, 11, 24), "good"), (date(2027, 8, 1), "good"), (date(2027, 8, 3), "warn")],
)
def test_the_end_of_a_version_is_told_in_time(today: date, state: str) -> None:
    check = version_check("2026-10", "2026-10", ["2026-10"], today)

    assert (check.state, "2027-10-01" in check.text) == (state, True)


@pytest.mark.parametrize(
    ("shop_ahead_s", "round_trip_s", "state", "words"),
    [
        (0, 0.2, "good", "agree within 1 s"),
        (59, 0.2, "good", "agree within 60 s"),
        (62, 0.2, "warn", "62 s behind the shop"),
        (-90, 0.2, "warn", "90 s ahead of the shop"),
        (62, 20, "good", "agree"),  # a slow way there explains it
        (-3600, 20, "warn", "ahead of the shop"),
    ],
)
def test_the_clocks_are_compared_less_what_the_round_trip_explains(
    shop_ahead_s: float, round_trip_s: float, state: str, words: str
) -> None:
    received = NOW + timedelta(seconds=round_trip_s)
    at_the_shop = NOW + timedelta(seconds=round_trip_s / 2 + shop_ahead_s - 0.5)  # it tells whole seconds

    check = clock_check(at_the_shop, NOW, received)

    assert (check.state, words in check.text) == (state, True)


def test_a_shop_that_tells_no_time_and_a_sandbox_are_told_apart() -> None:
    assert clock_check(None, NOW, NOW).state == "warn"
    assert clock_check(NOW - timedelta(days=99), NOW, NOW, is_sandbox=True).state == "good"


def test_the_workbench_shows_it_as_a_table_that_says_what_stands_in_the_way(
    server: Any, tmp_path: Path
) -> None:
    wb = open_workbench(server, tmp_path / "run")

    shown = ui.preflight_view(wb.preflight())

    assert worst(wb.preflight()) == "warn"
    assert shown.text.startswith("Nothing stands in the way; 2 to take note of.")
    missing = ui.preflight_view((Check("<b>read</b>", "bad", "not held", "Grant it."),))
    assert missing.text.startswith("1 of 1 lines stands in the way")
    assert "<b>read" not in missing.markup
    wb.shop.close()


@pytest.mark.parametrize(("held", "text"), [(["read_customers"], "held: "), ([], "not held: ")])
def test_the_scope_for_customers_is_good_to_have_and_never_demanded(held: list[str], text: str) -> None:
    checks = {check.name: check for check in scope_checks([*READING, *held], NOW)}

    assert checks["read_customers"].state == "good"
    assert checks["read_customers"].text.startswith(text)
    assert checks["other scopes"].state == "good"
