"""A shop of three locations and five items, served over HTTP, for the tests of writes and bulk operations."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox_shop.running import SandboxShop
from sandbox_shop.server import Server
from sandbox_shop.world import World, gid

MAIN, STORE, SERVICE = (71, 72, 73)  # Store comes second in the priority; Service belongs to a third party
A, B, C, AT_SERVICE, UNTRACKED = (1, 2, 3, 4, 5)
T0 = "2026-10-05T08:00:00Z"

ORDER = """query O($id: ID!) { order(id: $id) {
  name closed displayFulfillmentStatus displayFinancialStatus updatedAt tags note cancelledAt
  lineItems(first: 20) { nodes { id quantity currentQuantity unfulfilledQuantity } }
  fulfillments(first: 20) { id name status displayStatus totalQuantity deliveredAt inTransitAt updatedAt
    trackingInfo(first: 9) { company number url } location { id }
    fulfillmentLineItems(first: 9) { nodes { quantity lineItem { id } } } }
  fulfillmentOrders(first: 20) { nodes { id status requestStatus assignedLocation { location { id } }
    fulfillmentHolds { id handle reason }
    lineItems(first: 9) { nodes { id totalQuantity remainingQuantity lineItem { id } } } } }
} }"""
CREATE_ORDER = """mutation($o: OrderCreateOrderInput!, $s: OrderCreateOptionsInput) {
  orderCreate(order: $o, options: $s) { order { id } userErrors { field message code } } }"""
CANCEL = """mutation($id: ID!) { fulfillmentCancel(id: $id) {
  fulfillment { id status displayStatus } userErrors { field message } } }"""
FULFIL = """mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {
  fulfillment { id name status displayStatus } userErrors { field message } } }"""


class AnyShop:
    """Requests to a shop over HTTP."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def answer(
        self,
        document: str,
        variables: dict[str, Any] | None = None,
        *,
        version: str = "2026-10",
        token: str | None = None,
    ) -> dict[str, Any]:
        """The whole JSON answer of a request."""
        request = urllib.request.Request(
            f"{self.url}/admin/api/{version}/graphql.json",
            json.dumps({"query": document, "variables": variables or {}}).encode(),
            {"Content-Type": "application/json", "X-Shopify-Access-Token": token or self.token},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            answer: dict[str, Any] = json.load(response)
        return answer

    def run(self, document: str, **variables: Any) -> Any:
        """The value of the only root field; there must be no errors."""
        answer = self.answer(document, variables)
        assert "errors" not in answer, answer["errors"]
        (value,) = answer["data"].values()
        return value

    def fetch(self, url: str) -> bytes:
        """A file of the shop."""
        with urllib.request.urlopen(url, timeout=20) as response:
            return bytes(response.read())


class SmallShop(AnyShop):
    """The served shop, with the ground truth of its world."""

    def __init__(self, served: SandboxShop, world: World) -> None:
        super().__init__(served.url, served.token)
        self.served = served
        self.world = world

    def switch(self, **values: Any) -> None:
        """Set switches."""
        self.served.control("switches", values)

    def create_order(
        self, *wanted: tuple[int, int], stock: str = "DECREMENT_IGNORING_POLICY", **more: Any
    ) -> str:
        """An order of (item, quantity) lines through the API; paid unless said otherwise."""
        lines = [
            {"variantId": gid("ProductVariant", 200 + item), "quantity": units} for item, units in wanted
        ]
        order = {"lineItems": lines, "financialStatus": "PAID", **more}
        payload = self.run(CREATE_ORDER, o=order, s={"inventoryBehaviour": stock})
        assert payload["userErrors"] == []
        return str(payload["order"]["id"])

    def order(self, id_: str) -> dict[str, Any]:
        """The order as it is now."""
        found: dict[str, Any] = self.run(ORDER, id=id_)
        return found

    def open_fos(self, order_id: str) -> list[dict[str, Any]]:
        """The fulfillment orders that are not closed."""
        nodes = self.order(order_id)["fulfillmentOrders"]["nodes"]
        return [node for node in nodes if node["status"] not in ("CLOSED", "CANCELLED")]

    def fulfil(self, fo_id: str, lines: list[tuple[str, int]] | None = None, **more: Any) -> dict[str, Any]:
        """The payload of fulfillmentCreate for one fulfillment order, or some units of it."""
        entry: dict[str, Any] = {"fulfillmentOrderId": fo_id}
        if lines is not None:
            entry["fulfillmentOrderLineItems"] = [{"id": id_, "quantity": units} for id_, units in lines]
        payload: dict[str, Any] = self.run(FULFIL, f={"lineItemsByFulfillmentOrder": [entry], **more})
        return payload

    def fulfilled_order(self, *wanted: tuple[int, int], **more: Any) -> tuple[str, str]:
        """An order that is fulfilled with one fulfillment; ids of both."""
        order_id = self.create_order(*wanted, **more)
        (fo,) = self.open_fos(order_id)
        payload = self.fulfil(fo["id"])
        assert payload["userErrors"] == []
        return order_id, payload["fulfillment"]["id"]

    def cancel(self, fulfillment_id: str) -> dict[str, Any]:
        """The payload of fulfillmentCancel."""
        payload: dict[str, Any] = self.run(CANCEL, id=fulfillment_id)
        return payload

    def stock(self, item: int, location: int = MAIN) -> tuple[int, int, int]:
        """(available, committed, on hand) of an item at a location."""
        level = self.world.row("select * from level where item_id = ? and location_id = ?", item, location)
        assert level is not None
        others = level["reserved"] + level["damaged"] + level["safety_stock"] + level["quality_control"]
        available, committed = level["available"], level["committed"]
        return available, committed, available + committed + others

    def effect(self) -> int:
        """How many writes the last request really did."""
        row = self.world.row("select effect from request order by id desc")
        assert row is not None
        return int(row["effect"])

    def emails(self) -> list[str]:
        """The kinds of e-mails to customers, in their order."""
        return [row["kind"] for row in self.world.rows("select kind from email order by id")]


@contextmanager
def serve_small_shop(folder: Path) -> Iterator[SmallShop]:
    """Serve a new small shop, and stop it."""
    world = World(folder / "small.sqlite")
    try:
        _fill(world)
        with SandboxShop(Server(world), None) as served:
            yield SmallShop(served, world)
    finally:
        world.close()


def _fill(world: World) -> None:
    with world.writing():
        world.set(
            "shop",
            {"id": 1, "name": "SANDBOX small", "domain": "sandbox-shop.myshopify.com", "currency": "EUR"},
        )
        for key, value in (
            ("clock", T0),
            ("seed", 1),
            ("switches", {}),
            ("token", "all"),
            ("control_token", "c"),
        ):
            world.set(key, value)
        world.set("bucket", {"maximum": 1_000_000, "rate": 1_000_000})
        world.set("client", {"id": "i", "secret": "s"})
        names = {MAIN: "Main", STORE: "Store", SERVICE: "Service"}
        for place, (id_, name) in enumerate(names.items()):
            world.insert("location", {"id": id_, "name": name, "priority": place})
        service = {
            "id": 5,
            "handle": "far-away",
            "name": "Far Away",
            "type": "THIRD_PARTY",
            "location_id": SERVICE,
        }
        world.insert("service", service)
        world.update("location", SERVICE, service_id=5)
        for item in (A, B, C, AT_SERVICE, UNTRACKED):
            variant = {
                "variant_id": 200 + item,
                "product_id": 300 + item,
                "sku": f"SKU-{item}",
                "title": f"Item {item}",
            }
            world.insert("item", {"id": item, **variant, "tracked": int(item != UNTRACKED), "price": "10.00"})
        stocked = [(item, place) for item in (A, B, C) for place in (MAIN, STORE)] + [(AT_SERVICE, SERVICE)]
        for item, place in stocked:
            level = {
                "item_id": item,
                "location_id": place,
                "available": 10,
                "created_at": T0,
                "updated_at": T0,
            }
            world.insert("level", level)
