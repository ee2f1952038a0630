"""The lock that the shop keeps, over HTTP: two machines, dead holders, lost answers."""

import dataclasses
import os
import platform
import shutil
import subprocess
import sys

import pytest
from shop_servers import PREFLIGHT, Told, telling

from unfulfill.apply.shop_lock import Holder, new_holder, remove_lock, shop_keeps_lock
from unfulfill.cli import main
from unfulfill.errors import BadAnswer, Locked, ShopError
from unfulfill.run import JOURNAL, Run
from unfulfill.settings import sandbox_settings
from unfulfill.shop import Shop
from unfulfill.workbench import Workbench

PLAN = "0123456789abcdef" * 4


@pytest.fixture
def shop(sandbox):
    with Shop(sandbox_settings(sandbox.url, sandbox.token), sleep=lambda _: None) as shop:
        yield shop


def elsewhere(shop, **changes):
    """Somebody on another machine."""
    there = {"who": "anna", "host": "office.example", "pid": 4711, "since": "2026-10-05T08:00:00+00:00"}
    return dataclasses.replace(new_holder(shop, "ben", PLAN), **(there | changes))


def dead_process():
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
        return child.pid


def lose_answer(sandbox, kind):
    sandbox.control("faults", {"add": {"kind": kind, "field": "metafieldsSet", "count": 1}})


def test_while_one_machine_applies_another_is_told_who_it_is(shop):
    with shop_keeps_lock(shop, elsewhere(shop)) as lock:
        with pytest.raises(Locked) as told, shop_keeps_lock(shop, new_holder(shop, "ben", PLAN)):
            pass

        assert "anna on office.example, process 4711, plan 0123456789ab, since 2026-10-05" in str(told.value)
        assert "unfulfill unlock" in str(told.value)
        assert lock.is_held


def test_the_lock_is_given_back_however_the_apply_ends(shop):
    with pytest.raises(KeyboardInterrupt), shop_keeps_lock(shop, elsewhere(shop)):
        raise KeyboardInterrupt

    with shop_keeps_lock(shop, new_holder(shop, "ben", PLAN)) as lock:
        assert lock.is_held
    assert not lock.is_held


@pytest.mark.parametrize("is_own", [True, False])
def test_a_holder_on_this_machine_that_has_ended_is_passed_over(shop, is_own):
    left = elsewhere(shop, host=platform.node(), pid=os.getpid() if is_own else dead_process())
    leave_behind(shop, left)

    with shop_keeps_lock(shop, new_holder(shop, "ben", PLAN)) as lock:
        assert lock.is_held


def leave_behind(shop, holder):
    """The lock as a process leaves it that was killed."""
    manager = shop_keeps_lock(shop, holder)
    manager.__enter__()
    LEFT.append(manager)  # else it would end here


LEFT: list[object] = []


def test_a_holder_on_this_machine_that_goes_on_is_respected(shop):
    leave_behind(shop, elsewhere(shop, host=platform.node(), pid=1))

    with pytest.raises(Locked), shop_keeps_lock(shop, new_holder(shop, "ben", PLAN)):
        pass


def test_a_person_can_remove_the_lock_and_its_holder_notices(shop):
    with shop_keeps_lock(shop, elsewhere(shop)) as lock:
        removed = remove_lock(shop)

        assert removed == lock.holder
        assert not lock.is_held
    assert remove_lock(shop) is None


def test_a_lock_that_changes_while_a_person_removes_it_stays(shop, sandbox):
    leave_behind(shop, elsewhere(shop))
    lose_answer(sandbox, "reset_before")

    with pytest.raises(Locked, match="changed at this very moment; look again"):
        remove_lock(shop)

    assert remove_lock(shop).who == "anna"


def test_a_shop_that_does_not_say_which_app_asks_keeps_no_lock():
    nobody = Told({"data": {"currentAppInstallation": None}})
    with telling(Told(PREFLIGHT), nobody) as server, Shop(sandbox_settings(server.url, "t")) as shop:
        me = new_holder(shop, "ben", PLAN)

        with pytest.raises(BadAnswer, match="did not say which app asks"), shop_keeps_lock(shop, me):
            pass

        assert server.operations == ["Preflight", "ShopLock"]


