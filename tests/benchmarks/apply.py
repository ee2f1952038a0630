"""How long an apply takes, held against what the shop's points allow and against the plain ways.

    python tests/benchmarks/apply.py [--size N] [--bulk N] [--seed N] [--plans P,P] [--latency-ms N] [--json]
                                     [--folder DIR]

`--size` is the number of fulfillments that are cancelled, `--bulk` of those that are cancelled by one bulk operation,
whose time is held against the synchronous one of a Standard shop. The sandbox runs in a process of its own with a delay
before each answer; every way of cancelling is another process, on a fresh copy of the same shop. Points decide the time
on a real shop, so the ratio is to (points needed - points there) / points that come back per second.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "helpers")]

import apply_clients  # noqa: E402 - found through the path above
import requests  # noqa: E402
from measuring import folder_of, machine, parser_of, say  # noqa: E402

POINTS = 10  # of one fulfillmentCancel
# Points the bucket holds, that come back per second, and that are there at the beginning. Plus begins empty: a full
# bucket has the points for 2,000 cancels at once, and nothing would limit them.
PLANS = {"standard": (2_000, 100, 2_000), "plus": (20_000, 1_000, 0)}
LOOP_SAMPLE = 300  # cancels of the plain loop: each takes as long as the one before


@dataclass(frozen=True)
class Served:
    """A sandbox shop in another process."""

    url: str
    token: str
    control_token: str

    def control(self, command: str, given: dict[str, Any]) -> dict[str, Any]:
        """One command of the sandbox's control API."""
        answer = requests.post(
            f"{self.url}/_sandbox/{command}",
            json=given,
            headers={"X-Sandbox-Control": self.control_token},
            timeout=60,
        )
        answer.raise_for_status()
        plain: dict[str, Any] = answer.json()
        return plain


def main() -> None:
    """Seed, measure, check, print."""
    parser = parser_of(__doc__, 2_000, "fulfillments")
    parser.add_argument(
        "--bulk", type=int, default=20_000, metavar="FULFILLMENTS", help="0: no bulk operation"
    )
    parser.add_argument("--plans", default="standard,plus", help="of Shopify: standard, plus; blank: none")
    parser.add_argument("--latency-ms", type=float, default=100)
    arguments = parser.parse_args()
    plans = arguments.plans.split(",") if arguments.plans else []
    with folder_of(arguments.folder) as folder:
        result = benchmark(
            folder, arguments.size, arguments.bulk, arguments.seed, plans, arguments.latency_ms
        )
    print(json.dumps(result) if arguments.json else _table(result))


def benchmark(
    folder: Path, size: int, bulk: int, seed: int, plans: list[str], latency_ms: float
) -> dict[str, Any]:
    """Every figure of one seed."""
    shops: dict[str, dict[str, Any]] = {}
    if plans:
        seed_world(folder, seed, size)
        shops = {plan: of_plan(folder, plan, size, latency_ms) for plan in plans}
    if bulk:
        seed_world(folder, seed, bulk)
        with serve(folder, PLANS["standard"], latency_ms) as shop:
            shops["bulk"] = {"bulk": run(shop, folder, "bulk", PLANS["standard"])}
        say(f"bulk: {shops['bulk']}")
    runs = [each for ways in shops.values() for way, each in ways.items() if way in ("ours", "bulk")]
    one_by_one = [ways["ours"] for ways in shops.values() if "ours" in ways]
    return {
        "ratio_to_limit": max((each["ratio_to_limit"] for each in one_by_one), default=None),
        "throttled": max((each["throttled"] for each in one_by_one), default=None),
        **{
            key: max(each[key] for each in runs)
            for key in ("journal_ms", "journal_share", "plan_requests", "check_requests", "verify_requests")
        },
        "plans": shops,
        "size": size,
        "bulk": bulk,
        "seed": seed,
        "latency_ms": latency_ms,
        **machine(),
    }


