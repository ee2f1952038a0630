"""The shop's JSONL files on the way to Parquet, through DuckDB: streamed, in bounded memory, in any order of lines."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from unfulfill.errors import BadAnswer, WorkbenchError
from unfulfill.export.queries import Columns
from unfulfill.tables import ARROW_TYPES, Table

MEMORY = "768MB"  # DuckDB's share; beyond, it spills into the staging folder
THREADS = 2
ROWS_A_FETCH = 10_000
_SQL_TYPES = {"int64": "bigint", "bool": "boolean", "string": "varchar"}


class Staging:
    """A folder of JSONL files as relations, and the Parquet tables made of them.

    A file that does not exist counts as empty. A context manager: leaving closes DuckDB, not the files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._connection = duckdb.connect(
            config={"memory_limit": MEMORY, "threads": THREADS, "temp_directory": str(folder / "spill")}
        )
        self.run("set TimeZone = 'UTC'")
        self.run("set preserve_insertion_order = false")

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

    def lines(self, file: str, kind: str, columns: Columns) -> str:
        """SQL of the lines of one kind (Order, LineItem …; blank: all) in a file."""
        spelled = ", ".join(
            f"'{name}': '{type_.replace(chr(39), chr(39) * 2)}'" for name, type_ in columns.items()
        )
        path = self.path(file)
        if not path.exists():
            path.touch(mode=0o600)
        source = f"read_json({_literal(str(path))}, format = 'newline_delimited', columns = {{{spelled}}})"
        where = f" where starts_with(id, 'gid://shopify/{kind}/')" if kind else ""
        return f"(select * from {source}{where})"

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Execute SQL. Raises BadAnswer where a line of a file is not what Shopify sends."""
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

    def save(self, table: Table, rows: str, select: str, *, kept: str = "") -> None:
        """Write a table: `select` over the relation `rows`, restricted to orders in the relation `kept`."""
        columns = ", ".join(
            f'"{column}"::{_sql_type(kind)} as "{column}"' for column, kind in table.columns.items()
        )
        names = ", ".join(f'"{column}"' for column in table.columns)
        only = f" semi join {kept} using (order_id)" if kept else ""
        key = ", ".join(f'"{column}"' for column in table.key)
        self.run(
            f"copy (with rows as {rows}, result({names}) as ({select}) "
            f"select {columns} from result{only} order by {key}) "
            f"to {_literal(str(self.path(f'{table.name}.parquet')))} (format parquet, compression zstd)"
        )

    def count(self, table: Table) -> int:
        """How many rows a saved table has."""
        return int(self.row(f"select count(*) from {self.saved(table)}")[0])

    def saved(self, table: Table) -> str:
        """SQL of a saved table."""
        return f"read_parquet({_literal(str(self.path(f'{table.name}.parquet')))})"

    def id_digest(self, table: Table) -> str:
        """SHA-256 of the keys in sorted order, one a line, parts of a key separated by a tab."""
        digest = hashlib.sha256()
        key = ", ".join(table.key)
        for row in self.each(f"select {key} from {self.saved(table)} order by {key}"):
            digest.update("\t".join(map(str, row)).encode() + b"\n")
        return digest.hexdigest()


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
            raise BadAnswer(
                f"The shop's file holds a line that cannot be read ({first}); export again."
            ) from None
        if isinstance(error, duckdb.Error):
            first = " ".join(str(error).split())[:200]
            raise WorkbenchError(
                f"The export cannot be written ({first}); check the space on the disk."
            ) from None


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sql_type(kind: str) -> str:
    return _SQL_TYPES.get(str(ARROW_TYPES[kind]), "timestamptz")
