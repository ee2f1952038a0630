"""The orders file through the bulk parsers of tap-shopify and of Airbyte, each in an environment of its own.

Both take children right behind their order for granted, and Airbyte a `__typename` in each line: they get the lines so,
which is in their favour. Neither makes tables; ours makes the four of that file, sorted and on disk.
"""

import json
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import generator

PACKAGES = {"tap-shopify": "tap-shopify>=3.13,<3.14", "airbyte": "airbyte-source-shopify>=4.3,<4.4"}
TARGETS = {"tap-shopify": 4.0, "airbyte": 12.0}  # how many times faster ours is to be

TAP = """
import json, sys, time
from tap_shopify.streams.orders import Orders
started, ids = time.perf_counter(), {}
orders = Orders.parse_bulk_jsonl(Orders.__new__(Orders), sys.argv[1] + "/grouped.jsonl")
for order in orders:
    for thing in (order, *order["lineItems"], *order["discountApplications"]):
        kind = thing["id"].split("/")[3]
        ids[kind] = ids.get(kind, 0) + int(thing["id"].rpartition("/")[2])
print(json.dumps({"wall_s": time.perf_counter() - started, "ids": ids}))
"""
AIRBYTE = """
import json, sys, time
from types import SimpleNamespace
from source_shopify.shopify_graphql.bulk.record import ShopifyBulkRecord
def process(record):
    for things in record["record_components"].values():
        for thing in things:
            parser.record_resolve_id(thing)
    yield record
composition = {"new_record": "Order", "record_components": ["LineItem", "FulfillmentOrder"]}
parser = ShopifyBulkRecord(SimpleNamespace(record_composition=composition, record_process_components=process))
started, ids = time.perf_counter(), {}
for order in parser.read_file(sys.argv[2] + "/typed.jsonl", remove_file=False):
    ids["Order"] = ids.get("Order", 0) + order["id"]
    for things in order["record_components"].values():
        for thing in things:
            kind = thing["admin_graphql_api_id"].split("/")[3]
            ids[kind] = ids.get(kind, 0) + thing["id"]
print(json.dumps({"wall_s": time.perf_counter() - started, "ids": ids}))
"""
PROGRAMS = {"tap-shopify": TAP, "airbyte": AIRBYTE}


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def compare(folder: Path, *, ours_s: float, repeat: int) -> dict[str, Any]:
    """By peer: least seconds, how many times faster ours is, whether its ids are the same; or why it did not run."""
    grouped = generator.grouped((folder / "orders.jsonl").read_bytes().splitlines(keepends=True))
    values = [json.loads(line) for line in grouped]
    ids: dict[str, int] = {}
    for value in values:
        _, _, _, kind, number = value["id"].split("/")
        value["__typename"] = kind
        ids[kind] = ids.get(kind, 0) + int(number)
    (folder / "grouped.jsonl").write_bytes(b"".join(grouped))
    (folder / "typed.jsonl").write_text("".join(json.dumps(v) + "\n" for v in values), encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        found = {name: _compare(name, url, folder, ids, ours_s, repeat) for name in PACKAGES}
        server.shutdown()
    return found


def _compare(
    name: str, url: str, folder: Path, ids: dict[str, int], ours_s: float, repeat: int
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="unfulfill-peer-") as place:
        python = Path(place) / "bin" / "python"
        try:
            subprocess.run([sys.executable, "-m", "venv", place], check=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGES[name]], check=True)
            answers = [
                json.loads(
                    subprocess.run(
                        [python, "-c", PROGRAMS[name], url, folder], check=True, stdout=subprocess.PIPE
                    ).stdout.splitlines()[-1]
                )
                for _ in range(repeat)
            ]
        except (subprocess.CalledProcessError, ValueError) as error:
            return {"error": str(error)}
    least = min(answer["wall_s"] for answer in answers)
    return {
        "wall_s": least,
        "times_faster": round(least / ours_s, 2),
        "target": TARGETS[name],
        "same_ids": all(answer["ids"] == ids for answer in answers),
    }
