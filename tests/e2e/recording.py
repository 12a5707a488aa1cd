"""What the tests of records that cannot be written share: a rule for everything, what counts as all on record, a disk."""
import contextlib
import os
import pathlib
import subprocess
import tempfile

ANY = """
title: Any message of sshd
id: 33333333-3333-4333-8333-333333333333
status: test
level: high
logsource: {product: linux, service: sshd}
detection:
  sel: {app_name: sshd}
  condition: sel
"""
EVERYTHING = [{"name": "everything", "input": "tcp", "required": True, "silence": "1h"}]


def line(n, size=0):
    return f"<86>1 2026-03-01T12:00:00Z host{n % 7} sshd - - - message {n} {'x' * size}\n".encode()


def counted(d):
    return sum(a["count"] for a in d.rows("alert list --all --limit 10000"))


def all_is_recorded(d, n):
    d.until_events(n)
    assert counted(d) == n, f"{counted(d)} detections on record, {n} is right"
    d.until(lambda: d.rows("sources")[0]["events"] >= n)
    assert d.rows("sources")[0]["events"] == n, f"{d.rows('sources')[0]['events']} events of the source, {n} were sent"
    d.verify()


def is_stalled(d):
    return d.status()["recording"] == "no"


def lines_of(n, first=0, size=0):
    return b"".join(line(k, size) for k in range(first, first + n))


def three_hundred_on_record(d, size=0):
    d.tcp(lines_of(300, size=size))
    d.until_events(300)
    d.until(lambda: d.rows("sources")[0]["events"] == 300)


@contextlib.contextmanager
def small_disk(mib):
    """A file system of its own; None where we may not mount one."""
    with tempfile.TemporaryDirectory(prefix="ismsd-disk.") as folder:
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", folder], capture_output=True).returncode == 0
        try:
            yield pathlib.Path(folder) if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", "-l", folder], check=True)


def fill(disk, leave):
    """Leaves so many bytes free."""
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    (disk / "filler").write_bytes(b"\0" * max(0, free - leave))
