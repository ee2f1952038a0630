"""What a terminal is told: lines, and how far a notebook is (in a log a line now and then, and one at the end)."""

import os
import sys
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TextIO

WIDTH = 10
WIDEST = 140
USUAL = 80  # where a terminal does not tell its width
LOG_EVERY_S = 30.0


def say(lines: Iterable[str]) -> int:
    """Print lines, as long as somebody reads them; returns the exit status 0."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read it has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
    return 0


class CellProgress:
    """A Progress for `run_notebook`: one line that is rewritten, or lines in a log."""

    def __init__(self, stream: TextIO, label: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._label = label
        self._clock = clock
        self._told_at = clock()
        self._cells = 0
        self._width = _width(stream) if stream.isatty() else 0

    def __enter__(self) -> "CellProgress":
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the cursor at the start of an empty line."""
        if self._width:
            self._stream.write("\r\x1b[K")
        elif self._label and error is None:
            self._stream.write(f"  ran {self._label}, {self._cells} cells\n")
        self._stream.flush()

    def __call__(self, done: int, total: int | None, text: str = "") -> None:
        """Show it."""
        self._cells = total or done + 1
        words = "".join(
            letter if letter.isprintable() else " " for letter in text
        )  # nothing that moves the cursor
        cell = f"cell {done + 1} of {total}"
        if self._width:
            full = WIDTH * (done + 1) // max(total or 1, 1)
            line = "  ".join(filter(None, [self._label, "█" * full + "·" * (WIDTH - full), cell, words]))
            self._stream.write("\r\x1b[K" + line[: self._width - 1])
        elif self._clock() - self._told_at >= LOG_EVERY_S:
            self._told_at = self._clock()
            self._stream.write("  " + "  ".join(filter(None, [self._label, cell, words])) + "\n")
        self._stream.flush()


def _width(stream: TextIO) -> int:
    return min(os.get_terminal_size(stream.fileno()).columns or USUAL, WIDEST)
