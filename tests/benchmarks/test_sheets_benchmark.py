"""The benchmark itself, at a tiny size: its figures, and a check that can fail."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import sheets

SCRIPT = Path(__file__).parent / "sheets.py"
pytestmark = pytest.mark.gate


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    folder = tmp_path_factory.mktemp("benchmark")
    command = [sys.executable, str(SCRIPT), "--size", "300", "--seed", "5", "--repeat", "1", "--json"]
    done = subprocess.run([*command, "--folder", str(folder)], check=True, stdout=subprocess.PIPE, text=True)
    return folder, json.loads(done.stdout)


def test_it_prints_one_object_with_the_figures(result: tuple[Path, dict[str, object]]) -> None:
    figures = result[1]

    assert figures["exact"] is True
    assert (figures["size"], figures["seed"], figures["openpyxl_scaled_from_rows"]) == (300, 5, 30)
    assert {
        "read_ratio", "write_ratio", "csv_write_ratio_to_pyarrow", "csv_read_ratio_to_pyarrow", "write_peak_mb",
        "write_peak_mb_at_4_times",
    } <= figures.keys()  # fmt: skip


def test_a_cell_that_is_wrong_is_seen(result: tuple[Path, dict[str, object]], tmp_path: Path) -> None:
    for kind in ("xlsx", "csv"):
        (tmp_path / f"ours.{kind}").write_bytes((result[0] / f"ours.{kind}").read_bytes())
    text = (tmp_path / "ours.csv").read_text(encoding="utf-8")
    (tmp_path / "ours.csv").write_text(text.replace("TEE-BLK-M", "TEE-BLK-L", 1), encoding="utf-8")

    assert sheets.exact(tmp_path, 300, 5) == {"xlsx": 1.0, "csv": 0.0}
