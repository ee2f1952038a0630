"""Where a journal must not stand: on folders that other machines write to, or that a program copies while we write."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from unfulfill.errors import RunFolderRefused
from unfulfill.words import said

FORCE = "UNFULFILL_ALLOW_NETWORK_JOURNAL"
MOUNTS = Path("/proc/self/mountinfo")

# Locks and fsync of these do not hold what SQLite needs (https://www.sqlite.org/howtocorrupt.html, section 2).
NETWORK = frozenset(
    {
        "9p",
        "afs",
        "ceph",
        "cifs",
        "davfs",
        "drvfs",
        "glusterfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)
LOCAL_FUSE = frozenset({"fuse.fuse-overlayfs"})  # the root folder of a container without root
SYNCHRONISED = re.compile(
    r"(onedrive|dropbox|google ?drive|icloud ?drive)( - .+| \(.+\))?|cloudstorage|mobile documents",
    re.IGNORECASE,
)


def read_mounts() -> str:
    """What is mounted where, as Linux tells it (man 5 proc_pid_mountinfo); blank on other systems."""
    return MOUNTS.read_text(encoding="utf-8", errors="surrogateescape") if MOUNTS.exists() else ""


def refuse_shared_folder(
    path: Path, environ: Mapping[str, str], mounts: Callable[[], str] = read_mounts
) -> None:
    """Raise RunFolderRefused where the path is on a network file system or in a synchronised folder.

    What is not known is let through. UNFULFILL_ALLOW_NETWORK_JOURNAL=1 in `environ` lets everything through.
    """
    if environ.get(FORCE) == "1":
        return
    place = path.resolve()
    kind = filesystem_of(place, mounts())
    if kind in NETWORK or (kind.startswith("fuse.") and kind not in LOCAL_FUSE):
        raise RunFolderRefused(said("file.on_network", path=path, kind=kind, setting=f"{FORCE}=1"))
    if names := [part for part in (*path.absolute().parts, *place.parts) if SYNCHRONISED.fullmatch(part)]:
        raise RunFolderRefused(said("file.synchronised", path=path, name=names[0], setting=f"{FORCE}=1"))


def filesystem_of(place: Path, mounts: str) -> str:
    """The type of the file system that holds an absolute path: ext4, nfs4, fuse.sshfs, …; blank where unknown."""
    deepest, found = -1, ""
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) < 5 or not dash:
            continue
        point = Path(_unescaped(fields[4]))
        if place.is_relative_to(point) and len(point.parts) >= deepest:  # a later mount covers one before it
            deepest, found = len(point.parts), kinds[0]
    return found


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
