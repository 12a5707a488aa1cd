"""The life of a record, told by ismsctl: every move a person makes is one entry of the ledger, and nothing else is."""
import datetime
import os
import shutil
import sqlite3
import subprocess

from daemon import BIN, Daemon, run
from threshold_rules import FAILED_LOGIN, line

GRAVE = FAILED_LOGIN.replace("level: low", "level: %s")


def one_incident(d):
    d.tcp(line("192.0.2.7", 0))
    return d.until(lambda: d.rows("incident list"))[0]["id"]


def shown(d, record):
    rows = d.rows("incident show" if record.startswith("I-") else "nonconformity show", record)
    return rows[0], [r for r in rows if r.get("section") == "timeline"]


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def refused(d, sentence, *words):
    """The move is refused with exit code 1 and a sentence, and changes nothing."""
    record = words[2]
    noun = "incident" if record.startswith("I-") else "nonconformity"
    known = d.ctl(noun, "show", record, check=False).returncode == 0
    before = shown(d, record) if known else None
    r = d.ctl(*words, check=False)
    assert r.returncode == 1, f"{' '.join(words)}: exit {r.returncode}"
    assert sentence in r.stderr, f"{' '.join(words)}: {r.stderr}"
    assert r.stdout == "", r.stdout
    assert not known or before == shown(d, record), f"{' '.join(words)} changed something"


def moved(d, verb, *words):
    """The move adds one entry of this verb to the record's timeline, by who made it, and answers the record as it is."""
    record = words[2]
    before = shown(d, record)[1]
    answer = d.rows(" ".join(words[:2]), *words[2:])
    sheet, after = shown(d, record)
    assert answer == [sheet], f"{answer} is not {sheet}"
    assert after[:-1] == before, f"{' '.join(words)} changed the past"
    assert after[-1]["verb"] == verb, after[-1]
    assert after[-1]["entry"] > before[-1]["entry"]
    assert after[-1]["by"] == os.environ.get("USER", after[-1]["by"]) or after[-1]["by"] == "root"
    return sheet, after[-1]


def a_first_comment_acknowledges_and_both_are_told():
    with Daemon({"a.yml": GRAVE % "high"}) as d:
        i = one_incident(d)
        d.rows("incident comment", i, "I am looking")
        sheet, timeline = shown(d, i)
        assert sheet["state"] == "acknowledged" and sheet["acknowledged"] is not None
        assert [e["verb"] for e in timeline] == ["incident.opened", "incident.commented", "incident.acknowledged"], timeline
        d.verify()


def an_incident_goes_its_way_and_every_step_is_an_entry():
    with Daemon({"a.yml": GRAVE % "high"}) as d:
        i = one_incident(d)
        assert shown(d, i)[0]["state"] == "new" and shown(d, i)[0]["severity"] == "S2"
        assert [e["verb"] for e in shown(d, i)[1]] == ["incident.opened"]
        sheet, _ = moved(d, "incident.acknowledged", "incident", "ack", i)
        assert sheet["state"] == "acknowledged" and sheet["acknowledged"] is not None
        sheet, _ = moved(d, "incident.assigned", "incident", "assign", i, "ana")
        assert sheet["owner"] == "ana"
        sheet, entry = moved(d, "incident.commented", "incident", "comment", i, "looks \x1b[31mreal")
        assert entry["text"] == "looks \x1b[31mreal"
        sheet, entry = moved(d, "incident.decided", "incident", "decide", i, "declared", "--reason", "a real break-in",
                             "--category", "intrusions/system-compromise", "--severity", "S1")
        assert sheet["state"] == "declared" and sheet["severity_max"] == "S1" and entry["text"] == "a real break-in"
        assert sheet["criteria"] and sheet["category"] == "intrusions/system-compromise"
        sheet, _ = moved(d, "incident.regraded", "incident", "regrade", i, "S2", "--reason", "one host only")
        assert sheet["severity"] == "S2" and sheet["severity_max"] == "S1"
        sheet, _ = moved(d, "incident.contained", "incident", "contain", i, "--reason", "account locked")
        assert sheet["contained"] is not None
        sheet, _ = moved(d, "incident.recovered", "incident", "recover", i)
        sheet, _ = moved(d, "incident.resolved", "incident", "resolve", i, "--verdict", "true-positive", "--cause-class",
                         "human-errors", "--cause", "weak password")
        assert sheet["state"] == "resolved" and sheet["verdict"] == "true-positive"
        sheet, _ = moved(d, "incident.reopened", "incident", "reopen", i, "--reason", "again")
        assert sheet["state"] == "declared" and sheet["reopened"] == 1 and sheet["resolved"] is None
        moved(d, "incident.resolved", "incident", "resolve", i, "--reason", "contained and recovered before")
        refused(d, "another person", "incident", "close", i, "--review", "PIR-1")
        assert i not in d.ctl("incident", "list", "--state", "closed")
        d.verify()
        d.stop()
        d.start()
        assert shown(d, i)[0]["state"] == "resolved"
        d.verify()


