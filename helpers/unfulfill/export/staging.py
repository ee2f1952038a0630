"""A folder in which the tables of an export are made, through DuckDB: streamed, in bounded memory, on two cores."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from unfulfill.errors import BadAnswer, WorkbenchError
from unfulfill.export import queries, sorting
from unfulfill.tables import ARROW_TYPES, Table
from unfulfill.words import said

MEMORY = "240MB"  # DuckDB's share: enough for a million orders, however many there are
MUCH_MEMORY = "2GB"  # where that was too little: lines wider than any that were seen
THREADS = 1  # a query: two run at a time, and each thread reads with memory of its own
ROWS_A_FETCH = 10_000
_SQL_TYPES = {"int64": "bigint", "bool": "boolean", "string": "varchar"}


class MemoryShort(WorkbenchError):
    """DuckDB had less memory than it needed."""


class LineRefused(BadAnswer):
    """A line of the shop's files cannot be read; which one, DuckDB does not say."""


@dataclass(frozen=True)
class KeyFacts:
    """What the keys of a saved table are like."""

    rows: int
    doubled: int  # rows with the key of an earlier row
    blank: int  # rows without a complete key
    digest: str


class Staging:
    """The folder of the shop's JSONL files, and the Parquet tables made of them.

    A context manager: leaving closes DuckDB, not the files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pool = pa.default_memory_pool()
        self._keys: dict[str, KeyFacts] = {}  # of tables that were not saved again since
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._connection = duckdb.connect(
            config={"memory_limit": MEMORY, "threads": THREADS, "temp_directory": str(folder / "spill")}
        )
        self.run("set TimeZone = 'UTC'")

    def __enter__(self) -> "Staging":
        """The staging itself. Until it is left, Arrow takes its memory from jemalloc where there is one.

        That keeps what it has for what comes next: a tenth less time and less memory than with Arrow's own choice.
        """
        if "jemalloc" in pa.supported_memory_backends():
            pa.set_memory_pool(pa.jemalloc_memory_pool())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close DuckDB."""
        pa.set_memory_pool(self._pool)
        with suppress(duckdb.Error):
            self._connection.close()

    def path(self, file: str) -> Path:
        """Where a file of the staging stands."""
        return self.folder / file

    def use_more_memory(self) -> None:
        """From now on DuckDB may take much."""
        self.run(f"set memory_limit = '{MUCH_MEMORY}'")

    def use_threads(self, threads: int) -> None:
        """How many threads a query has from now on: two are quicker where one query runs at a time."""
        self.run(f"set threads = {threads}")

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Execute SQL. Raises LineRefused where a line of a file is not what Shopify sends."""
        with _translated():
            self._connection.execute(sql, list(parameters))

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The first row of a query that always has one."""
        with _translated():
            found: tuple[Any, ...] | None = self._connection.execute(sql, list(parameters)).fetchone()
        return found or ()

    def each(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, streamed. A cursor of its own: other SQL may run between two rows."""
        with _translated():
            cursor = self._connection.cursor()
            cursor.execute(sql, list(parameters))
        while True:
            with _translated():
                rows = cursor.fetchmany(ROWS_A_FETCH)
            if not rows:
                return
            yield from rows

    def save(self, table: Table, select: str, *, newest: str = "") -> None:
        """Write a table sorted by the numbers in its key; the columns of `select` are the table's, in their order.

        The same rows give the same bytes, in whatever order they came. Rows with one key all stay, unless `newest`
        names the column whose largest value decides which of them does.
        """
        self._keys.pop(table.name, None)
        columns = [f'"{column}"::{_sql_type(kind)} as "{column}"' for column, kind in table.columns.items()]
        for name, column in zip(sorting.number_names(table), table.key, strict=True):
            number = queries.number(column, queries.KEY_KINDS[column])
            columns.append(f"coalesce({number}, {sorting.NO_NUMBER}) as {name}")
        names = ", ".join(f'"{column}"' for column in table.columns)
        with _translated():
            rows = (
                self._connection.cursor()
                .sql(f"with result({names}) as ({select}) select {', '.join(columns)} from result")
                .to_arrow_reader(sorting.ROWS_A_BATCH)
            )
            sorting.write_sorted(
                table, rows, self.table_path(table), self.path(f"{table.name}.unsorted"), newest
            )

    def count(self, table: Table) -> int:
        """How many rows a saved table has."""
        return int(pq.read_metadata(self.table_path(table)).num_rows)

    def saved(self, table: Table) -> str:
        """SQL of a saved table."""
        return f"read_parquet({literal(str(self.table_path(table)))})"

    def table_path(self, table: Table) -> Path:
        """Where a table is saved."""
        return self.path(f"{table.name}.parquet")

    def keys(self, table: Table) -> KeyFacts:
        """What the keys of a saved table are like; read once, for the proof and for the manifest."""
        if table.name in self._keys:
            return self._keys[table.name]
        keys = _Keys(table)
        with pq.ParquetFile(self.table_path(table)) as file:
            for batch in file.iter_batches(sorting.ROWS, columns=list(table.key)):
                keys.add(pa.Table.from_batches([batch]))
        self._keys[table.name] = keys.facts()
        return self._keys[table.name]

    def id_digest(self, table: Table) -> str:
        """SHA-256 of the keys in the order of the saved table, that is by their numbers.

        One key a line, parts of a key separated by a tab, each line ended by a line feed.
        """
        return self.keys(table).digest


class _Keys:
    """Facts about keys that are added in the order of their table."""

    def __init__(self, table: Table) -> None:
        self._key = table.key
        self._digest = hashlib.sha256()
        self._last: str | None = None
        self.rows = self.doubled = self.blank = 0

    def add(self, rows: pa.Table) -> None:
        """Take the next rows."""
        if not rows.num_rows:
            return
        parts = [rows.column(name).combine_chunks() for name in self._key]
        keys = pc.binary_join_element_wise(*parts, "\t", null_handling="replace", null_replacement="")
        self.rows += len(keys)
        self.blank += _count(reduce(pc.or_, map(pc.is_null, parts)))
        self.doubled += _count(pc.equal(keys[1:], keys[:-1])) + (keys[0].as_py() == self._last)
        self._last = keys[-1].as_py()
        all_of_them = pa.ListArray.from_arrays(pa.array([0, len(keys)], pa.int32()), keys)
        self._digest.update(pc.binary_join(all_of_them, "\n")[0].as_buffer())
        self._digest.update(b"\n")

    def facts(self) -> KeyFacts:
        """What was found."""
        return KeyFacts(self.rows, self.doubled, self.blank, self._digest.hexdigest())


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


class _translated:  # noqa: N801 - reads as a word at its uses
    """Turn DuckDB's errors into ours."""

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise ours."""
        if isinstance(error, (duckdb.InvalidInputException, duckdb.ConversionException)):
            first = " ".join(str(error).split())[:200]
            raise LineRefused(said("export_error.line_unreadable", why=first)) from None
        if isinstance(error, (duckdb.Error, OSError)) and "Out of Memory" in str(error):
            raise MemoryShort(said("export_error.no_memory")) from None
        if isinstance(error, duckdb.Error):
            first = " ".join(str(error).split())[:200]
            raise WorkbenchError(said("export_error.not_written", why=first)) from None


def _count(mark: Any) -> int:
    """In how many places a boolean array is true."""
    return int(pc.sum(mark).as_py() or 0)


def _sql_type(kind: str) -> str:
    return _SQL_TYPES.get(str(ARROW_TYPES[kind]), "timestamptz")
