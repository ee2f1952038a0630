"""One apply at a time for a shop, one export at a time for a run folder: locks that the kernel frees when their
holder ends, however it ends."""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from unfulfill.errors import Locked


def lock_folder(environ: "os._Environ[str] | dict[str, str]") -> Path:
    """Where this user's locks stand: $XDG_STATE_HOME/unfulfill-workbench, by default in ~/.local/state."""
    state = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "unfulfill-workbench" / "locks"


@contextmanager
def shop_lock(folder: Path, shop: str, who: str) -> Iterator[None]:
    """Hold the lock of a shop. Raises Locked, naming the holder, where another process holds it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / (re.sub(r"[^a-z0-9.-]", "_", shop.lower()) + ".lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Locked(
                f"Somebody is applying to {shop} already ({_holder(file.read())}); wait until it has ended."
            ) from None
        file.seek(0)
        file.truncate()
        since = datetime.now(UTC).isoformat(timespec="seconds")
        json.dump({"who": who, "pid": os.getpid(), "since": since}, file)
        file.flush()
        yield


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold the lock of a run folder, which leaves no file. Raises Locked where another process holds it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Locked(f"Another process exports into {folder}; wait until it has ended.") from None
    finally:
        os.close(descriptor)


def _holder(text: str) -> str:
    try:
        facts = json.loads(text)
        return f"{facts['who']}, process {facts['pid']}, since {facts['since']}"
    except (ValueError, KeyError, TypeError):
        return "holder unknown"
