"""What an answer of the shop means: data, or a fault that says how a read and how a write may go on. Pure."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from unfulfill.errors import (
    AccessDenied,
    BadAnswer,
    QueryRefused,
    SearchIgnored,
    ShopError,
    ShopUnreachable,
    WrongVersion,
)
from unfulfill.shop.throttle import NOTHING_TOLD, Told, refused_wait_s
from unfulfill.shop.transport import Answer
from unfulfill.words import listed, said

VERSION_HEADER = "X-Shopify-API-Version"

# Codes of a request that is refused before anything is executed, so that a write had no effect
# (shopify.dev/docs/api/admin-graphql, status and error codes, and recorded answers, 2026-11).
NEVER_EXECUTED = frozenset(
    [
        "THROTTLED",
        "SHOP_INACTIVE",
        "MAX_COST_EXCEEDED",
        "INVALID_VARIABLE",
        "PARSE_ERROR",
        "undefinedField",
        "undefinedDirective",
        "argumentLiteralsIncompatible",
        "missingRequiredArguments",
        "argumentNotAccepted",
        "selectionMismatch",
        "variableNotUsed",
        "variableMismatch",
    ]
)
# The same at the root field; below it, such an error stands for a write that was executed.
REFUSED_AT_ROOT = frozenset(
    [
        "ACCESS_DENIED",
        "RESOURCE_NOT_FOUND",
        "BAD_REQUEST",
        "INVALID_FIELD_ARGUMENTS",
        "MAX_INPUT_SIZE_EXCEEDED",
    ]
)
TRANSIENT = frozenset(["THROTTLED", "INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"])

# HTTP statuses that Shopify gives a meaning: the error, and its message.
STATUSES: Mapping[int, tuple[type[ShopError], str]] = {
    400: (QueryRefused, "shop_error.not_understood"),
    401: (AccessDenied, "shop_error.token_refused"),
    402: (AccessDenied, "shop_error.frozen"),
    403: (AccessDenied, "shop_error.forbidden"),
    404: (QueryRefused, "shop_error.no_such_address"),
    423: (AccessDenied, "shop_error.locked"),
    429: (ShopUnreachable, "shop_error.too_many_requests"),
    430: (AccessDenied, "shop_error.protected"),
}


@dataclass(frozen=True)
class Fault:
    """Why there is no data, and what follows from it."""

    error: type[ShopError]  # raised when a read ends with it
    message: str
    transient: bool = False  # a read may be sent again
    definite: bool = False  # a write had no effect, as far as this sending goes
    throttled: bool = False
    token_refused: bool = False
    wait_s: float = 0.0  # asked for by the shop


@dataclass(frozen=True)
class Judged:
    """One answer, understood."""

    data: dict[str, Any] | None
    fault: Fault | None
    told: Told = NOTHING_TOLD  # about points


def judge(answer: Answer, shop: str, version: str, profile: str = "") -> Judged:
    """Understand an answer of `shop` (a name for messages) to a request in API `version`.

    `profile` is where the token comes from; blank: from plain variables.
    """
    request = said("shop_error.request", id=answer.request_id) if answer.request_id else ""
    if answer.status != 200:
        fault = _status_fault(answer, shop, request, profile)
        return Judged(None, fault, Told(refused=fault.throttled, wait_s=fault.wait_s))
    served = answer.headers.get(VERSION_HEADER, "")
    if served != version:
        key = "shop_error.wrong_version" if served else "shop_error.no_version"
        message = said(key, shop=shop, served=served, asked=version, request=request)
        return Judged(None, Fault(WrongVersion, message))
    try:
        document = json.loads(answer.body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        start = answer.body[:60].decode("utf-8", "replace").replace("\n", " ")
        return Judged(None, _bad(said("shop_error.no_json", shop=shop, start=repr(start), request=request)))
    if not isinstance(document, dict):
        return Judged(None, _bad(said("shop_error.no_json_object", shop=shop, request=request)))
    return _judge_document(document, shop, request)


def _judge_document(document: dict[str, Any], shop: str, request: str) -> Judged:
    raw = document.get("extensions")
    extensions: dict[str, Any] = raw if isinstance(raw, dict) else {}
    raw = extensions.get("cost")
    cost: dict[str, Any] = raw if isinstance(raw, dict) else {}
    requested, actual = (_points(cost.get(name)) for name in ("requestedQueryCost", "actualQueryCost"))
    data = document.get("data")
    fault = None
    if document.get("errors"):
        fault = _errors_fault(document["errors"], shop, request)
        if fault.throttled:
            fault = replace(fault, wait_s=refused_wait_s(cost.get("throttleStatus"), requested or 0.0))
    elif not isinstance(data, dict):
        fault = _bad(said("shop_error.no_data", shop=shop, request=request))
    elif warnings := _search_warnings(extensions.get("search")):
        message = said("shop_error.search_ignored", shop=shop, warnings=warnings, request=request)
        fault = Fault(SearchIgnored, message)
    return Judged(
        data if isinstance(data, dict) and fault is None else None,
        fault,
        Told(
            cost.get("throttleStatus"),
            requested,
            actual,
            refused=fault is not None and fault.throttled,
            wait_s=fault.wait_s if fault is not None else 0.0,
        ),
    )


def _points(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _status_fault(answer: Answer, shop: str, request: str, profile: str) -> Fault:
    status, told = answer.status, {"shop": shop, "status": str(answer.status), "request": request}
    if status >= 500:
        return Fault(ShopUnreachable, said("shop_error.failed", **told), transient=True)
    if status in STATUSES:
        error, key = STATUSES[status]
        if status == 401 and profile:
            key = "shop_error.profile_token_refused"
        return Fault(
            error,
            said(key, **told, profile=profile),
            transient=status == 429,
            definite=True,
            throttled=status == 429,
            token_refused=status == 401,
            wait_s=_seconds(answer.headers.get("Retry-After", "")),
        )
    if 300 <= status < 400:
        return Fault(BadAnswer, said("shop_error.redirect", **told))
    if 400 <= status < 500:
        message = said("shop_error.refused_status", **told)
        return Fault(QueryRefused, message, transient=status == 408, definite=status != 408)
    return _bad(said("shop_error.other_status", **told))


def _errors_fault(errors: Any, shop: str, request: str) -> Fault:
    """The fault of a GraphQL `errors` value, which is a list or (outside GraphQL) a text or an object."""
    if not isinstance(errors, list) or not all(isinstance(error, dict) for error in errors):
        return Fault(QueryRefused, said("shop_error.refused", shop=shop, why=_short(errors), request=request))
    codes = [_code(error) for error in errors]
    throttled = "THROTTLED" in codes
    kind: type[ShopError] = QueryRefused
    key = "shop_error.refused_with_code"
    if any(code in ("ACCESS_DENIED", "SHOP_INACTIVE") for code in codes):
        kind, key = AccessDenied, "shop_error.refused_for_scope"
    elif any(code in TRANSIENT for code in codes):
        kind = ShopUnreachable
    message = said(
        key,
        shop=shop,
        codes=", ".join(sorted({code or said("shop_error.no_code") for code in codes})),
        why=listed(_short(error.get("message", "")) for error in errors[:3]),
        request=request,
    )
    return Fault(
        kind,
        message,
        transient=all(code in TRANSIENT for code in codes),
        definite=all(_had_no_effect(error) for error in errors),
        throttled=throttled,
    )


def _had_no_effect(error: Mapping[str, Any]) -> bool:
    path = error.get("path")
    at_root = not isinstance(path, list) or len(path) <= 1
    return _code(error) in NEVER_EXECUTED or (at_root and _code(error) in REFUSED_AT_ROOT)


def _search_warnings(search: Any) -> str:
    """The warnings of `extensions.search`, in words; blank where there are none."""
    entries = search if isinstance(search, list) else [search]
    warnings = [
        warning for entry in entries if isinstance(entry, dict) for warning in entry.get("warnings") or []
    ]
    return listed(
        f"{warning.get('field', '?')}: {_short(warning.get('message', ''))}"
        if isinstance(warning, dict)
        else _short(warning)
        for warning in warnings
    )


def _bad(message: str) -> Fault:
    return Fault(BadAnswer, message, transient=True)


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code", "")) if isinstance(extensions, dict) else ""


def _short(value: Any) -> str:
    """A text of the shop, on one line and not longer than a sentence."""
    text = " ".join((value if isinstance(value, str) else json.dumps(value)).split())
    return text if len(text) <= 300 else text[:300] + "…"


def _seconds(retry_after: str) -> float:
    return min(60.0, float(retry_after)) if retry_after.isascii() and retry_after.isdigit() else 0.0


def _no_constant(name: str) -> None:
    raise ValueError(name)
