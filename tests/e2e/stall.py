"""Records that cannot be written though the disk has room: a limit on files, somebody who holds the database. The same
holds as for a full disk (disk.py), and needs no file system of one's own."""
import resource
import sqlite3
import time

from daemon import Daemon, run
from recording import ANY, EVERYTHING, all_is_recorded, counted, is_stalled, line, lines_of, three_hundred_on_record

KIB = 1 << 10


def daemon_with(batches=64, **settings):
    return Daemon({"any.yml": ANY}, settings={"daemon": {"batches_per_lane": batches}, **settings}, sources=EVERYTHING)


def limit_files(d, size):
    """What no file of the daemon's may grow beyond, from now on; None lifts it."""
    hard = resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE, (hard if size is None else size, hard))


def a_limit_on_files_is_as_a_full_disk():
    with daemon_with(alerts={"fold_window": "0s"}) as d:
        three_hundred_on_record(d, size=1000)
        incident = d.rows("incident list")[0]["id"]
        limit_files(d, 64 * KIB)
        d.tcp(line(300))
        d.until(lambda: is_stalled(d))
        assert "no space left" in d.status()["not_recording_because"]
        r = d.ctl("incident", "ack", incident, check=False)
        assert r.returncode == 1 and "no space left" in r.stderr and "nothing was changed" in r.stderr, r
        d.tcp(lines_of(99, 301))
        d.until(lambda: d.status()["events"] == 400)
        assert counted(d) == 300
        limit_files(d, None)
        d.until(lambda: not is_stalled(d))
        all_is_recorded(d, 400)
        assert d.counter("detections_lost") == 0
        d.ctl("incident", "ack", incident)
        d.verify()


def a_move_may_be_what_finds_out():
    with daemon_with(store={"commit_interval": "10s"}) as d:
        three_hundred_on_record(d, size=1000)
        incident = d.rows("incident list")[0]["id"]
        limit_files(d, 0)
        r = d.ctl("incident", "ack", incident, check=False)
        assert r.returncode == 1 and "the records cannot be written now: " in r.stderr, r
        assert is_stalled(d)
        limit_files(d, None)
        d.until(lambda: not is_stalled(d))
        assert d.rows("incident list")[0]["state"] == "new"
        all_is_recorded(d, 300)


def what_fails_for_long_is_tried_ever_more_rarely():
    with daemon_with(alerts={"fold_window": "0s"}) as d:
        three_hundred_on_record(d, size=1000)
        limit_files(d, 64 * KIB)
        d.tcp(line(300))
        d.until(lambda: d.counter("commits_failed") >= 3)
        begin = time.monotonic()
        d.until(lambda: d.counter("commits_failed") >= 4)
        assert time.monotonic() - begin > 3
        limit_files(d, None)
        all_is_recorded(d, 301)


def under_load_what_a_failed_commit_loses_is_counted():
    with daemon_with(batches=2, store={"commit_interval": "10s"}, alerts={"fold_window": "0s"}) as d:
        three_hundred_on_record(d, size=1000)
        limit_files(d, 320 * KIB)
        for k in range(300, 700, 100):
            d.tcp(lines_of(100, k, 100))
            time.sleep(0.3)
        d.until(lambda: d.counter("detections_lost") > 0)
        limit_files(d, None)
        d.until(lambda: d.status()["events"] == 700 and not is_stalled(d))
        d.until(lambda: counted(d) + d.counter("detections_lost") >= 700)
        assert counted(d) + d.counter("detections_lost") == 700
        assert d.rows("sources")[0]["events"] == 700 or d.until(lambda: d.rows("sources")[0]["events"] == 700)
        d.verify()


def a_database_that_somebody_else_holds_is_waited_for():
    with daemon_with() as d:
        three_hundred_on_record(d, size=1000)
        incident = d.rows("incident list")[0]["id"]
        db = sqlite3.connect(d.dir / "state/records.db", isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        d.tcp(lines_of(100, 300))
        d.until(lambda: "records cannot be written" in d.log.read_text())
        begin = time.monotonic()
        r = d.ctl("incident", "ack", incident, check=False)
        assert time.monotonic() - begin < 2
        assert r.returncode == 1 and "busy" in r.stderr, r
        assert is_stalled(d) and counted(d) == 300
        db.execute("ROLLBACK")
        db.close()
        all_is_recorded(d, 400)
        d.ctl("incident", "ack", incident)
        d.stop()
        d.start()
        assert "ended without a stop" not in d.log.read_text(), "the run went on though the store was opened again"
        d.verify()


run([a_limit_on_files_is_as_a_full_disk,
     a_move_may_be_what_finds_out,
     what_fails_for_long_is_tried_ever_more_rarely,
     under_load_what_a_failed_commit_loses_is_counted,
     a_database_that_somebody_else_holds_is_waited_for])
