"""Start JupyterLab on the notebook 0_start, with settings that suit the workbench and touch no one else's."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from unfulfill.errors import InputRefused
from unfulfill.home import notebooks_folder
from unfulfill.speaking_notebooks import notebooks_in

LAB_CONFIG = Path(__file__).resolve().parent / "lab_config"
WORKSPACE = "unfulfill-workbench"


def workspace(here: Path) -> Path:
    """The folder that JupyterLab opens: `here` or the checkout where notebooks are, else a new one in `here`.

    In the new one, `./unfulfill-workbench`, notebooks and rules.toml are copied from the package where they
    are missing; those that are there stay as they are. Raises InputRefused where it cannot be written.
    """
    if (here / "notebooks" / "0_start.ipynb").is_file():
        return here
    shipped = notebooks_folder()
    if (shipped.parent / "pyproject.toml").is_file():
        return shipped.parent
    root = here / WORKSPACE
    try:
        (root / "notebooks").mkdir(parents=True, exist_ok=True)
        for file in [*shipped.glob("*.ipynb"), *shipped.glob("*.toml")]:
            if not (root / "notebooks" / file.name).exists():
                shutil.copyfile(file, root / "notebooks" / file.name)
    except OSError as error:
        raise InputRefused(
            f"{root} cannot be written ({error.strerror}); start in a folder of your own."
        ) from None
    return root


def lab_command(root: Path, options: Sequence[str], notebooks: str = "notebooks") -> list[str]:
    """The command line of JupyterLab on `root` and the first of its notebooks; `options` are passed on to it."""
    return [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ip=127.0.0.1",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/doc/tree/{notebooks}/0_start.ipynb",
        *options,
    ]


def lab_environment(root: Path, environ: dict[str, str]) -> dict[str, str]:
    """The environment for JupyterLab: our settings before the machine's, relative paths count from `root`."""
    paths = [str(LAB_CONFIG), *filter(None, [environ.get("JUPYTER_CONFIG_PATH")])]
    return {**environ, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths), "UNFULFILL_HOME": str(root)}


def open_lab(options: Sequence[str]) -> NoReturn:
    """Become JupyterLab; does not return."""
    root = workspace(Path.cwd())
    command = lab_command(root, options, notebooks_in(root))
    sys.stdout.flush()
    os.execve(sys.executable, command, lab_environment(root, dict(os.environ)))
