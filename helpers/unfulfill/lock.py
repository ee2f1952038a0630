"""One apply at a time for a shop, one export at a time for a run folder, one writer of its marks: locks that the
kernel frees when their holder ends, however it ends."""

import fcntl
import json
import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from unfulfill.errors import Locked, SettingsRefused
from unfulfill.words import said
from unfulfill.words.machine import why_failed

READINGS = 50  # of who holds a lock, which is written down just after it was taken
READ_EVERY_S = 0.01
FACTS = {"who": str, "pid": int, "host": str, "since": str}  # what a holder writes down


def lock_folder(environ: "os._Environ[str] | dict[str, str]") -> Path:
    """Where this user's locks stand: $XDG_STATE_HOME/unfulfill-workbench, by default in ~/.local/state."""
    state = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "unfulfill-workbench" / "locks"


@contextmanager
def shop_lock(
    folder: Path, shop: str, who: str, sleep: Callable[[float], object] = time.sleep
) -> Iterator[None]:
    """Hold the lock of a shop. Raises Locked, naming the holder, where another process holds it.

    A lock whose holder ended, however that was, is free. Raises SettingsRefused where the folder keeps no locks.
    """
    path = folder / (re.sub(r"[^a-z0-9.-]", "_", shop.lower()) + ".lock")
    with _open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(said("error.applying_already", shop=shop, holder=_holder(path, sleep))) from None
        except OSError as error:
            raise _useless(path, error) from None
        _sign(path, file, who)
        yield


def _open(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b", buffering=0)
    except OSError as error:
        raise _useless(path, error) from None


def _sign(path: Path, file: IO[bytes], who: str) -> None:
    """Write down who holds the lock."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    holder = {"who": who, "pid": os.getpid(), "host": platform.node(), "since": since}
    try:
        file.truncate()
        file.write(json.dumps(holder).encode())
        file.flush()
    except OSError as error:
        raise _useless(path, error) from None


def _useless(path: Path, error: OSError) -> SettingsRefused:
    return SettingsRefused(said("run_error.lock_useless", file=path, error=why_failed(error)))


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a run folder, which leaves no file. Raises Locked where another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(said("error.exporting_already", folder=folder)) from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def marks_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a run folder's marks, which leaves no file; waits for another process that writes them.

    Before an export there are no marks, and nothing is held.
    """
    if not (folder / "export").is_dir():
        yield
        return
    descriptor = os.open(folder / "export", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _holder(path: Path, sleep: Callable[[float], object]) -> str:
    """Who holds the lock, in words; who held it before has ended, and is not taken for the holder."""
    for _ in range(READINGS):
        facts = _facts(path)
        if facts is not None and not _has_ended(facts):
            return said("run_error.holder", **{name: str(facts[name]) for name in FACTS})
        sleep(READ_EVERY_S)
    return said("run_error.holder_unknown")


def _facts(path: Path) -> dict[str, Any] | None:
    """What the holder wrote down; None where that is no such thing, or not all of it yet."""
    try:
        facts = json.loads(path.read_bytes())
        is_whole = all(isinstance(facts[name], kind) for name, kind in FACTS.items())
        return facts if is_whole and all(str(facts[name]).isprintable() for name in FACTS) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _has_ended(facts: dict[str, Any]) -> bool:
    if facts["host"] != platform.node():
        return False
    try:
        os.kill(facts["pid"], 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    return False
