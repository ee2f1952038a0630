"""The ways of cancelling that the benchmark compares, each run as a process: JSON on stdin, JSON on stdout."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

CANCEL = (
    "mutation C($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { id status } userErrors { message } } }"
)
POOL_THREADS = 8
NAIVE_PAUSE_S = 1.0


def ours(asked: Mapping[str, Any], *, bulk: bool = False) -> dict[str, Any]:
    """The workbench's engine with its journal, as an operator would run it."""
    from unfulfill.apply import Engine
    from unfulfill.journal import Entry, Journal
    from unfulfill.model import Decision, Limits, Mark
    from unfulfill.plan import PlanOptions, make_plan
    from unfulfill.settings import sandbox_settings
    from unfulfill.shop import Shop, read_back, read_fulfillments
    from unfulfill.verify import verify_plan

    class Timed(Journal):
        """Counts the time that its callers wait for it."""

        def __init__(self, path: Path, now: Callable[[], str]) -> None:
            self.seconds, self.rows, self._counting = 0.0, 0, threading.Lock()
            super().__init__(path, now)

        def record_many(self, entries: Iterable[Entry]) -> None:
            rows = list(entries)
            started = time.perf_counter()
            super().record_many(rows)
            with self._counting:
                self.seconds += time.perf_counter() - started
                self.rows += len(rows)

    folder = Path(asked["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "journal.sqlite").unlink(missing_ok=True)
    with Shop(sandbox_settings(asked["url"], asked["token"])) as shop:
        identity = shop.identity()
        marks = [Mark(id_, "", "", Decision.UNFULFILL, override="benchmark") for id_ in asked["ids"]]
        before = _requests(asked)
        states = read_fulfillments(shop, asked["ids"])
        plan_requests = _requests(asked) - before
        plan = make_plan(
            marks,
            states,
            shop=identity,
            api_version=shop.api_version,
            made_at=datetime.now(UTC),
            live_fulfillments=len(marks),
            refunded_at={},
            options=PlanOptions(Limits(max_cancels=10**9, max_units=10**9)),
        )
        if len(plan.changes) != len(marks):
            raise SystemExit(f"{len(plan.skips)} marks were skipped, the first: {plan.skips[0].message}")
        _control(asked, "settings", {"bucket": asked["bucket"]})
        before = _requests(asked)
        with Timed(folder / "journal.sqlite", lambda: datetime.now(UTC).isoformat()) as journal:
            engine = Engine(plan, shop, journal, sleep=time.sleep, bulk=bulk)
            started = time.perf_counter()
            applied = engine.run(plan.digest, "benchmark")
            seconds = time.perf_counter() - started
        check_requests = _requests(asked) - before
        applied.check()
        outcomes = {outcome.change_id: outcome for outcome in applied.outcomes}
        before = _requests(asked)
        verified = verify_plan(plan, outcomes, read_back(shop, plan, outcomes))
        threads = shop.threads
        return {
            "seconds": seconds,
            "threads": threads,
            "journal_ms": round(1000 * journal.seconds / journal.rows, 3),
            "journal_share": round(journal.seconds / (threads * seconds), 4),
            "plan_requests": plan_requests,
            "check_requests": check_requests,
            "verify_requests": _requests(asked) - before,
            "verified": verified.counts,
        }


def bulk(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The same by one bulk operation of the shop."""
    return ours(asked, bulk=True)


def loop(asked: Mapping[str, Any]) -> dict[str, Any]:
    """One request after the other, the same again a second later where it was refused."""
    started = time.perf_counter()
    with requests.Session() as session:
        for id_ in asked["ids"]:
            _cancel(session, asked, id_)
    return {"seconds": time.perf_counter() - started}


def pool(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Threads that know nothing of points."""
    sessions = threading.local()

    def cancel(id_: str) -> None:
        if not hasattr(sessions, "session"):
            sessions.session = requests.Session()
        _cancel(sessions.session, asked, id_)

    started = time.perf_counter()
    with ThreadPoolExecutor(POOL_THREADS) as threads:
        list(threads.map(cancel, asked["ids"]))
    return {"seconds": time.perf_counter() - started}


def _cancel(session: requests.Session, asked: Mapping[str, Any], id_: str) -> None:
    while True:
        answer = session.post(
            f"{asked['url']}/admin/api/2026-10/graphql.json",
            json={"query": CANCEL, "variables": {"id": id_}},
            headers={"X-Shopify-Access-Token": asked["token"]},
            timeout=60,
        ).json()
        if "data" in answer:
            return
        time.sleep(NAIVE_PAUSE_S)


def _control(asked: Mapping[str, Any], command: str, given: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(
        f"{asked['url']}/_sandbox/{command}",
        json=given,
        headers={"X-Sandbox-Control": asked["control_token"]},
        timeout=60,
    )
    answer.raise_for_status()
    plain: dict[str, Any] = answer.json()
    return plain


def _requests(asked: Mapping[str, Any]) -> int:
    """Readings that the shop has answered so far; neither changes nor questions how a bulk operation goes."""
    rows = _control(asked, "request", {})["rows"]
    return sum(row["mutation"] is None and row["operation"] != "BulkStatus" for row in rows)


WAYS = {"ours": ours, "bulk": bulk, "loop": loop, "pool": pool}

if __name__ == "__main__":
    given = json.loads(sys.stdin.read())
    sys.path.insert(0, str(Path(__file__).parents[2] / "helpers"))
    print(json.dumps(WAYS[given["way"]](given)))
