"""How long commands take to start, in seconds and as a multiple of an empty Python: `startup.py [--json]`.

Read the multiples; seconds depend on the machine. The best of some runs counts, for noise only adds.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 7
EMPTY = "python -c pass"
MAIN = ("-m", "unfulfill.cli")


def measured(folder: Path) -> dict[str, tuple[str, ...]]:
    """Name → arguments of Python."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "helpers"))
    from unfulfill.cli import _parser
    from unfulfill.journal import Journal

    with Journal(folder / "journal.sqlite", lambda: "2026-11-23T09:00:00+00:00") as journal:
        journal.record("digest", "m0001-cancel", 0, "STALE", {"message": "changed"})
    actions = [action for action in _parser()._actions if isinstance(action.choices, dict)]
    commands = [name for action in actions for name in action.choices or ()]
    return {
        EMPTY: ("-c", "pass"),
        "import unfulfill": ("-c", "import unfulfill"),
        "unfulfill --help": (*MAIN, "--help"),
        **{f"unfulfill {name} --help": (*MAIN, name, "--help") for name in commands},
        "unfulfill journal RUN": (*MAIN, "journal", str(folder)),
    }


def seconds(arguments: tuple[str, ...]) -> float:
    """The best time of one process; the rounds of all are not interleaved, for each takes a moment only."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - begun)
    return min(times)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    as_json = parser.parse_args().json
    with tempfile.TemporaryDirectory() as folder:
        took = {name: seconds(arguments) for name, arguments in measured(Path(folder)).items()}
    rows = {
        name: {"seconds": round(best, 3), "times_python": round(best / took[EMPTY], 1)}
        for name, best in took.items()
    }
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    for name, row in rows.items():
        print(f"{name:28} {row['seconds']:6.3f} s {row['times_python']:6.1f} ×")


if __name__ == "__main__":
    main()
