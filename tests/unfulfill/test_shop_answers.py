"""What each kind of answer means for a read and for a write."""

import json
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from unfulfill.errors import (
    AccessDenied,
    BadAnswer,
    QueryRefused,
    SearchIgnored,
    ShopError,
    ShopUnreachable,
    WrongVersion,
)
from unfulfill.shop.answers import Fault, Judged, judge
from unfulfill.shop.throttle import Told
from unfulfill.shop.transport import Answer

VERSION = "2026-10"


def answer(body: Any, status: int = 200, version: str = VERSION, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = CaseInsensitiveDict({"X-Shopify-API-Version": version, "X-Request-Id": "req-1"})
    named.update({name.replace("_", "-"): value for name, value in headers.items()})
    return Answer(status, named, content)


def judged(body: Any, status: int = 200, version: str = VERSION, **headers: str) -> Judged:
    return judge(answer(body, status, version, **headers), "the shop", VERSION)


def fault(body: Any, status: int = 200, version: str = VERSION, **headers: str) -> Fault:
    found = judged(body, status, version, **headers)
    assert found.data is None
    assert found.fault is not None
    return found.fault


def error(code: str, **more: Any) -> dict[str, Any]:
    return {"message": "no", "extensions": {"code": code}, **more}


def test_data_comes_with_the_cost_and_the_state_of_the_bucket() -> None:
    status = {"maximumAvailable": 2000, "currentlyAvailable": 1990, "restoreRate": 100}
    cost = {"requestedQueryCost": 10, "actualQueryCost": 9, "throttleStatus": status}

    found = judged({"data": {"shop": None}, "extensions": {"cost": cost}})

    assert found == Judged({"shop": None}, None, Told(status, 10.0, 9.0))


def test_a_refusal_for_want_of_points_says_how_long_to_wait() -> None:
    status = {"maximumAvailable": 2000, "currentlyAvailable": 12, "restoreRate": 100}
    cost = {"requestedQueryCost": 166, "actualQueryCost": None, "throttleStatus": status}

    found = judged({"errors": [error("THROTTLED")], "extensions": {"cost": cost}})

    assert found.told == Told(status, 166.0, refused=True, wait_s=1.54)
    assert found.fault is not None
    assert found.fault.wait_s == pytest.approx(1.54)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Bad gateway</body></html>",
        b'{"data": {"shop": ',
        b'{"data": NaN}',
        b"[" * 100_000,
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"data": null}',
        b'{"data": []}',
        b'{"data": 5, "errors": []}',
    ],
)
def test_an_answer_that_is_not_graphql_is_bad_and_leaves_a_write_unknown(body: bytes) -> None:
    found = fault(body)

    assert (found.error, found.transient, found.definite) == (BadAnswer, True, False)
    assert "req-1" in found.message


@pytest.mark.parametrize(
    ("status", "kind", "transient", "definite"),
    [
        (400, QueryRefused, False, True),
        (401, AccessDenied, False, True),
        (402, AccessDenied, False, True),
        (403, AccessDenied, False, True),
        (404, QueryRefused, False, True),
        (408, QueryRefused, True, False),
        (413, QueryRefused, False, True),
        (423, AccessDenied, False, True),
        (429, ShopUnreachable, True, True),
        (430, AccessDenied, False, True),
        (500, ShopUnreachable, True, False),
        (502, ShopUnreachable, True, False),
        (503, ShopUnreachable, True, False),
        (504, ShopUnreachable, True, False),
        (540, ShopUnreachable, True, False),
        (301, BadAnswer, False, False),
        (307, BadAnswer, False, False),
        (204, BadAnswer, True, False),
    ],
)
def test_a_status_says_how_to_go_on(
    status: int, kind: type[ShopError], transient: bool, definite: bool
) -> None:
    found = fault({"errors": "whatever"}, status)

    assert (found.error, found.transient, found.definite) == (kind, transient, definite)
    assert "req-1" in found.message


