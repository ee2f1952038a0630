"""Threads of one apply, without a shop."""

import threading
from collections.abc import Iterator

import pytest

from unfulfill.apply.crew import Crew


def test_a_crew_that_is_interrupted_begins_nothing_new() -> None:
    halted = threading.Event()
    done: list[int] = []

    def work(thing: int) -> None:
        if halted.is_set():
            return
        done.append(thing)
        halted.wait(10)

    def things() -> Iterator[int]:
        yield from range(20)
        raise KeyboardInterrupt  # Ctrl-C while the work is still being given out

    with pytest.raises(KeyboardInterrupt), Crew(4, halted.set) as crew:
        crew.each(work, things())

    assert len(done) <= 4


def test_a_crew_finishes_what_is_in_flight_when_one_fails() -> None:
    halted = threading.Event()
    done: list[int] = []

    def work(thing: int) -> None:
        if thing == 0:
            raise ZeroDivisionError
        halted.wait(10)
        done.append(thing)

    with pytest.raises(ZeroDivisionError), Crew(3, halted.set) as crew:
        crew.each(work, range(3))

    assert sorted(done) == [1, 2]


def test_a_crew_of_one_works_in_the_thread_of_its_caller() -> None:
    names: list[str] = []

    with Crew(1, lambda: None) as crew:
        crew.each(lambda thing: names.append(threading.current_thread().name), range(3))

    assert names == [threading.current_thread().name] * 3
