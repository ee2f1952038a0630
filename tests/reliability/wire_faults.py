"""What can go wrong with one request, and what the client then gets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from unfulfill.shop.transport import Answer, NoAnswer

HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
REFUSED_S = 0.1  # a refusal comes at once
LOST_S = 1.0  # a connection that breaks
TIME_OUT_S = 60.0


@dataclass(frozen=True)
class Fault:
    """One fault: whether the shop carries the request out, and when."""

    name: str
    is_executed: Literal["now", "later", "never"] = "never"
    delay_s: float = 0.0  # of an execution later
    takes_s: float = REFUSED_S

    @property
    def is_definite(self) -> bool:
        """Whether the client can know that this sending had no effect."""
        return self.name in DEFINITE


OK = Fault("ok", "now")
DEFINITE = ("not_sent", "throttled", "429", "401", "403", "access_denied")

# Bodies with status 200 and the right version that are not a GraphQL answer, or not one of this operation.
BAD_BODIES: dict[str, Any] = {
    "empty": b"",
    "html": HTML,
    "cut": b'{"data": {"fulfillmentCancel": {"fulfill',
    "list": b"[]",
    "null": b"null",
    "text": b'"ok"',
    "not a number": b'{"data": NaN}',
    "data is null": b'{"data": null}',
    "no data": b"{}",
    "payload is null": b'{"data": {"x": null}}',
    "payload is a list": b'{"data": {"x": []}}',
    "no user errors": b'{"data": {"x": {"fulfillment": null}}}',
    "user errors are null": b'{"data": {"x": {"userErrors": null}}}',
    "nothing in it": b'{"data": {"x": {"userErrors": []}}}',
    "errors are a text": b'{"errors": "Something"}',
    "errors without a code": b'{"errors": [{"message": "Something"}]}',
}


def _every() -> dict[str, Fault]:
    faults = [
        OK,
        Fault("not_sent"),
        Fault("throttled"),
        Fault("429"),
        Fault("401"),
        Fault("lost_request", takes_s=LOST_S),
        Fault("lost_response", "now", takes_s=LOST_S),
        Fault("time_out_before", takes_s=TIME_OUT_S),
        Fault("time_out_after", "now", takes_s=TIME_OUT_S),
        Fault("e500_before"),
        Fault("e500_after", "now"),
        Fault("e503_before"),
        Fault("e504_after", "now", takes_s=10.0),
        Fault("internal_before"),
        Fault("internal_after", "now"),
        Fault("wrong_version_after", "now"),
        Fault("no_version_before"),
        Fault("redirect_before"),
        *(Fault(f"late_{s}", "later", float(s), LOST_S) for s in (2, 8, 30, 100)),
        *(Fault(f"body_{name}_before") for name in BAD_BODIES),
        *(Fault(f"body_{name}_after", "now") for name in BAD_BODIES),
    ]
    return {fault.name: fault for fault in faults}


FAULTS = _every()
# One of each behaviour, for sweeps over pairs.
TYPICAL = (
    "ok",
    "not_sent",
    "throttled",
    "lost_request",
    "lost_response",
    "e500_before",
    "e500_after",
    "late_2",
    "late_30",
    "401",
    "internal_before",
    "internal_after",
    "wrong_version_after",
    "body_cut_after",
)


def answer_of_fault(
    fault: Fault, headers: Mapping[str, str], data: Any, cost: dict[str, Any]
) -> Answer | NoAnswer:
    """What the client gets."""
    name = fault.name
    if name == "not_sent":
        return NoAnswer(sent=False, what="no connection")
    if name.startswith(("lost", "late", "time_out")):
        return NoAnswer(sent=True, what="no answer in time")
    if name == "throttled":
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return Answer(200, headers, json.dumps({"errors": [error], "extensions": cost}).encode())
    if name.startswith("internal"):
        error = {"message": "Internal error.", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
        return Answer(200, headers, json.dumps({"errors": [error]}).encode())
    if name.startswith("e5"):
        return Answer(int(name[1:4]), headers, HTML)
    if name in ("401", "403", "429"):
        return Answer(int(name), headers, b'{"errors": "refused"}')
    if name.startswith("redirect"):
        return Answer(302, {**headers, "Location": "https://elsewhere.example/"}, b"")
    if name.startswith("wrong_version"):
        body = json.dumps({"data": data}).encode()
        return Answer(200, {**headers, "X-Shopify-API-Version": "2026-01"}, body)
    if name.startswith("no_version"):
        return Answer(200, {}, b'{"data": {}}')
    body = BAD_BODIES[name.removeprefix("body_").rpartition("_")[0]]
    return Answer(200, headers, body)
