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
from unfulfill.export import queries
from unfulfill.tables import ARROW_TYPES, Table

MEMORY = "320MB"  # DuckDB's share; beyond, it spills into the staging folder
THREADS = 2
ROWS_A_FETCH = 10_000
KEYS_A_BATCH = 1 << 17
_SQL_TYPES = {"int64": "bigint", "bool": "boolean", "string": "varchar"}


class LineRefused(BadAnswer):
    """A line of the shop's files cannot be read; which one, DuckDB does not say."""


@dataclass(frozen=True)
class KeyFacts:
    """What the keys of a saved table are like."""

    rows: int
    doubled: int  # rows with the key of an earlier row
    blank: int  # rows without a complete key
    digest: str
    is_numbered: bool  # whether each key is a gid of the kind that its column tells


class Staging:
    """The folder of the shop's JSONL files, and the Parquet tables made of them.

    A context manager: leaving closes DuckDB, not the files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._connection = duckdb.connect(
            config={"memory_limit": MEMORY, "threads": THREADS, "temp_directory": str(folder / "spill")}
        )
        self.run("set TimeZone = 'UTC'")

    def __enter__(self) -> "Staging":
        """The staging itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close DuckDB."""
        with suppress(duckdb.Error):
            self._connection.close()

    def path(self, file: str) -> Path:
        """Where a file of the staging stands."""
        return self.folder / file

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
        order = [f"{queries.number(column, queries.KEY_KINDS[column])} nulls last" for column in table.key]
        self._write(table, select, "result", order)
        facts = self.keys(table)
        if (
            facts.doubled or not facts.is_numbered
        ):  # rare, and costly: only now all of a row decides its place
            order += [f'"{newest}" desc nulls last'] if newest else []
            order += [f'"{column}"' for column in table.columns]
            rows = "result"
            if newest:
                key = ", ".join(table.key)
                rows = f"(select distinct on ({key}) * from result order by {', '.join(order)})"
            self._write(table, select, rows, order)

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
        """What the keys of a saved table are like. Equal keys stand beside each other in it."""
        rows = doubled = blank = numbered = 0
        last = None
        digest = hashlib.sha256()
        with pq.ParquetFile(self.table_path(table)) as file:
            for batch in file.iter_batches(KEYS_A_BATCH, columns=list(table.key)):
                if not batch.num_rows:
                    continue
                parts = [batch.column(name) for name in table.key]
                keys = pc.binary_join_element_wise(*parts, "\t", null_handling="replace", null_replacement="")
                rows += len(keys)
                blank += _count(*(pc.is_null(part) for part in parts))
                numbered += _count(
                    *(
                        pc.starts_with(parts[n], queries.gid_start(column))
                        for n, column in enumerate(table.key)
                    ),
                    join=pc.and_,
                )
                doubled += _count(pc.equal(keys[1:], keys[:-1])) + (keys[0].as_py() == last)
                last = keys[-1].as_py()
                digest.update(pc.binary_join(pa.scalar(keys, pa.list_(keys.type)), "\n").as_buffer())
                digest.update(b"\n")
        return KeyFacts(rows, doubled, blank, digest.hexdigest(), numbered == rows)

    def id_digest(self, table: Table) -> str:
        """SHA-256 of the keys in the order of the saved table, that is by their numbers.

        One key a line, parts of a key separated by a tab, each line ended by a line feed.
        """
        return self.keys(table).digest

    def _write(self, table: Table, select: str, rows: str, order: Sequence[str]) -> None:
        columns = ", ".join(
            f'"{column}"::{_sql_type(kind)} as "{column}"' for column, kind in table.columns.items()
        )
        names = ", ".join(f'"{column}"' for column in table.columns)
        self.run(
            f"copy (with result({names}) as ({select}) select {columns} from {rows} order by {', '.join(order)}) "
            f"to {literal(str(self.table_path(table)))} (format parquet, compression zstd)"
        )


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
            raise LineRefused(
                f"The shop's file holds a line that cannot be read ({first}); export again."
            ) from None
        if isinstance(error, duckdb.Error):
            first = " ".join(str(error).split())[:200]
            raise WorkbenchError(
                f"The export cannot be written ({first}); check the space on the disk."
            ) from None


def _count(*marks: Any, join: Any = pc.or_) -> int:
    """In how many places one of the boolean arrays is true; with `pc.and_`, all of them."""
    return int(pc.sum(reduce(join, marks)).as_py() or 0)


def _sql_type(kind: str) -> str:
    return _SQL_TYPES.get(str(ARROW_TYPES[kind]), "timestamptz")
