"""A simulated shop at the other end of the wire: takes a client's POSTs, answers as Shopify does, and keeps the
true ledger of what each request did.

It replaces only the transport, so that everything from the engine down to the judgement of answers is under test.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulated_effects import MUTATIONS, Did, refuse
from simulated_graphql import Field, Node, find, project, read_document, values
from simulated_world import Fulfillment, World, units_of
from wire_faults import OK, Fault, answer_of_fault

from unfulfill.shop.transport import Answer, NoAnswer, Transport, revealed

DOMAIN = "made-up.myshopify.com"
SHOP_ID = "gid://shopify/Shop/1"
SCOPES = ("read_orders", "write_orders", "write_merchant_managed_fulfillment_orders", "write_inventory")
LATENCY_S = 0.1
KEY_LIVES_S = 24 * 3600.0
QUERY_POINTS = 20.0
MUTATION_POINTS = 10.0


@dataclass
class Request:
    """One request of the ledger."""

    index: int
    by: str
    at: float
    operation: str
    variables: dict[str, Any]
    fault: Fault
    journal_rows: int  # committed when it came in
    is_mutation: bool
    saw: "Facts | None" = None  # of the fulfillment that it cancels: what its sender was last told
    effects: list[Did] = field(default_factory=list)


@dataclass(frozen=True)
class Facts:
    """What a cancel rests on, as the shop told it."""

    fulfillment: tuple[Any, ...]
    updated_at: str
    at: float


@dataclass
class Ledger:
    """Everything that happened, in its order: requests with their effects, and what other people did."""

    requests: list[Request] = field(default_factory=list)
    effects: list[tuple[Request, Did]] = field(default_factory=list)
    others: list[tuple[float, str, str]] = field(default_factory=list)  # at, what, order id
    e_mails: int = 0


class SimulatedShop:
    """The shop: its world, its tokens, its points and its ledger."""

    def __init__(
        self, world: World, version: str = "2026-10", maximum: float = 2000.0, rate: float = 100.0
    ) -> None:
        self.world = world
        self.clock = world.clock
        self.version = version
        self.ledger = Ledger()
        self.tokens: dict[str, float] = {}  # until when each is valid
        self.maximum, self.rate = maximum, rate
        self._points, self._points_at = maximum, 0.0
        self._keys: dict[str, tuple[float, str, Any]] = {}
        self._told: dict[tuple[str, str], Facts] = {}
        self._token_number = 0

    def new_token(self, lives_s: float = 86_399.0) -> str:
        """A token that is valid from now."""
        self._token_number += 1
        token = f"shpat_{self._token_number:032x}"
        self.tokens[token] = self.clock.now + lives_s
        return token

    def spend(self, points: float) -> bool:
        """Take points from the bucket; false where they are not there."""
        now = self.clock.now
        self._points = min(self.maximum, self._points + (now - self._points_at) * self.rate)
        self._points_at = now
        if self._points < points:
            return False
        self._points -= points
        return True

    def cost(self, points: float, is_refused: bool = False) -> dict[str, Any]:
        """`extensions` with the state of the bucket."""
        status = {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": self._points,
            "restoreRate": self.rate,
        }
        actual = None if is_refused else points
        return {"cost": {"requestedQueryCost": points, "actualQueryCost": actual, "throttleStatus": status}}

    def execute(self, request: Request, text: str) -> dict[str, Any]:
        """Carry a document out, now: `data`, and the effects in the ledger."""
        _, root = read_document(text)
        data = {}
        for chosen in root.fields:
            arguments = values(chosen.arguments, request.variables)
            if request.is_mutation:
                data[chosen.key] = self._mutate(request, chosen, arguments)
            else:
                data[chosen.key] = self._query(request, chosen, arguments)
        return data

    def _mutate(self, request: Request, chosen: Field, arguments: dict[str, Any]) -> dict[str, Any]:
        key = next(
            (values(a, request.variables)["key"] for name, a in chosen.directives if name == "idempotent"), ""
        )
        text = json.dumps([chosen.name, arguments], sort_keys=True)
        if chosen.name.startswith("inventory"):
            known = self._keys.get(key)
            if known and self.clock.now - known[0] < KEY_LIVES_S:
                if known[1] == text and known[2] is not None:
                    return known[2]  # the same request again gets the same answer
                code = "PREVIOUS_ATTEMPT_FAILED" if known[1] == text else "KEY_PARAMETER_MISMATCH"
                payload, _ = refuse("inventoryAdjustmentGroup", code, code=f"IDEMPOTENCY_{code}")
                return project(self.world, Node("", payload), chosen.fields, request.variables)
        payload, did = MUTATIONS[chosen.name](self.world, **arguments)
        if did is not None:
            request.effects.append(did)
            self.ledger.effects.append((request, did))
        if '"notifyCustomer": true' in text:
            self.ledger.e_mails += 1
        shown = project(self.world, Node("", payload), chosen.fields, request.variables)
        if chosen.name.startswith("inventory"):
            self._keys[key] = (self.clock.now, text, None if payload["userErrors"] else shown)
        return shown

    def _query(self, request: Request, chosen: Field, arguments: dict[str, Any]) -> Any:
        if chosen.name == "nodes":
            found = [find(self.world, gid) for gid in arguments["ids"]]
        elif chosen.name == "shop":
            return {
                "id": SHOP_ID,
                "name": "Made-up Shop",
                "myshopifyDomain": DOMAIN,
                "plan": {"publicDisplayName": "Basic"},
            }
        elif chosen.name == "currentAppInstallation":
            return {"accessScopes": [{"handle": scope} for scope in SCOPES]}
        else:
            node = find(self.world, arguments["id"])
            return project(self.world, node, chosen.fields, request.variables) if node else None
        for node in found:
            if node is not None and node.kind == "Fulfillment":
                self._told[request.by, node.value.id] = facts(self.world, node.value)
        return [
            project(self.world, node, chosen.fields, request.variables) if node else None for node in found
        ]

    def told(self, by: str, fulfillment_id: str) -> Facts | None:
        """What somebody last read about a fulfillment."""
        return self._told.get((by, fulfillment_id))


def facts(world: World, one: Fulfillment) -> Facts:
    """What a cancel of this fulfillment rests on, now."""
    order = world.orders[one.order_id]
    told = (
        one.status,
        one.display_status,
        one.in_transit_at,
        one.delivered_at,
        one.company,
        one.numbers,
        tuple(sorted(units_of(one.portions).items())),
        one.location_id,
        order.cancelled_at is not None,
        order.financial_status,
        order.return_status,
    )
    return Facts(told, order.updated_at, world.clock.now)


class SimulatedTransport(Transport):
    """One operator's wire to a simulated shop.

    `fault` says what goes wrong with each request, `point` may crash the operator's machine, `meanwhile` lets other
    people act, `journal_rows` tells how many rows of the operator's journal are committed.
    """

    def __init__(
        self,
        shop: SimulatedShop,
        by: str = "us",
        *,
        fault: Callable[[int, str], Fault] = lambda number, operation: OK,
        point: Callable[[str], None] = lambda label: None,
        meanwhile: Callable[[str], None] = lambda label: None,
        journal_rows: Callable[[], int] = lambda: 0,
    ) -> None:
        self.shop = shop
        self.by = by
        self._fault = fault
        self._point = point
        self._meanwhile = meanwhile
        self._journal_rows = journal_rows
        self._number = 0

    def close(self) -> None:
        """Nothing is open."""

    def post(
        self, url: str, headers: Mapping[str, Any], *, json: Any = None, form: Mapping[str, Any] | None = None
    ) -> Answer | NoAnswer:
        """What comes back for one POST."""
        shop = self.shop
        if form is not None:
            granted = {"access_token": shop.new_token(), "scope": "", "expires_in": 86_399}
            shop.clock.sleep(LATENCY_S)
            return Answer(200, {}, dumps(granted))
        operation = json["operationName"]
        self._meanwhile(f"before {operation}")
        self._point(f"before sending {operation}")
        answer = self._exchange(url, headers, operation, json["query"], json["variables"])
        self._point(f"after sending {operation}")
        self._meanwhile(f"after {operation}")
        return answer

    def _exchange(
        self, url: str, headers: Mapping[str, str], operation: str, text: str, variables: dict[str, Any]
    ) -> Answer | NoAnswer:
        shop, clock = self.shop, self.shop.clock
        self._number += 1
        fault = self._fault(self._number, operation)
        is_mutation = text.lstrip().startswith("mutation")
        request = Request(
            len(shop.ledger.requests),
            self.by,
            clock.now,
            operation,
            loads(dumps(variables)) if is_mutation else variables,
            fault,
            self._journal_rows() if is_mutation else 0,
            is_mutation,
            shop.told(self.by, variables["id"]) if operation == "FulfillmentCancel" else None,
        )
        shop.ledger.requests.append(request)
        clock.sleep(LATENCY_S)
        if shop.tokens.get(revealed(headers)["X-Shopify-Access-Token"], -1.0) <= clock.now:
            return Answer(401, self._headers(), b'{"errors":"[API] Invalid API key or access token"}')
        points = MUTATION_POINTS if is_mutation else QUERY_POINTS
        if fault.is_executed != "never" and not shop.spend(points):
            fault = request.fault = Fault("throttled")
        data = shop.execute(request, text) if fault.is_executed == "now" else None
        if fault.is_executed == "later":
            clock.put_off(fault.delay_s, lambda: void(shop.execute(request, text)))
        if fault.name == "ok":
            return Answer(200, self._headers(), dumps({"data": data, "extensions": shop.cost(points)}))
        clock.sleep(fault.takes_s)
        return answer_of_fault(fault, self._headers(), data, shop.cost(points, is_refused=True))

    def _headers(self) -> dict[str, str]:
        return {
            "X-Shopify-API-Version": self.shop.version,
            "X-Request-Id": f"request-{len(self.shop.ledger.requests)}",
            "Date": self.shop.clock.moment().strftime("%a, %d %b %Y %H:%M:%S GMT"),
        }


def dumps(value: Any) -> bytes:
    """JSON bytes."""
    return json.dumps(value).encode()


def loads(text: bytes) -> Any:
    """The inverse."""
    return json.loads(text)


def void(value: Any) -> None:
    """Nothing, of something."""
