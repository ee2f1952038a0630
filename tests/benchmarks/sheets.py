"""How fast spreadsheets are written and read, held against openpyxl and pyarrow, and whether every cell is exact.

    python tests/benchmarks/sheets.py [--size ROWS] [--seed N] [--repeat N] [--json] [--folder DIR]

Every measurement is a process of its own; the kinds take turns, and the smallest time of each counts. openpyxl gets a
tenth of the rows and its time is taken ten times, because it is slow; it does the same for every row.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "helpers")]

from measuring import (  # noqa: E402 - found through the path above
    REPEAT,
    add_turns,
    as_table,
    folder_of,
    in_turns,
    least,
    machine,
    measured,
    parser_of,
    peak_mb,
    ratio,
)

COLUMNS = 40
BLOCK = 20_000  # rows made at once
FRACTION = 10  # openpyxl gets size / FRACTION rows
LIBRARIES = ("openpyxl", "pandas", "pyarrow")
WORDS = ("TEE-BLK-M", "fulfilled", "2026-10-03 09:12:00 +0000", "Größe «L»", "00123", "漢字 🚚")
HOSTILE = (
    *WORDS,
    "=SUM(A1)",
    "+49 30 1234",
    "-1",
    "two\nlines",
    "<b>&amp;</b>",
    "a\tb",
    '"quoted"',
    "_x0041_",
)


def main() -> None:
    """Make the files, measure, check, print."""
    parser = parser_of(__doc__, 100_000, "rows of 40 columns")
    add_turns(parser, MEASURES)
    arguments = parser.parse_args()
    with folder_of(arguments.folder) as folder:
        if arguments.measure:
            print(json.dumps(MEASURES[arguments.measure](folder, arguments.size, arguments.seed)))
            return
        result = benchmark(folder, arguments.size, arguments.seed, arguments.repeat)
    print(json.dumps(result) if arguments.json else as_table(result))


def benchmark(folder: Path, size: int, seed: int, repeat: int = REPEAT) -> dict[str, Any]:
    """Every figure of one size and seed."""
    given = ("--folder", str(folder), "--size", str(size), "--seed", str(seed))
    runs = in_turns(tuple(MEASURES), repeat, lambda name: measured(__file__, name, *given), ONCE)
    best = least(runs)
    seconds = {name: figures["cpu_s"] for name, figures in best.items() if "cpu_s" in figures}
    return {
        "read_ratio": ratio(seconds["read_openpyxl"], seconds["read_ours"]),
        "write_ratio": ratio(seconds["write_openpyxl"], seconds["write_ours"]),
        "csv_write_ratio_to_pyarrow": ratio(seconds["csv_write_ours"], seconds["csv_write_pyarrow"]),
        "csv_read_ratio_to_pyarrow": ratio(seconds["csv_read_ours"], seconds["csv_read_pyarrow"]),
        "csv_read_ratio_to_pyarrow_rows": ratio(seconds["csv_read_ours"], seconds["csv_read_pyarrow_rows"]),
        "head_share": ratio(seconds["head_ours"], seconds["read_ours"], 4),
        "csv_head_share": ratio(seconds["csv_head_ours"], seconds["csv_read_ours"], 4),
        "exact": bool(best["exact"]["xlsx"] and best["exact"]["csv"]),
        "write_peak_mb": max(result["peak_mb"] for result in runs["write_ours"]),
        "write_peak_mb_at_4_times": best["write_ours_4"]["peak_mb"],
        "read_peak_mb": max(result["peak_mb"] for result in runs["read_ours"]),
        **{f"{name}_cpu_s": round(value, 3) for name, value in seconds.items()},
        "xlsx_bytes": (folder / "ours.xlsx").stat().st_size,
        "openpyxl_scaled_from_rows": _fraction(size),
        "size": size,
        "columns": COLUMNS,
        "seed": seed,
        "repeat": repeat,
        **machine(LIBRARIES),
    }


def blocks(size: int, seed: int) -> Iterator[Any]:
    """Arrow tables of 40 columns: ids as text, texts of every kind, whole numbers, flags, and blanks."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(seed)
    plain, hostile = (np.array(words, dtype=object) for words in (WORDS, HOSTILE))
    for start in range(0, size, BLOCK):
        rows = min(BLOCK, size - start)
        columns: list[Any] = []
        for number in range(COLUMNS):
            kind = number % 10
            if kind < 3:
                ids = random.integers(10**12, 10**14, rows)
                columns.append(pa.array(ids).cast(pa.string()))
            elif kind < 7:
                words = hostile if kind == 6 else plain
                columns.append(pa.array(words[random.integers(0, len(words), rows)], pa.string()))
            elif kind == 7:
                columns.append(pa.array(random.integers(0, 1000, rows)))
            elif kind == 8:
                columns.append(pa.array(random.integers(0, 2, rows).astype(bool)))
            else:
                texts = np.where(random.random(rows) < 0.5, None, f"{start + 1}")
                columns.append(pa.array(texts, pa.string()))
        yield pa.table(columns, names=_names())


