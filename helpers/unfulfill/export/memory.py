"""What an export that has begun remembers on the disk, so that one that was killed goes on."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from unfulfill.atomic import write_atomic

FILE = "memory.json"
LONGEST = timedelta(hours=6)  # an older beginning is not gone on with: too much would have to be read again


class Memory:
    """Facts by name in `<folder>/memory.json`, each kept durably the moment it is known."""

    def __init__(self, folder: Path, key: str, started_at: datetime, facts: dict[str, Any]) -> None:
        self.folder = folder
        self.started_at = started_at  # by the shop's clock
        self._key = key
        self._facts = facts

    def get(self, name: str) -> dict[str, Any]:
        """What is remembered under a name; empty where nothing is."""
        return dict(self._facts.get(name, {}))

    def put(self, name: str, facts: Mapping[str, Any]) -> None:
        """Remember facts under a name."""
        self._facts[name] = dict(facts)
        text = json.dumps(
            {"key": self._key, "started_at": self.started_at.isoformat(), "facts": self._facts}, indent=1
        )
        write_atomic(self.folder / FILE, lambda file: file.write(text.encode()))

    def forget(self) -> None:
        """Nothing here is gone on with any more."""
        (self.folder / FILE).unlink(missing_ok=True)


def open_memory(folder: Path, key: str, now: datetime) -> Memory:
    """The memory of the export that has begun in `folder`, where it is the same one and not too old.

    Else the folder is emptied and a new memory begins. `key` says what is exported; see `key_of`.
    """
    try:
        stored = json.loads((folder / FILE).read_text(encoding="utf-8"))
        started_at = datetime.fromisoformat(stored["started_at"])
        if stored["key"] == key and timedelta() <= now - started_at <= LONGEST:
            return Memory(folder, key, started_at, stored["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing there, or nothing that could be gone on with
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return Memory(folder, key, now, {})


def key_of(*parts: Any) -> str:
    """A digest of everything that must be the same for two exports to be one."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
