"""Run one notebook without a browser, through papermill, with checked parameters.

What papermill leaves to its caller is done here: parameters are checked before a kernel starts, Ctrl-C reaches
the cell that runs, the executed notebook is private and holds no secret, no widget state and no path of the
machine, and a failed cell becomes the error that it raised.
"""

import inspect
import json
import os
import re
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from unfulfill import errors
from unfulfill.errors import ParameterRefused, RunFolderRefused, WorkbenchError
from unfulfill.home import home, notebooks_folder
from unfulfill.parameters import Value, check_parameters, declared_parameters, load_notebook
from unfulfill.progress import MIME, Progress, no_progress
from unfulfill.redaction import SECRET
from unfulfill.words import said
from unfulfill.words.machine import why_failed

PAPERMILL_KEPT = ("parameters", "version", "start_time", "end_time", "duration", "exception")
START_TIMEOUT_S = 120
LONGEST_SOCKETS = 80  # characters of a folder of sockets: of a whole name the system takes about a hundred
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def find_notebook(name_or_path: str | Path) -> Path:
    """A notebook by its path or its name: `runs/mine.ipynb`, `1_export`, `export`.

    Raises ParameterRefused where there is none.
    """
    path = Path(name_or_path).expanduser()
    if path.suffix == ".ipynb" and path.is_file():
        return path.absolute()
    shipped = sorted(notebooks_folder().glob("*.ipynb"))
    for notebook in shipped:
        if str(name_or_path) in (notebook.name, notebook.stem, notebook.stem.partition("_")[2]):
            return notebook
    names = ", ".join(notebook.stem for notebook in shipped)
    raise ParameterRefused(said("run_error.no_such_notebook", name=name_or_path, names=names))


def run_notebook(
    name_or_path: str | Path,
    run: Path,
    parameters: Mapping[str, object],
    progress: Progress = no_progress,
    environment: Mapping[str, str] | None = None,
) -> Path:
    """Execute a notebook on a run folder; returns the executed one, `<run>/notebooks/<name>.ipynb`.

    `parameters` are texts or values of the declared types; `run` is passed on as the parameter of that name.
    Relative paths count from the current folder (or UNFULFILL_HOME), for the notebook as for the caller.
    `progress` is called with cells done, all cells and some words: before each cell the heading above it, while it runs
    what its step says about its own progress. `environment` adds to that of this process. Raises ParameterRefused
    before anything is started or written; afterwards the error of the cell that failed, or KeyboardInterrupt where
    Ctrl-C stopped it.
    """
    source = find_notebook(name_or_path)
    declared = declared_parameters(load_notebook(source), source.stem)
    given = {"run": str(run), **parameters} if any(p.name == "run" for p in declared) else parameters
    checked = check_parameters(declared, given, source.stem)
    output = _output_path(run, source)
    try:
        with _interrupting() as interrupts:
            failure = _execute(
                source, output, checked, progress, _kernel_environment(environment or {}), interrupts
            )
            failure = failure or (KeyboardInterrupt() if interrupts.asked else None)
    finally:
        _clean(output)
    if failure is not None:
        raise failure
    return output


def _output_path(run: Path, source: Path) -> Path:
    folder = home() / run.expanduser() / "notebooks"
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        output = folder / source.name
        output.unlink(missing_ok=True)
        output.touch(mode=0o600)
    except OSError as error:
        raise RunFolderRefused(
            said("run_error.run_folder_not_written", folder=folder, error=why_failed(error))
        ) from None
    return output


