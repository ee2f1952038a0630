"""Cases 4: what is wrong with the arguments of a command over files, and each command with files that are none."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# Command → its arguments before and after the file; RUN is an audited run folder, NEW one that is not there.
OF_FILE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sheet": (("sheet",), ()),
    "sheet --json": (("sheet",), ("--json",)),
    "audit": (("audit",), ("--run", "NEW")),
    "audit --count": (("audit", "ORDERS", "STOCK", "--run", "NEW", "--count"), ()),
    "marks --take": (("marks", "RUN", "--take"), ()),
    "lint": (("lint",), ()),
    "count-file": (("count-file", "RUN", "--inventory"), ("--to", "NEW")),
}


@dataclass(frozen=True)
class NoFile:
    """A path that is no file to read. `make` puts something there."""

    name: str
    file: str
    make: Callable[[Path], object]
    said: str


def make_nothing(path: Path) -> None:
    """Leave it missing."""


NO_FILES = (
    NoFile("a missing file", "orders.csv", make_nothing, "cannot be read (No such file or directory)"),
    NoFile("a folder", "orders", Path.mkdir, "is a folder; give a file that is in it"),
    NoFile("a folder called .xlsx", "orders.xlsx", Path.mkdir, "is a folder"),
    NoFile("a pipe", "orders.csv", os.mkfifo, "is a pipe or a device; save what it gives as a file"),
    NoFile("a link to itself", "orders.csv", lambda path: path.symlink_to(path), "cannot be read"),
    NoFile(
        "a name that is too long", f"{'x' * 300}.csv", make_nothing, "cannot be read (File name too long)"
    ),
)


@dataclass(frozen=True)
class Call:
    """A command that is refused. FILE is a file where a folder belongs."""

    name: str
    arguments: tuple[str, ...]
    said: str


def _of_runs(name: str, run: str, said: str) -> tuple[Call, ...]:
    calls = {
        "marks": ("marks", run),
        "marks --take": ("marks", run, "--take", "MARKS"),
        "unfulfill-file": ("unfulfill-file", run, "--to", "NEW"),
        "count-file": ("count-file", run, "--inventory", "STOCK", "--to", "NEW"),
    }
    return tuple(Call(f"{command}: {name}", arguments, said) for command, arguments in calls.items())


CALLS = (
    *_of_runs("a run folder that is a file", "FILE", "is a file; name a folder for the run"),
    *_of_runs("a run folder that is not there", "MISSING", "there is no such run folder"),
    *_of_runs("a run folder with nothing in it", "EMPTY", "is missing; run "),
    Call("marks: run.json is a list", ("marks", "ODD"), "run.json is damaged (it is no object)"),
    Call("audit: the run folder is a file", ("audit", "ORDERS", "--run", "FILE"), "is a file; name a folder"),
    Call("audit: a file twice", ("audit", "ORDERS", "ORDERS", "--run", "NEW"), "both hold orders"),
    Call(
        "audit: no days",
        ("audit", "ORDERS", "--run", "NEW", "--days", "0"),
        "“0” is not a whole number from 1",
    ),
    Call("unfulfill-file: into a file", ("unfulfill-file", "RUN", "--to", "FILE"), "is not an empty folder"),
    Call("unfulfill-file: below a file", ("unfulfill-file", "RUN", "--to", "FILE/new"), "cannot be made"),
    Call(
        "unfulfill-file: no orders a file",
        ("unfulfill-file", "RUN", "--to", "NEW", "--limit", "0"),
        "“0” is not a whole number from 1",
    ),
    Call(
        "count-file: into a file",
        ("count-file", "RUN", "--inventory", "STOCK", "--to", "FILE"),
        "is not an empty folder",
    ),
    Call("lint: no orders a file", ("lint", "ORDERS", "--limit", "-1"), "“-1” is not a whole number from 1"),
    Call(
        "marks --take: an orders export",
        ("marks", "RUN", "--take", "ORDERS"),
        "not marks; give the marks.xlsx",
    ),
    Call("audit: marks", ("audit", "MARKS", "--run", "NEW"), "is a file of marks; take it in by"),
)
