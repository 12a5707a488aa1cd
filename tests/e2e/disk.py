"""A full disk: input waits, moves are refused at once, reading goes on, and once there is space everything is on record,
exactly once. A daemon that is to stop meanwhile does, and says exactly what is missing."""
import os
import re
import signal
import subprocess
import threading
import time

from daemon import Daemon, run
from recording import (ANY, EVERYTHING, all_is_recorded, counted, fill, is_stalled, line, lines_of, small_disk,
                       three_hundred_on_record)

MIB = 1 << 20


def daemon_on(disk, batches=64, **settings):
    daemon = {"state_dir": str(disk / "state"), "batches_per_lane": batches}
    return Daemon({"any.yml": ANY}, settings={"daemon": daemon, **settings}, sources=EVERYTHING)


def what_comes_while_the_disk_is_full_is_recorded_once_there_is_space():
    with small_disk(64) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon_on(disk) as d:
            three_hundred_on_record(d)
            fill(disk, 1 * MIB)
            d.tcp(lines_of(700, 300))
            d.until(lambda: is_stalled(d))
            d.until(lambda: d.status()["events"] == 1000)
            assert counted(d) == 300, "what is not on record is shown"
            (disk / "filler").unlink()
            all_is_recorded(d, 1000)
            assert not is_stalled(d)
            assert d.counter("commits_redone") == 1 and d.counter("detections_lost") == 0
            d.tcp(line(1000))
            all_is_recorded(d, 1001)
            d.stop()
            d.start()
            assert "ended without a stop" not in d.log.read_text()
            assert counted(d) == 1001
            d.verify()
    return None


def it_says_what_is_wrong_and_says_it_once():
    with small_disk(64) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon_on(disk) as d:
            three_hundred_on_record(d)
            fill(disk, 1 * MIB)
            d.until(lambda: is_stalled(d))
            status = d.status()
            assert status["not_recording_because"] == f"no space left ({disk}/state)", status
            assert status["not_recording_since"] is not None
            assert d.counter("commits_failed") == 1
            time.sleep(4)
            said = [s for s in d.log.read_text().splitlines() if " recorder: " in s or " store: " in s]
            assert len([s for s in said if "records cannot be written: no space left" in s]) == 1, said
            assert len(said) < 5, said
            (disk / "filler").unlink()
            d.until(lambda: not is_stalled(d), 3)
            assert "records are written again, after" in d.log.read_text()
            assert "not_recording_since" not in d.status()
    return None


def overfill(d, disk):
    """In one transaction more than there is space for; then there is space."""
    fill(disk, 17 * MIB)
    sender = threading.Thread(target=d.tcp, args=(b"".join(line(k, 60000) for k in range(420)),))
    sender.start()
    d.until(lambda: "records cannot be written" in d.log.read_text())
    subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
    sender.join()


def a_transaction_that_fills_the_disk_is_undone_and_done_again():
    for batches in (2, 4096):  # with two, lanes want their batches back all the time
        with small_disk(24) as disk:
            if disk is None:
                return "skipped: no file system may be mounted here"
            with daemon_on(disk, batches=batches, store={"commit_interval": "10s"}, alerts={"fold_window": "0s"}) as d:
                overfill(d, disk)
                all_is_recorded(d, 420)
                assert d.counter("commits_redone") >= 1 and d.counter("detections_lost") == 0
                d.stop()
                d.start()
                assert counted(d) == 420
                d.verify()
    return None


