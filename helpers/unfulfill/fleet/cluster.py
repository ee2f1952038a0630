"""Dask's part: a cluster of this machine's own, or one that is there already."""

import logging
import re
import signal
import socket
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from types import FrameType
from typing import TYPE_CHECKING

from unfulfill.errors import ParameterRefused, SettingsRefused
from unfulfill.redaction import printable

if TYPE_CHECKING:
    from distributed import Client

ADDRESS = re.compile(r"(tcp|tls)://([^\s/@:]+|\[[0-9a-f:]+\]):[0-9]{1,5}", re.ASCII)
SHOPS_A_WORKER = (
    2  # at a time; each is a Python of its own and a kernel, and waits for its shop most of the time
)
SHOP_BYTES = 600 * 2**20  # that one takes at most; a usual one 450 MB (tests/reliability/README.md)
MOST_WORKERS = 256
QUIET: Mapping[str, object] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}  # no pages for others
ANSWERS_IN_S = 20
FIRST_WORKER_IN_S = 60


def check_cluster(scheduler: str, workers: int | None) -> None:
    """Refuse what can be no cluster, and a machine without Dask. Raises ParameterRefused or SettingsRefused."""
    if scheduler and workers is not None:
        raise ParameterRefused("--workers is for a cluster of this machine; one at --scheduler has its own.")
    if scheduler and not ADDRESS.fullmatch(scheduler):
        raise ParameterRefused(
            "--scheduler must be an address such as tcp://10.0.0.5:8786, or tls://10.0.0.5:8786 with certificates."
        )
    if workers is not None and not 1 <= workers <= MOST_WORKERS:
        raise ParameterRefused(f"--workers must be from 1 to {MOST_WORKERS}, not {workers}.")
    missing = [name for name in ("distributed", "fsspec", "cryptography") if find_spec(name) is None]
    if missing:
        raise SettingsRefused(
            f"A fleet needs {' and '.join(missing)}, which this Python lacks; run "
            "pip install 'unfulfill-workbench[fleet]'."
        )


@contextmanager
def open_cluster(scheduler: str, workers: int | None, shops: int) -> Iterator["Client"]:
    """A client of the cluster, whose workers can run shops. Raises SettingsRefused where there is none."""
    import dask

    if scheduler:
        with _existing(scheduler) as client:
            yield client
        return
    with (
        tempfile.TemporaryDirectory(prefix="unfulfill-fleet-") as folder,
        dask.config.set({**QUIET, "temporary-directory": folder}),
        _own(workers or usual_workers(shops), folder) as client,
    ):
        yield client


@contextmanager
def _own(workers: int, folder: str) -> Iterator["Client"]:
    """Processes of this machine that nobody else can reach: on the loopback, with certificates made for this night."""
    from distributed import Client, LocalCluster, Security

    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=SHOPS_A_WORKER,
            memory_limit=0,  # it counts the worker's own, and the shops are processes beside it
            host="127.0.0.1",
            protocol="tls",
            security=Security.temporary(),
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            local_directory=folder,
            silence_logs=logging.CRITICAL,  # what is wrong with a shop stands in its row
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def _existing(scheduler: str) -> Iterator["Client"]:
    """The cluster at an address; certificates are those of Dask's own configuration."""
    from distributed import Client

    host, _, port = scheduler.partition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWERS_IN_S).close()  # Dask tries for long
        client = Client(scheduler, timeout=ANSWERS_IN_S)
    except (
        OSError,
        OverflowError,
        ValueError,
        RuntimeError,
        TypeError,
    ) as error:  # the last: TLS is not set up
        told = printable(f"{type(error).__name__}: {error}")
        raise SettingsRefused(
            f"No scheduler of Dask answers at {scheduler} ({told:.200}); start it, or mend the address."
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=FIRST_WORKER_IN_S)
        except TimeoutError:
            raise SettingsRefused(f"No worker has joined {scheduler}; start one with dask worker.") from None
        yield client


@contextmanager
def crew_on(client: "Client", is_ours: bool) -> Iterator[str]:
    """Let every worker of a cluster run shops, until this ends; yields what the crew is called there.

    `is_ours`: the cluster is this fleet's alone. Raises SettingsRefused where a worker cannot.
    """
    from unfulfill.fleet.worker import ShopProcesses

    name = f"unfulfill-fleet-{uuid.uuid4().hex}"
    try:
        client.register_plugin(ShopProcesses(name, is_ours=is_ours))
    except Exception as error:  # whatever the other side raised
        raise SettingsRefused(
            f"The workers cannot run shops ({type(error).__name__}: {error}); install the same version of "
            "unfulfill-workbench[fleet] on each."
        ) from None
    try:
        yield name
    finally:
        client.unregister_worker_plugin(name)


def usual_workers(shops: int) -> int:
    """As many as this machine has cores and memory for, and no more than there is to do."""
    from dask.system import CPU_COUNT
    from distributed.system import MEMORY_LIMIT

    most = min(CPU_COUNT, MEMORY_LIMIT // (SHOPS_A_WORKER * SHOP_BYTES), -(-shops // SHOPS_A_WORKER))
    return max(int(most), 1)


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """SIGTERM, by which service managers end a program, is heard as Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