def an_incident_of_low_severity_is_closed_by_who_resolved_it():
    with Daemon({"a.yml": GRAVE % "medium"}, settings={"records": {"incident_level": "medium"}}) as d:
        i = one_incident(d)
        moved(d, "incident.decided", "incident", "decide", i, "declared", "--reason", "real")
        moved(d, "incident.resolved", "incident", "resolve", i, "--verdict", "true-positive", "--cause-class",
              "malicious-actions", "--cause", "a bot", "--reason", "nothing to contain")
        sheet, _ = moved(d, "incident.closed", "incident", "close", i)
        assert sheet["state"] == "closed" and sheet["closed"] is not None
        assert d.rows("incident list") == [] and len(d.rows("incident list --all")) == 1
        d.tcp(line("192.0.2.7", 1))
        d.verify()


def another_person_closes_what_was_grave():
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return "skipped: only root can act as somebody else"
    with Daemon({"a.yml": GRAVE % "critical"}) as d:
        i = one_incident(d)
        moved(d, "incident.decided", "incident", "decide", i, "declared", "--reason", "real")
        moved(d, "incident.resolved", "incident", "resolve", i, "--verdict", "true-positive", "--cause-class",
              "malicious-actions", "--cause", "a bot", "--reason", "nothing to contain")
        d.dir.chmod(0o755)
        (d.dir / "ctl.sock").chmod(0o666)
        r = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", BIN / "ismsctl", "--socket", d.dir / "ctl.sock",
                            "incident", "close", i, "--review", "PIR-1"], capture_output=True, text=True)
        assert r.returncode == 0, r.stderr
        sheet, timeline = shown(d, i)
        assert sheet["state"] == "closed"
        assert timeline[-1]["verb"] == "incident.closed" and timeline[-1]["by"] == "nobody"
        d.verify()
    return None


def what_is_not_allowed_is_refused_with_a_sentence():
    with Daemon({"a.yml": GRAVE % "high"}) as d:
        i = one_incident(d)
        refused(d, "an incident is named as", "incident", "ack", "x")
        refused(d, "an incident is named as", "incident", "ack", "N-2026-000001")
        refused(d, "no such incident", "incident", "ack", "I-2026-999999")
        refused(d, "no such incident", "incident", "show", "I-2026-999999")
        refused(d, "cannot be contained; allowed now: ack", "incident", "contain", i)
        refused(d, "cannot be resolved", "incident", "resolve", i, "--verdict", "benign")
        refused(d, "cannot be closed", "incident", "close", i)
        refused(d, "the outcome is declared or rejected", "incident", "decide", i, "maybe", "--reason", "x")
        refused(d, "missing a reason", "incident", "decide", i, "declared")
        refused(d, "missing a verdict", "incident", "decide", i, "rejected", "--reason", "x")
        refused(d, "the verdict is one of", "incident", "decide", i, "rejected", "--reason", "x", "--verdict", "fine")
        refused(d, "true positive cannot be rejected", "incident", "decide", i, "rejected", "--reason", "x", "--verdict",
                "true-positive")
        refused(d, "the severity is one of", "incident", "decide", i, "declared", "--reason", "x", "--severity", "S9")
        refused(d, "is none of", "incident", "decide", i, "declared", "--reason", "x", "--category", "weather")
        moved(d, "incident.decided", "incident", "decide", i, "declared", "--reason", "real")
        refused(d, "cannot be acknowledged", "incident", "ack", i)
        refused(d, "a time is written as", "incident", "contain", i, "--at", "yesterday")
        refused(d, "in the future", "incident", "contain", i, "--at", "2100-01-01T00:00:00Z")
        refused(d, "before detected", "incident", "contain", i, "--at", "2001-01-01T00:00:00Z")
        refused(d, "missing a verdict, a cause class, a cause and a reason", "incident", "resolve", i)
        refused(d, "cause class 'aliens' is none of", "incident", "resolve", i, "--verdict", "true-positive",
                "--cause-class", "aliens", "--cause", "x", "--reason", "x")
        moved(d, "incident.resolved", "incident", "resolve", i, "--verdict", "true-positive", "--cause-class",
              "human-errors", "--cause", "x", "--reason", "x")
        refused(d, "a post-incident review or a waiver", "incident", "close", i)
        moved(d, "incident.closed", "incident", "close", i, "--waiver", "a drill")
        refused(d, "missing a reason", "incident", "reopen", i)
        d.verify()