def seed_world(folder: Path, seed: int, size: int) -> None:
    """Make world.sqlite and ids.json, a shop with so many live fulfillments and their ids."""
    import sandbox_shop

    kept = folder / f"world-{size}.sqlite"
    if not kept.exists():
        say(f"seeding a shop with {size} fulfillments")
        sandbox_shop.start(kept, seed, size * 13 // 10 + 20).stop()
    shutil.copy(kept, folder / "world.sqlite")
    (folder / "ids.json").write_text(json.dumps(live_fulfillments(kept, size)))


def live_fulfillments(world: Path, size: int) -> list[str]:
    """Ids of fulfillments that can be cancelled."""
    with sqlite3.connect(f"file:{world}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "select id from fulfillment where status = 'SUCCESS' order by id limit ?", (size,)
        ).fetchall()
    if len(rows) < size:
        raise SystemExit(f"The shop has only {len(rows)} live fulfillments.")
    return [f"gid://shopify/Fulfillment/{row[0]}" for row in rows]


def of_plan(folder: Path, plan: str, size: int, latency_ms: float) -> dict[str, Any]:
    """Every way of cancelling on one of Shopify's plans."""
    points = PLANS[plan]
    results: dict[str, Any] = {}
    for way in ("ours", "loop", "pool"):
        with serve(folder, points, latency_ms) as shop:
            results[way] = run(shop, folder, way, points)
        say(f"{plan} {way}: {results[way]}")
    with serve(folder, points, latency_ms) as shop:
        results["two_clients"] = run_two(shop, folder, size, points)
    say(f"{plan} two clients: {results['two_clients']}")
    return results


@contextmanager
def serve(folder: Path, points: tuple[int, int, int], latency_ms: float) -> Iterator[Served]:
    """A sandbox on a fresh copy of the world."""
    copy = folder / "copy.sqlite"
    for path in folder.glob("copy.sqlite*"):  # the file itself, and the folder of its bulk results
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copy(folder / "world.sqlite", copy)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "helpers")}
    command = [sys.executable, "-m", "sandbox_shop", "--world", str(copy)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        shop = Served(facts["url"], facts["token"], facts["control_token"])
        maximum, rate, available = points
        bucket = {"maximum": maximum, "rate": rate, "available": available}
        shop.control("settings", {"latency_ms": latency_ms, "bucket": bucket})
        try:
            yield shop
        finally:
            process.terminate()


def run(shop: Served, folder: Path, way: str, points: tuple[int, int, int]) -> dict[str, Any]:
    """One way of cancelling, in a process of its own."""
    ids = json.loads((folder / "ids.json").read_text())
    if way == "loop":
        ids = ids[:LOOP_SAMPLE]
    [result] = clients(shop, folder, way, [ids], points)
    limit_s = max(0.0, len(ids) * POINTS - points[2]) / points[1]
    if way == "loop":  # never throttled: it waits for each answer
        result["seconds"] *= len(json.loads((folder / "ids.json").read_text())) / len(ids)
        limit_s = (
            max(0.0, len(json.loads((folder / "ids.json").read_text())) * POINTS - points[2]) / points[1]
        )
    return {
        **result,
        **told(shop, folder, ids),
        "ratio_to_limit": round(result["seconds"] / limit_s, 3) if limit_s else None,
    }


def run_two(shop: Served, folder: Path, size: int, points: tuple[int, int, int]) -> dict[str, Any]:
    """Two processes of ours on one bucket, each with half of the fulfillments."""
    ids = json.loads((folder / "ids.json").read_text())
    results = clients(shop, folder, "ours", [ids[: size // 2], ids[size // 2 :]], points)
    limit_s = max(0.0, size * POINTS - points[2]) / points[1]
    seconds = max(result["seconds"] for result in results)
    return {
        "seconds": seconds,
        **told(shop, folder, ids),
        "ratio_to_limit": round(seconds / limit_s, 3) if limit_s else None,
    }


def clients(
    shop: Served, folder: Path, way: str, parts: list[list[str]], points: tuple[int, int, int]
) -> list[dict[str, Any]]:
    """Run one process for each part, at the same time."""
    processes = []
    for number, ids in enumerate(parts):
        asked = {
            "way": way,
            "url": shop.url,
            "token": shop.token,
            "control_token": shop.control_token,
            "bucket": dict(zip(("maximum", "rate", "available"), points, strict=True)),
            "ids": ids,
            "folder": str(folder / f"client-{number}"),
        }
        process = subprocess.Popen(
            [sys.executable, apply_clients.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        processes.append((process, json.dumps(asked)))
    for process, text in processes:
        assert process.stdin is not None
        process.stdin.write(text)
        process.stdin.close()
    results = []
    for process, _ in processes:
        assert process.stdout is not None
        results.append(json.loads(process.stdout.read()))
        if process.wait():
            raise SystemExit(f"A client ended with {process.returncode}.")
    return results


def told(shop: Served, folder: Path, ids: list[str]) -> dict[str, Any]:
    """What the shop itself says: cancels by its orders' time lines, and requests refused for want of points."""
    rows = [row for row in shop.control("request", {})["rows"] if row["mutation"] == "fulfillmentCancel"]
    throttled = sum(row["effect"] == 0 for row in rows)
    effects = cancels_of(folder / "copy.sqlite")
    return {
        "lost": len(set(ids) - set(effects)),
        "doubled": sum(count > 1 for count in effects.values()),
        "throttled": throttled,
        "throttled_share": round(throttled / len(rows), 4) if rows else 0.0,
    }


def cancels_of(world: Path) -> Counter[str]:
    """How often each fulfillment was cancelled."""
    with sqlite3.connect(f"file:{world}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "select f.id from order_event e join fulfillment f on f.order_id = e.order_id"
            " where e.action = 'fulfillment_cancelled' and instr(e.message, ' ' || f.name || ' (')"
        ).fetchall()
    return Counter(f"gid://shopify/Fulfillment/{row[0]}" for row in rows)


def _table(result: dict[str, Any]) -> str:
    lines = [f"{'plan':10}{'way':14}{'seconds':>9}{'to limit':>10}{'throttled':>11}{'lost':>6}{'doubled':>9}"]
    for plan, ways in result["plans"].items():
        for way, each in ways.items():
            limit = each["ratio_to_limit"]  # none where the points that are there suffice
            ratio = "-" if limit is None else f"{limit:.3f}"
            lines.append(
                f"{plan:10}{way:14}{each['seconds']:9.1f}{ratio:>10}{each['throttled']:11}"
                f"{each['lost']:6}{each['doubled']:9}"
            )
    keys = ("journal_ms", "journal_share", "plan_requests", "check_requests", "verify_requests")
    return "\n".join([*lines, *(f"{key:16}{result[key]}" for key in keys)])


if __name__ == "__main__":
    main()