def test_every_status_of_the_documentation_has_a_sentence_that_says_what_to_do() -> None:
    messages = {status: fault({}, status).message for status in (401, 402, 403, 404, 423, 430)}

    assert "create a new one" in messages[401]
    assert "bill" in messages[402]
    assert "scopes" in messages[403]
    assert "UNFULFILL_API_VERSION" in messages[404]
    assert "support" in messages[423]
    assert "wait" in messages[430]


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7), ("1000000000", 60), ("Wed, 21 Oct 2026 07:28:00 GMT", 0), ("-1", 0)]
)
def test_a_wish_to_wait_is_heard_within_reason(header: str, seconds: float) -> None:
    assert fault({}, 429, Retry_After=header).wait_s == seconds


@pytest.mark.parametrize("served", ["2026-07", ""])
def test_another_version_than_asked_is_refused_before_its_data_is_used(served: str) -> None:
    found = fault({"data": {"shop": {}}}, version=served)

    assert (found.error, found.transient, found.definite) == (WrongVersion, False, False)


def test_an_ignored_search_filter_is_refused() -> None:
    search = [
        {"path": ["orders"], "query": "tg:x", "warnings": [{"field": "tg", "message": "Invalid field"}]}
    ]

    found = fault({"data": {"orders": {}}, "extensions": {"search": search}})

    assert found.error is SearchIgnored
    assert "tg: Invalid field" in found.message


def test_a_search_that_was_understood_is_no_fault() -> None:
    body = {"data": {"orders": {}}, "extensions": {"search": [{"path": ["orders"], "warnings": []}]}}

    assert judged(body).fault is None


@pytest.mark.parametrize(
    ("errors", "kind", "transient", "definite", "throttled"),
    [
        ([error("THROTTLED")], ShopUnreachable, True, True, True),
        ([error("INTERNAL_SERVER_ERROR")], ShopUnreachable, True, False, False),
        ([error("ACCESS_DENIED", path=["fulfillmentCancel"])], AccessDenied, False, True, False),
        ([error("ACCESS_DENIED", path=["a", "fulfillment", "order"])], AccessDenied, False, False, False),
        ([error("SHOP_INACTIVE")], AccessDenied, False, True, False),
        ([error("MAX_COST_EXCEEDED")], QueryRefused, False, True, False),
        ([error("INVALID_VARIABLE")], QueryRefused, False, True, False),
        ([error("RESOURCE_NOT_FOUND", path=["fulfillmentCancel"])], QueryRefused, False, True, False),
        ([error("undefinedField", path=["mutation", "a", "b"])], QueryRefused, False, True, False),
        ([error("RESOURCE_NOT_FOUND", path=["a", "fulfillment", "b"])], QueryRefused, False, False, False),
        ([error("A_NEW_ONE")], QueryRefused, False, False, False),
        ([error("THROTTLED"), error("A_NEW_ONE")], ShopUnreachable, False, False, True),
        ([{"message": "no code"}], QueryRefused, False, False, False),
        ("[API] Invalid API key", QueryRefused, False, False, False),
        ({"query": "Required parameter missing"}, QueryRefused, False, False, False),
        (["text"], QueryRefused, False, False, False),
    ],
)
def test_an_error_of_graphql_says_how_to_go_on(
    errors: Any, kind: type[ShopError], transient: bool, definite: bool, throttled: bool
) -> None:
    found = fault({"data": {"fulfillmentCancel": None}, "errors": errors})

    assert (found.error, found.transient, found.definite, found.throttled) == (
        kind,
        transient,
        definite,
        throttled,
    )


def test_data_beside_an_error_is_not_used() -> None:
    found = judged(
        {"data": {"shop": {"name": "x"}}, "errors": [error("ACCESS_DENIED", path=["shop", "plan"])]}
    )

    assert found.data is None


def test_a_long_text_of_the_shop_is_shortened_to_one_line() -> None:
    found = fault({"errors": [{"message": "a\n" * 5000}]})

    assert len(found.message) < 500
    assert "\n" not in found.message
