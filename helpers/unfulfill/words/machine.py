"""What the machine says of a file that it does not give or take."""

import errno

from unfulfill.words.saying import said

_WHY = {
    errno.ENOENT: "file.no_such_file",
    errno.EACCES: "file.no_permission",
    errno.ENOTDIR: "file.not_a_folder",
    errno.EEXIST: "file.there_already",
    errno.ENAMETOOLONG: "file.name_too_long",
    errno.EROFS: "file.read_only",
    errno.ENOSPC: "file.disk_full",
}


def why_failed(error: OSError) -> str:
    """What the machine says, in the operator's language where it is one of the usual things."""
    key = _WHY.get(error.errno or 0)
    return said(key) if key else str(error.strerror)
