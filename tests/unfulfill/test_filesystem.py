"""Where a journal is refused, by made-up mounts."""

from pathlib import Path

import pytest
from journals import PLAN, now

from unfulfill.errors import RunFolderRefused
from unfulfill.filesystem import FORCE, filesystem_of, read_mounts, refuse_shared_folder
from unfulfill.journal import Journal

MOUNTS = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 0:50 / /data rw - ext4 /dev/vdb rw
41 27 0:51 / /home rw,relatime shared:22 - nfs4 server:/home rw,vers=4.2
42 41 0:52 / /home/ana/Team\040Files rw - cifs //server/team rw
43 27 0:53 / /mnt/c rw - 9p C:\134 rw,dirsync
44 27 0:54 / /mnt/away rw master:1 - fuse.sshfs ana@host:/ rw
45 40 0:55 / /data/local rw - xfs /dev/vdc rw
46 27 0:56 / /over rw - nfs server:/over rw
47 27 0:57 / /over rw - btrfs /dev/vdd rw
48 27 0:58 / /fuse rw - fuse.fuse-overlayfs fuse-overlayfs rw
49 27 0:59 / /win rw - fuseblk /dev/sda1 rw
50 27 0:60 / /odd rw - brandnewfs none rw
a line of another kind
"""


def refusal(path, mounts=MOUNTS, **environ):
    try:
        refuse_shared_folder(Path(path), environ, lambda: mounts)
    except RunFolderRefused as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/ana/runs/monday/journal.sqlite", "nfs4"),
        ("/home/ana/Team Files/runs/monday/journal.sqlite", "cifs"),
        ("/mnt/c/Users/ana/journal.sqlite", "9p"),
        ("/mnt/away/journal.sqlite", "fuse.sshfs"),
        ("/data/../mnt/away/journal.sqlite", "fuse.sshfs"),
    ],
)
def test_a_network_file_system_is_refused_with_what_to_do(path, kind):
    said = refusal(path)

    assert f"on a network file system ({kind})" in said
    assert "name a run folder on a disk of this machine, or set UNFULFILL_ALLOW_NETWORK_JOURNAL=1" in said


@pytest.mark.parametrize(
    "path",
    [
        "/srv/journal.sqlite",
        "/data/journal.sqlite",
        "/data/local/journal.sqlite",
        "/homework/journal.sqlite",
        "/over/journal.sqlite",  # the later mount lies over the network's
        "/fuse/journal.sqlite",
        "/win/journal.sqlite",
        "/odd/journal.sqlite",
    ],
)
def test_a_disk_of_this_machine_and_what_is_not_known_are_allowed(path):
    assert refusal(path) == ""


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "overlay", "tmpfs", "apfs", "fuseblk"])
def test_local_file_systems_are_allowed(kind):
    assert refusal("/runs/journal.sqlite", f"27 1 254:0 / / rw - {kind} none rw\n") == ""


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.onedriver"]
)
def test_file_systems_of_other_machines_are_refused(kind):
    assert f"({kind})" in refusal("/runs/journal.sqlite", f"27 1 254:0 / / rw - {kind} none rw\n")


@pytest.mark.parametrize(
    "folder",
    [
        "OneDrive",
        "OneDrive - Contoso Ltd",
        "onedrive",
        "Dropbox",
        "Dropbox (Personal)",
        "Google Drive",
        "GoogleDrive",
        "iCloud Drive",
        "iCloudDrive",
        "Library/CloudStorage/OneDrive-Contoso",
        "Library/Mobile Documents/com~apple~CloudDocs",
    ],
)
def test_a_synchronised_folder_is_refused_by_its_name(folder):
    assert "in a synchronised folder" in refusal(f"/Users/ana/{folder}/runs/monday/journal.sqlite", "")


@pytest.mark.parametrize("folder", ["dropbox-cleanup", "my onedrive", "drive", "clouds", "Google"])
def test_a_folder_that_only_sounds_like_one_is_allowed(folder):
    assert refusal(f"/Users/ana/{folder}/journal.sqlite", "") == ""


def test_a_link_into_a_synchronised_folder_is_seen_through(tmp_path):
    (tmp_path / "Dropbox" / "runs").mkdir(parents=True)
    (tmp_path / "runs").symlink_to(tmp_path / "Dropbox" / "runs")

    assert "in a synchronised folder (Dropbox)" in refusal(tmp_path / "runs" / "journal.sqlite", "")


def test_a_person_can_insist():
    assert refusal("/home/ana/journal.sqlite", **{FORCE: "1"}) == ""
    assert refusal("/home/ana/journal.sqlite", **{FORCE: "0"}) != ""


def test_this_machine_tells_its_mounts_or_nothing():
    assert isinstance(filesystem_of(Path("/proc/self"), read_mounts()), str)


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="only Linux tells")
def test_linux_tells_its_mounts():
    assert filesystem_of(Path("/proc/self"), read_mounts()) == "proc"


def test_a_journal_is_not_made_there(tmp_path, monkeypatch):
    folder = tmp_path / "Dropbox"
    folder.mkdir()

    with pytest.raises(RunFolderRefused, match="in a synchronised folder"):
        Journal(folder / "journal.sqlite", now)
    assert list(folder.iterdir()) == []

    monkeypatch.setenv(FORCE, "1")
    with Journal(folder / "journal.sqlite", now) as journal:
        journal.record(PLAN, "c1", 1, "INTENT", {})
