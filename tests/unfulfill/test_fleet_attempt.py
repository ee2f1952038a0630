"""One attempt at a time in a run folder, and when the next one may go on."""

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from unfulfill.errors import Locked, RunFolderRefused
from unfulfill.fleet.attempt import ATTEMPT, attempt, prepare


def no_wait(seconds: float) -> None:
    """Let the time pass."""


def facts(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / ATTEMPT).read_text())
    return found


def leave(folder: Path, **who: object) -> None:
    """What an attempt of which nobody heard again has left."""
    lost = {"number": 1, "host": "elsewhere", "pid": 99, "since": "2026-11-29T02:00:00+00:00", "ended": False}
    (folder / ATTEMPT).write_text(json.dumps({**lost, **who}))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    prepare(tmp_path / "run")
    return tmp_path / "run"


def test_an_attempt_says_who_works_and_when_it_has_ended(run: Path) -> None:
    with attempt(run) as is_ours:
        during = facts(run)
        assert is_ours()

    assert (during["number"], during["ended"]) == (1, False)
    assert facts(run) == {**during, "ended": True}
    with attempt(run):
        assert facts(run)["number"] == 2


def test_an_attempt_that_fails_has_ended(run: Path) -> None:
    with pytest.raises(ZeroDivisionError), attempt(run):
        _ = 1 / 0

    assert facts(run)["ended"]


def test_preparing_again_keeps_what_an_attempt_has_left(run: Path) -> None:
    leave(run)

    prepare(run)

    assert facts(run)["host"] == "elsewhere"


def test_an_attempt_beside_another_waits_and_is_then_locked(run: Path) -> None:
    waited: list[float] = []
    with (
        attempt(run),
        pytest.raises(Locked, match=r"still goes on in .*process [0-9]+ on "),
        attempt(run, waited.append, waits_s=2),
    ):
        pass

    assert sum(waited) == pytest.approx(2)
    assert facts(run)["number"] == 1


def test_an_attempt_goes_on_as_soon_as_the_other_one_has_ended(run: Path) -> None:
    with (run / ATTEMPT).open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        with attempt(run, lambda seconds: fcntl.flock(held, fcntl.LOCK_UN)):
            assert facts(run)["number"] == 1


def test_an_apply_that_another_machine_may_go_on_with_is_locked(run: Path) -> None:
    leave(run)
    (run / "journal.sqlite").touch()

    with (
        pytest.raises(
            Locked, match=r"another machine \(process 99 on elsewhere, since 2026.*unfulfill unlock"
        ),
        attempt(run, no_wait),
    ):
        pass

    assert facts(run)["host"] == "elsewhere"


@pytest.mark.parametrize("who", [{"ended": True}, {"host": None}])
def test_an_apply_is_gone_on_with_where_it_has_surely_ended(run: Path, who: dict[str, object]) -> None:
    """It said so, or it was on this machine, where the file would still be held."""
    with attempt(run):
        here = facts(run)["host"]
    leave(run, **{key: here if value is None else value for key, value in who.items()})
    (run / "journal.sqlite").touch()

    with attempt(run, no_wait):
        assert facts(run)["number"] == 2


def test_what_was_only_read_elsewhere_is_read_again_and_the_other_one_may_not_apply(run: Path) -> None:
    with attempt(run) as is_ours:
        leave(run, number=2)

        assert not is_ours()

    assert facts(run)["host"] == "elsewhere"  # the other one's to end
    with attempt(run, no_wait):
        assert facts(run)["number"] == 3


def test_a_damaged_file_is_refused(run: Path) -> None:
    (run / ATTEMPT).write_text("{")

    with pytest.raises(RunFolderRefused, match="damaged"), attempt(run, no_wait):
        pass
