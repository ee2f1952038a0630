"""A path that must be a file that can be read: no folder, pipe or device, which would give nothing, or never end."""

import stat
from pathlib import Path

from unfulfill.errors import SheetRefused
from unfulfill.words import said
from unfulfill.words.machine import why_failed


def size_of_file(path: Path) -> int:
    """Its bytes. Raises SheetRefused where it is missing, or no plain file."""
    try:
        found = path.stat()
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:  # a NUL in the name
        raise SheetRefused(said("file.no_name", path=repr(str(path)))) from None
    if stat.S_ISDIR(found.st_mode):
        raise SheetRefused(said("file.folder", path=path))
    if not stat.S_ISREG(found.st_mode):
        raise SheetRefused(said("file.device", path=path))
    return found.st_size


def unreadable(path: Path, error: OSError) -> SheetRefused:
    """The refusal of a file that the machine does not give."""
    return SheetRefused(said("file.unreadable", path=path, why=why_failed(error)))
