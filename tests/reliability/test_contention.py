"""Two processes apply one plan at the same moment, and locks that are left behind, damaged or impossible."""

import errno
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ground_truth import truth_of
from stage import Stage, open_stage

from unfulfill.errors import Locked, SettingsRefused
from unfulfill.lock import lock_folder, shop_lock
from unfulfill.run import user_name

AHEAD_S = 0.02  # how long two processes get to be ready to begin at the same moment


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with open_stage({"cancel hold tag": 1, "cancel": 2, "stock": 1}) as opened:
        yield opened


def race(stage: Stage) -> tuple[list[int], str, int]:
    """Two processes at once; their exit codes in order, what the loser was told, and the winner's process."""
    stage.begin()
    begin_at = time.monotonic() + AHEAD_S
    results = [stage.folder / "result-0.json", stage.folder / "result-1.json"]
    for result in results:
        result.unlink(missing_ok=True)
    children = [
        stage.nursery.start(
            stage.job(
                state=str(stage.folder), begin_at=begin_at, result=str(mine), until=str(other)
            )
        )
        for mine, other in (results, reversed(results))
    ]  # fmt: skip
    codes = [stage.nursery.wait(child) for child in children]
    stage.quiet()
    winner, loser = (0, 1) if codes[0] == 0 else (1, 0)
    (stage.folder / "result.json").write_text(results[winner].read_text())
    return sorted(codes), json.loads(results[loser].read_text()).get("message", ""), children[winner]


@pytest.mark.parametrize("races", [10, pytest.param(50, marks=pytest.mark.gate)])
def test_of_two_applies_at_the_same_moment_one_works_and_the_other_is_told_who(
    stage: Stage, races: int
) -> None:
    for number in range(races):
        codes, message, winner = race(stage)

        named = f"Somebody is applying to sandbox already ({user_name()}, process {winner} on "
        assert (codes, stage.problems()) == ([0, 6], []), number
        assert message.startswith(named) and ", since 20" in message, number


def test_a_plan_that_was_applied_is_applied_again_without_a_single_write(stage: Stage) -> None:
    stage.begin()
    assert stage.apply() == 0
    with truth_of(stage.world) as truth:
        before = truth.writes()

    again = stage.apply(state=str(stage.folder))

    with truth_of(stage.world) as truth:
        assert (again, truth.writes()) == (0, before)


def test_a_lock_that_a_killed_process_left_holds_nobody_up(stage: Stage) -> None:
    stage.begin()
    child = stage.nursery.start(stage.job(die_at=20))
    assert stage.nursery.wait(child) == -signal.SIGKILL
    stage.quiet()
    (left,) = (stage.run / "locks").iterdir()
    assert json.loads(left.read_text())["pid"] == child

    resumed = stage.apply()

    assert (resumed, stage.problems()) == (0, [])


def take(folder: Path, **more: Any) -> None:
    """Take the lock and give it back."""
    with shop_lock(folder, "a shop", "eve", **more):
        pass


def test_the_holder_named_is_never_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "a_shop.lock"
    ended = {"who": "ana", "pid": 2**22 + 1, "host": os.uname().nodename, "since": "2026-10-05"}
    with shop_lock(tmp_path, "a shop", "bob"):
        of_bob = path.read_text()
        path.write_text(json.dumps(ended))  # as it is for a moment after bob has taken the lock

        with pytest.raises(Locked, match=f"bob, process {os.getpid()} on "):
            take(tmp_path, sleep=lambda seconds: path.write_text(of_bob))


@pytest.mark.parametrize(
    "junk", [b"", b"\xff\x00", b"[]", b'{"who": 1}', b"x" * 100_000, b'{"pid": "\x1b[2J"}']
)
def test_junk_in_a_lock_file_holds_nobody_up_and_is_not_shown(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "a_shop.lock"
    path.write_bytes(junk)
    with shop_lock(tmp_path, "a shop", "bob"):
        assert json.loads(path.read_text())["who"] == "bob"
        path.write_bytes(junk)

        with pytest.raises(Locked, match=r"already \(holder unknown\); wait"):
            take(tmp_path, sleep=lambda seconds: None)


def test_a_folder_that_cannot_hold_locks_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "locks" / "a_shop.lock").mkdir(parents=True)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "a_shop.lock").symlink_to(tmp_path / "file")

    for folder in ("file", "locks", "links"):
        with pytest.raises(SettingsRefused, match=r"nothing was sent; set XDG_STATE_HOME to a folder"):
            take(tmp_path / folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_named_with_what_to_do(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(SettingsRefused, match="Permission denied"):
        take(lock_folder({"XDG_STATE_HOME": str(tmp_path)}))


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_a_network_disk_that_keeps_no_locks_is_not_taken_for_somebody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*asked: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)

    with pytest.raises(SettingsRefused, match=f"{os.strerror(number)}.*disk of this machine"):
        take(tmp_path)


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), shop_lock(tmp_path, "a shop", "ana"):
            raise ZeroDivisionError
