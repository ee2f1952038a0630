"""The folder that relative paths count from, and the one of the notebooks."""

import os
from functools import cache
from pathlib import Path


def home() -> Path:
    """UNFULFILL_HOME, else the current folder; absolute.

    JupyterLab runs a notebook in the notebook's own folder, papermill in its caller's; with UNFULFILL_HOME, which
    `unfulfill lab` and `unfulfill run` set, runs/monday is the same folder in both.
    """
    named = os.environ.get("UNFULFILL_HOME", "")
    # Every message asks for it, so that no path is made anew.
    return _folder("" if named.startswith(os.sep) else os.getcwd(), named)  # noqa: PTH109


@cache
def _folder(current: str, named: str) -> Path:
    return Path(current, named)


def notebooks_folder() -> Path:
    """Where the notebooks are: in the checkout, else in the installed package."""
    package = Path(__file__).resolve().parent
    checkout = package.parents[1]
    if package.parent.name == "helpers" and (checkout / "notebooks").is_dir():
        return checkout / "notebooks"
    return package / "notebooks"
