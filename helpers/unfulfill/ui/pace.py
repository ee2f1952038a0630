"""The words for how far a step is: how much, how fast, and how long still."""

import math
import re
import time
from collections import deque
from collections.abc import Callable

from unfulfill.words import number, said, said_word

WINDOW_S = 10.0  # the rate is that of these last seconds
SAMPLE_EVERY_S = 0.2
MEANINGFUL_S = 3.0  # of a phase, before which nothing is said about the time left
_THINGS = re.compile(r"[a-z]+ing (?:the )?([a-z]+(?: [a-z]+)?s)")  # "reading orders": orders


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
                words.append(said("pace.left", time=_time_text((total - done) / rate)))
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
        phase = said_word(text, text, of="phase")
        if total is None:
            return " · ".join(filter(None, [phase, said("pace.objects", count=done) if done else ""]))
        if phase != text:
            return f"{phase} · {said('pace.amount', done=done, total=total)}"
        found = _THINGS.fullmatch(text)
        if found:
            self._counted = (total, found[1])
        things = self._counted[1] if self._counted[0] == total else ""
        amount = f"{said('pace.amount', done=done, total=total)} {_one_or_many(things, total)}".rstrip()
        return amount if found or not text else f"{text} · {amount}"


def _one_or_many(things: str, count: int) -> str:
    """English things, as they stand in the text of a phase."""
    if count != 1:
        return things
    return things.removesuffix("ies") + "y" if things.endswith("ies") else things.removesuffix("s")


def _rate_text(rate: float) -> str:
    """A rate with two digits that mean something, in the largest unit that leaves a number above 1."""
    for unit, factor in (("second", 1), ("minute", 60), ("hour", 3600)):
        in_unit = rate * factor
        if in_unit >= 1 or unit == "hour":
            break
    rounded = round(in_unit, 1 - math.floor(math.log10(in_unit)))
    return said(f"pace.a_{unit}", rate=number(rounded))


def _time_text(seconds: float) -> str:
    """ "27 s", "4 min 20 s", "25 min", "2 h 5 min"; coarser the longer."""
    if seconds < 60:
        return said("pace.seconds", seconds=max(1, math.ceil(seconds)))
    if seconds < 600:
        minutes, rest = divmod(round(seconds / 10) * 10, 60)
        return said("pace.minutes_seconds" if rest else "pace.minutes", minutes=minutes, seconds=rest)
    minutes = round(seconds / 60)
    if minutes < 60:
        return said("pace.minutes", minutes=minutes)
    hours, rest = divmod(minutes, 60)
    return said("pace.hours_minutes" if rest else "pace.hours", hours=hours, minutes=rest)