def a_move_while_the_disk_is_full_is_refused_at_once_and_changes_nothing():
    with small_disk(64) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon_on(disk) as d:
            d.tcp(line(0))
            incident = d.until(lambda: d.rows("incident list"))[0]["id"]
            fill(disk, 1 * MIB)
            d.until(lambda: is_stalled(d))
            begin = time.monotonic()
            r = d.ctl("incident", "ack", incident, check=False)
            assert time.monotonic() - begin < 2
            assert r.returncode == 1 and r.stdout == "", r
            assert "the records cannot be written now: no space left" in r.stderr, r.stderr
            assert "nothing was changed" in r.stderr, r.stderr
            assert d.counter("commands_refused") == 1
            assert d.rows("incident list")[0]["state"] == "new"
            assert len(d.rows("kpi")) > 5, "reading goes on"
            (disk / "filler").unlink()
            d.until(lambda: not is_stalled(d))
            assert "acknowledged" in d.ctl("incident", "ack", incident)
            verbs = [r["verb"] for r in d.rows("incident show", incident) if r.get("section") == "timeline"]
            assert verbs.count("incident.acknowledged") == 1, verbs
            d.verify()
    return None


def new_rules_while_the_disk_is_full_are_on_record_afterwards():
    with small_disk(64) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon_on(disk) as d:
            three_hundred_on_record(d)
            fill(disk, 1 * MIB)
            d.until(lambda: is_stalled(d))
            d.tcp(lines_of(100, 300))
            d.until(lambda: d.status()["detections"] == 400)
            (d.rules / "any.yml").write_text(ANY.replace("level: high", "level: low"))
            d.ctl("reload")
            d.until(lambda: {r["level"] for r in d.rows("rules status --all")} == {"low"})
            d.tcp(lines_of(100, 400))
            (disk / "filler").unlink()
            all_is_recorded(d, 500)
            assert b"rules.loaded" in (disk / "state/records.db-wal").read_bytes()
    return None


def stops_by_itself(d):
    """SIGTERM. Return: the exit code, and what the log says is missing, of detections."""
    d.close()
    d.process.send_signal(signal.SIGTERM)
    code = d.process.wait(30)
    d.process = None
    found = re.search(r"not on record: (\d+) detections", d.log.read_text())
    return code, int(found.group(1)) if found else 0


def a_stop_while_the_disk_is_full_says_exactly_what_is_missing():
    for batches in (64, 2):  # with two, lanes wait for batches when the stop comes, and senders for lanes
        with small_disk(64) as disk:
            if disk is None:
                return "skipped: no file system may be mounted here"
            with daemon_on(disk, batches=batches, alerts={"fold_window": "0s"}) as d:
                three_hundred_on_record(d)
                fill(disk, 1 * MIB)
                d.until(lambda: is_stalled(d))
                for k in range(300, 1000, 100):
                    d.tcp(lines_of(100, k))
                    time.sleep(0.3)  # what came by then is handed over, so that there are more batches than two
                assert (d.status()["events"] < 1000) == (batches == 2)
                begin = time.monotonic()
                code, missing = stops_by_itself(d)
                took = time.monotonic() - begin
                assert code == 1 and 9 < took < 20, (code, took)
                assert missing == 700, f"{missing} are said to be missing, 700 are"
                (disk / "filler").unlink()
                d.start()
                assert "ended without a stop" in d.log.read_text()
                assert counted(d) == 300
                d.verify()
    return None


def a_stop_waits_a_while_for_space():
    with small_disk(64) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon_on(disk) as d:
            three_hundred_on_record(d)
            fill(disk, 1 * MIB)
            d.tcp(lines_of(700, 300))
            d.until(lambda: is_stalled(d) and d.status()["events"] == 1000)
            threading.Timer(3, (disk / "filler").unlink).start()
            assert stops_by_itself(d) == (0, 0)
            d.start()
            assert "ended without a stop" not in d.log.read_text()
            assert counted(d) == 1000 and d.rows("sources")[0]["events"] == 1000
            d.verify()
    return None


run([what_comes_while_the_disk_is_full_is_recorded_once_there_is_space,
     it_says_what_is_wrong_and_says_it_once,
     a_transaction_that_fills_the_disk_is_undone_and_done_again,
     a_move_while_the_disk_is_full_is_refused_at_once_and_changes_nothing,
     new_rules_while_the_disk_is_full_are_on_record_afterwards,
     a_stop_while_the_disk_is_full_says_exactly_what_is_missing,
     a_stop_waits_a_while_for_space])
