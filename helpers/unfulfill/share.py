"""Executed notebooks of a run as pages to share; refused where a secret or a person's data stands in one."""

from pathlib import Path

from unfulfill.errors import GuardRefused, RunFolderRefused
from unfulfill.parameters import load_notebook
from unfulfill.report.notebook_page import refused_in, render_notebook
from unfulfill.run import Run
from unfulfill.words import said

SHARED = "shared"


def share_notebooks(run: Run) -> list[Path]:
    """Write `shared/<name>.html` for each executed notebook of a run; their paths. All of them, or none.

    Raises RunFolderRefused where none was executed, GuardRefused where one must not be shared.
    """
    found = sorted(run.path("notebooks").glob("*.ipynb"))
    if not found:
        raise RunFolderRefused(said("run_error.nothing_to_share", folder=run.folder))
    pages = {}
    for path in found:
        notebook = load_notebook(path)
        problem = refused_in(notebook)
        if problem:
            raise GuardRefused(said("run_error.not_to_share", file=path, problem=problem))
        pages[f"{SHARED}/{path.stem}.html"] = render_notebook(notebook, path.stem, run.name)
    return [run.write(name, page) for name, page in pages.items()]
