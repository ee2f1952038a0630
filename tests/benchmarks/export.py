"""How long an export takes from the shop's files to its tables, held against reading the same lines once with orjson.

    python tests/benchmarks/export.py [--size N] [--seed N] [--repeat N] [--json] [--folder DIR] [--peers]

Every measurement is a process of its own; the kinds take turns, and the smallest time of each counts.
"""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "helpers")]

import generator  # noqa: E402 - found through the path above
from measuring import (  # noqa: E402
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
    say,
)

DIGITS = 3  # of a ratio
LIBRARIES = ("duckdb", "pyarrow", "pandas", "numpy", "orjson")
NOBODY = "http://127.0.0.1:9"  # no shop answers there: files that add up need none


def main() -> None:
    """Generate, measure, check, print."""
    parser = parser_of(__doc__, 100_000, "orders")
    add_turns(parser, ASKED)
    parser.add_argument(
        "--peers", action="store_true", help="also the parsers of tap-shopify and airbyte (installs them)"
    )
    arguments = parser.parse_args()
    with folder_of(arguments.folder) as folder:
        if arguments.measure:
            print(json.dumps(ASKED[arguments.measure](folder)))
            return
        result = benchmark(folder, arguments.size, arguments.seed, arguments.repeat)
        if arguments.peers:
            import peers

            ours = min(measure("orders", folder)["wall_s"] for _ in range(arguments.repeat))
            result["orders_only_s"] = ours
            result["peers"] = peers.compare(folder, ours_s=ours, repeat=arguments.repeat)
    print(json.dumps(result) if arguments.json else as_table(result))


def benchmark(folder: Path, size: int, seed: int, repeat: int = REPEAT) -> dict[str, Any]:
    """Every figure of one size and seed. The generated files and the tables stay in the folder."""
    say(f"generating {size} orders in {folder}")
    truth = generator.generate(folder, size, seed)
    runs = in_turns(tuple(MEASURES), repeat, lambda name: measure(name, folder))
    best = least(runs)
    orjson, tables = best["orjson"], best["tables"]
    return {
        "ratio_to_orjson": ratio(tables["tables_s"], orjson["wall_s"], DIGITS),
        "ratio_tables_to_orjson": ratio(tables["tables_s"], orjson["wall_s"], DIGITS),
        "ratio_with_proof_to_orjson": ratio(tables["with_proof_s"], orjson["wall_s"], DIGITS),
        "cpu_ratio_to_orjson": ratio(tables["tables_cpu_s"], orjson["cpu_s"], DIGITS),
        "load_ratio": ratio(best["load"]["wall_s"], tables["tables_s"], DIGITS),
        "peak_mb": max(result["peak_mb"] for result in runs["tables"]),
        "load_peak_mb": max(result["peak_mb"] for result in runs["load"]),
        "orjson_s": orjson["wall_s"],
        "tables_s": tables["tables_s"],
        "with_proof_s": tables["with_proof_s"],
        "load_s": best["load"]["wall_s"],
        "exact": not differences(folder / "raw", truth),
        "rows": truth.rows,
        "lines": sum(truth.lines.values()),
        "bytes": sum((folder / name).stat().st_size for name in generator.FILES),
        "parquet_bytes": sum(path.stat().st_size for path in (folder / "raw").glob("*.parquet")),
        "size": size,
        "seed": seed,
        "repeat": repeat,
        **machine(LIBRARIES),
    }


def measure(name: str, folder: Path) -> dict[str, Any]:
    """One measurement in a process of its own."""
    return measured(__file__, name, "--folder", str(folder))


def read_once(folder: Path) -> dict[str, float]:
    """The baseline: every line through orjson, nothing kept."""
    import orjson

    started = time.perf_counter(), time.process_time()
    for name in generator.FILES:
        with (folder / name).open("rb") as file:
            for line in file:
                orjson.loads(line)
    return {"wall_s": time.perf_counter() - started[0], "cpu_s": time.process_time() - started[1]}


