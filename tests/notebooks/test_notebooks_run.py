"""Notebooks run headless: all in order by the demonstration, some of them alone by the runner."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

import sandbox_shop
from unfulfill.demo import run_demo
from unfulfill.ending import last_ending
from unfulfill.errors import NotApproved, ParameterRefused
from unfulfill.notebook_runner import run_notebook
from unfulfill.parameters import load_notebook
from unfulfill.profiles import Profile, keep_profile
from unfulfill.settings import Secret

# Jupyter's own parts warn about each other; what is tested here is ours.
pytestmark = pytest.mark.filterwarnings("default")

NOTEBOOKS = ("1_export", "2_audit", "3_mark", "4_plan_and_apply", "5_verify_and_report", "6_undo")
EVERY_FILE = [
    *("run.json", "export/manifest.json", "export/orders.parquet", "orders.xlsx", "stock_count.csv"),
    *("findings.parquet", "stock.parquet", "marks.csv", "plan.json", "journal.sqlite"),
    *("results.xlsx", "messages", "report.html", "undo/plan.json", "undo/journal.sqlite", "undo/report.html"),
    *(f"notebooks/{name}.ipynb" for name in NOTEBOOKS),
]


@pytest.fixture(autouse=True)
def own_locks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for runs with a small incident shop in it."""
    folder = tmp_path_factory.mktemp("runs")
    sandbox_shop.start(folder / "sandbox_shop.sqlite", seed=7, size=60).stop()
    yield folder


def test_the_demonstration_takes_the_whole_path_and_leaves_every_file(tmp_path: Path) -> None:
    told = io.StringIO()

    status = run_demo(tmp_path, now=datetime(2026, 11, 23, 9, 0), stream=told)

    folder = tmp_path / "demo-2026-11-23-090000"
    assert status == 0
    assert [name for name in EVERY_FILE if not (folder / name).exists()] == []
    for title in ("Found", "Planned", "Applied", "Verified", "Undid", "Report"):
        assert f"\n{title} " in told.getvalue()
    assert folder.stat().st_mode & 0o077 == 0
    of_the_run = [
        p for p in folder.rglob("*") if p.is_file() and "sandbox_shop" not in str(p.relative_to(folder))
    ]
    assert [p for p in of_the_run if p.stat().st_mode & 0o077] == []


@pytest.mark.gate
def test_a_shop_with_nothing_to_unfulfill_ends_well_and_says_so(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(
        "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,Taxes,Total,"
        "Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
        "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Id\n"
        "#1001,,paid,2026-10-01 08:00:00 +0000,unfulfilled,,EUR,10.00,0.00,0.00,10.00,,0.00,Standard,"
        "2026-10-01 08:00:00 +0000,1,Mug,10.00,MUG-1,true,true,pending,6000000000001\n"
    )
    told = io.StringIO()

    assert run_demo(tmp_path / "runs", orders, stream=told) == 0

    assert "\nPlanned    nothing: " in told.getvalue()
    assert "Applied" not in told.getvalue()


def test_a_refused_file_leaves_no_run_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "unfulfill.cli", "demo", "--orders", "missing.csv"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith("unfulfill: ")
    assert list((tmp_path / "runs").glob("*")) == []


ALONE = ("2_audit", "5_verify_and_report")  # in the browser, too


@pytest.mark.parametrize("name", ["0_start", *(pytest.param(name, marks=pytest.mark.gate) for name in ALONE)])
def test_a_notebook_runs_alone_with_what_is_missing_before_it(name: str, runs: Path) -> None:
    output = run_notebook(name, runs / name, {})

    assert last_ending(load_notebook(output)).exit_status == 0


def outputs(notebook: Path) -> str:
    """Everything that an executed notebook shows, as plain text."""
    cells = load_notebook(notebook)["cells"]
    shown = [
        output.get("data", {}).get("text/plain", "") for cell in cells for output in cell.get("outputs", [])
    ]
    return "\n".join("".join(each) for each in shown)


def test_rules_are_counted_by_the_notebook_and_mark_only_where_they_are_told_to(runs: Path) -> None:
    folder = runs / "ruled"

    counted = outputs(run_notebook("3_mark", folder, {}))
    dry = (folder / "marks.csv").exists()
    run_notebook("3_mark", folder, {"mark_by_rules": "true"})

    assert "live fulfillments would be marked by its rules" in counted
    assert not dry
    assert "rule: customer cancelled" in (folder / "marks.csv").read_text(encoding="utf-8-sig")


@pytest.mark.gate
def test_orders_about_to_ship_are_looked_at_where_the_scope_says_so(runs: Path) -> None:
    before = outputs(run_notebook("2_audit", runs / "ahead", {}))
    asked = (runs / "ahead" / "to_ship.parquet").exists()
    after = outputs(run_notebook("2_audit", runs / "ahead", {"scope": "about_to_ship"}))

    assert not asked
    assert "Not looked at." in before
    assert "orders wait to be shipped" in after
    with pytest.raises(ParameterRefused, match="write fulfilled or about_to_ship"):
        run_notebook("2_audit", runs / "ahead", {"scope": "everything"})


def test_a_shop_is_opened_by_its_profile_and_the_executed_notebook_holds_nothing_secret(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with sandbox_shop.start(runs / "sandbox_shop.sqlite") as shop:
        profile = Profile("practice", shop.url, "2026-10", "token", "")
        keep_profile(profile, Secret(shop.token), os.environ, tmp_path / ".env")

        output = run_notebook("0_start", tmp_path / "run", {"shop": "practice"})

    executed = output.read_text(encoding="utf-8")
    assert "only a first cancel proves it" in executed
    assert "run `unfulfill connect` in a terminal" in executed
    with_token = [p.name for p in tmp_path.rglob("*") if p.is_file() and shop.token in p.read_text("latin-1")]
    assert with_token == [".env"]


def test_a_plan_that_waits_ends_with_3_and_the_wrong_digest_applies_nothing(runs: Path) -> None:
    folder = runs / "waiting"

    output = run_notebook("4_plan_and_apply", folder, {})

    ending = last_ending(load_notebook(output))
    assert ending.exit_status == 3
    assert "digest" in ending.text
    with pytest.raises(NotApproved):
        run_notebook("4_plan_and_apply", folder, {"approve": "0" * 64})
    assert not (folder / "undo").exists()


def test_filters_of_the_export_are_checked(runs: Path) -> None:
    with pytest.raises(ParameterRefused, match="created_from"):
        run_notebook("1_export", runs / "filtered", {"created_from": "yesterday"})


def test_nothing_is_asked_of_the_network(runs: Path) -> None:
    """With a proxy that does not exist every request that is not to this machine would fail."""
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    environment = {**os.environ, **nowhere, "NO_PROXY": "127.0.0.1,localhost"}
    command = [sys.executable, "-m", "unfulfill.cli", "run", "1_export", "--run", str(runs / "offline")]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, str(runs / "offline/notebooks/1_export.ipynb"))
