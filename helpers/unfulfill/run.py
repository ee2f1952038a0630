"""The run folder: the files that the steps read and write, each written whole or not at all.

A run folder is private (0700, files 0600). The folders `undo`, `fulfil` and `first_contact` inside it are themselves
run folders.
"""

import getpass
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from unfulfill import plan as plans
from unfulfill.atomic import write_atomic
from unfulfill.errors import RunFolderRefused, SettingsRefused, WrongShop
from unfulfill.home import home
from unfulfill.model import Limits, Plan, ShopIdentity
from unfulfill.policy import POLICY, parse_policy
from unfulfill.tables import EXPORTED, Table, check_columns, check_keys, check_table
from unfulfill.words import said, said_word
from unfulfill.words.machine import why_failed

EXPORT = "export"
MANIFEST = "export/manifest.json"
PLAN = "plan.json"
JOURNAL = "journal.sqlite"
MARKS_FILE = "marks.csv"
COUNT_FILE = "stock_count.csv"
RUN_FILE = "run.json"
AUDIT_PAGE = "audit.html"
UNDO = "undo"
FULFIL = "fulfil"
FIRST_CONTACT = "first_contact"
FIRST_CONTACT_FILE = "first_contact.json"


class Run:
    """One run folder. Making one creates the folder; nothing is written before a step writes it."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = home() / Path(folder).expanduser()
        self._plan: tuple[tuple[int, int, int], Plan] | None = None  # of plan.json as it was last read
        if self.folder.exists() and not self.folder.is_dir():
            raise RunFolderRefused(said("run_error.is_file", folder=self.folder))
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise RunFolderRefused(
                said("run_error.folder_not_made", folder=self.folder, error=why_failed(error))
            ) from None

    @property
    def name(self) -> str:
        """The folder's name; a run inside a run (undo, fulfil, first contact) is named after the outer one."""
        if self.folder.name in (UNDO, FULFIL, FIRST_CONTACT):
            return f"{Run(self.folder.parent).name} {said_word(self.folder.name)}"
        return self.folder.name

    def path(self, name: str) -> Path:
        """Where a file of the run stands; its folder exists afterwards."""
        path = self.folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def has(self, name: str) -> bool:
        """Whether the file is there."""
        return (self.folder / name).exists()

    def stamp(self, *names: str) -> str:
        """A text that is another one as soon as one of these files is another one; blank where there are none."""
        paths = [self.folder / name for name in names]
        stats = [path.stat() for path in paths if path.exists()]
        return " ".join(f"{about.st_ino}-{about.st_size}-{about.st_mtime_ns}" for about in stats)

    def need(self, name: str, step: str) -> Path:
        """The file's path. Raises RunFolderRefused, naming the step to run first, where it is missing."""
        if not self.has(name):
            raise RunFolderRefused(
                said("run_error.missing", file=self.folder / name, step=said_word(step, step))
            )
        return self.folder / name

    # Files

    def write(self, name: str, content: bytes | str) -> Path:
        """Write a file whole or not at all. Raises RunFolderRefused where something else stands in its place."""
        data = content.encode() if isinstance(content, str) else content
        try:
            path = self.path(name)
            write_atomic(path, lambda file: file.write(data))
        except (FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
            raise RunFolderRefused(
                said("run_error.file_not_written", file=self.folder / name, error=why_failed(error))
            ) from None
        return path

    def save_json(self, name: str, value: Any) -> Path:
        """Write a JSON file."""
        return self.write(name, json.dumps(value, indent=1, ensure_ascii=False) + "\n")

    def load_json(self, name: str, step: str) -> Any:
        """Read a JSON file. Raises RunFolderRefused where it is missing or damaged."""
        path = self.need(name, step)
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            if name == RUN_FILE and not isinstance(value, dict):
                raise ValueError(said("run_error.no_object"))
            return value
        except (ValueError, OSError) as error:
            raise _damaged(path, error, step) from None

    # Tables

    def save_table(self, table: Table, frame: pd.DataFrame, name: str = "") -> Path:
        """Write a table as Parquet, checked. `name`: the file, where it is not the table's own."""
        path = self.path(name or table_file(table))
        check_table(table, frame, str(path))
        arrow = pa.Table.from_pandas(
            frame[list(table.columns)], schema=table.arrow_schema, preserve_index=False
        )
        write_atomic(path, lambda file: pq.write_table(arrow, file, compression="zstd"))
        return path

    def load_table(
        self, table: Table, name: str = "", columns: Collection[str] | None = None
    ) -> pd.DataFrame:
        """Read a table, or only some columns of it, checked. Raises RunFolderRefused where it is missing or damaged.

        Columns come in the order of the table. That no key is missing or doubled is not checked again where the
        export has proved it.
        """
        step = "export" if table in EXPORTED else "audit"
        path = self.need(name or table_file(table), step)
        wanted = [column for column in table.columns if columns is None or column in columns]
        try:
            with pq.ParquetFile(path) as file:
                proven = not name and self._is_proven(table, file.metadata.num_rows)
                read = wanted if proven else [*wanted, *(key for key in table.key if key not in wanted)]
                frame: pd.DataFrame = file.read(columns=read).to_pandas(types_mapper=pd.ArrowDtype)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path, error, step) from None
        check_columns(table, frame, str(path), read)
        if not proven:
            check_keys(table, frame, str(path))
        return frame if list(frame.columns) == wanted else frame[wanted]

    def load_tables(self, columns: Mapping[str, Collection[str]] | None = None) -> dict[str, pd.DataFrame]:
        """Every exported table, by name; with `columns` only those columns of each, and no table without any."""
        if columns is None:
            return {table.name: self.load_table(table) for table in EXPORTED}
        tables = [table for table in EXPORTED if columns.get(table.name)]
        return {table.name: self.load_table(table, columns=columns[table.name]) for table in tables}

    def _is_proven(self, table: Table, rows: int) -> bool:
        """Whether the manifest says that the export is complete, with so many rows of the table."""
        if table not in EXPORTED or not self.has(MANIFEST):
            return False
        manifest = self.load_json(MANIFEST, "export")
        try:
            return manifest["complete"] is True and manifest["counts"][table.name] == rows
        except (KeyError, TypeError):
            return False

    # Identity and plan

    def open_for(self, shop: ShopIdentity, api_version: str, version: str, at: datetime) -> None:
        """Write run.json, or check that the folder belongs to this shop. Raises WrongShop."""
        if self.has(RUN_FILE):
            stored = self.load_json(RUN_FILE, "export in a new folder")
            if stored.get("shop_id") != shop.id or stored.get("shop") != shop.domain:
                raise WrongShop(
                    said(
                        "run_error.other_shop",
                        folder=self.folder,
                        shop=str(stored.get("shop")),
                        connected=shop.domain,
                    )
                )
            return
        facts = {
            "shop": shop.domain,
            "shop_id": shop.id,
            "shop_name": shop.name,
            "is_sandbox": shop.is_sandbox,
            "api_version": api_version,
            "filters": {},
            "opened_by": user_name(),
            "opened_at": at.isoformat(timespec="seconds"),
            "workbench_version": version,
        }
        self.save_json(RUN_FILE, facts)

    def note(self, facts: Mapping[str, Any]) -> None:
        """Add facts to run.json."""
        self.save_json(RUN_FILE, {**self.load_json(RUN_FILE, "export"), **facts})

    def policy(self) -> Limits:
        """The limits of policy.toml: that of the run folder, else that of the workspace, else the defaults.

        One file counts as a whole. Raises SettingsRefused where it cannot be used.
        """
        found = self.settings_file(POLICY)
        return parse_policy(found[0], str(found[1]), f"{POLICY} {found[2]}") if found else Limits()

    def settings_file(self, name: str) -> tuple[str, Path, str] | None:
        """The file of this name in the run folder, else in the workspace: its text, its path, and which of the two.

        Raises SettingsRefused where it cannot be read.
        """
        for folder, source in ((self.folder, "of the run folder"), (home(), "of the workspace")):
            path = folder / name
            if path.exists():
                try:
                    return path.read_text(encoding="utf-8-sig"), path, source  # as editors on Windows save it
                except (OSError, UnicodeDecodeError) as error:
                    raise SettingsRefused(said("run_error.not_utf8", file=path, error=error)) from None
        return None

    def save_plan(self, plan: Plan) -> Path:
        """Write plan.json."""
        return self.write(PLAN, plans.plan_to_text(plan))

    def set_aside(self, names: Collection[str], under: str) -> None:
        """Move files into the folder `under`, as far as they are there."""
        for name in names:
            if self.has(name):
                self.path(name).replace(self.path(f"{under}/{name}"))

    def load_plan(self) -> Plan:
        """Read plan.json. Raises RunFolderRefused where it is missing, damaged or edited.

        It is read again only where the file is another one than last time: a plan of 20,000 changes takes seconds.
        """
        path = self.need(PLAN, "plan")
        try:
            about = path.stat()
            stamp = (about.st_ino, about.st_size, about.st_mtime_ns)
            if self._plan is None or self._plan[0] != stamp:
                self._plan = stamp, plans.plan_from_text(path.read_text(encoding="utf-8"))
            return self._plan[1]
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise RunFolderRefused(said("run_error.plan_edited", file=path, error=error)) from None


def existing_run(folder: str | Path) -> Run:
    """The run of a folder that is there. Raises RunFolderRefused where it is not."""
    if not (home() / Path(folder).expanduser()).exists():
        raise RunFolderRefused(said("run_error.no_folder", folder=folder))
    return Run(folder)


def _damaged(path: Path, error: Exception, step: str) -> RunFolderRefused:
    return RunFolderRefused(said("run_error.damaged", file=path, error=error, step=said_word(step, step)))


def table_file(table: Table) -> str:
    """Where a table's Parquet file stands in a run folder: exported ones in `export`, the others beside it."""
    return f"{EXPORT}/{table.name}.parquet" if table in EXPORTED else f"{table.name}.parquet"


def user_name() -> str:
    """Who works, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