def a_rejected_incident_lets_the_next_alert_open_another():
    with Daemon({"a.yml": GRAVE % "high"}, settings={"alerts": {"fold_window": "0s"}}) as d:
        first = one_incident(d)
        d.tcp(line("192.0.2.7", 1))
        d.until(lambda: len(d.rows("alert list --all")) == 2)
        assert len(d.rows("incident list")) == 1, "an alert of the same key joins the incident that waits"
        moved(d, "incident.decided", "incident", "decide", first, "rejected", "--reason", "a test", "--verdict", "test")
        assert d.rows("incident list") == []
        d.tcp(line("192.0.2.7", 2))
        second = d.until(lambda: d.rows("incident list"))[0]["id"]
        assert second != first
        d.verify()


def a_required_source_that_falls_silent_becomes_a_candidate():
    sources = [{"name": "fw", "hostname": "h1", "required": True, "silence": "1s", "owner": "ana"},
               {"name": "quiet-by-nature", "hostname": "h2", "required": False, "silence": "1s"}]
    with Daemon({"a.yml": GRAVE % "low"}, sources=sources) as d:
        d.tcp(line("192.0.2.7", 0))
        d.until(lambda: {s["name"]: s["state"] for s in d.rows("sources") if "section" not in s}["fw"] == "active")
        n = d.until(lambda: d.rows("nonconformity list"))
        assert len(n) == 1 and n[0]["scope"] == "fw" and n[0]["trigger"] == "T01" and n[0]["state"] == "detected", n
        assert {s["name"]: s["state"] for s in d.rows("sources") if "section" not in s}["fw"] == "silent"
        d.tcp(line("192.0.2.7", 1))
        d.until(lambda: shown(d, n[0]["id"])[0]["ended"])
        d.until(lambda: shown(d, n[0]["id"])[0]["occurrences"] == 2)
        assert len(d.rows("nonconformity list")) == 1, "one is open for each trigger, requirement and scope"
        sheet, _ = moved(d, "nonconformity.confirmed", "nonconformity", "confirm", n[0]["id"], "--owner", "ana", "--grade",
                         "major", "--reason", "the cable")
        assert sheet["state"] == "confirmed" and sheet["grade"] == "major" and sheet["owner"] == "ana"
        assert time_of(sheet["due"]) - time_of(sheet["decided"]) == datetime.timedelta(days=30), "a major one's limit"
        assert d.rows("nonconformity list")[0]["due"] == sheet["due"]
        refused(d, "cannot be rejected", "nonconformity", "reject", n[0]["id"], "--reason", "x")
        d.verify()


def what_is_confirmed_is_due_at_the_date_that_is_set():
    sources = [{"name": name, "hostname": name, "required": True, "silence": "1s"} for name in ("a", "b", "c")]
    with Daemon({"a.yml": GRAVE % "low"}, sources=sources, settings={"records": {"correct_limit": {"minor": "45d"}}}) as d:
        ids = d.until(lambda: (r := d.rows("nonconformity list")) and len(r) == 3 and [n["id"] for n in r])
        confirm = ("nonconformity", "confirm")
        refused(d, "a due date is written as", *confirm, ids[0], "--due", "soon")
        refused(d, "due before it is confirmed", *confirm, ids[0], "--due", "2001-01-01")
        sheet, _ = moved(d, "nonconformity.confirmed", *confirm, ids[0], "--due", "2100-01-31")
        assert sheet["due"] == "2100-01-31T23:59:59Z", "a date alone is the end of that day"
        sheet, _ = moved(d, "nonconformity.confirmed", *confirm, ids[1], "--due", "2100-01-31T12:00:00+02:00")
        assert sheet["due"] == "2100-01-31T10:00:00Z"
        sheet, _ = moved(d, "nonconformity.confirmed", *confirm, ids[2], "--grade", "minor")
        assert time_of(sheet["due"]) - time_of(sheet["decided"]) == datetime.timedelta(days=45)
        d.verify()
        d.stop()
        d.start()
        assert [shown(d, i)[0]["due"] for i in ids[:2]] == ["2100-01-31T23:59:59Z", "2100-01-31T10:00:00Z"]


