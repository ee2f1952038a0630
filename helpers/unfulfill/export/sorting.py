"""Rows in any order to a Parquet file sorted by key: in bounded memory, and with the same bytes for the same rows.

Sorting a million wide rows at once would spill most of them. So they are put down as they come, and then taken up
range by range of their numbers, each sorted in memory and written as one row group.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from unfulfill.tables import Table

ROWS = 61_440  # of a row group; as many are sorted at once
ROWS_A_BATCH = 20_480  # as they come
NO_NUMBER = 2**63 - 1  # stands for the number of an id that has none, and comes last


def number_names(table: Table) -> list[str]:
    """The columns that the rows have behind those of the table: the number of each part of its key."""
    return [f"number_{n}" for n in range(len(table.key))]


def write_sorted(
    table: Table, rows: pa.RecordBatchReader, path: Path, scratch: Path, newest: str = ""
) -> None:
    """Write the rows to `path`, sorted by their numbers; `scratch` is a file that is made and removed.

    Rows with one key all stay, in an order that all of their values decide; with `newest`, only the one whose value
    in that column is the largest.
    """
    options = {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": [
            name for name, kind in table.columns.items() if kind != "time" and name not in table.key
        ],
        "write_statistics": False,  # nobody looks for a part of a table, and they cost a third of the writing
    }
    batches = _put_down(rows, scratch)
    with (
        pa.OSFile(str(scratch)) as source,
        pa.ipc.open_file(source) as opened,
        pq.ParquetWriter(path, table.arrow_schema, **options) as writer,
        ThreadPoolExecutor(1) as reader,
    ):
        # The next range is sorted while one is written.
        ahead: deque[Future[pa.Table]] = deque()
        for low, high in _ranges(batches):
            ahead.append(reader.submit(_take_up, table, opened, batches, low, high, newest))
            if len(ahead) > 1:
                _write(writer, ahead.popleft().result())
        while ahead:
            _write(writer, ahead.popleft().result())
    scratch.unlink()


def _put_down(rows: pa.RecordBatchReader, scratch: Path) -> list[Any]:
    """Write the batches as they come; returns the first numbers of each."""
    numbers = []
    with pa.OSFile(str(scratch), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
        for batch in rows:
            if batch.num_rows:
                writer.write_batch(batch)
                # A copy, for a view would keep the whole batch.
                numbers.append(batch.column("number_0").to_numpy().copy())
    return numbers


def _ranges(batches: list[Any]) -> Iterator[tuple[int, int]]:
    """First and last number of ranges that hold some ROWS rows each, rising: the same for the same rows."""
    if not batches:
        return
    known = np.sort(np.concatenate(batches))
    starts = np.unique(known[::ROWS])
    yield from zip(map(int, starts), [*(int(start) - 1 for start in starts[1:]), NO_NUMBER], strict=True)


def _take_up(table: Table, opened: Any, batches: list[Any], low: int, high: int, newest: str) -> pa.Table:
    """The rows of a range of numbers, sorted."""
    parts = []
    for place, numbers in enumerate(batches):
        wanted = (numbers >= low) & (numbers <= high)
        if wanted.any():
            batch = opened.get_batch(place)
            parts.append(batch if wanted.all() else batch.filter(pa.array(wanted)))
    found = pa.Table.from_batches(parts).combine_chunks()
    names = number_names(table)
    found = found.take(pc.sort_indices(found, [(name, "ascending") for name in names]))
    last = found[names[0]][-1].as_py()
    if last == NO_NUMBER or pc.any(_repeats(found, names)).as_py():
        found = _sort_wholly(table, found, newest)
    return found.select(list(table.columns)).cast(table.arrow_schema)


def _sort_wholly(table: Table, rows: pa.Table, newest: str) -> pa.Table:
    """Sorted also by what is not in the key. Rare, and costly."""
    order = [(name, "ascending") for name in number_names(table)]
    order += [(newest, "descending")] if newest else []
    texts = {name: rows[name].cast(pa.string()) for name in table.columns if name != newest}
    by_all = pa.table({**{name: rows[name] for name, _ in order}, **texts})
    rows = rows.take(pc.sort_indices(by_all, [*order, *((name, "ascending") for name in texts)]))
    if not newest:
        return rows
    repeats = _repeats(rows, list(table.key))
    return rows.filter(pa.concat_arrays([pa.array([True]), pc.invert(repeats)]))


def _repeats(rows: pa.Table, names: list[str]) -> pa.Array:
    """For each row but the first, whether it has the values of the row before it."""
    return reduce(pc.and_, (_same_as_before(rows[name].combine_chunks()) for name in names))


def _same_as_before(column: pa.Array) -> pa.Array:
    return pc.fill_null(pc.equal(column[1:], column[:-1]), False)


def _write(writer: Any, rows: pa.Table) -> None:
    writer.write_table(rows, row_group_size=rows.num_rows)
