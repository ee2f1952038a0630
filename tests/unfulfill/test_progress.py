"""What is said about progress: how much, how fast and how long still; in a notebook, on a terminal, in a log."""

import io
import os
import pty
from collections.abc import Iterator

import pytest

from unfulfill.progress import MIME
from unfulfill.terminal import CellProgress
from unfulfill.ui.pace import Pace
from unfulfill.ui.progressing import show_progress


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def after(pace: Pace, clock: Clock, seconds: float, done: int, total: int | None, text: str = "") -> str:
    clock.now += seconds
    return pace(done, total, text)


def steady(rate: float, total: int, seconds: int = 10) -> str:
    """What is said after some seconds at one rate."""
    clock = Clock()
    pace = Pace(clock)
    said = pace(0, total, "reading orders")
    for second in range(1, seconds + 1):
        said = after(pace, clock, 1, int(second * rate), total, "reading orders")
    return said


def test_amount_rate_and_time_left_are_told() -> None:
    clock = Clock()
    pace = Pace(clock)

    said = [pace(0, 100_000, "reading orders")]
    said += [after(pace, clock, 2.5, done, 100_000, "reading orders") for done in (6000, 12_000, 18_000)]

    assert said == [
        "0 of 100,000 orders",
        "6,000 of 100,000 orders · 2,400 a second",
        "12,000 of 100,000 orders · 2,400 a second · 37 s left",
        "18,000 of 100,000 orders · 2,400 a second · 35 s left",
    ]


def test_without_a_total_there_is_a_rate_and_no_time_left() -> None:
    clock = Clock()
    pace = Pace(clock)

    said = [pace(0, None, "reading stock"), after(pace, clock, 4, 12_400, None, "reading stock")]

    assert said == ["reading stock", "reading stock · 12,400 objects · 3,100 a second"]


def test_without_words_the_numbers_stand_alone() -> None:
    clock = Clock()
    pace = Pace(clock)

    assert [pace(0, 10), after(pace, clock, 5, 5, 10), after(pace, clock, 1, 1, None)] == [
        "0 of 10",
        "5 of 10 · 1 a second · 5 s left",
        "1 object",
    ]


def test_the_rate_is_that_of_the_last_seconds() -> None:
    clock = Clock()
    pace = Pace(clock)
    for second in range(61):
        after(pace, clock, 1, second * 1000, 1_000_000, "reading orders")
    for second in range(1, 13):
        said = after(pace, clock, 1, 60_000 + second * 10, 1_000_000, "reading orders")

    assert said == "60,120 of 1,000,000 orders · 10 a second · 26 h 6 min left"


def test_calls_in_quick_succession_do_not_make_the_rate_jump() -> None:
    clock = Clock()
    pace = Pace(clock)
    for number in range(10_000):
        said = after(pace, clock, 0.001, number, 100_000, "reading orders")

    assert said == "9,999 of 100,000 orders · 1,000 a second · 1 min 30 s left"
    assert len(pace._samples) <= 60


@pytest.mark.parametrize(
    "next_call", [(500, 1000, "reading items"), (1, 1000, "reading orders"), (900, 5000, "reading orders")]
)
def test_a_new_phase_begins_with_a_pace_of_its_own(next_call: tuple[int, int, str]) -> None:
    clock = Clock()
    pace = Pace(clock)
    for done in (0, 400, 800):
        assert "a second" in after(pace, clock, 5, done, 1000, "reading orders") or not done

    assert "a second" not in after(pace, clock, 5, *next_call)


def test_a_step_that_does_not_move_has_no_rate_and_no_time_left() -> None:
    clock = Clock()
    pace = Pace(clock)
    for done in (0, 800, 800, 800, 800):
        said = after(pace, clock, 6, done, 1000, "reading orders")

    assert said == "800 of 1,000 orders"


def test_the_end_is_told_with_the_name_of_what_was_counted() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace(0, 600, "reading orders")
    after(pace, clock, 3, 0, None, "making tables")

    assert after(pace, clock, 3, 600, 600, "exported") == "exported · 600 of 600 orders"
    assert after(pace, clock, 3, 12, 12, "read back") == "read back · 12 of 12"


@pytest.mark.parametrize(
    ("total", "text", "expected"),
    [
        (1, "reading orders", "0 of 1 order"),
        (2, "reading orders", "0 of 2 orders"),
        (1, "reading the marked fulfillments", "0 of 1 marked fulfillment"),
        (1, "counting entries", "0 of 1 entry"),
        (0, "applying changes", "0 of 0 changes"),
        (7, "reading back", "reading back · 0 of 7"),
    ],
)
def test_one_thing_is_singular(total: int, text: str, expected: str) -> None:
    assert Pace(Clock())(0, total, text) == expected


@pytest.mark.parametrize(
    ("rate", "total", "expected"),
    [
        (2434, 100_000, "2,400 a second · 32 s left"),
        (100, 1_001_000, "100 a second · 2 h 47 min left"),
        (25, 4000, "25 a second · 2 min 30 s left"),
        (10, 1300, "10 a second · 2 min left"),
        (10, 12_100, "10 a second · 20 min left"),
        (10, 144_100, "10 a second · 4 h left"),
        (1.5, 20, "1.5 a second · 4 s left"),
        (0.5, 20, "30 a minute · 30 s left"),
    ],
)
def test_rates_and_times_are_readable(rate: float, total: int, expected: str) -> None:
    assert steady(rate, total).split(" · ", 1)[1] == expected


def test_a_slow_step_is_told_by_the_hour() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace(0, 10, "applying changes")

    assert after(pace, clock, 1200, 1, 10, "applying changes") == "1 of 10 changes · 3 an hour · 3 h left"


def test_where_there_is_no_notebook_a_line_is_printed_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    show = show_progress("Export", clock=clock)
    for done in (0, 100, 200, 300):
        show(done, 300, "reading orders")
        clock.now += 4

    assert capsys.readouterr().out == (
        "Export: 200 of 300 orders · 25 a second · 4 s left\nExport: 300 of 300 orders\n"
    )


def test_in_a_log_a_line_comes_every_half_a_minute_at_most() -> None:
    clock, stream = Clock(), io.StringIO()
    with CellProgress(stream, "1_export", clock) as progress:
        for second in range(65):
            clock.now += 1
            progress(3, 9, f"Export: {second} of 65 orders")

    assert stream.getvalue() == (
        "  1_export  cell 4 of 9  Export: 29 of 65 orders\n"
        "  1_export  cell 4 of 9  Export: 59 of 65 orders\n"
        "  ran 1_export, 9 cells\n"
    )


@pytest.fixture
def terminal() -> Iterator[tuple[io.TextIOWrapper, int]]:
    """The program's side of a terminal, and what a person would read from."""
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        yield stream, reader
    os.close(reader)


def test_on_a_terminal_one_line_is_rewritten_and_nothing_moves_the_cursor(
    terminal: tuple[io.TextIOWrapper, int],
) -> None:
    stream, reader = terminal

    with CellProgress(stream, "", Clock()) as progress:
        progress(0, 2, "Export: 5 of 10 orders\n\x1b[2J\u202egone")

    shown = os.read(reader, 10_000).decode()
    assert "█████·····  cell 1 of 2  Export: 5 of 10 orders  [2J gone" in shown
    assert "\n" not in shown
    assert shown.replace("\r\x1b[K", "").isprintable()


def test_the_mime_type_is_private_to_the_workbench() -> None:
    assert MIME.startswith("application/vnd.unfulfill.")