def _names() -> list[str]:
    return [f"Column: {number}" for number in range(1, COLUMNS + 1)]


class _Stopwatch:
    """CPU seconds of the process while it runs; making the rows is not counted."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._begun = 0.0

    def __enter__(self) -> "_Stopwatch":
        self._begun = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self._begun

    def uncounted(self, rows: Iterator[Any]) -> Iterator[Any]:
        while True:
            self.__exit__()
            made = next(rows, None)
            self.__enter__()
            if made is None:
                return
            yield made


def write_ours(folder: Path, size: int, seed: int, name: str = "ours.xlsx") -> dict[str, float]:
    """The streaming writer."""
    from unfulfill.sheets.xlsx_stream import Column, write_workbook

    watch = _Stopwatch()
    with (folder / name).open("wb") as file, watch:
        columns = [Column(header, 15) for header in _names()]
        write_workbook(file, "Orders", columns, watch.uncounted(blocks(size, seed)))
    return {"cpu_s": watch.seconds, "peak_mb": peak_mb()}


def write_ours_4(folder: Path, size: int, seed: int) -> dict[str, float]:
    """Four times the rows: memory must not grow."""
    figures = write_ours(folder, size * 4, seed, "large.xlsx")
    (folder / "large.xlsx").unlink()
    return {"peak_mb": figures["peak_mb"]}


def write_openpyxl(folder: Path, size: int, seed: int) -> dict[str, float]:
    """openpyxl, write-only, its seconds scaled to `size` rows."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Orders")
    watch = _Stopwatch()
    with watch:
        sheet.append(_names())
        rows = (list(row.values()) for block in blocks(_fraction(size), seed) for row in block.to_pylist())
        for row in watch.uncounted(rows):
            sheet.append(row)
        book.save(folder / "openpyxl.xlsx")
    return {"cpu_s": watch.seconds * size / _fraction(size)}


def read_ours(folder: Path, size: int, seed: int) -> dict[str, float]:
    """Every row of the workbook, as text."""
    from unfulfill.sheets.grid import open_grids

    with _Stopwatch() as watch:
        rows = sum(1 for grid in open_grids(folder / "ours.xlsx") for _ in grid.rows)
    assert rows == size
    return {"cpu_s": watch.seconds, "peak_mb": peak_mb()}


def read_openpyxl(folder: Path, size: int, seed: int) -> dict[str, float]:
    """openpyxl, read-only, a file of the same kind with fewer rows, its seconds scaled."""
    from openpyxl import load_workbook

    write_ours(folder, _fraction(size), seed, "fraction.xlsx")
    with _Stopwatch() as watch:
        sheet = load_workbook(folder / "fraction.xlsx", read_only=True)["Orders"]
        rows = sum(1 for _ in sheet.iter_rows(min_row=2, values_only=True))
    assert rows == _fraction(size)
    return {"cpu_s": watch.seconds * size / rows}


def csv_write_ours(folder: Path, size: int, seed: int) -> dict[str, float]:
    """The streaming CSV, made safe."""
    from unfulfill.sheets.csv_stream import write_csv

    watch = _Stopwatch()
    with (folder / "ours.csv").open("wb") as file, watch:
        write_csv(file, _names(), watch.uncounted(blocks(size, seed)))
    return {"cpu_s": watch.seconds, "peak_mb": peak_mb()}


