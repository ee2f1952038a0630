"""The marking table in a real browser: when its first row is there, what travels, and how quick it answers.

    python tests/benchmarks/grid.py [--size ROWS] [--answers ROWS] [--seed N] [--repeat N] [--peers] [--json]
                                    [--folder DIR]

Every measurement is a fresh kernel and a fresh page; sizes (and peers) take turns, the least of each counts. Reading
the marks (or the DataFrame that a peer shows) is a cell before and not timed: `first_row_s` is from the press of Run on
the cell that shows the table to the frame with its first row, `sent_mb` what came over the websocket until then and in
the second after it. With `--peers`, libraries that show DataFrames are installed into an environment of their own, in
which ours runs as well, and measured at 100,000 rows in the same turns.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "helpers")]

import measuring  # noqa: E402
from grid_answers import answers  # noqa: E402
from grid_lab import GridLab, grid_lab  # noqa: E402

Figures = dict[str, Any]

SMALL, COMPARED = 1_000, 100_000
ROOT = Path(__file__).parents[2]
PACKAGES = ("perspective-python==5.6.1", "ipydatagrid==1.4.0", "itables==2.9.1", "ipyaggrid==0.5.4")
OPEN = """import logging, unfulfill
from unfulfill import ui
wb = unfulfill.open_workbench("sandbox", {run!r})
marks = wb.marks()
len(marks)"""
FRAME = """import pandas
df = pandas.read_parquet({frame!r})
len(df)"""
OURS = "ui.marking_panel(wb)"
# Peer → the cell that shows `df`.
PEERS: Mapping[str, str] = {
    "perspective": "import perspective.widget\nperspective.widget.PerspectiveWidget(df)",
    "ipydatagrid": "import ipydatagrid\nipydatagrid.DataGrid(df)",
    "itables": "import itables.widget\nitables.widget.ITable(df, maxBytes=0)",
    "ipyaggrid": "import ipyaggrid\noptions = {'columnDefs': [{'field': name} for name in df.columns]}\n"
    "ipyaggrid.Grid(grid_data=df, grid_options=options)",
}


def main() -> None:
    """Measure and print."""
    parser = measuring.parser_of(__doc__, 1_000_000, "the most rows")
    parser.add_argument(
        "--answers", type=int, default=200_000, help="rows at which filters and sorting are measured"
    )
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peers", action="store_true")
    arguments = parser.parse_args()
    with measuring.folder_of(arguments.folder) as folder:
        result = benchmark(arguments, folder)
    print(json.dumps(result) if arguments.json else measuring.as_table(result))


def benchmark(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Every figure."""
    from grid_shop import make_run

    sizes = sorted({min(SMALL, arguments.size), min(COMPARED, arguments.size), arguments.size})
    runs = {size: make_run(folder, size, arguments.seed) for size in {*sizes, arguments.answers}}
    peers = PEERS if arguments.peers else {}
    frame = folder / "marks.parquet"
    if peers:
        _save_frame(runs[COMPARED], frame)
    python = environment_with_peers(folder) if peers else Path(sys.executable)
    with grid_lab(python, folder) as lab:

        def measure(name: str) -> Figures:
            if name in peers:
                return _first_row(lab, FRAME.format(frame=str(frame)), peers[name], name)
            return _first_row(lab, OPEN.format(run=str(runs[int(name)])), OURS, "ours")

        turns = measuring.in_turns([*map(str, sizes), *peers], arguments.repeat, measure)
        answered = _answers(lab, runs[arguments.answers])
    least = measuring.least(turns)
    ours = {str(size): least[str(size)] for size in sizes}
    first = {size: figures["first_row_s"] for size, figures in ours.items()}
    result: Figures = {
        "first_row_s": first,
        "sent_mb": {size: max(turn["sent_mb"] for turn in turns[size]) for size in ours},
        "flat": measuring.ratio(max(first.values()), min(first.values())),
        **answered,
        "peers_first_row_s": {name: least[name]["first_row_s"] for name in peers},
        "peers_sent_mb": {name: least[name]["sent_mb"] for name in peers},
        "answers_rows": arguments.answers,
        "seed": arguments.seed,
        **measuring.machine(),
    }
    if peers:
        best = min(result["peers_first_row_s"].values())
        result["sooner_than_best_peer"] = measuring.ratio(best, first[str(COMPARED)])
    return result


def environment_with_peers(folder: Path) -> Path:
    """A Python that has the peers, and ours with all that it needs; made once."""
    environment = folder / "peers"
    python = environment / "bin" / "python"
    if not (environment / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", str(ROOT), *PACKAGES], check=True)
        (environment / "ready").touch()
    return python


def _save_frame(run: Path, frame: Path) -> None:
    """What a peer shows: the marks, as plain pandas has them."""
    from unfulfill.run import Run
    from unfulfill.sheets import load_marks

    marks = load_marks(Run(run))
    marks.assign(
        created_at=marks["created_at"].astype("datetime64[us, UTC]").dt.tz_localize(None)
    ).to_parquet(frame)


def _first_row(lab: GridLab, before: str, cell: str, table: str) -> Figures:
    with lab.open(before, cell) as notebook:
        notebook.run(0)
        before = notebook.received
        seconds = notebook.first_row(1, table)
        notebook.page.wait_for_timeout(1_000)
        received = notebook.received - before
        return {
            "first_row_s": round(seconds, 3) if seconds else float("inf"),
            "sent_mb": round(received / 1e6, 3),
        }


def _answers(lab: GridLab, run: Path) -> Figures:
    with lab.open(OPEN.format(run=str(run)), OURS) as notebook:
        notebook.run(0)
        notebook.first_row(1, "ours")
        return answers(notebook)


if __name__ == "__main__":
    main()
