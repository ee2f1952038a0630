"""Who approves a plan, and when it may be applied: on a real sandbox, whose ledger says what was sent."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from contacts import quiet_orders
from plans_made import IDENTITY

from unfulfill.cli import main
from unfulfill.errors import (
    GuardRefused,
    LimitExceeded,
    NotApproved,
    ParameterRefused,
    Paused,
    QuietHours,
    RunFolderRefused,
    WrongShop,
)
from unfulfill.journal import read_journal
from unfulfill.plan import seal
from unfulfill.run import JOURNAL
from unfulfill.workbench import Workbench

OpenRun = Callable[..., Workbench]
QUIET = 'quiet_hours = ["22:00-06:00"]\ntimezone = "Europe/Berlin"\n'
NIGHT = "2026-10-05T21:30:00Z"  # 23:30 in Berlin
MORNING = "2026-10-06T04:30:00Z"


@pytest.fixture(autouse=True)
def _own_workspace(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "sam")


def marked(workbench: OpenRun, policy: str = "") -> Workbench:
    wb = workbench(with_audit=True).ensure("mark")
    wb.run.write("policy.toml", policy)
    return wb


def sent(sandbox: Any) -> Counter[str]:
    return Counter(row["mutation"] for row in sandbox.control("request", {})["rows"] if row["mutation"])


def approved_by(wb: Workbench) -> str:
    first = next(event for event in read_journal(wb.run.path(JOURNAL)) if event.event == "PLAN")
    return str(first.body["approved_by"])


# A second person


def test_a_large_plan_is_applied_when_two_people_approved_it(workbench: OpenRun, sandbox: Any) -> None:
    wb = marked(workbench, "second_person_above = 3")
    plan = wb.plan()

    with pytest.raises(NotApproved, match="two people must approve, and Anna did so far"):
        wb.apply(plan.digest, by="Anna")
    with pytest.raises(NotApproved, match="and Anna did so far"):
        wb.apply(plan.digest, by="  anna ")
    assert sent(sandbox) == {}
    wb.apply(plan.digest, by="Ben").check()

    assert approved_by(wb) == "Anna, Ben"
    noted = json.loads(wb.run.path("approvals.json").read_text())
    assert [(entry["digest"], entry["by"]) for entry in noted] == [
        (plan.digest, "Anna"),
        (plan.digest, "Ben"),
    ]


def test_the_second_person_may_approve_first_and_on_the_command_line(
    workbench: OpenRun, capsys: pytest.CaptureFixture[str]
) -> None:
    wb = marked(workbench, "second_person_above = 0")
    plan = wb.plan()

    status = main(["approve", str(wb.run.folder), "--digest", plan.digest, "--by", "Ben"])
    wb.apply(plan.digest).check()

    domain = plan.shop.domain
    assert status == 0
    assert (
        capsys.readouterr().out
        == f"{len(plan.changes)} changes of {domain} are approved by Ben; nothing was sent.\n"
    )
    assert approved_by(wb) == "Ben, sam"


def test_an_approval_is_of_one_plan_only(workbench: OpenRun) -> None:
    wb = marked(workbench, "second_person_above = 0")
    wb.approve(wb.plan().digest, "Ben")

    again = wb.plan(tag="unfulfilled")

    with pytest.raises(NotApproved, match="and Anna did so far"):
        wb.apply(again.digest, by="Anna")


def test_a_small_plan_needs_one_person_and_no_file(workbench: OpenRun) -> None:
    wb = marked(workbench)
    plan = wb.plan()

    wb.apply(plan.digest, by="Anna").check()

    assert approved_by(wb) == "Anna"
    assert not wb.run.has("approvals.json")


def test_another_digest_is_approved_by_nobody(workbench: OpenRun, capsys: pytest.CaptureFixture[str]) -> None:
    wb = marked(workbench, "second_person_above = 0")
    wb.plan()

    status = main(["approve", str(wb.run.folder), "--digest", "0" * 64])

    assert status == 3
    assert "is not that of the plan" in capsys.readouterr().err
    with pytest.raises(NotApproved):
        wb.apply("0" * 64)
    assert not wb.run.has("approvals.json")


def test_approving_in_a_folder_that_is_not_there_makes_none(workbench: OpenRun, tmp_path: Any) -> None:
    assert main(["approve", str(tmp_path / "nosuch"), "--digest", "0" * 64]) == 2

    assert not (tmp_path / "nosuch").exists()


@pytest.mark.parametrize("name", ["Anna, Ben", "x" * 61, "An\x1bna"])
def test_a_name_that_could_be_two_or_none_is_refused(workbench: OpenRun, name: str) -> None:
    wb = marked(workbench, "second_person_above = 0")
    plan = wb.plan()

    with pytest.raises(ParameterRefused, match="must be one name"):
        wb.approve(plan.digest, name)
    with pytest.raises(ParameterRefused, match="must be one name"):
        wb.apply(plan.digest, by=name)


@pytest.mark.parametrize(
    "text", ["{", "{}", '["Ben"]', '[{"digest": "d", "by": 7, "at": ""}]', '[{"by": "Ben"}]']
)
def test_a_damaged_list_of_approvals_is_refused(workbench: OpenRun, text: str) -> None:
    wb = marked(workbench, "second_person_above = 0")
    plan = wb.plan()
    wb.run.write("approvals.json", text)

    with pytest.raises(RunFolderRefused, match=r"approvals\.json is damaged"):
        wb.apply(plan.digest, by="Anna")


# Quiet hours


def test_nothing_is_sent_in_quiet_hours_by_the_clock_of_the_shop(workbench: OpenRun, sandbox: Any) -> None:
    wb = marked(workbench, QUIET)
    plan = wb.plan()
    sandbox.control("clock", {"set": NIGHT})  # while the notebook stands open

    with pytest.raises(QuietHours, match="it is 23:30 in Europe/Berlin, within the quiet hours 22:00-06:00"):
        wb.apply(plan.digest)
    assert sent(sandbox) == {}
    sandbox.control("clock", {"set": MORNING})
    applied = wb.apply(plan.digest)

    assert applied.check().counts == {"applied": len(plan.changes)}


def test_a_run_pauses_before_the_wave_that_would_begin_in_quiet_hours(
    workbench: OpenRun, sandbox: Any
) -> None:
    wb = marked(workbench, QUIET)
    ids = sorted(change.fulfillment_id for change in wb.plan().changes if change.kind == "CancelFulfillment")
    wb.mark("unfulfill", fulfillment_ids=ids)
    wb.mark("hold", fulfillment_ids=ids[:1])  # a wave of its own, before the others
    plan = wb.plan()
    evening = threading.Event()

    def night_falls(done: int, total: int | None, text: str = "") -> None:
        if done and not evening.is_set():
            evening.set()
            sandbox.control("clock", {"set": NIGHT})

    first = wb.apply(plan.digest, progress=night_falls)
    night = sent(sandbox)
    sandbox.control("clock", {"set": MORNING})
    second = wb.apply(plan.digest)

    assert first.paused == "Paused, for it is 23:30 in Europe/Berlin, within the quiet hours 22:00-06:00"
    with pytest.raises(Paused, match=r"06:00: 2 of \d+ changes done\. Apply again to go on"):
        first.check()
    assert night == {"fulfillmentCancel": 1, "fulfillmentOrderHold": 1}  # the order that was begun is whole
    assert second.check().counts == {"applied": len(plan.changes)}


def test_an_undo_waits_for_no_hour_no_limit_and_nobody(workbench: OpenRun, sandbox: Any) -> None:
    wb = marked(workbench, QUIET + "second_person_above = 0\n")
    plan = wb.plan()
    wb.approve(plan.digest, "Ben")
    wb.apply(plan.digest).check()
    sandbox.control("clock", {"set": NIGHT})

    undo = wb.undo()
    applied = wb.undo_workbench().apply(undo.digest, by="Anna")

    assert undo.limits == plan.limits
    assert applied.check().counts["applied"] > 0


# Limits


def test_a_plan_is_held_against_the_policy_of_its_run(workbench: OpenRun, sandbox: Any) -> None:
    wb = marked(workbench, "max_cancels = 2\nmax_share_of_export = 0.01")
    plan = wb.plan()

    with pytest.raises(
        LimitExceeded, match=r"fulfillments to cancel, the limit is 2; .*% of the .*, the limit is 1%"
    ):
        wb.apply(plan.digest)

    assert sent(sandbox) == {}


def test_the_share_of_a_day_is_counted_in_the_orders_of_the_export(workbench: OpenRun) -> None:
    wb = marked(workbench, 'timezone = "Asia/Tokyo"')
    orders = wb.run.load_tables()["orders"]
    every = orders["created_at"].dt.tz_convert("Asia/Tokyo").dt.strftime("%Y-%m-%d")

    plan = wb.plan()

    touched = set(
        orders["order_id"].isin([change.order_id for change in plan.changes])[lambda is_in: is_in].index
    )
    counted = Counter(day for at, day in every.items() if at in touched)
    assert plan.days == tuple((day, n, int((every == day).sum())) for day, n in sorted(counted.items()))


def test_a_first_contact_waits_for_the_morning_and_is_never_too_large(
    workbench: OpenRun, sandbox: Any
) -> None:
    wb = workbench()
    wb.run.write("policy.toml", QUIET + "max_cancels = 0\nsecond_person_above = 0\n")
    order = quiet_orders(sandbox)[0]
    waiting = wb.first_contact(order)
    sandbox.control("clock", {"set": NIGHT})

    with pytest.raises(QuietHours):
        wb.first_contact(order, waiting.digest)
    sandbox.control("clock", {"set": MORNING})
    again = wb.first_contact(order)

    assert wb.first_contact(order, again.digest).check().finished


def test_an_order_with_a_protected_tag_is_no_first_contact(
    workbench: OpenRun, sandbox: Any, staff: Any
) -> None:
    wb = workbench()
    wb.run.write("policy.toml", 'protected_tags = ["VIP"]\n')
    order = quiet_orders(sandbox)[0]
    id_ = wb.first_contact(order).order_id
    staff.write("TagsAdd", id=id_, tags=["vip"])

    with pytest.raises(GuardRefused, match="the order has the protected tag VIP"):
        wb.first_contact(order)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"shop": replace(IDENTITY, id="gid://shopify/Shop/2")},
            "The plan was made for made-up.myshopify.com, but ",
        ),
        ({"api_version": "2026-04"}, "The plan was made with API version 2026-04, not 2026-10; plan again."),
    ],
)
def test_a_plan_made_for_another_shop_or_version_is_not_applied(
    workbench: OpenRun, sandbox: Any, changes: dict[str, Any], sentence: str
) -> None:
    wb = marked(workbench)
    other = seal(replace(wb.plan(), **changes))
    wb.run.save_plan(other)

    with pytest.raises(WrongShop) as refused:
        wb.apply(other.digest)

    assert str(refused.value).startswith(sentence)
    assert sent(sandbox) == {}
