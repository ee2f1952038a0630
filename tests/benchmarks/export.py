"""How long an export takes from the shop's files to its tables, held against reading the same lines once with orjson.

    python tests/benchmarks/export.py [--size N] [--seed N] [--repeat N] [--json] [--folder DIR] [--peers]

Every measurement is a process of its own; the kinds take turns, and the smallest time of each counts.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "helpers")]

import generator  # noqa: E402 - found through the path above

REPEAT = 3
LIBRARIES = ("duckdb", "pyarrow", "pandas", "numpy", "orjson")
NOBODY = "http://127.0.0.1:9"  # no shop answers there: files that add up need none


def main() -> None:
    """Generate, measure, check, print."""
    arguments = _arguments()
    if arguments.measure:
        print(json.dumps(ASKED[arguments.measure](Path(arguments.folder))))
        return
    folder = Path(arguments.folder or tempfile.mkdtemp(prefix="unfulfill-benchmark-"))
    try:
        result = benchmark(folder, arguments.size, arguments.seed, arguments.repeat)
        if arguments.peers:
            import peers

            ours = min(measure("orders", folder)["wall_s"] for _ in range(arguments.repeat))
            result["orders_only_s"] = ours
            result["peers"] = peers.compare(folder, ours_s=ours, repeat=arguments.repeat)
    finally:
        if not arguments.folder:
            shutil.rmtree(folder)
    print(json.dumps(result) if arguments.json else _table(result))


def benchmark(folder: Path, size: int, seed: int, repeat: int = REPEAT) -> dict[str, Any]:
    """Every figure of one size and seed. The generated files and the tables stay in the folder."""
    _say(f"generating {size} orders in {folder}")
    truth = generator.generate(folder, size, seed)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in MEASURES}
    for turn in range(repeat):
        for name, results in runs.items():
            results.append(measure(name, folder))
            _say(f"{turn + 1}/{repeat} {name}: {results[-1]}")
    least = {
        name: {key: min(result[key] for result in results) for key in results[0]}
        for name, results in runs.items()
    }
    orjson, tables = least["orjson"], least["tables"]
    return {
        "ratio_to_orjson": _ratio(tables["tables_s"], orjson["wall_s"]),
        "ratio_tables_to_orjson": _ratio(tables["tables_s"], orjson["wall_s"]),
        "ratio_with_proof_to_orjson": _ratio(tables["with_proof_s"], orjson["wall_s"]),
        "cpu_ratio_to_orjson": _ratio(tables["tables_cpu_s"], orjson["cpu_s"]),
        "load_ratio": _ratio(least["load"]["wall_s"], tables["tables_s"]),
        "peak_mb": max(result["peak_mb"] for result in runs["tables"]),
        "load_peak_mb": max(result["peak_mb"] for result in runs["load"]),
        "orjson_s": orjson["wall_s"],
        "tables_s": tables["tables_s"],
        "with_proof_s": tables["with_proof_s"],
        "load_s": least["load"]["wall_s"],
        "exact": not differences(folder / "raw", truth),
        "rows": truth.rows,
        "lines": sum(truth.lines.values()),
        "bytes": sum((folder / name).stat().st_size for name in generator.FILES),
        "parquet_bytes": sum(path.stat().st_size for path in (folder / "raw").glob("*.parquet")),
        "size": size,
        "seed": seed,
        "repeat": repeat,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def measure(name: str, folder: Path) -> dict[str, Any]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "--measure", name, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    plain = json.loads(done.stdout)
    assert isinstance(plain, dict)
    return plain


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
        "peak_mb": _peak_mb(),
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
    return {"wall_s": time.perf_counter() - started, "peak_mb": _peak_mb()}


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
        _say(difference)
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


def _peak_mb() -> float:
    """The most memory that this process has had, as the kernel counts it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 3)


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _table(result: dict[str, Any]) -> str:
    return "\n".join(f"{name:<28} {value}" for name, value in result.items())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=100_000, help="orders")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=REPEAT)
    parser.add_argument(
        "--folder", help="where to generate, and to leave, the files; a temporary folder otherwise"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument(
        "--peers", action="store_true", help="also the parsers of tap-shopify and airbyte (installs them)"
    )
    parser.add_argument("--measure", choices=tuple(ASKED), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
