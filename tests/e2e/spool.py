"""Messages that are in the spool when the daemon dies have their effect all the same, and have it once; a full disk makes
inputs wait, nothing else; what is damaged is set aside and told."""
import contextlib
import pathlib
import random
import re
import sqlite3
import threading
import time

from daemon import Daemon, run
from recording import ANY, counted, fill, small_disk
from relp_sender import Broken, Sender as RelpSender

MIB = 1 << 20
SPOOLED = [{"name": "tcp", "type": "tcp", "address": "127.0.0.1", "port": 0, "spool": True},
           {"name": "plain", "type": "tcp", "address": "127.0.0.1", "port": 0}]


def line(n, size=0):
    return f"<86>1 2026-03-01T12:00:00Z host sshd - - - message {n:09} {'x' * size}\n".encode()


def daemon(state=None, lanes=2, inputs=SPOOLED, spool=None, **settings):
    own = {"lanes": lanes} | ({"state_dir": str(state)} if state else {})
    return Daemon({"any.yml": ANY}, inputs=inputs,
                  settings={"daemon": own, "alerts": {"detections_kept": 100000}, "spool": spool or {}, **settings})


def state_of(d):
    return pathlib.Path(d.settings["daemon"]["state_dir"])


def spool_of(d, lane=0):
    return state_of(d) / f"spool/lane-{lane}"


def spools_of(d):
    return list((state_of(d) / "spool").glob("lane-*"))


def numbers_on_record(d):
    """How often each message's effect is on record, by its number: evidence has a line for each detection."""
    seen = {}
    for file in (state_of(d) / "evidence").glob("*.jsonl"):
        for text in file.read_text(errors="replace").splitlines():
            n = int(re.search(r"message (\d{9})", text).group(1))
            seen[n] = seen.get(n, 0) + 1
    return seen


def is_read_out(d):
    status = d.status()
    return status["spool_paused"] == "no" and status["spool_waiting"] == 0


def until_read_out(d):
    d.until(lambda: is_read_out(d))
    d.until(lambda: d.counter("detections_committed") >= d.status()["detections"])


# ---- kill -9 ----

class Sender(threading.Thread):
    """Numbered messages over one connection, as fast as they are taken, until the other side is gone."""

    def __init__(self, d, first):
        super().__init__()
        self.socket = d.connect()
        self.sent = first

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                self.socket.sendall(b"".join(line(self.sent + k) for k in range(20)))
                self.sent += 20
                time.sleep(0.002)


def synced_at(d):
    """How many messages of this run the daemon itself said are on the disk."""
    return d.counter("spool_synced")


def what_was_synced_has_its_effect_once_however_often_the_daemon_is_killed():
    rng = random.Random(4)
    with daemon() as d:
        first = 0
        promised = 0
        starts = []
        for _ in range(10):
            sender = Sender(d, first)
            sender.start()
            time.sleep(rng.uniform(0.2, 1.2))
            synced = synced_at(d)
            time.sleep(rng.uniform(0, 0.05))
            d.kill()
            sender.join()
            starts.append((first, synced))
            promised += synced
            first = sender.sent + 20
            d.start()
        until_read_out(d)
        seen = numbers_on_record(d)
        twice = [n for n, k in seen.items() if k != 1]
        assert not twice, f"{len(twice)} messages have their effect more than once: {twice[:5]}"
        for begin, synced in starts:  # one connection, so what is on the disk are its first messages
            missing = [n for n in range(begin, begin + synced) if n not in seen]
            assert not missing, f"{len(missing)} of {synced} messages that were on the disk are missing: {missing[:5]}"
        assert promised > 1000, promised
        assert counted(d) == len(seen), (counted(d), len(seen))
        assert d.counter("spool_frames_lost") == 0 and d.counter("spool_bad_segments") == 0
        d.verify()


def a_stop_in_order_loses_nothing_and_repeats_nothing():
    with daemon() as d:
        n = 0
        for _ in range(3):
            d.tcp(b"".join(line(n + k) for k in range(2000)))
            n += 2000
            d.stop()
            d.start()
        until_read_out(d)
        assert sorted(numbers_on_record(d)) == list(range(n)) and counted(d) == n
        d.verify()


