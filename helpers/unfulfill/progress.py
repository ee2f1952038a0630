"""How long steps tell how far they are: an object that is called, and the words for it with rate and time left."""

import math
import re
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

MIME = "application/vnd.unfulfill.progress+json"  # marks what a kernel shows as progress, for the runner

WINDOW_S = 10.0  # the rate is that of these last seconds
SAMPLE_EVERY_S = 0.2
MEANINGFUL_S = 3.0  # of a phase, before which nothing is said about the time left
_THINGS = re.compile(r"[a-z]+ing (?:the )?([a-z]+(?: [a-z]+)?s)")  # "reading orders": orders


class Progress(Protocol):
    """Called with what is done, out of how much (None: unknown), and a few words."""

    def __call__(self, done: int, total: int | None, text: str = "") -> None:
        """Show it. Called at most some times a second, from the thread that works."""


def no_progress(done: int, total: int | None, text: str = "") -> None:
    """Show nothing."""


class Pace:
    """Turns progress into words: "34,000 of 100,000 orders · 2,400 a second · 27 s left".

    Call it every time, also where nothing is shown then: it learns the pace. A new text begins a new phase with a
    pace of its own, and so does a count that falls or another total. The things counted stand in the text ("reading
    orders"); without a total they are objects.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._phase: tuple[int | None, str] = (None, "")
        self._samples: deque[tuple[float, int]] = deque()  # (when, done); the first is as old as the window
        self._counted = (0, "")  # the last total with a name, and the name

    def __call__(self, done: int, total: int | None, text: str = "") -> str:
        """The words for this moment."""
        rate = self._rate(done, total, text)
        words = [self._amount(done, total, text)]
        if rate > 0 and done != total:
            words.append(_rate_text(rate))
            if total is not None and done < total and self._seconds() >= MEANINGFUL_S:
                words.append(f"{_time_text((total - done) / rate)} left")
        return " · ".join(filter(None, words))

    def _rate(self, done: int, total: int | None, text: str) -> float:
        """Things a second within the window; 0 where there is nothing to tell it from."""
        now = self._clock()
        fell = bool(self._samples) and done < self._samples[-1][1]
        if (total, text) != self._phase or fell:
            self._phase = (total, text)
            self._samples.clear()
        while len(self._samples) > 1 and now - self._samples[1][0] >= WINDOW_S:
            self._samples.popleft()
        if not self._samples or now - self._samples[-1][0] >= SAMPLE_EVERY_S:
            self._samples.append((now, done))
        began, before = self._samples[0]
        return (done - before) / (now - began) if now > began else 0.0

    def _seconds(self) -> float:
        """How long the window reaches back."""
        return self._samples[-1][0] - self._samples[0][0]

    def _amount(self, done: int, total: int | None, text: str) -> str:
        if total is None:
            return " · ".join(filter(None, [text, f"{done:,} {_one_or_many('objects', done)}" * (done > 0)]))
        found = _THINGS.fullmatch(text)
        if found:
            self._counted = (total, found[1])
        things = self._counted[1] if self._counted[0] == total else ""
        amount = f"{done:,} of {total:,} {_one_or_many(things, total)}".rstrip()
        return amount if found or not text else f"{text} · {amount}"


def _one_or_many(things: str, count: int) -> str:
    if count != 1:
        return things
    return things.removesuffix("ies") + "y" if things.endswith("ies") else things.removesuffix("s")


def _rate_text(rate: float) -> str:
    """A rate with two digits that mean something, in the largest unit that leaves a number above 1."""
    for unit, factor in (("a second", 1), ("a minute", 60), ("an hour", 3600)):
        number = rate * factor
        if number >= 1 or unit == "an hour":
            break
    digits = 1 - math.floor(math.log10(number))
    rounded = round(number, digits)
    return f"{rounded:,.{max(0, digits) if rounded % 1 else 0}f} {unit}"


def _time_text(seconds: float) -> str:
    """ "27 s", "4 min 20 s", "25 min", "2 h 5 min"; coarser the longer."""
    if seconds < 60:
        return f"{max(1, math.ceil(seconds))} s"
    if seconds < 600:
        minutes, rest = divmod(round(seconds / 10) * 10, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"
