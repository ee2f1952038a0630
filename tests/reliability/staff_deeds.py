"""What other people do to an order of the sandbox while we work: staff in its admin, other apps, carriers, services.

Each takes the sandbox, a token of theirs and an order's id; it does nothing where there is nothing to do it to.
"""

from collections.abc import Callable

from direct_shop import DirectSandbox

Deed = Callable[[DirectSandbox, str, str], object]

CANCEL = "mutation($id: ID!) { fulfillmentCancel(id: $id) { userErrors { message } } }"
FULFIL = "mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { message } } }"
RELEASE = "mutation($id: ID!) { fulfillmentOrderReleaseHold(id: $id) { userErrors { message } } }"
HOLD = """mutation($id: ID!, $h: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $h) { userErrors { message } } }"""
ADD = "mutation($id: ID!, $t: [String!]!) { tagsAdd(id: $id, tags: $t) { userErrors { message } } }"
REMOVE = "mutation($id: ID!, $t: [String!]!) { tagsRemove(id: $id, tags: $t) { userErrors { message } } }"
CLOSE = "mutation($id: ID!) { orderClose(input: {id: $id}) { userErrors { message } } }"
OPEN = "mutation($id: ID!) { orderOpen(input: {id: $id}) { userErrors { message } } }"
NOTE = 'mutation($id: ID!) { orderUpdate(input: {id: $id, note: "called"}) { userErrors { message } } }'
CANCEL_ORDER = """mutation($id: ID!) {
  orderCancel(orderId: $id, reason: CUSTOMER, restock: true) { orderCancelUserErrors { message } } }"""
TRACKING = """mutation($id: ID!) { fulfillmentTrackingInfoUpdate(
  fulfillmentId: $id, trackingInfoInput: {company: "Other", number: "X1"}) { userErrors { message } } }"""
DELIVER = """mutation($id: ID!) { fulfillmentEventCreate(
  fulfillmentEvent: {fulfillmentId: $id, status: DELIVERED}) { userErrors { message } } }"""


def number_of(gid: str) -> int:
    """The number in an id."""
    return int(gid.rsplit("/", 1)[1])


def _live(sandbox: DirectSandbox, order_id: str) -> list[str]:
    rows = sandbox.world.rows(
        "select id from fulfillment where order_id = ? and status = 'SUCCESS' order by id",
        number_of(order_id),
    )
    return [f"gid://shopify/Fulfillment/{row['id']}" for row in rows]


def _waiting(sandbox: DirectSandbox, order_id: str, *statuses: str) -> list[str]:
    rows = sandbox.world.rows(
        "select id, status from fulfillment_order where order_id = ? order by id", number_of(order_id)
    )
    return [f"gid://shopify/FulfillmentOrder/{row['id']}" for row in rows if row["status"] in statuses]


def cancels(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Staff cancels the newest live fulfillment."""
    for id_ in _live(sandbox, order_id)[-1:]:
        sandbox.try_to(token, CANCEL, id=id_)


def fulfils(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Another app grabs what is open, with a number of its own."""
    for id_ in _waiting(sandbox, order_id, "OPEN", "IN_PROGRESS")[:1]:
        lines = [{"fulfillmentOrderId": id_}]
        made = {"lineItemsByFulfillmentOrder": lines, "trackingInfo": {"number": "OTHER"}}
        sandbox.try_to(token, FULFIL, f=made)


def fulfils_a_unit(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Another app grabs one unit of what is open."""
    for id_ in _waiting(sandbox, order_id, "OPEN", "IN_PROGRESS")[:1]:
        row = sandbox.world.row(
            "select id from fo_line where fo_id = ? and remaining > 0 order by id", number_of(id_)
        )
        if row:
            part = [{"id": f"gid://shopify/FulfillmentOrderLineItem/{row['id']}", "quantity": 1}]
            lines = [{"fulfillmentOrderId": id_, "fulfillmentOrderLineItems": part}]
            sandbox.try_to(token, FULFIL, f={"lineItemsByFulfillmentOrder": lines})


def releases(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Staff releases every hold."""
    for id_ in _waiting(sandbox, order_id, "ON_HOLD"):
        sandbox.try_to(token, RELEASE, id=id_)


def holds(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Another app holds what is open."""
    for id_ in _waiting(sandbox, order_id, "OPEN")[:1]:
        sandbox.try_to(token, HOLD, id=id_, h={"reason": "OTHER", "handle": "theirs"})


def removes_tag(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Somebody removes our tag."""
    sandbox.try_to(token, REMOVE, id=order_id, t=["unfulfilled"])


def adds_tag(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Somebody adds our tag, in capitals."""
    sandbox.try_to(token, ADD, id=order_id, t=["UNFULFILLED"])


def adds_another_tag(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Somebody adds a tag of their own."""
    sandbox.try_to(token, ADD, id=order_id, t=["vip"])


def archives(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Staff archives the order."""
    sandbox.try_to(token, CLOSE, id=order_id)


def opens(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Staff takes the order out of the archive."""
    sandbox.try_to(token, OPEN, id=order_id)


def notes(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Staff writes a note: only the time of the order's last change tells."""
    sandbox.try_to(token, NOTE, id=order_id)


def cancels_order(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Staff cancels the order."""
    sandbox.try_to(token, CANCEL_ORDER, id=order_id)


def changes_tracking(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Staff corrects the tracking of the newest fulfillment."""
    for id_ in _live(sandbox, order_id)[-1:]:
        sandbox.try_to(token, TRACKING, id=id_)


def delivers(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """The carrier delivers the newest fulfillment."""
    for id_ in _live(sandbox, order_id)[-1:]:
        sandbox.try_to(token, DELIVER, id=id_)


def rejects(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """The service says no to the request to stop."""
    _answer(sandbox, order_id, "IN_PROGRESS", "CANCELLATION_REJECTED")


def accepts(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """The service stops: its units wait again."""
    _answer(sandbox, order_id, "OPEN", "CANCELLATION_ACCEPTED")


def _answer(sandbox: DirectSandbox, order_id: str, status: str, answer: str) -> None:
    """No app of the sandbox is a service, so its answer is written down."""
    with sandbox.world.writing():
        sandbox.world.connection.execute(
            "update fulfillment_order set status = ?, request_status = ?"
            " where order_id = ? and request_status = 'CANCELLATION_REQUESTED'"
            " and status not in ('CLOSED', 'CANCELLED')",
            (status, answer, number_of(order_id)),
        )


def counts_stock(sandbox: DirectSandbox, token: str, order_id: str) -> None:
    """Somebody counts one more of everything: that is no deed to the order, but to the stock that we may set."""
    with sandbox.world.writing():
        sandbox.world.connection.execute("update level set available = available + 1")


DEEDS: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (
        cancels, fulfils, fulfils_a_unit, releases, holds, removes_tag, adds_tag, adds_another_tag, archives, opens,
        notes, cancels_order, changes_tracking, delivers, rejects, accepts, counts_stock,
    )
}  # fmt: skip