def fewer_lanes_read_out_the_spools_of_those_that_are_no_more():
    with daemon(lanes=5) as d:
        connections = [d.connect() for _ in range(40)]
        for n in range(4000):
            connections[n % 40].sendall(line(n))
        d.until(lambda: d.counter("spool_synced") == 4000)
        d.kill()
        for c in connections:
            c.close()
        assert len(spools_of(d)) == 5
        d.settings["daemon"]["lanes"] = 2
        d.start()
        until_read_out(d)
        assert sorted(numbers_on_record(d)) == list(range(4000)) and counted(d) == 4000
        d.until(lambda: len(spools_of(d)) == 2)
        d.stop()
        d.settings["daemon"]["lanes"] = 5
        d.start()
        connections = [d.connect() for _ in range(40)]
        for n in range(4000, 6000):
            connections[n % 40].sendall(line(n))
        d.until(lambda: d.counter("spool_synced") == 2000)
        until_read_out(d)
        assert sorted(numbers_on_record(d)) == list(range(6000))
        for c in connections:
            c.close()
        d.verify()


def an_input_that_is_spooled_no_longer_leaves_nothing_behind():
    with daemon(lanes=1) as d:
        limit = 3000
        d.tcp(b"".join(line(n) for n in range(limit)))
        d.until(lambda: d.counter("spool_synced") == limit)
        d.kill()
        d.settings["inputs"] = [{"name": "other", "type": "tcp", "address": "127.0.0.1", "port": 0}]
        d.start()
        d.until(lambda: not spools_of(d))
        d.until(lambda: d.counter("detections_committed") >= d.status()["detections"])
        assert sorted(numbers_on_record(d)) == list(range(limit))
        d.stop()
        d.start()
        assert "spool_waiting" not in d.status()


# ---- senders that wait for an answer ----

RELP = [{"name": "tcp", "type": "tcp", "address": "127.0.0.1", "port": 0},
        {"name": "relp", "type": "relp", "address": "127.0.0.1", "port": 0, "spool": True}]


def until_broken(s, end):
    with contextlib.suppress(Broken):
        while time.monotonic() < end:
            s.turn(0.01)


def relp_is_answered_once_a_message_is_on_the_disk_and_none_answered_is_lost():
    rng = random.Random(5)
    answered, waiting, n = set(), [], 0
    with daemon(inputs=RELP) as d:
        for _ in range(10):
            waiting += [line(k).rstrip(b"\n") for k in range(n, n + 3000 - len(waiting))]
            n = max(number_of(m) for m in waiting) + 1
            with RelpSender(d.address("relp")) as s:
                s.send(waiting)
                until_broken(s, time.monotonic() + rng.uniform(0.05, 0.6))
                d.kill()
                until_broken(s, time.monotonic() + 0.1)
                answered |= {number_of(m) for m in s.answered}
                waiting = s.left()
            d.start()
        until_read_out(d)
        seen = numbers_on_record(d)
        missing = answered - set(seen)
        assert not missing, f"{len(missing)} of {len(answered)} answered and not on record, as {sorted(missing)[:5]}"
        assert len(answered) > 500, len(answered)
        d.verify()


def number_of(message):
    return int(re.search(rb"message (\d{9})", message).group(1))


def relp_is_answered_while_records_cannot_be_written():
    with daemon(inputs=RELP, lanes=1) as d:
        with stalled(d):
            with RelpSender(d.address("relp")) as s:
                s.send([line(n).rstrip(b"\n") for n in range(1, 2001)])
                s.until_answered()
                assert s.close()
            assert d.status()["recording"] == "no"
            d.kill()
        d.start()
        until_read_out(d)
        seen = numbers_on_record(d)
        assert all(seen.get(n) == 1 for n in range(1, 2001)), len(seen)


# ---- the disk ----

def on_a_small_disk(test):
    with small_disk(96) as disk:
        if disk is None:
            return "skipped: no file system may be mounted here"
        with daemon(disk / "state", lanes=1, spool={"sync_bytes": "64KiB", "compression": 0}) as d:
            test(d, disk)
    return None


def a_disk_that_fills_up_makes_senders_wait_and_nothing_is_lost():
    def test(d, disk):
        d.tcp(b"".join(line(n) for n in range(300)))
        until_read_out(d)
        fill(disk, 2 * MIB)
        data = b"".join(line(n, 500) for n in range(300, 12300))
        sender = threading.Thread(target=d.tcp, args=(data,))
        sender.start()
        d.until(lambda: d.status()["spool_paused"] == "yes")
        assert d.status()["spool_pauses"] >= 1 and d.status()["spool_write_failures"] >= 1
        (disk / "filler").unlink()
        sender.join()
        d.until(lambda: d.counter("spool_synced") == 12300)
        until_read_out(d)
        assert d.status()["spool_paused"] == "no" and d.status()["spool_frames_shed"] == 0
        assert counted(d) == 12300, counted(d)
        assert d.status()["events"] == 12300
        d.verify()
    return on_a_small_disk(test)


