"""Starts bulk operations of a small shop and waits for their end, as a client does."""

import json
import threading
from typing import Any

from small_shop import AnyShop

RUN = """mutation($q: String!, $g: Boolean!) { bulkOperationRunQuery(query: $q, groupObjects: $g) {
  bulkOperation { id status type } userErrors { field message code } } }"""
STATUS = """query($id: ID!) { bulkOperation(id: $id) { id type status errorCode createdAt completedAt objectCount
  rootObjectCount fileSize url partialDataUrl query } }"""


def start(shop: AnyShop, query: str, group: bool = False, version: str = "2026-10") -> str:
    """The id of a started query."""
    payload = shop.answer(RUN, {"q": query, "g": group}, version=version)["data"]["bulkOperationRunQuery"]
    assert payload["userErrors"] == []
    return str(payload["bulkOperation"]["id"])


def wait(shop: AnyShop, operation_id: str) -> dict[str, Any]:
    """The operation when it has ended."""
    pause = threading.Event()
    for _ in range(1_000):
        operation: dict[str, Any] = shop.run(STATUS, id=operation_id)
        if operation["status"] not in ("CREATED", "RUNNING", "CANCELING"):
            return operation
        pause.wait(0.01)
    raise AssertionError(f"{operation_id} does not end")


def lines(shop: AnyShop, url: str) -> list[dict[str, Any]]:
    """The objects of a result file."""
    return [json.loads(line) for line in shop.fetch(url).decode().splitlines()]
