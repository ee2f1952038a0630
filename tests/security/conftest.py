"""One run on a shop all of whose texts are hostile, from export to shared pages, with the umask open."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hostile import make_hostile

import sandbox_shop
from unfulfill.cli import main
from unfulfill.notebook_runner import run_notebook
from unfulfill.run import Run
from unfulfill.workbench import open_workbench

sys.path.insert(0, str(Path(__file__).parents[1] / "unfulfill"))  # for its builders
NOTEBOOKS = ("0_start", "1_export", "2_audit", "3_mark", "4_plan_and_apply")


@dataclass(frozen=True)
class Left:
    """What a whole run left."""

    folder: Path  # the workspace
    run: Run
    token: str
    connected_to: frozenset[str]  # hosts

    def files(self, *suffixes: str) -> list[Path]:
        """Every file but those of the sandbox itself."""
        found = [
            path for path in self.folder.rglob("*") if path.is_file() and "sandbox_shop" not in path.name
        ]
        return [path for path in found if not suffixes or path.suffix in suffixes]


@pytest.fixture(autouse=True)
def _nothing_of_the_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path_factory.mktemp("own")))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder = tmp_path_factory.mktemp("workspace")
    hosts: set[str] = set()
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        hosts.add(str(address[0]))
        connect(self, address)

    umask = os.umask(0)
    try:
        with pytest.MonkeyPatch.context() as patches:
            patches.setattr(socket.socket, "connect", watched)
            patches.setenv("UNFULFILL_HOME", str(folder))
            patches.setenv("XDG_STATE_HOME", str(folder / "state"))
            sandbox_shop.start(folder / "sandbox_shop.sqlite", seed=7, size=60).stop()
            make_hostile(folder / "sandbox_shop.sqlite")
            return _gone_through(folder, hosts)
    finally:
        os.umask(umask)


def _gone_through(folder: Path, hosts: set[str]) -> Left:
    for name in NOTEBOOKS:
        run_notebook(name, folder / "run", {})
    bench = open_workbench("sandbox", folder / "run")
    assert bench.sandbox is not None
    token = bench.sandbox.token
    live = list(bench.marks()["fulfillment_id"])
    bench.mark(
        "unfulfill", fulfillment_ids=live, reason="<b>x</b>", note="=1+1", override='"><script>1</script>'
    )
    bench.apply(bench.plan(tag="=<script>1</script>").digest)
    bench.verify()
    bench.read_customers("full")
    bench.report("full").rename(folder / "named.html")
    bench.audit_report("full").rename(folder / "named_audit.html")
    bench.read_customers("none")
    bench.audit_report()
    bench.undo_workbench().apply(bench.undo().digest)
    bench.undo_workbench().report()
    bench.sandbox.stop()
    bench.shop.close()
    for name in ("5_verify_and_report", "6_undo"):
        run_notebook(name, folder / "run", {})
    assert main(["share", str(folder / "run")]) == 0
    assert main(["marks", str(folder / "run")]) == 0
    for app in ("matrixify", "altera"):
        for form in ("xlsx", "csv"):
            to = folder / f"{app}_{form}"
            main(["unfulfill-file", str(folder / "run"), "--to", str(to), "--app", app, "--format", form])
    return Left(folder, Run(folder / "run"), token, frozenset(hosts))
