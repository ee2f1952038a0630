"""Where the runs of a fleet stand: in a folder that every worker sees, or in a store that takes finished run folders.

`<runs>/<shop>/<night>/` is a run folder, `<runs>/<night>/` has the report of the fleet. An apply rests on a journal
and on locks, which need a file system, so with a store (an fsspec address such as s3://bucket/runs) each worker works
in a folder of its own, copies it out when the night has ended, and nothing is applied.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from unfulfill.atomic import write_atomic
from unfulfill.errors import RunFolderRefused, SettingsRefused
from unfulfill.home import home
from unfulfill.redaction import without_secrets
from unfulfill.scheduling.night import new_folder
from unfulfill.scheduling.summary import SUMMARY

REPORT, PAGE = "fleet.json", "fleet.html"


@dataclass(frozen=True)
class Place:
    """The place that `runs` of fleet.toml names."""

    runs: str
    is_store: bool

    def check(self) -> None:
        """Raise RunFolderRefused where this machine cannot write to the folder; a store is written to anyhow."""
        if self.is_store:
            return
        folder = home() / self.runs
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise RunFolderRefused(
                f"{folder} cannot be written ({error.strerror}); name another folder as runs."
            ) from None

    def new_night(self, name: str, now: datetime) -> str:
        """The name of a night that nobody has used yet. Raises RunFolderRefused where the place cannot be written."""
        if not self.is_store:
            return new_folder(home() / self.runs, name, now).name
        base = f"{name}-{now.astimezone(UTC):%Y-%m-%d-%H%M}"
        with _store(self.runs) as (files, root):
            night = next(
                night
                for night in (base if number == 1 else f"{base}-{number}" for number in range(1, 100))
                if not files.exists(f"{root}/{night}/{REPORT}")
            )
        self.write(night, REPORT, "{}\n")
        return night

    def has_night(self, night: str) -> bool:
        """Whether a night of this name was begun."""
        if not self.is_store:
            return (home() / self.runs / night).is_dir()
        with _store(self.runs) as (files, root):
            return bool(files.exists(f"{root}/{night}/{REPORT}"))

    def where(self, night: str, name: str) -> str:
        """Where a file of the fleet's report stands."""
        return f"{self.runs.rstrip('/')}/{night}/{name}"

    def write(self, night: str, name: str, text: str) -> None:
        """Write a file of the fleet's report."""
        if not self.is_store:
            path = home() / self.runs / night / name
            try:
                write_atomic(path, lambda file: file.write(text.encode()))
            except OSError as error:
                raise RunFolderRefused(f"{path} cannot be written ({error.strerror}).") from None
            return
        with _store(self.runs) as (files, root):
            files.makedirs(f"{root}/{night}", exist_ok=True)
            files.pipe_file(f"{root}/{night}/{name}", text.encode())


def find_place(runs: str) -> Place:
    """The place of a folder or an address. Raises SettingsRefused where it can be none."""
    if runs.startswith(("file://", "local://")):
        return Place(runs.partition("://")[2], is_store=False)
    if "://" not in runs and "::" not in runs:
        return Place(str(Path(runs).expanduser()), is_store=False)
    if urlsplit(runs).username or urlsplit(runs).password or without_secrets(runs) != runs:
        raise SettingsRefused(
            "runs holds a user, a password or a token; give the address alone, and the workers their access to it "
            "the way that its fsspec package describes."
        )
    with _store(runs):
        return Place(runs, is_store=True)


def copy_out(folder: Path, runs: str, profile: str, night: str) -> str:
    """Copy a finished run folder into a store, its summary last; returns where it stands then."""
    names = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    with _store(runs) as (files, root):
        target = f"{root}/{profile}/{night}"
        for name in sorted(names, key=lambda name: (name.name == SUMMARY, str(name))):
            files.makedirs(f"{target}/{name.parent}".removesuffix("/."), exist_ok=True)
            files.put_file(str(folder / name), f"{target}/{name}")
    return f"{runs.rstrip('/')}/{profile}/{night}"


def read_back(runs: str, profile: str, night: str) -> bytes | None:
    """The summary in a run folder of a store; None where the night of this shop has not ended."""
    with _store(runs) as (files, root):
        path = f"{root}/{profile}/{night}/{SUMMARY}"
        return bytes(files.cat_file(path)) if files.exists(path) else None


@contextmanager
def _store(runs: str) -> Iterator[tuple[Any, str]]:
    """The file system of a store and the path in it. What goes wrong there is told in one sentence.

    Its programs are those of others, and raise what they like.
    """
    from fsspec.core import url_to_fs

    try:
        files, root = url_to_fs(runs)
        yield files, root.rstrip("/")
    except Exception as error:
        told = without_secrets(" ".join(f"{type(error).__name__}: {error}".split()))
        raise RunFolderRefused(
            f"{runs} cannot be used ({told:.300}); name a folder, or an address that fsspec and the packages installed "
            "here can write to."
        ) from None
