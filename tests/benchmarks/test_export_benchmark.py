"""The benchmark itself, at a tiny size: its files, its check that can fail, the names of its figures."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import export
import generator

SCRIPT = Path(__file__).parent / "export.py"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    folder = tmp_path_factory.mktemp("benchmark")
    command = [sys.executable, str(SCRIPT), "--size", "60", "--seed", "5", "--repeat", "1", "--json"]
    done = subprocess.run([*command, "--folder", str(folder)], check=True, stdout=subprocess.PIPE, text=True)
    return folder, json.loads(done.stdout)


def test_it_prints_one_object_with_the_figures(result: tuple[Path, dict[str, object]]) -> None:
    figures = result[1]

    assert figures["exact"] is True
    assert (figures["size"], figures["seed"]) == (60, 5)
    assert {
        "ratio_to_orjson",
        "ratio_tables_to_orjson",
        "ratio_with_proof_to_orjson",
        "cpu_ratio_to_orjson",
        "load_ratio",
        "peak_mb",
        "rows",
        "lines",
        "bytes",
        "python",
        "duckdb",
        "pyarrow",
    } <= figures.keys()


def test_the_files_are_seeded_and_have_a_fulfillment_that_comes_twice(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder, seed in zip(folders, (1, 1, 2), strict=True):
        folder.mkdir()
        generator.generate(folder, 400, seed)

    contents = [[(folder / name).read_bytes() for name in generator.FILES] for folder in folders]
    assert contents[0] == contents[1] != contents[2]
    lines = contents[0][1].splitlines()
    assert len(lines) > len({json.loads(line)["id"] for line in lines})


def test_a_value_that_is_wrong_is_seen(result: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    folder, truth = result[0], generator.load_truth(result[0])
    for table in truth.rows:
        rows = pq.read_table(folder / "raw" / f"{table}.parquet")
        if table == "line_items":
            place = random.Random(1).randrange(rows.num_rows)
            skus = rows["sku"].to_pylist()
            skus[place] = "another"
            rows = rows.set_column(rows.schema.get_field_index("sku"), "sku", [skus])
        pq.write_table(rows, tmp_path / f"{table}.parquet")

    assert [text.partition(":")[0] for text in export.differences(tmp_path, truth)] == ["line_items"]
