"""Progress of a running notebook on a terminal; one line a notebook where the output is no terminal."""

import os
from types import TracebackType
from typing import TextIO

WIDTH = 20


class CellProgress:
    """A Progress for `run_notebook`: one line that is rewritten; in a log only the notebook and its cells."""

    def __init__(self, stream: TextIO, label: str = "") -> None:
        self._stream = stream
        self._label = label
        self._cells = 0
        self._width = min(os.get_terminal_size(stream.fileno()).columns, 110) if stream.isatty() else 0

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
        if not self._width:
            return
        full = WIDTH * (done + 1) // max(total or 1, 1)
        bar = "█" * full + "·" * (WIDTH - full)
        line = f"{self._label}  {bar}  cell {done + 1} of {total}  {text}"
        self._stream.write("\r\x1b[K" + line[: self._width - 1])
        self._stream.flush()
