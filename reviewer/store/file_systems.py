"""The file systems on which SQLite's shared memory and locks cannot be trusted."""

from __future__ import annotations

import os
from pathlib import Path

_NETWORK_FILE_SYSTEMS = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "afs",
        "9p",
        "ceph",
        "fuse.sshfs",
        "fuse.s3fs",
        "fuse.rclone",
        "glusterfs",
        "lustre",
        "davfs",
        "fuse.davfs2",
    ]
)


def file_system_of(path: Path) -> str:
    """The type of the file system that holds `path`, as the kernel names it; "" where that cannot be known."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    real = path.resolve()
    best, kind = "", ""
    for line in mounts:
        _device, point, found, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if real.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, found
    return kind


def is_network_file_system(path: Path) -> bool:
    """Whether `path` lies where SQLite's shared memory and locks cannot be trusted."""
    return file_system_of(path) in _network_file_systems()


def _network_file_systems() -> frozenset[str]:
    named = os.environ.get("REVIEWER_NETWORK_FILE_SYSTEMS", "")
    return _NETWORK_FILE_SYSTEMS | frozenset(named.split())
