"""What happens on a worker: whose secrets a shop's process has, and what it does where it cannot work."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from distributed import Client

import sandbox_shop
from unfulfill.errors import SettingsRefused
from unfulfill.fleet.cluster import open_cluster, usual_workers
from unfulfill.fleet.job import Job
from unfulfill.fleet.worker import ShopProcesses, environment_of, run_shop
from unfulfill.scheduling.schedule_file import DEFAULTS, STEPS


def job(home: Path, **more: Any) -> Job:
    given: dict[str, Any] = {
        "fleet": "fleet", "crew": "crew", "night": "fleet-2026-11-29-0200", "profile": "nobody", "home": str(home),
        "runs": "runs", "is_store": False, "parameters": {}, "settings": {}, "may_apply": True,
    }  # fmt: skip
    return Job(**{**given, **more})


@pytest.fixture
def client() -> Iterator[Client]:
    """Dask within this process."""
    no_page = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
    with Client(processes=False, n_workers=1, threads_per_worker=1, scheduler_kwargs=no_page) as opened:
        yield opened


def test_a_job_comes_through_as_it_was(tmp_path: Path) -> None:
    given = job(
        tmp_path, parameters={"export": {"since": "last"}}, settings={"policy.toml": "max_cancels = 1\n"}
    )

    assert Job.from_json(given.to_json()) == given


def test_the_process_of_a_shop_has_its_own_secret_alone(tmp_path: Path) -> None:
    environ = {
        "PATH": "/bin",
        "UNFULFILL_API_VERSION": "2026-10",
        "UNFULFILL_PROFILE_MY_SHOP_TOKEN": "own",
        "UNFULFILL_PROFILE_MY_SHOP_CLIENT_SECRET": "own too",
        "UNFULFILL_PROFILE_MY_TOKEN": "of another shop",
        "UNFULFILL_PROFILE_MY_SHOP_2_TOKEN": "of another shop",
        "UNFULFILL_TOKEN": "plain",
        "UNFULFILL_CLIENT_ID": "plain",
        "UNFULFILL_CLIENT_SECRET": "plain",
        "UNFULFILL_SHOP": "plain",
    }

    assert environment_of(job(tmp_path, profile="my-shop"), environ) == {
        "PATH": "/bin",
        "UNFULFILL_API_VERSION": "2026-10",
        "UNFULFILL_PROFILE_MY_SHOP_TOKEN": "own",
        "UNFULFILL_PROFILE_MY_SHOP_CLIENT_SECRET": "own too",
        "UNFULFILL_HOME": str(tmp_path),
    }


def test_a_worker_that_does_not_see_the_run_folder_says_so(client: Client, tmp_path: Path) -> None:
    client.register_plugin(ShopProcesses("crew"))

    told = client.submit(run_shop, job(tmp_path)).result()

    assert told["status"] == 2
    assert "must stand on a disk that every worker sees" in told["text"]
    assert list(tmp_path.iterdir()) == []


def test_with_a_store_a_worker_leaves_nothing_and_an_ended_night_is_not_run_again(
    client: Client, tmp_path: Path
) -> None:
    client.register_plugin(ShopProcesses("crew"))
    files = fsspec.filesystem("memory")
    given = job(tmp_path, runs="memory://fleet", is_store=True, may_apply=False)

    first = client.submit(run_shop, given, pure=False).result()
    stored = json.loads(files.cat("/fleet/nobody/fleet-2026-11-29-0200/summary.json"))
    files.pipe(
        "/fleet/nobody/fleet-2026-11-29-0200/summary.json", json.dumps({**stored, "text": "kept"}).encode()
    )
    second = client.submit(run_shop, given, pure=False).result()

    assert (first["status"], first["run"]) == (2, "memory://fleet/nobody/fleet-2026-11-29-0200")
    assert "There is no profile" in first["text"]
    assert (stored, second["text"]) == (first, "kept")
    ((_, folder),) = client.run(lambda dask_worker: dask_worker.local_directory).items()
    assert list(Path(folder).glob("unfulfill-*")) == []
    files.store.clear()


@pytest.mark.gate
def test_a_whole_night_ends_in_a_store_and_applies_nothing_there(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where policy.toml would let it: a fleet with such a policy is refused before."""
    sandbox_shop.start(tmp_path / "world.sqlite", seed=7, size=30).stop()
    monkeypatch.setenv("UNFULFILL_SANDBOX_WORLD", str(tmp_path / "world.sqlite"))
    client.register_plugin(ShopProcesses("crew"))
    steps = {step: DEFAULTS.get(step, {}) for step in STEPS}
    settings = {"policy.toml": "unattended_up_to = 1000\n"}

    given = job(
        tmp_path, profile="sandbox", runs="memory://night", is_store=True, may_apply=False,
        parameters=steps, settings=settings,
    )  # fmt: skip
    told = client.submit(run_shop, given).result()

    files = fsspec.filesystem("memory")
    stored = {path.rpartition("fleet-2026-11-29-0200/")[2] for path in files.find("/night/sandbox")}
    assert (told["status"], told["applied"]) == (3, {})
    assert told["changes"] > 0
    assert {"summary.json", "plan.json", "report.html", "policy.toml", "export/orders.parquet"} <= stored
    assert "journal.sqlite" not in stored
    files.store.clear()


def test_nothing_begins_once_the_fleet_is_over(client: Client, tmp_path: Path) -> None:
    client.register_plugin(ShopProcesses("crew"))
    client.register_plugin(ShopProcesses("crew", is_over=True))

    told = client.submit(run_shop, job(tmp_path, runs="memory://over", is_store=True)).result()

    assert (told["status"], told["text"]) == (130, "Not begun, for the fleet was interrupted.")


def test_a_worker_with_another_version_is_refused(client: Client) -> None:
    plugin = ShopProcesses("crew")
    plugin.version = "0.0.1"

    with pytest.raises(Exception, match="another version of the workbench"):
        client.register_plugin(plugin)


def test_a_scheduler_that_does_not_answer_is_told_at_once() -> None:
    with (
        pytest.raises(SettingsRefused, match=r"No scheduler of Dask answers at tcp://127\.0\.0\.1:1 "),
        open_cluster("tcp://127.0.0.1:1", None, 1),
    ):
        pass


def test_a_scheduler_without_certificates_is_told_at_once() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        pytest.raises(SettingsRefused, match="check your TLS configuration"),
        open_cluster(f"tls://127.0.0.1:{listening.getsockname()[1]}", None, 1),
    ):
        pass


def test_there_are_no_more_workers_than_work() -> None:
    assert [usual_workers(shops) for shops in (1, 2)] == [1, 1]
    assert 1 <= usual_workers(3) <= 2
