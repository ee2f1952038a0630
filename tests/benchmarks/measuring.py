"""What the benchmarks share: arguments, a folder, measurements in processes that take turns, and how they print."""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

REPEAT = 3
Figures = dict[str, Any]
Measure = Callable[..., dict[str, float]]


def parser_of(doc: str | None, size: int, what: str) -> argparse.ArgumentParser:
    """The arguments that every benchmark has; `what` is counted by --size."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=size, help=what)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--folder", help="where to make, and to leave, the files; a temporary folder otherwise"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def add_turns(parser: argparse.ArgumentParser, measures: Mapping[str, Measure]) -> None:
    """For a benchmark whose measurements take turns."""
    parser.add_argument("--repeat", type=int, default=REPEAT)
    parser.add_argument("--measure", choices=tuple(measures), help=argparse.SUPPRESS)


@contextmanager
def folder_of(given: str | None) -> Iterator[Path]:
    """The folder that was asked for, or one that is removed at the end."""
    folder = Path(given or tempfile.mkdtemp(prefix="unfulfill-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if not given:
            shutil.rmtree(folder)


def measured(script: str, name: str, *arguments: str) -> Figures:
    """One measurement of a benchmark, in a process of its own."""
    command = [sys.executable, script, "--measure", name, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    plain = json.loads(done.stdout)
    assert isinstance(plain, dict)
    return plain


def in_turns(
    names: Sequence[str], repeat: int, measure: Callable[[str], Figures], once: Sequence[str] = ()
) -> dict[str, list[Figures]]:
    """The figures of every turn of each measurement; those named in `once` have one turn."""
    runs: dict[str, list[Figures]] = {name: [] for name in names}
    for turn in range(repeat):
        for name, results in runs.items():
            if name in once and turn:
                continue
            results.append(measure(name))
            say(f"{turn + 1}/{repeat} {name}: {results[-1]}")
    return runs


def least(runs: Mapping[str, list[Figures]]) -> dict[str, Figures]:
    """The smallest of each figure: noise only adds."""
    return {
        name: {key: min(result[key] for result in results) for key in results[0]}
        for name, results in runs.items()
    }


def machine(libraries: Sequence[str] = ()) -> Figures:
    """What it was measured on."""
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in libraries},
    }


def peak_mb() -> float:
    """The most memory that this process has had, as the kernel counts it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024, 1)


def ratio(part: float, whole: float, digits: int = 2) -> float:
    """`part` in units of `whole`."""
    return round(part / whole, digits)


def as_table(result: Figures) -> str:
    """A figure a line."""
    return "\n".join(f"{name:<28} {value}" for name, value in result.items())


def say(text: str) -> None:
    """Progress, beside the result."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr)