def csv_write_pyarrow(folder: Path, size: int, seed: int) -> dict[str, float]:
    """pyarrow, nothing made safe."""
    from pyarrow import csv

    watch = _Stopwatch()
    with (folder / "pyarrow.csv").open("wb") as file, watch:
        for block in watch.uncounted(blocks(size, seed)):
            csv.write_csv(block, file)
    return {"cpu_s": watch.seconds}


def csv_read_ours(folder: Path, size: int, seed: int) -> dict[str, float]:
    """Every row of the CSV, as text."""
    from unfulfill.sheets.grid import open_grids

    with _Stopwatch() as watch:
        rows = sum(1 for grid in open_grids(folder / "ours.csv") for _ in grid.rows)
    assert rows == size
    return {"cpu_s": watch.seconds}


def csv_read_pyarrow(folder: Path, size: int, seed: int) -> dict[str, float]:
    """pyarrow, every column as text, into its own table: no row is given to Python, as ours are."""
    with _Stopwatch() as watch:
        rows = _pyarrow_table(folder).num_rows
    assert rows == size
    return {"cpu_s": watch.seconds}


def csv_read_pyarrow_rows(folder: Path, size: int, seed: int) -> dict[str, float]:
    """The same, and every row given to Python."""
    with _Stopwatch() as watch:
        columns = [column.to_pylist() for column in _pyarrow_table(folder).columns]
        rows = sum(1 for _ in zip(*columns, strict=True))
    assert rows == size
    return {"cpu_s": watch.seconds}


def _pyarrow_table(folder: Path) -> Any:
    from pyarrow import csv, string

    convert = csv.ConvertOptions(column_types=dict.fromkeys(_names(), string()))
    parse = csv.ParseOptions(newlines_in_values=True)
    return csv.read_csv(folder / "ours.csv", parse_options=parse, convert_options=convert)


def head_ours(folder: Path, size: int, seed: int) -> dict[str, float]:
    """As many rows of the workbook as tell what it is."""
    return _head(folder / "ours.xlsx", size)


def csv_head_ours(folder: Path, size: int, seed: int) -> dict[str, float]:
    """The same of the CSV."""
    return _head(folder / "ours.csv", size)


def _head(path: Path, size: int) -> dict[str, float]:
    from unfulfill.sheets.grid import open_grids
    from unfulfill.sheets.read_sheet import HEAD

    with _Stopwatch() as watch:
        rows = sum(1 for grid in open_grids(path) for _ in islice(grid.rows, HEAD))
    assert rows == min(size, HEAD)
    return {"cpu_s": watch.seconds}


def exact(folder: Path, size: int, seed: int) -> dict[str, float]:
    """Whether every cell of our workbook and CSV is what was generated."""
    from unfulfill.sheets.grid import open_grids
    from unfulfill.sheets.safe_cells import plain_csv_text

    same = {}
    for kind in ("xlsx", "csv"):
        plain = plain_csv_text if kind == "csv" else str
        (grid,) = open_grids(folder / f"ours.{kind}")
        read = (tuple(map(plain, cells)) for _, cells in grid.rows)
        expected = (
            tuple(map(_text, row.values())) for block in blocks(size, seed) for row in block.to_pylist()
        )
        same[kind] = float(all(ours == made for ours, made in zip(read, expected, strict=True)))
    return same


def _text(value: object) -> str:
    return (
        {None: "", True: "TRUE", False: "FALSE"}.get(value, "")
        if isinstance(value, bool | None)
        else str(value)
    )


MEASURES: dict[str, Callable[[Path, int, int], dict[str, float]]] = {
    "write_ours": write_ours,
    "write_openpyxl": write_openpyxl,
    "read_ours": read_ours,
    "read_openpyxl": read_openpyxl,
    "csv_write_ours": csv_write_ours,
    "csv_write_pyarrow": csv_write_pyarrow,
    "csv_read_ours": csv_read_ours,
    "csv_read_pyarrow": csv_read_pyarrow,
    "csv_read_pyarrow_rows": csv_read_pyarrow_rows,
    "head_ours": head_ours,
    "csv_head_ours": csv_head_ours,
    "write_ours_4": write_ours_4,
    "exact": exact,
}
ONCE = ("write_ours_4", "exact")


def _fraction(size: int) -> int:
    return max(1, size // FRACTION)


if __name__ == "__main__":
    main()