def make_tables(folder: Path) -> dict[str, float]:
    """Files to Parquet, and then what an export proves about the tables."""
    from unfulfill.export import Filters, proof, suspects
    from unfulfill.export.making import make_tables
    from unfulfill.export.staging import Staging
    from unfulfill.progress import no_progress
    from unfulfill.settings import sandbox_settings
    from unfulfill.shop import Shop
    from unfulfill.tables import EXPORTED

    raw = _raw(folder)
    with Shop(sandbox_settings(NOBODY, "no-token")) as shop:
        started = time.perf_counter(), time.process_time()
        with Staging(raw) as staging:
            make_tables(shop, staging, Filters(), (), no_progress)
            tables = time.perf_counter() - started[0], time.process_time() - started[1]
            reasons = [*proof.table_reasons(staging), *proof.set_reasons(staging, both_files=True)]
            reasons += [f"order {number} lacks something" for number in suspects.suspects(staging)]
            if reasons:
                raise SystemExit(f"The tables are not what the files hold: {reasons}")
            for table in EXPORTED:
                staging.id_digest(table)
            counts = {table.name: staging.count(table) for table in EXPORTED}
            (raw / "manifest.json").write_text(json.dumps({"complete": True, "counts": counts}))
            with_proof_s = time.perf_counter() - started[0]
    return {
        "tables_s": tables[0],
        "tables_cpu_s": tables[1],
        "with_proof_s": with_proof_s,
        "peak_mb": peak_mb(),
    }


def make_orders(folder: Path) -> dict[str, float]:
    """The orders file alone to its four tables: what the peers parse."""
    from unfulfill.export import making, splitting
    from unfulfill.export.staging import Staging
    from unfulfill.tables import FULFILLMENT_ORDERS, FULFILLMENTS, LINE_ITEMS, ORDERS

    raw = _raw(folder)
    started = time.perf_counter()
    with Staging(raw) as staging:
        with ThreadPoolExecutor(1) as second:
            for file in ("orders.jsonl", "moved.jsonl"):  # split once, before two threads ask for it
                splitting.counted(staging, file)
            others = second.submit(making.make_orders, staging, (ORDERS, LINE_ITEMS))
            making.make_orders(staging, (FULFILLMENTS, FULFILLMENT_ORDERS))
            others.result()
        return {"wall_s": time.perf_counter() - started}


def load_tables(folder: Path) -> dict[str, float]:
    """The tables as an audit loads them from a run folder."""
    from unfulfill.audit import AUDIT_COLUMNS
    from unfulfill.run import Run

    run = Run(folder / "run")
    link = run.path("export")
    if not link.exists():
        link.symlink_to(folder / "raw")
    started = time.perf_counter()
    run.load_tables(AUDIT_COLUMNS)
    return {"wall_s": time.perf_counter() - started, "peak_mb": peak_mb()}


MEASURES: dict[str, Callable[[Path], dict[str, float]]] = {
    "orjson": read_once,
    "tables": make_tables,
    "load": load_tables,
}
ASKED: dict[str, Callable[[Path], dict[str, float]]] = {**MEASURES, "orders": make_orders}


def differences(tables: Path, truth: generator.Truth) -> list[str]:
    """Where the Parquet tables are not what was generated: rows or contents of a table, in whatever order."""
    found = []
    for table in truth.rows:
        rows = content = 0
        for text in _row_texts(tables / f"{table}.parquet"):
            rows += 1
            content = (content + generator.hash_text(text)) % 2**64
        if (rows, content) != (truth.rows[table], truth.hashes[table]):
            found.append(
                f"{table}: {rows} rows with hash {content}, not {truth.rows[table]} with {truth.hashes[table]}"
            )
    for difference in found:
        say(difference)
    return found


def _row_texts(path: Path) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(50_000):
            cells = [
                pc.divide(column.cast(pa.int64()), 1_000_000)
                if pa.types.is_timestamp(column.type)
                else column
                for column in batch.columns
            ]
            texts = [pc.fill_null(cell.cast(pa.string()), generator.MISSING) for cell in cells]
            yield from pc.binary_join_element_wise(*texts, generator.SEPARATOR).to_pylist()


def _raw(folder: Path) -> Path:
    """A staging folder with nothing but the downloaded files."""
    raw = folder / "raw"
    shutil.rmtree(raw, ignore_errors=True)
    raw.mkdir()
    for name in generator.FILES:
        (raw / name).hardlink_to(folder / name)
    return raw


if __name__ == "__main__":
    main()
