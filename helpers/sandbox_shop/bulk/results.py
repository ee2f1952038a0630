"""Result files of bulk operations: JSONL beside the world, with the quirks of Shopify's.

Slashes are escaped, children need not stand next to their parents (groupObjects false, the default since
2026-01), and nothing is written for nothing: an operation without rows has no file.
"""

import fcntl
import json
import random
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox_shop.world import World

WINDOW = 500  # lines that may change places
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def folder(world: World) -> Path:
    """Where the result files of a world are: `<world>.files`, private to the user."""
    path = world.path.with_name(world.path.name + ".files")
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def result_file(world: World, operation_id: int) -> Path:
    """The file of an operation, finished or not; it may not exist."""
    return folder(world) / f"{operation_id}.jsonl"


def is_being_written(path: Path) -> bool:
    """Whether a living process, this one or another, holds the file."""
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


class ResultWriter:
    """Writes lines, shuffled inside a moving window; holds a lock on the file as long as it lives."""

    def __init__(self, path: Path, shuffle: random.Random | None) -> None:
        self.path = path
        self.lines = 0
        self.size = 0
        self._shuffle = shuffle
        self._waiting: list[bytes] = []
        self._file = path.open("wb", buffering=0)  # what a killed process leaves ends with a whole line
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def add(self, line: Mapping[str, Any], is_cut: bool = False) -> None:
        """Append one object; by half, where that is asked for."""
        text = _ENCODER.encode(line).replace("/", "\\/")
        text = text[: len(text) // 2] if is_cut else text
        self._waiting.append(text.encode() + b"\n")
        if len(self._waiting) >= 2 * WINDOW:
            self._flush(WINDOW)

    def drop_last(self, count: int) -> int:
        """Leave out up to so many of the lines that wait; returns how many that were."""
        kept = self._waiting[: max(0, len(self._waiting) - count)]
        lost, self._waiting = len(self._waiting) - len(kept), kept
        return lost

    def finish(self) -> None:
        """Write what waits still."""
        self._flush(len(self._waiting))

    def _flush(self, count: int) -> None:
        if self._shuffle:
            self._shuffle.shuffle(self._waiting)
        chunk = b"".join(self._waiting[:count])
        self._file.write(chunk)
        self.lines += len(self._waiting[:count])
        self.size += len(chunk)
        del self._waiting[:count]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
