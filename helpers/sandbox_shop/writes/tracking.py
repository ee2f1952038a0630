"""Tracking of a fulfillment: how its inputs become rows, and fulfillmentTrackingInfoUpdate."""

import json
from typing import Any

from sandbox_shop import objects
from sandbox_shop.context import Context
from sandbox_shop.world import Row
from sandbox_shop.writes.answers import Payload, fresh, refusal, user_error
from sandbox_shop.writes.history import record, send_email


def tracking_rows(given: dict[str, Any] | None) -> list[Row]:
    """A FulfillmentTrackingInput as company/number/url rows, one a number.

    `numbers` and `urls` go together by position. No url is made from a carrier's name, which Shopify does.
    """
    given = given or {}
    numbers = given.get("numbers") or ([given["number"]] if given.get("number") else [])
    urls = given.get("urls") or ([given["url"]] if given.get("url") else [])
    company = given.get("company") or None
    count = max(len(numbers), len(urls), 1 if company else 0)
    return [
        {
            "company": company,
            "number": numbers[place] if place < len(numbers) else None,
            "url": urls[place] if place < len(urls) else None,
        }
        for place in range(count)
    ]


def fulfillment_tracking_info_update(
    context: Context,
    fulfillmentId: str,
    trackingInfoInput: dict[str, Any],
    notifyCustomer: bool | None = False,
    **_: Any,
) -> Payload:
    """Replace the tracking of a fulfillment; a cancelled one too (recorded 2026-06)."""
    fulfillment = objects.load(context.world, "Fulfillment", fulfillmentId)
    if fulfillment is None:
        return refusal("fulfillment", user_error(["fulfillmentId"], "Fulfillment does not exist."))
    now = record(
        context,
        fulfillment["order_id"],
        "tracking_updated",
        f"{context.app} updated the tracking of {fulfillment['name']}.",
    )
    tracking = json.dumps(tracking_rows(trackingInfoInput))
    context.world.update("fulfillment", fulfillment["id"], tracking=tracking, updated_at=now)
    if notifyCustomer:
        send_email(context, fulfillment["order_id"], "tracking_updated")
    return {"fulfillment": fresh(context, "Fulfillment", fulfillment["id"]), "userErrors": []}
