"""Many threads on one journal, Ctrl-C in the middle of a write, and a reader in another process."""

import linecache
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress

import pytest
from journals import PLAN, now, recorded_together, traced, wait_until, waiting, written

from unfulfill.errors import WorkbenchError
from unfulfill.journal import Journal, read_journal, verify_journal
from unfulfill.journal.chain import ROWS_A_READ


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def changes_in(path):
    return Counter(event.change for event in read_journal(path))


def test_rows_that_threads_record_at_the_same_time_share_one_write(path):
    with Journal(path, now) as journal, traced(journal) as statements:
        raised = recorded_together(journal, [(PLAN, f"c{number}", 1, "INTENT", {}) for number in range(8)])

    assert raised == [None] * 8
    assert changes_in(path) == {f"c{number}": 1 for number in range(8)}
    assert statements.count("commit") == 1
    assert verify_journal(path) == 8


def test_a_row_that_is_there_already_fails_its_own_caller_and_no_other(path):
    rows = [(PLAN, f"c{number}", 1, "INTENT", {}) for number in range(5)]

    with Journal(path, now) as journal:
        journal.record(*rows[3])
        raised = recorded_together(journal, rows)

    assert [type(error) for error in raised] == [type(None)] * 3 + [WorkbenchError, type(None)]
    assert changes_in(path) == {f"c{number}": 1 for number in range(5)}
    assert verify_journal(path) == 5