def test_what_another_version_wrote_counts_as_a_holder_that_a_person_can_remove(shop):
    leave_behind(shop, elsewhere(shop))
    installation = shop.read("ShopLock", namespace="$app:unfulfill", key="lock")["currentAppInstallation"]
    field = {
        "ownerId": installation["id"],
        "namespace": "$app:unfulfill",
        "key": "lock",
        "value": '{"new": 1}',
    }
    shop.write("ShopLockSet", metafields=[field])

    with (
        pytest.raises(Locked, match="an unknown machine"),
        shop_keeps_lock(shop, new_holder(shop, "b", PLAN)),
    ):
        pass

    assert remove_lock(shop) == Holder("", "somebody", "an unknown machine", 0, "an unknown time", "unknown")


def test_a_lost_answer_is_read_back(shop, sandbox):
    lose_answer(sandbox, "reset_after")

    with shop_keeps_lock(shop, new_holder(shop, "ben", PLAN)) as lock:
        assert lock.is_held


def test_a_lost_request_is_no_lock(shop, sandbox):
    lose_answer(sandbox, "reset_before")

    with pytest.raises(Locked), shop_keeps_lock(shop, new_holder(shop, "ben", PLAN)):
        pass


def test_a_shop_that_refuses_to_keep_it_is_an_error(shop, sandbox):
    refusal = {"kind": "user_error", "field": "metafieldsSet", "count": 1, "message": "Namespace is reserved"}
    sandbox.control("faults", {"add": refusal})

    with (
        pytest.raises(ShopError, match="does not keep our lock: Namespace is reserved"),
        shop_keeps_lock(shop, new_holder(shop, "ben", PLAN)),
    ):
        pass


def test_a_lock_that_cannot_be_given_back_stays_and_this_machine_passes_over_it(shop, sandbox):
    with shop_keeps_lock(shop, new_holder(shop, "ben", PLAN)) as first:
        sandbox.control("faults", {"add": {"kind": "403", "field": "currentAppInstallation", "count": 1}})
    assert first.is_held

    with shop_keeps_lock(shop, new_holder(shop, "ben", PLAN)) as second:
        assert second.is_held


@pytest.fixture
def bench(shop, sandbox, audited, tmp_path):
    """A run with a plan of a few changes, on a shop that keeps the lock."""
    shutil.copytree(audited / "run", tmp_path / "run")
    bench = Workbench(
        shop, Run(tmp_path / "run"), lock="here", sandbox=sandbox, sleep=lambda _: None, lock_in_shop=True
    )
    bench.ensure("plan")
    return bench


def test_an_apply_waits_for_no_other_machine_and_sends_nothing_beside_it(shop, bench):
    with shop_keeps_lock(shop, elsewhere(shop)), pytest.raises(Locked, match=r"anna on office\.example"):
        bench.apply(bench.load_plan().digest)

    assert not bench.run.has(JOURNAL)
    done = bench.apply(bench.load_plan().digest)
    assert done.paused == ""


def test_an_apply_whose_lock_was_taken_away_sends_nothing_more_and_can_be_gone_on_with(shop, bench):
    digest = bench.load_plan().digest

    def take_away(done, total, text=""):
        if done == 0:
            remove_lock(shop)

    first = bench.apply(digest, progress=take_away)
    second = bench.apply(digest)

    assert (first.counts, first.paused) == ({}, "Somebody took the lock of this shop away")
    assert second.paused == ""


def test_unlock_says_whose_lock_it_took(shop, sandbox, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("UNFULFILL_HOME", str(tmp_path))
    monkeypatch.setenv("UNFULFILL_TOKEN", sandbox.token)
    leave_behind(shop, elsewhere(shop))

    statuses = [main(["unlock", sandbox.url]) for _ in range(2)]

    assert statuses == [0, 0]
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("The lock of anna on office.example, process 4711, plan 0123456789ab")
    assert second == "Nobody holds a lock of this shop."
