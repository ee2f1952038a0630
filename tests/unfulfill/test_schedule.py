"""Schedules: what a file may say, and three nights on one shop with an incident in the second."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from on_sandbox import admin, open_orders, rows

import sandbox_shop
from unfulfill.cli import main
from unfulfill.errors import ParameterRefused, SettingsRefused
from unfulfill.model import Limits, Plan
from unfulfill.notebook_runner import run_notebook
from unfulfill.run import Run
from unfulfill.scheduling import read_schedule, run_schedule
from unfulfill.scheduling.night import may_apply

# Jupyter's own parts warn about each other; what is tested here is ours.
pytestmark = pytest.mark.filterwarnings("default")

CREATE = """mutation($o: OrderCreateOrderInput!) {
  orderCreate(order: $o, options: {inventoryBehaviour: DECREMENT_IGNORING_POLICY}) {
    order { id } userErrors { message } } }"""
FULFIL = """mutation($id: ID!) {
  fulfillmentCreate(fulfillment: {lineItemsByFulfillmentOrder: [{fulfillmentOrderId: $id}]}) {
    fulfillment { id } userErrors { message } } }"""
MOST_IN_STOCK = """select i.variant_id from item i join level l on l.item_id = i.id
  where i.tracked = 1 order by l.available desc limit 1"""
KEEP_LAST_LINE = "import sys; open({path!r}, 'a', encoding='utf-8').write(sys.stdin.read())"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def schedule(folder: Path, text: str, name: str = "nightly.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_schedule_says_its_shop_and_nothing_else_need_be_said(tmp_path: Path) -> None:
    found = read_schedule(schedule(tmp_path, '\ufeffshop = "example"'))

    assert (found.name, found.shop, found.runs, found.hook) == ("nightly", "example", Path("runs"), ())
    assert found.parameters["export"] == {"since": "last"}
    assert found.parameters["mark"] == {"mark_by_rules": True}
    assert found.parameters["plan"] == {}


def test_parameters_have_the_types_of_their_notebooks(tmp_path: Path) -> None:
    text = 'shop = "x"\n[export]\nsince = ""\ntags = "vip"\n[audit]\ndays_without_movement = 7\n[plan]\nbulk = true\n'

    found = read_schedule(schedule(tmp_path, text))

    assert found.parameters["export"] == {"since": "", "tags": "vip"}
    assert found.parameters["audit"] == {"days_without_movement": 7}
    assert found.parameters["plan"] == {"bulk": True}


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", SettingsRefused, "it names no shop"),
        ("shop = 5", SettingsRefused, "shop must be a text"),
        ('shop = "x', SettingsRefused, "cannot be read as TOML"),
        ('shop = "x"\nexports = 1', SettingsRefused, "there is no key 'exports'"),
        ('shop = "x"\nexport = 1', SettingsRefused, r"\[export\] must be a table"),
        ('shop = "x"\nhook = "mail me"', SettingsRefused, "hook must be a command"),
        ('shop = "x"\nhook = []', SettingsRefused, "hook must be a command"),
        ('shop = "x"\n[export]\nsincc = "last"', ParameterRefused, "1_export has no parameter sincc"),
        ('shop = "x"\n[audit]\ndays_without_movement = "soon"', ParameterRefused, "must be a whole number"),
        ('shop = "x"\n[plan]\napprove = "abc"', ParameterRefused, "no schedule approves a plan"),
        ('shop = "x"\n[plan]\nshop = "y"', ParameterRefused, "say shop once"),
        ('shop = "x"\n[mark]\nrun = "runs/x"', ParameterRefused, "a folder of its own"),
        (
            'shop = "x"\n[plan]\ntag = "shpat_0123456789abcdef0123456789abcdef"',
            ParameterRefused,
            "access token",
        ),
    ],
)
def test_what_a_schedule_cannot_say_is_refused_before_anything_runs(
    tmp_path: Path, text: str, error: type[Exception], words: str
) -> None:
    path = schedule(tmp_path, text)

    with pytest.raises(error, match=words):
        run_schedule(path)

    assert sorted(tmp_path.iterdir()) == [path]


def test_a_schedule_that_is_not_there_and_one_beside_other_arguments_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--schedule", "nightly.toml"]) == 2
    assert "there is no such file" in capsys.readouterr().err
    assert main(["run", "1_export", "--schedule", str(schedule(tmp_path, 'shop = "x"'))]) == 2
    assert "--schedule stands alone" in capsys.readouterr().err
    assert main(["run", "1_export"]) == 2
    assert "--run folder, or a --schedule" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("limits", "changes", "may"),
    [
        ({}, 1, False),
        ({"unattended_up_to": 0}, 1, False),
        ({"unattended_up_to": 2}, 0, False),
        ({"unattended_up_to": 2}, 2, True),
        ({"unattended_up_to": 2}, 3, False),
        ({"unattended_up_to": 9, "second_person_above": 2}, 3, False),
        ({"unattended_up_to": 9, "second_person_above": 3}, 3, True),
    ],
)
def test_only_a_policy_lets_a_plan_go_without_a_person(
    plan_of_cancels: Callable[[int], Plan], limits: dict[str, int], changes: int, may: bool
) -> None:
    from dataclasses import replace

    plan = replace(plan_of_cancels(changes), limits=Limits(**limits))  # type: ignore[arg-type]

    assert may_apply(plan) is may


@pytest.fixture
def plan_of_cancels() -> Callable[[int], Plan]:
    from plans_made import cancel, plan_of

    return lambda count: plan_of(*(cancel(number) for number in range(1, count + 1)))


def night(path: Path, day: int) -> tuple[int, dict[str, Any], str]:
    """One run: its status, its last line, and what stands on stderr."""
    out, err = io.StringIO(), io.StringIO()
    status = run_schedule(path, lambda: datetime(2026, 11, day, 2, 0, tzinfo=UTC), out, err)
    return status, json.loads(out.getvalue().splitlines()[-1]), err.getvalue()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "runs" / "sandbox_shop.sqlite"
    path.parent.mkdir(mode=0o700)
    with sandbox_shop.start(path, seed=7, size=30) as shop:
        shop.control("clock", {"advance_s": 0})
    yield path


def test_a_night_that_fails_says_where_keeps_its_notebook_and_tells_the_hook(
    tmp_path: Path, world: Path
) -> None:
    told = tmp_path / "told.jsonl"
    hook = [sys.executable, "-c", KEEP_LAST_LINE.format(path=str(told))]
    text = f'shop = "sandbox"\nhook = {json.dumps(hook)}\n[audit]\nstock_count = "nowhere.csv"\n'

    status, summary, err = night(schedule(tmp_path, text), 1)

    assert status == summary["status"] == 2
    assert (summary["failed_step"], summary["orders"], summary["findings"]) == ("audit", 30, None)
    assert "the step audit failed: " in err and "nowhere.csv" in err
    run = tmp_path / "runs" / "nightly-2026-11-01-0200"
    notebook = json.loads((run / "notebooks" / "2_audit.ipynb").read_text())
    assert any(
        output["output_type"] == "error" for cell in notebook["cells"] for output in cell.get("outputs", [])
    )
    assert not (run / "notebooks" / "3_mark.ipynb").exists()
    assert json.loads(told.read_text()) == summary == json.loads((run / "summary.json").read_text())
    assert "in the step audit" in (tmp_path / "runs" / "nightly.html").read_text()


def incident(world: Path, count: int) -> None:
    """An app fulfils paid orders as soon as they come in, without a number."""
    with sandbox_shop.start(world) as shop:
        ((variant,),) = rows(shop, MOST_IN_STOCK)
        line = {"variantId": f"gid://shopify/ProductVariant/{variant}", "quantity": 1}
        paid = {
            "amountSet": {"shopMoney": {"amount": "10.00", "currencyCode": "EUR"}},
            "kind": "SALE",
            "status": "SUCCESS",
        }
        for _ in range(count):
            made = admin(
                shop, CREATE, o={"lineItems": [line], "financialStatus": "PAID", "transactions": [paid]}
            )
            for waiting in open_orders(shop, made["order"]["id"]):
                admin(shop, FULFIL, id=waiting)


def day_passes(world: Path) -> None:
    with sandbox_shop.start(world) as shop:
        shop.control("clock", {"advance_s": 86_400})


@pytest.mark.gate
def test_three_nights_with_an_incident_in_the_second(tmp_path: Path, world: Path) -> None:
    """What policy.toml allows is applied by itself; a larger plan waits for a person; then there is nothing to do."""
    path = schedule(tmp_path, 'shop = "sandbox"\n')
    policy = tmp_path / "policy.toml"
    policy.write_text("unattended_up_to = 100\n")

    first, summary, _ = night(path, 1)
    assert (first, summary["changes"] > 0) == (0, True)
    assert summary["applied"] == {"applied": summary["changes"]}

    day_passes(world)
    incident(world, 8)
    policy.write_text("unattended_up_to = 5\n")
    second, summary, _ = night(path, 2)
    assert (second, summary["changes"], summary["applied"]) == (3, 8, {})
    assert summary["plan"] in summary["text"]
    run = tmp_path / "runs" / "nightly-2026-11-02-0200"
    assert (
        "Only what changed since the export in nightly-2026-11-01-0200"
        in (run / "notebooks/1_export.ipynb").read_text()
    )
    run_notebook("4_plan_and_apply", run, {"approve": summary["plan"]})
    assert len(Run(run).load_plan().changes) == 8

    day_passes(world)
    third, summary, _ = night(path, 3)
    assert (third, summary["changes"], summary["failed_step"]) == (0, 0, "")

    page = (tmp_path / "runs" / "nightly.html").read_text()
    assert [page.find(f"nightly-2026-11-0{day}-0200") for day in (3, 2, 1)] == sorted(
        page.find(f"nightly-2026-11-0{day}-0200") for day in (1, 2, 3)
    )
    assert "<script" not in page and "http" not in page.replace("http-equiv", "")
