"""Several files that belong together: all of them in a new folder, or none."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from unfulfill.atomic import write_atomic
from unfulfill.errors import ParameterRefused
from unfulfill.words import said
from unfulfill.words.machine import why_failed


def write_new_folder(folder: Path, files: Mapping[str, Callable[[IO[bytes]], object]]) -> None:
    """Write files by name into a folder that is made by this, or is empty.

    Files of another time must not lie beside them: somebody would import both. Raises ParameterRefused.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ParameterRefused(said("file.folder_not_empty", folder=folder))
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise ParameterRefused(said("file.folder_not_made", folder=folder, why=why_failed(error))) from None
    try:
        for name, fill in files.items():
            write_atomic(temporary / name, fill)
        if folder.exists():
            folder.rmdir()
        temporary.replace(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