def while_records_cannot_be_written_spooled_inputs_go_on_and_others_wait():
    def test(d, disk):
        # The state is on the small disk, so the records stall first: they want more room than the spool.
        d.tcp(line(0))
        until_read_out(d)
        fill(disk, 13 * MIB)
        d.until(lambda: d.status()["recording"] == "no")
        before = d.status()["spool_synced"]
        d.tcp(b"".join(line(n) for n in range(1, 20001)))
        d.until(lambda: d.status()["spool_synced"] == before + 20000)
        assert d.status()["recording"] == "no" and counted(d) == 1
        assert d.status()["spool_oldest"] is not None
        d.kill()
        (disk / "filler").unlink()
        d.start()
        until_read_out(d)
        assert sorted(numbers_on_record(d)) == list(range(20001)), len(numbers_on_record(d))
        d.verify()
    return on_a_small_disk(test)


@contextlib.contextmanager
def stalled(d):
    """Somebody else holds the database, so that nothing can be committed."""
    holder = sqlite3.connect(state_of(d) / "records.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    d.tcp(line(0))
    d.until(lambda: "records cannot be written" in d.log.read_text())
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def a_spool_at_its_size_makes_senders_wait_or_drops_and_counts_as_the_settings_say():
    for policy in ("pause", "shed"):
        with daemon(lanes=1, spool={"bytes_max": "16MiB", "compression": 0, "full": policy}) as d:
            data = b"".join(line(n, 1000) for n in range(1, 32001))
            sender = threading.Thread(target=d.tcp, args=(data,))
            with stalled(d):
                sender.start()
                if policy == "pause":
                    d.until(lambda: d.status()["spool_paused"] == "yes")
                    assert d.status()["spool_bytes"] < 24 * MIB and sender.is_alive()
                else:
                    sender.join()
                    d.until(lambda: d.status()["spool_frames_shed"] > 1000)
            sender.join()
            d.until(lambda: d.counter("spool_synced") + d.counter("spool_frames_shed") == 32001)
            until_read_out(d)
            shed = d.counter("spool_frames_shed")
            assert (shed > 0) == (policy == "shed") and counted(d) == 32001 - shed, (policy, shed, counted(d))
            d.verify()


# ---- damage ----

def a_damaged_segment_at_the_start_is_set_aside_and_told_and_the_rest_is_read():
    with daemon(lanes=1, spool={"compression": 0}) as d:
        with stalled(d):
            for n in range(500, 2001, 500):  # more than one group
                d.tcp(b"".join(line(k) for k in range(n - 499, n + 1)))
                d.until(lambda n=n: d.counter("spool_synced") == n + 1)
            d.kill()
        newest = max(spool_of(d).glob("*.spool"))
        text = bytearray(newest.read_bytes())
        text[text.rindex(b"message 000001000")] ^= 1
        newest.write_bytes(text + b"torn")
        (spool_of(d) / "00000000000000900000.spool").write_bytes(b"no segment at all, though its name says so")
        d.start()
        until_read_out(d)
        status = d.status()
        seen = numbers_on_record(d)
        assert status["spool_bad_segments"] == 2 and status["spool_set_aside"] == 2, status
        assert status["spool_cut_bytes"] == 4 and status["spool_frames_lost"] >= 1, status
        assert 1000 not in seen and 2000 in seen and len(seen) + status["spool_frames_lost"] == 2001, (len(seen), status)
        assert all(k == 1 for k in seen.values())
        log = d.log.read_text()
        assert "00000000000000900000.spool is damaged at byte 0: it has no whole header" in log
        assert re.search(r"frames \d+ to \d+ are missing", log)
        d.tcp(line(5000))
        d.until(lambda: 5000 in numbers_on_record(d))


run([what_was_synced_has_its_effect_once_however_often_the_daemon_is_killed,
     a_stop_in_order_loses_nothing_and_repeats_nothing,
     fewer_lanes_read_out_the_spools_of_those_that_are_no_more,
     an_input_that_is_spooled_no_longer_leaves_nothing_behind,
     relp_is_answered_once_a_message_is_on_the_disk_and_none_answered_is_lost,
     relp_is_answered_while_records_cannot_be_written,
     a_disk_that_fills_up_makes_senders_wait_and_nothing_is_lost,
     while_records_cannot_be_written_spooled_inputs_go_on_and_others_wait,
     a_spool_at_its_size_makes_senders_wait_or_drops_and_counts_as_the_settings_say,
     a_damaged_segment_at_the_start_is_set_aside_and_told_and_the_rest_is_read])
