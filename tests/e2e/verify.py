"""What an auditor asks: that an honest store is never called broken, and that no forged row is called intact."""
import json
import shutil
import sqlite3
import threading

from daemon import Daemon, run
from threshold_rules import FAILED_LOGIN, GUESSING, line

GRAVE = FAILED_LOGIN.replace("level: low", "level: high").replace("1111", "3333").replace("name: failed_login\n", "")
SOURCES = [{"name": "fw", "hostname": "h1", "required": True, "silence": "1s"},
           {"name": "db", "hostname": "h2", "required": False, "silence": "1h"}]
SETTINGS = {"alerts": {"detections_kept": 20, "fold_window": "2s", "group_by": ["src_ip"]}, "store": {"segment_bytes": "1MiB"},
            "ledger": {"checkpoint_interval": "1s"}}
NO_GUARDS = "".join(f"DROP TRIGGER {table}_no_{what};" for table in ("ledger", "checkpoint") for what in ("update", "delete"))


class Storm:
    """Detections of many hosts, most of them folded, for as long as it lasts."""

    def __init__(self, d):
        self.d = d
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.send)

    def send(self):
        k = 0
        try:
            with self.d.connect() as s:
                while not self.over.is_set():
                    few = b"".join(line("192.0.2.7", k + i // 50) for i in range(500))
                    many = b"".join(line(f"198.51.100.{i}", k) for i in range(k % 200))
                    s.sendall(few + many)
                    k += 1
                    self.over.wait(0.02)
        except OSError:
            pass  # the daemon was killed

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def an_honest_store_is_intact_while_it_is_written_after_a_kill_and_after_a_restart():
    rules = {"a.yml": FAILED_LOGIN, "b.yml": GUESSING % "60s", "c.yml": GRAVE}
    with Daemon(rules, settings=SETTINGS, sources=SOURCES) as d:
        for _ in range(3):
            with Storm(d):
                d.until(lambda: d.counter("store_evidence_bytes") > 600000)
                for _ in range(5):
                    d.verify()
                d.kill()
            d.verify()
            d.start()
            d.verify()
        d.until(lambda: d.rows("alert list") == [])
        d.stop()
        rows = {t["table"]: t["rows"] for t in d.verify()["tables"]}
        for table in ("alert", "alert_minute", "detection", "incident", "run", "source", "source_state", "lag"):
            assert rows[table] > 0, f"the store holds no {table}: {rows}"
        assert rows["segment"] > 1 and rows["run"] == 4, rows


# How a row is forged, whose table is told, and words of what is told.
FORGERIES = [
    ("UPDATE migration SET about = 'x'", "migration", "1: about is 'x' on record, but 'first form' by the schema"),
    ("DELETE FROM migration", "migration", "1: is missing"),
    ("INSERT INTO migration VALUES (7, 1, 'x')", "migration", "7: is none that the schema knows"),
    (NO_GUARDS + "UPDATE ledger SET body = replace(body, 'ismsd', 'eve') WHERE seq = 4", "ledger", "entry 4: the entry is not"),
    (NO_GUARDS + "DELETE FROM ledger WHERE seq = 4", "ledger", "entry 4: entries 4 to 4 are missing"),
    ("INSERT INTO ledger (seq, body, leaf) SELECT max(seq) + 1, '{}', leaf FROM ledger", "ledger", "were added from outside"),
    (NO_GUARDS + "UPDATE checkpoint SET at = at + 1 WHERE size = 2", "checkpoint", "by the heartbeat"),
    (NO_GUARDS + "DELETE FROM checkpoint WHERE size = 2", "checkpoint", "size 2, which this entry announces, is missing"),
    ("UPDATE tree SET slots = randomblob(length(slots))", "tree", "do not lead to the tree of the last commit"),
    ("DELETE FROM tree", "tree", "is missing"),
    ("UPDATE run SET stopped = NULL", "run", "stopped is 'nothing' on record, but '"),
    ("DELETE FROM run", "run", "run 1, entry"),
    ("INSERT INTO run (number, started, alive) VALUES (9, 1, 1)", "run", "9: no entry speaks of this row"),
    ("UPDATE rule SET uid = 'x'", "rule", "uid is 'x' on record, but '"),
    ("DELETE FROM rule", "rule", "is missing, but should be {"),
    ("UPDATE alert SET level = 'low' WHERE number = 1", "alert", "A-2026-000001, entry"),
    ("UPDATE alert SET count = count - 1, n_told = n_told - 1 WHERE state = 'closed'", "alert", "n_told is '"),
    ("DELETE FROM alert WHERE number = 1", "alert", "A-2026-000001, entry"),
    ("UPDATE alert_minute SET n = n - 1", "alert_minute", " by the entries"),
    ("DELETE FROM alert_minute", "alert_minute", ": is missing, but should be {"),
    ("INSERT INTO alert_minute VALUES (1, 1, 1)", "alert_minute", "A-2026-000001, minute 1: no entry speaks of this row"),
    ("INSERT INTO alert_latest SELECT alert, 999, rule, time, received, detected, '{}' FROM detection WHERE n = 1",
     "alert_latest", "the alert is closed"),
    ("UPDATE detection SET received = received + 1000000000 WHERE n = 1", "detection", "received is '"),
    ("DELETE FROM detection WHERE n = 1", "detection", "detection 1: is missing, but line"),
    ("INSERT INTO detection SELECT alert, 999, rule, time, received, detected, segment, offset, sha256 FROM detection"
     " WHERE n = 1", "detection", "detection 999: no line of evidence speaks of this row"),
    ("UPDATE segment SET bytes = bytes - 1", "segment", "000001.jsonl, entry"),
    ("DELETE FROM segment", "segment", "000001.jsonl, entry"),
    ("UPDATE incident SET severity = 'S4'", "incident", "severity is 'S4' on record, but 'S2' by the entries"),
    ("DELETE FROM incident", "incident", "the record is missing"),
    ("UPDATE decision SET reason = 'none'", "decision", "reason is 'none' on record, but 'a test' by the entries"),
    ("DELETE FROM decision", "decision", "is missing, but should be {"),
    ("INSERT INTO decision SELECT incident, 3, outcome, criteria, reason, by, at FROM decision", "decision",
     "of entry 3: no entry speaks of this row"),
    ("UPDATE nonconformity SET due = due + 1", "nonconformity", "due is '"),
    ("DELETE FROM nonconformity", "nonconformity", "the record is missing"),
    ("UPDATE source SET required = 0 WHERE name = 'fw'", "source", "source/fw, entry"),
    ("DELETE FROM source WHERE name = 'fw'", "source", "source/fw, entry"),
    ("UPDATE source_state SET since = since + 1 WHERE state = 'silent'", "source_state", "since is '"),
    ("DELETE FROM source_state WHERE state = 'silent'", "source_state", "is missing, but should be {"),
    ("INSERT INTO source_state VALUES (1, 1, 1, 'active', 1)", "source_state", "of entry 1: no entry speaks of this row"),
    ("INSERT INTO kpi_sample (seq, kpi, at) VALUES (3, 'K01', 1)", "kpi_sample", "of entry 3: no entry speaks of this row"),
    ("UPDATE lag SET n = -n", "lag", "which counts nothing"),
    ("INSERT INTO correlation_window VALUES (x'61', x'62', x'')", "correlation_window", "rule a: is of no rule, or has no state"),
    ("DROP TRIGGER ledger_no_delete", "database", "trigger ledger_no_delete: is missing"),
    ("DROP TABLE lag", "database", "table lag: is missing"),
]


def a_day_at_rest(d):
    """A store with closed alerts, a decided incident, a nonconformity and sources; the daemon has stopped."""
    d.tcp(b"".join(line("192.0.2.7", k) for k in range(150)))
    d.until_events(150)
    incident = d.until(lambda: d.rows("incident list"))[0]["id"]
    d.ctl("incident", "decide", incident, "rejected", "--reason", "a test", "--verdict", "test")
    d.until(lambda: d.rows("nonconformity list"))
    d.until(lambda: all(a["state"] == "closed" for a in d.rows("alert list --all")))
    d.stop()
    d.verify()


def forged(d, sql):
    """A copy of the store in which somebody ran @sql."""
    copy = d.dir / "forged"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(d.dir / "state", copy)
    db = sqlite3.connect(copy / "records.db")
    db.executescript(sql)
    db.commit()
    db.close()
    return str(copy)


def every_forged_row_is_told_by_table_and_key():
    with Daemon({"a.yml": GRAVE}, settings=SETTINGS, sources=SOURCES) as d:
        a_day_at_rest(d)
        for sql, table, words in FORGERIES:
            copy = forged(d, sql)
            r = d.ctl("verify", copy, check=False)
            assert r.returncode == 1, f"{sql}: exit {r.returncode}: {r.stdout}{r.stderr}"
            told = [row for row in r.stdout.splitlines() if row.startswith(table) and words in row]
            assert told, f"{sql}: nothing says '{table} … {words}':\n{r.stdout}"
            assert r.stdout.splitlines()[-1].startswith("BROKEN: "), r.stdout
            r = d.ctl("--json", "verify", copy, check=False)
            rows = [json.loads(row) for row in r.stdout.splitlines()]
            assert r.returncode == 1 and rows[-1]["intact"] is False and rows[-1]["findings"] == len(rows) - 1, r.stdout
            assert any(row["table"] == table for row in rows[:-1]), f"{sql}: {r.stdout}"
            counts = {t["table"]: t["differences"] for t in rows[-1]["tables"]}
            assert counts[table] > 0 and sum(counts.values()) == rows[-1]["findings"], counts


def what_the_ledger_does_not_cover_is_said():
    with Daemon({"a.yml": GRAVE}, settings=SETTINGS, sources=SOURCES) as d:
        a_day_at_rest(d)
        lines = d.ctl("verify").splitlines()
        assert lines[0].split() == ["TABLE", "ROWS", "DIFFERENCES", "CHECKED", "BY"], lines
        assert lines[-1].startswith("intact: ") and " entries, 0 not yet signed, root " in lines[-1], lines
        said = [row for row in lines if row.startswith("not covered by the ledger: ")]
        assert len(said) == 1 and "correlation_window; position; lag" in said[0] and "n_events" in said[0], lines
        summary = d.verify()
        assert "correlation_window; position; lag" in summary["not_covered"] and "alert_latest" in summary["not_covered_yet"]
        uncovered = {t["table"] for t in summary["tables"] if t["not_covered"] == "all"}
        assert uncovered == {"correlation_window", "position", "lag", "source_hour", "learned"}, uncovered
        db = sqlite3.connect(d.dir / "state/records.db")
        tables = {r[0] for r in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        db.close()
        missed = tables - {t["table"] for t in summary["tables"]}
        assert not missed, f"tables that nobody looks at: {missed}"


def a_ledger_written_anew_is_told_by_what_was_kept_elsewhere():
    with Daemon({"a.yml": GRAVE}, settings=SETTINGS) as d:
        d.stop()
        key = d.verify()["verifier"]
        assert f"signed by {key}" in d.ctl("verify").splitlines()
        note = d.dir / "note"
        shutil.copy(d.dir / "state/checkpoints/checkpoint", note)
        d.ctl("verify", "--verifier", key, "--checkpoint", str(note))
        d.start()
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        d.stop()
        d.ctl("verify", "--verifier", key, "--checkpoint", str(note))
        shutil.rmtree(d.dir / "state")
        d.start()
        d.stop()
        d.ctl("verify")
        for words in (["--verifier", key], ["--checkpoint", str(note)]):
            r = d.ctl("verify", *words, check=False)
            assert r.returncode == 1 and "BROKEN: " in r.stdout, f"{words}: {r.stdout}"
        assert d.ctl("verify", "--verifier", "x+y+z", check=False).returncode == 2
        assert d.ctl("verify", "--checkpoint", str(d.dir / "none"), check=False).returncode == 4


def people_are_told_the_first_of_many_and_how_many_there_are():
    with Daemon({"a.yml": GRAVE}, settings=SETTINGS, sources=SOURCES) as d:
        a_day_at_rest(d)
        r = d.ctl("verify", forged(d, "UPDATE detection SET detected = 1"), check=False)
        told = [row for row in r.stdout.splitlines() if row.startswith("detection A-")]
        assert len(told) == 20 and "detection: and 1 more" in r.stdout.splitlines(), r.stdout


run([an_honest_store_is_intact_while_it_is_written_after_a_kill_and_after_a_restart,
     every_forged_row_is_told_by_table_and_key,
     what_the_ledger_does_not_cover_is_said,
     a_ledger_written_anew_is_told_by_what_was_kept_elsewhere,
     people_are_told_the_first_of_many_and_how_many_there_are])