def test_every_thread_finds_its_rows_in_the_order_in_which_it_recorded_them(path):
    def work(journal, change):
        for attempt in range(1, 21):
            journal.record(PLAN, change, attempt, "INTENT", {"filler": "x" * attempt * 50})
            journal.record(PLAN, change, attempt, "NOT_APPLIED", {})
            assert [event.attempt for event in journal.history(PLAN)[change]] == [
                number for number in range(1, attempt + 1) for _ in "ab"
            ]
            assert len(journal.head()) == 64

    with Journal(path, now) as journal, traced(journal) as statements:
        threads = [threading.Thread(target=work, args=(journal, f"c{number}")) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert verify_journal(path) == 8 * 40
    assert statements.count("commit") < 8 * 40  # not one that was shared would be a miracle


# Ctrl-C


class Interrupter:
    """Raises KeyboardInterrupt at the n-th line that this thread executes in the journal's code.

    Not where a `with` ends: there Python runs no signal handler before `__exit__`.
    """

    def __init__(self, number: int) -> None:
        self.left = number
        self._at: dict[int, int] = {}  # by frame, the line before

    def __enter__(self) -> None:
        self._before = sys.gettrace()
        sys.settrace(self._called)

    def __exit__(self, *exc: object) -> None:
        sys.settrace(self._before)

    def _called(self, frame, kind, argument):
        return self._traced if frame.f_code.co_filename.endswith("journal/writing.py") else None

    def _traced(self, frame, kind, argument):
        if kind == "line" and not self._leaves_a_with(frame):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self._traced

    def _leaves_a_with(self, frame) -> bool:
        before = self._at.get(id(frame), 0)
        self._at[id(frame)] = frame.f_lineno
        text = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        return frame.f_lineno < before and text.lstrip().startswith("with ")


def interrupted_at_every_line(write):
    """Calls `write(number)` under an interrupt at each line, until one call is not interrupted; how many were."""
    for number in range(1, 500):
        interrupter = Interrupter(number)
        with suppress(KeyboardInterrupt), interrupter:
            write(number)
        if interrupter.left > 0:
            return number - 1
    raise AssertionError("it never came to an end")


def test_after_an_interrupt_at_any_line_the_journal_goes_on_without_half_a_write(path):
    def write(number):
        assert not path.with_name("journal.sqlite-journal").exists()  # nothing half done by the one before
        journal.record_many([(PLAN, f"c{number:03}", attempt, "UNKNOWN", {}) for attempt in (1, 2)])

    with Journal(path, now) as journal:
        interrupted = interrupted_at_every_line(write)

    written = changes_in(path)
    assert set(written.values()) == {2}  # all or none
    assert interrupted > 30
    first = int(min(written)[1:])  # the line after the commit
    assert sorted(written) == [f"c{number:03}" for number in range(first, interrupted + 2)]
    assert verify_journal(path) == 2 * len(written)


def test_an_interrupt_of_who_writes_for_others_does_them_no_harm(path, monkeypatch):
    monkeypatch.setattr("unfulfill.journal.writing.LONGEST_WAIT_S", 0.02)
    raised = []

    def follow(change):
        try:
            journal.record(PLAN, change, 1, "UNKNOWN", {})
        except BaseException as error:
            raised.append(error)

    def lead(number):
        followers.append(threading.Thread(target=follow, args=(f"other {number}",)))
        with journal._leading:
            followers[-1].start()
            wait_until(lambda: waiting(journal) == 1)
        journal.record(PLAN, f"mine {number}", 1, "UNKNOWN", {})  # the other has not heard that nobody leads

    followers = []
    with Journal(path, now) as journal:
        for number in range(1, 500):
            interrupter = Interrupter(number)
            with suppress(KeyboardInterrupt), interrupter:
                lead(number)
            followers[-1].join()
            if interrupter.left > 0:
                break

    written = changes_in(path)
    assert raised == []
    assert set(written.values()) == {1}
    assert len(followers) > 30
    assert {f"other {number}" for number in range(1, len(followers) + 1)} <= set(written)
    assert verify_journal(path) == sum(written.values())


def test_an_interrupt_while_it_waits_withdraws_the_row(path):
    def interrupt(*args):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    with Journal(path, now) as journal:
        with journal._leading, pytest.raises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            journal.record(PLAN, "c1", 1, "INTENT", {})
        journal.record(PLAN, "c2", 1, "INTENT", {})
    signal.signal(signal.SIGALRM, before)

    assert changes_in(path) == {"c2": 1}


INTERRUPTED = """
import signal, sys
from pathlib import Path
from unfulfill.journal import Journal

def interrupt(*args):
    raise KeyboardInterrupt

path = Path(sys.argv[1])
signal.signal(signal.SIGALRM, interrupt)
with Journal(path, lambda: "") as journal:
    for number in range(1, 150):
        try:
            signal.setitimer(signal.ITIMER_REAL, number / 40_000)
            journal.record_many([("p", f"c{number}", attempt, "INTENT", {}) for attempt in (1, 2)])
            signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            pass
        assert not path.with_name("journal.sqlite-journal").exists()
    journal.record("p", "after", 1, "INTENT", {})
"""


def test_a_real_ctrl_c_at_any_moment_leaves_no_half_write(path):
    subprocess.run([sys.executable, "-c", INTERRUPTED, str(path)], check=True)

    counts = changes_in(path)
    assert counts.pop("after") == 1
    assert set(counts.values()) == {2}
    assert len(counts) < 149  # the first were interrupted before the commit


# Two processes

WRITER = """
import itertools, select, sys
from pathlib import Path
from unfulfill.journal import Journal

with Journal(Path(sys.argv[1]), lambda: "2026-10-05T08:00:00+00:00") as journal:
    print("open", flush=True)
    for number in itertools.count():
        journal.record("p", f"c{number}", 1, "INTENT", {"filler": "x" * (number * 37 % 3000)})
        journal.record("p", f"c{number}", 1, "APPLIED", {})
        if select.select([sys.stdin], [], [], 0.005)[0]:  # as long as a fast shop takes to answer
            break
print(number + 1)
"""


def test_another_process_reads_whole_rows_while_one_writes_and_disturbs_it_not(path):
    counts = []
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"open\n"
        while len(set(counts)) < 4:
            counts.append(len(read_journal(path)))
        changes, _ = writer.communicate(b"enough")

    assert writer.returncode == 0
    assert sorted(counts) == counts
    assert verify_journal(path) == 2 * int(changes)


def test_a_reader_who_stops_in_the_middle_keeps_nobody_from_writing(path, monkeypatch):
    monkeypatch.setattr("unfulfill.journal.writing.BUSY_S", 0.01)
    rows = [(PLAN, f"c{number}", 1, "INTENT", {}) for number in range(ROWS_A_READ + 2000)]
    written(path, rows)
    command = [sys.executable, "-m", "unfulfill.cli", "journal", str(path.parent)]

    with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
        reader.stdout.read(1)  # it prints into a pipe that nobody empties, more than fits
        with Journal(path, now) as journal:
            journal.record(PLAN, "c1", 0, "STALE", {})
        printed = reader.stdout.read().count(b"\n")

    assert reader.returncode == 0
    assert verify_journal(path) == len(rows) + 1
    assert printed == len(rows) + 1  # it read on, and found the new one
