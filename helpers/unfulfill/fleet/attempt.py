"""One attempt at a time in a run folder of a fleet.

When a worker is lost, Dask hands its shops to another one. The process that the lost one had started ends by itself
(`shop_process`), but not at once, and on another machine nobody can see whether it has. So each attempt holds the file
attempt.json of the run folder and writes down who it is:

    the file is held                               somebody goes on: wait, then refuse as locked
    the attempt before ended, or was on this machine   go on where it was
    it was elsewhere, and no apply had begun       read again; the other one may not apply any more (`is_ours`)
    it was elsewhere, and an apply had begun       refuse as locked: only a person can know that it is gone
"""

import fcntl
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from unfulfill.errors import Locked, RunFolderRefused
from unfulfill.run import JOURNAL

ATTEMPT = "attempt.json"
WAITS_S = 300.0  # for what a lost worker has in flight
LOOKS_EVERY_S = 0.2


@dataclass(frozen=True)
class Attempt:
    """Who works in a run folder, or did last."""

    number: int = 0  # 0: nobody has yet
    host: str = ""
    pid: int = 0
    since: str = ""
    ended: bool = True

    def __str__(self) -> str:
        """For a message."""
        return f"process {self.pid} on {self.host}, since {self.since}"


def prepare(folder: Path) -> None:
    """Make a run folder for attempts; one that is there stays as it is."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / ATTEMPT
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(asdict(Attempt()), file)


def is_prepared(folder: Path) -> bool:
    """Whether this machine sees the run folder."""
    return (folder / ATTEMPT).is_file()


@contextmanager
def attempt(
    folder: Path, sleep: Callable[[float], object] = time.sleep, waits_s: float = WAITS_S
) -> Iterator[Callable[[], bool]]:
    """Work in a run folder; yields whether it is still ours. Raises Locked where another attempt may go on.

    `waits_s`: how long to wait, in seconds, for an attempt that goes on on this machine.
    """
    with (folder / ATTEMPT).open("r+b", buffering=0) as file:
        _hold(file, folder, sleep, waits_s)
        before = _read(file, folder)
        _refuse_beside(before, folder)
        me = Attempt(before.number + 1, platform.node(), os.getpid(), _now(), ended=False)
        _write(file, me)
        try:
            yield lambda: _read(file, folder) == me
        finally:
            if _read(file, folder) == me:
                _write(file, Attempt(me.number, me.host, me.pid, me.since))


def _hold(file: IO[bytes], folder: Path, sleep: Callable[[float], object], waits_s: float) -> None:
    """Take the file; the kernel frees it when its holder ends, however that is."""
    for _ in range(max(round(waits_s / LOOKS_EVERY_S), 1)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            sleep(LOOKS_EVERY_S)
        except OSError as error:
            raise RunFolderRefused(
                f"{folder} is on a disk that keeps no locks ({error.strerror}); name another folder as runs."
            ) from None
    raise Locked(
        f"An earlier attempt still goes on in {folder} ({_read(file, folder)}); wait until it has ended."
    )


def _refuse_beside(before: Attempt, folder: Path) -> None:
    if before.ended or before.host == platform.node() or not (folder / JOURNAL).exists():
        return
    raise Locked(
        f"An apply had begun in {folder} on another machine ({before}), and nobody here can know whether it goes on. "
        f"Look at that machine; where it is gone for good, take its lock by `unfulfill unlock`, and go on by "
        f"`unfulfill run 4_plan_and_apply --run {folder}` with the digest in plan.json."
    )


def _read(file: IO[bytes], folder: Path) -> Attempt:
    try:
        file.seek(0)
        return Attempt(**json.loads(file.read()))
    except (ValueError, TypeError) as error:
        raise RunFolderRefused(f"{folder / ATTEMPT} is damaged ({error}); look who works there.") from None


def _write(file: IO[bytes], attempt: Attempt) -> None:
    content = json.dumps(asdict(attempt)).encode()
    file.seek(0)
    file.write(content.ljust(200))  # over what stood there, at once: a reader sees the old or the new one
    file.truncate()
    os.fsync(file.fileno())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