def a_candidate_is_rejected_with_a_reason_and_stays_in_the_register():
    sources = [{"name": "fw", "hostname": "h1", "required": True, "silence": "1s"}]
    with Daemon({"a.yml": GRAVE % "low"}, sources=sources) as d:
        n = d.until(lambda: d.rows("nonconformity list"))[0]["id"]
        refused(d, "missing a reason", "nonconformity", "reject", n)
        refused(d, "no such nonconformity", "nonconformity", "reject", "N-2026-999999", "--reason", "x")
        refused(d, "a nonconformity is named as", "nonconformity", "confirm", "I-2026-000001")
        refused(d, "the grade is one of", "nonconformity", "confirm", n, "--grade", "huge")
        moved(d, "nonconformity.rejected", "nonconformity", "reject", n, "--reason", "decommissioned")
        assert d.rows("nonconformity list") == []
        assert [r["state"] for r in d.rows("nonconformity list --all")] == ["rejected"]
        d.verify()


TAMPERINGS = [
    ("an incident's severity", "UPDATE incident SET severity = 'S4'", "I-"),
    ("when it was acknowledged", "UPDATE incident SET acknowledged = acknowledged - 3600000000000", "I-"),
    ("an alert's count", "UPDATE alert SET count = count + 1 WHERE state = 'closed'", "A-"),
    ("an incident that is gone", "DELETE FROM incident", "I-"),
    ("the ledger's own words", "DROP TRIGGER ledger_no_update; UPDATE ledger SET body = replace(body, 'ack', 'nak')", "entry 9"),
    ("the end of the ledger", "DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE seq > 4", "entr"),
    ("an entry in the middle", "DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE seq = 4", "entry 4"),
    ("who decided", "UPDATE decision SET by = 'mallory'", "decision"),
]


def whatever_is_changed_behind_its_back_is_found():
    with Daemon({"a.yml": GRAVE % "high"}, settings={"alerts": {"fold_window": "0s"}}) as d:
        i = one_incident(d)
        moved(d, "incident.acknowledged", "incident", "ack", i)
        moved(d, "incident.decided", "incident", "decide", i, "rejected", "--reason", "x", "--verdict", "benign")
        d.until(lambda: all(a["state"] == "closed" for a in d.rows("alert list --all")))
        d.stop()
        d.verify()
        state = d.dir / "state"
        for what, sql, named in TAMPERINGS:
            copy = d.dir / "tampered"
            shutil.copytree(state, copy)
            db = sqlite3.connect(copy / "records.db")
            db.executescript(sql)
            db.commit()
            assert db.total_changes > 0, f"nothing was changed: {what}"
            db.close()
            r = d.ctl("verify", str(copy), check=False)
            assert r.returncode == 1, f"{what}: exit {r.returncode}: {r.stdout}"
            assert "BROKEN" in r.stdout and named in r.stdout, f"{what}: {r.stdout}"
            shutil.rmtree(copy)


def evidence_that_was_changed_is_found():
    with Daemon({"a.yml": GRAVE % "high"}) as d:
        one_incident(d)
        d.stop()
        segment = next((d.dir / "state/evidence").iterdir())
        segment.write_bytes(segment.read_bytes().replace(b"192.0.2.7", b"192.0.2.8", 1))
        r = d.ctl("verify", check=False)
        assert r.returncode == 1 and "evidence" in r.stdout, r.stdout


def without_records_there_is_nothing_to_verify():
    with Daemon({"a.yml": GRAVE % "high"}, start=False) as d:
        d.config.write_text("daemon:\n  state_dir: " + str(d.dir / "nowhere") + "\n")
        r = d.ctl("verify", check=False)
        assert r.returncode == 1 and "no records" in r.stderr, r


run([an_incident_goes_its_way_and_every_step_is_an_entry,
     a_first_comment_acknowledges_and_both_are_told,
     an_incident_of_low_severity_is_closed_by_who_resolved_it,
     another_person_closes_what_was_grave,
     what_is_not_allowed_is_refused_with_a_sentence,
     a_rejected_incident_lets_the_next_alert_open_another,
     a_required_source_that_falls_silent_becomes_a_candidate,
     what_is_confirmed_is_due_at_the_date_that_is_set,
     a_candidate_is_rejected_with_a_reason_and_stays_in_the_register,
     whatever_is_changed_behind_its_back_is_found,
     evidence_that_was_changed_is_found,
     without_records_there_is_nothing_to_verify])
