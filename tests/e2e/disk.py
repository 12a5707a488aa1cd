"""A full disk stops nothing but the clock: input waits, and once there is space everything is on record, exactly once."""
import contextlib
import os
import pathlib
import subprocess
import tempfile
import threading

from daemon import Daemon, run

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
MIB = 1 << 20


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


def line(n, size=0):
    return f"<86>1 2026-03-01T12:00:00Z host{n % 7} sshd - - - message {n} {'x' * size}\n".encode()


def daemon_on(disk, batches=64, **settings):
    daemon = {"state_dir": str(disk / "state"), "batches_per_lane": batches}
    return Daemon({"any.yml": ANY}, settings={"daemon": daemon, **settings}, sources=[
        {"name": "everything", "input": "tcp", "required": True, "silence": "1h"}])


def counted(d):
    return sum(a["count"] for a in d.rows("alert list --all --limit 10000"))


def all_is_recorded(d, n):
    d.until_events(n)
    assert counted(d) == n, f"{counted(d)} detections on record, {n} is right"
    d.until(lambda: d.rows("sources")[0]["events"] >= n)
    assert d.rows("sources")[0]["events"] == n, f"{d.rows('sources')[0]['events']} events of the source, {n} were sent"
    d.verify()


def what_comes_while_the_disk_is_full_is_recorded_once_there_is_space():
    with small_disk(64) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon_on(disk) as d:
            d.tcp(b"".join(line(k) for k in range(300)))
            d.until_events(300)
            fill(disk, 1 * MIB)
            d.tcp(b"".join(line(k) for k in range(300, 1000)))
            d.until(lambda: "no space left for records" in d.log.read_text())
            d.until(lambda: d.status()["events"] == 1000)
            assert counted(d) == 300, "what is not on record is shown"
            (disk / "filler").unlink()
            all_is_recorded(d, 1000)
            assert d.counter("commits_redone") >= 1
            d.tcp(line(1000))
            all_is_recorded(d, 1001)
            d.stop()
            d.start()
            assert counted(d) == 1001
            d.verify()
    return None


def overfill(d, disk):
    """In one transaction more than there is space for; then there is space."""
    fill(disk, 17 * MIB)
    sender = threading.Thread(target=d.tcp, args=(b"".join(line(k, 60000) for k in range(420)),))
    sender.start()
    d.until(lambda: "a transaction is undone" in d.log.read_text() or "no space left for records" in d.log.read_text())
    subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
    sender.join()


def a_transaction_that_fills_the_disk_is_undone_and_done_again():
    with small_disk(24) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon_on(disk, batches=4096, store={"commit_interval": "10s"}, alerts={"fold_window": "0s"}) as d:
            overfill(d, disk)
            all_is_recorded(d, 420)
            assert d.counter("commits_redone") >= 1
            d.stop()
            d.start()
            assert counted(d) == 420
            d.verify()
    return None


def under_load_what_such_a_transaction_loses_is_counted():
    with small_disk(24) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon_on(disk, batches=2, store={"commit_interval": "10s"}, alerts={"fold_window": "0s"}) as d:
            overfill(d, disk)
            d.until(lambda: d.status()["events"] == 420)
            d.until(lambda: counted(d) + d.counter("detections_lost") >= 420)
            assert counted(d) + d.counter("detections_lost") == 420
            d.verify()
    return None


def a_move_while_the_disk_is_full_waits_and_is_then_made_once():
    with small_disk(64) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon_on(disk) as d:
            d.tcp(line(0))
            d.until(lambda: d.rows("incident list"))
            incident = d.rows("incident list")[0]["id"]
            fill(disk, 1 * MIB)
            d.until(lambda: "no space left for records" in d.log.read_text())
            move = d.spawn("incident", "ack", incident)
            try:
                move.wait(2)
                raise AssertionError(f"answered without a record: {move.communicate()}")
            except subprocess.TimeoutExpired:
                pass
            (disk / "filler").unlink()
            out, err = move.communicate(timeout=20)
            assert move.returncode == 0 and "acknowledged" in out, (out, err)
            verbs = [r["verb"] for r in d.rows("incident show", incident) if r.get("section") == "timeline"]
            assert verbs.count("incident.acknowledged") == 1, verbs
            d.verify()
    return None


run([what_comes_while_the_disk_is_full_is_recorded_once_there_is_space,
     a_transaction_that_fills_the_disk_is_undone_and_done_again,
     under_load_what_such_a_transaction_loses_is_counted,
     a_move_while_the_disk_is_full_waits_and_is_then_made_once])