class _Interrupts:
    """Ctrl-C and SIGTERM while a notebook runs: they interrupt its cell, so that it can end what it does.

    A kernel that is idle or on its way out does not hear it, and a module that is being imported may swallow it; so it
    is remembered too: no further cell begins, and the run counts as interrupted.
    """

    def __init__(self) -> None:
        self.client: Any = None  # while there may be a kernel
        self.asked = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signals."""
        self.asked = True
        kernel: int | None = getattr(
            getattr(getattr(self.client, "km", None), "provisioner", None), "pid", None
        )
        if kernel is None:
            raise KeyboardInterrupt
        with suppress(ProcessLookupError):  # it ends by itself at this moment
            os.kill(kernel, signal.SIGINT)


@contextmanager
def _interrupting() -> Iterator[_Interrupts]:
    interrupts = _Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    before = {number: signal.signal(number, interrupts.hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _execute(
    source: Path,
    output: Path,
    parameters: Mapping[str, Value],
    progress: Progress,
    environment: Mapping[str, str],
    interrupts: _Interrupts,
) -> BaseException | None:
    import papermill
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine, papermill_engines

    class Client(PapermillNotebookClient):  # type: ignore[misc]  # papermill has no types
        def create_kernel_manager(self) -> Any:
            manager = super().create_kernel_manager()
            if os.name == "posix" and len(sockets) < LONGEST_SOCKETS:
                # A port that is free when the kernel is told to take it may be gone when it does; a file is ours.
                manager.transport, manager.ip = "ipc", f"{sockets}/kernel"
            return manager

        def execute_cell(self, cell: Any, cell_index: int, **kwargs: Any) -> Any:
            progress(cell_index, len(self.nb.cells), _heading(self.nb.cells, cell_index))
            if interrupts.asked:
                raise KeyboardInterrupt
            return super().execute_cell(cell, cell_index, **kwargs)

        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            told = _told(msg)
            if told:
                progress(cell_index, len(self.nb.cells), told)
            return super().process_message(msg, cell, cell_index)

    class Engine(NBClientEngine):  # type: ignore[misc]
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> None:
            client = Client(
                nb_man,
                kernel_name=kernel_name,
                startup_timeout=START_TIMEOUT_S,
                # A warning about loopback sockets otherwise, and an "error" where it is shut down at its end.
                extra_arguments=["--log-level=CRITICAL"],
            )
            interrupts.client = client
            try:
                client.execute(env=dict(environment))
            finally:
                interrupts.client = None

    papermill_engines.register("unfulfill", Engine)
    try:
        with tempfile.TemporaryDirectory() as sockets:
            papermill.execute_notebook(
                str(source).replace("{", "{{").replace("}", "}}"),
                str(output).replace("{", "{{").replace("}", "}}"),
                parameters=dict(parameters),
                engine_name="unfulfill",
                progress_bar=False,
            )
    except papermill.PapermillExecutionError as error:
        return _error_of_cell(source.stem, error.ename, error.evalue, output)
    except RuntimeError as error:  # nbclient: the kernel died or never answered
        if interrupts.asked:  # of the interrupt, while it started
            return KeyboardInterrupt()
        return WorkbenchError(said("run_error.kernel_stopped", name=source.stem, error=_one_line(str(error))))
    return None


def _error_of_cell(name: str, ename: str, evalue: str, output: Path) -> BaseException:
    """The error that the cell raised: ours by its name, anything else as a defect."""
    if ename == "KeyboardInterrupt":
        return KeyboardInterrupt()
    ours = getattr(errors, ename, None)
    message = SECRET.sub("[removed]", evalue)
    if inspect.isclass(ours) and issubclass(ours, WorkbenchError):
        return ours(_one_line(message))
    told = f"{ename}: {_one_line(message)[:300]}"
    return WorkbenchError(said("run_error.cell_stopped", name=name, error=told, file=output))


def _kernel_environment(more: Mapping[str, str]) -> dict[str, str]:
    """JPY_SESSION_NAME tells a notebook that a person sits before it: not here, wherever we were called from."""
    kept = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    return {**kept, "UNFULFILL_HOME": str(home()), **more}


def _heading(cells: list[Any], index: int) -> str:
    """The nearest heading above a cell."""
    for cell in reversed(cells[: index + 1]):
        if cell["cell_type"] == "markdown" and cell["source"].startswith("#"):
            return str(cell["source"].splitlines()[0].lstrip("# "))
    return ""


def _told(message: Mapping[str, Any]) -> str:
    """What a message of the kernel says about the progress of a step; blank for any other message."""
    if message.get("msg_type") not in ("display_data", "update_display_data"):
        return ""
    told = message["content"].get("data", {}).get(MIME)
    text = told.get("text") if isinstance(told, dict) else None
    return SECRET.sub("[removed]", text) if isinstance(text, str) else ""


def _clean(path: Path) -> None:
    """Take from an executed notebook what must not be kept or passed on; its mode stays 0600."""
    text = path.read_text(encoding="utf-8")
    if not text:
        path.unlink()
        return
    notebook = json.loads(SECRET.sub("[removed]", text))
    metadata = notebook["metadata"]
    metadata.pop("widgets", None)
    papermill = metadata.get("papermill", {})
    metadata["papermill"] = {key: papermill[key] for key in PAPERMILL_KEPT if key in papermill}
    user_home = str(Path.home())
    cleaned = json.dumps(notebook, indent=1, ensure_ascii=False)
    if len(user_home) > 1:
        cleaned = cleaned.replace(f"{user_home}/", "~/")
    path.write_text(cleaned + "\n", encoding="utf-8")


def _one_line(text: str) -> str:
    return " ".join(COLOURS.sub("", text).split())
