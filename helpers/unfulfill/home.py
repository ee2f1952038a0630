"""The folder that relative paths count from."""

import os
from pathlib import Path


def home() -> Path:
    """UNFULFILL_HOME, else the current folder; absolute.

    JupyterLab runs a notebook in the notebook's own folder, papermill in its caller's; with UNFULFILL_HOME, which
    `unfulfill lab` and `unfulfill run` set, runs/monday is the same folder in both.
    """
    return Path(os.environ.get("UNFULFILL_HOME") or Path.cwd()).absolute()
