"""A path that must be a file that can be read: no folder, pipe or device, which would give nothing, or never end."""

import stat
from pathlib import Path

from unfulfill.errors import SheetRefused


def size_of_file(path: Path) -> int:
    """Its bytes. Raises SheetRefused where it is missing, or no plain file."""
    try:
        found = path.stat()
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:  # a NUL in the name
        raise SheetRefused(f"{str(path)!r} is no name of a file; check it.") from None
    if stat.S_ISDIR(found.st_mode):
        raise SheetRefused(f"{path} is a folder; give a file that is in it.")
    if not stat.S_ISREG(found.st_mode):
        raise SheetRefused(f"{path} is a pipe or a device; save what it gives as a file, and give that.")
    return found.st_size


def unreadable(path: Path, error: OSError) -> SheetRefused:
    """The refusal of a file that the machine does not give."""
    return SheetRefused(f"{path} cannot be read ({error.strerror}); check the name of the file.")
