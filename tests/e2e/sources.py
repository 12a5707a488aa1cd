"""Log sources, as their owner sees them: the register, who speaks unasked, what is held against whom, and maintenance."""
import datetime
import signal
import sqlite3
import subprocess
import time

from daemon import BIN, Daemon, run

RULE = """title: Log deleted
id: 1c7a2f2e-0001
logsource: {product: linux}
detection:
  sel: {hostname: web1}
  words: ['rm /var/log/auth.log']
  condition: sel and words
level: medium
tags: [attack.defense-evasion, attack.t1070.002]
"""
SOURCES = [{"name": "firewall", "hostname": "fw1", "required": True, "silence": "1s", "owner": "network team",
            "criticality": "high", "controls": ["A.8.15", "A.8.16"], "retention": "365d"},
           {"name": "web", "hostname": "web1", "owner": "web team", "product": "linux"},
           {"name": "printer", "hostname": "prn", "expected": False}]
QUICK = {"watch": {"zone_hold": "1s", "skew_hold": "4s"}}


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def line(host, text="hello"):
    return f"<13>1 {now():%Y-%m-%dT%H:%M:%S.%fZ} {host} app - - - {text}\n".encode()


def local(host, hours):
    """As a device writes that sends local time and no zone."""
    return f"<13>{now() + datetime.timedelta(hours=hours):%b %e %H:%M:%S} {host} app: hello\n".encode()


def section(d, name):
    return [r for r in d.rows("sources") if r.get("section") == name]


def source(d, name):
    return next(r for r in d.rows("sources") if "section" not in r and r["name"] == name)


def candidates(d, trigger):
    return [n for n in d.rows("nonconformity list", "--all") if n["trigger"] == trigger]


def the_register_says_what_was_configured_and_what_was_seen():
    with Daemon(sources=SOURCES) as d:
        d.tcp(line("fw1") * 3)
        d.until(lambda: source(d, "firewall")["events"] == 3)
        shown = d.rows("sources show", "firewall")[0]
        assert shown["need"] == "required" and shown["owner"] == "network team" and shown["criticality"] == "high", shown
        assert shown["controls"] == "A.8.15, A.8.16" and shown["retention"] == "365d" and shown["silence"] == "1s", shown
        assert shown["registered"] and shown["first_seen"] and shown["since"], shown
        assert [source(d, n)["need"] for n in ("firewall", "web", "printer")] == ["required", "expected", "none"]
        assert "no log source has this name" in d.ctl("sources", "show", "none", check=False).stderr
        table = d.ctl("sources").splitlines()
        assert table[0].split() == ["name", "state", "need", "criticality", "events", "usual", "quiet", "silence",
                                    "skew", "owner"], table[0]
        d.stop()
        db = sqlite3.connect(d.dir / "state/records.db")
        entry = db.execute("SELECT body FROM ledger WHERE record = 'source/firewall' ORDER BY seq").fetchone()[0]
        db.close()
        for words in ('"owner":"network team"', '"criticality":"high"', '"controls":"A.8.15, A.8.16"'):
            assert words in entry, entry
        d.verify()


def who_is_of_no_source_is_learned_and_can_be_adopted():
    with Daemon(sources=SOURCES) as d:
        d.tcp(line("db7") * 5 + line("fw1"))
        d.udp(b"<13>no header to speak of")
        learned = d.until(lambda: len(section(d, "learned")) == 2 and section(d, "learned"))
        by = {r["by"]: r for r in learned}
        assert by["hostname"]["name"] == "db7" and by["hostname"]["events"] == 5, learned
        assert by["hostname"]["peer"] == "127.0.0.1" and by["peer"]["name"] == "127.0.0.1", learned
        assert abs(float(by["hostname"]["skew"].rstrip("ms") or 0)) < 5000
        yaml = d.ctl("sources", "adopt", "db7")
        assert '  - name: "db7"\n    hostname: "db7"\n' in yaml, yaml
        assert '    peer: "127.0.0.1"\n' in d.ctl("sources", "adopt", "127.0.0.1")
        d.stop()
        d.start()
        assert len(section(d, "learned")) == 2, "what was learned is remembered"
        d.stop()
        text = d.config.read_text()
        adopted = d.dir / "adopted.yaml"
        adopted.write_text(text.replace("sources:\n", "sources:\n" + yaml))
        d.config = adopted
        d.settings["sources"] = SOURCES + [{"name": "db7", "hostname": "db7", "owner": "nobody yet"}]
        d.start()
        assert [r["name"] for r in section(d, "learned")] == ["127.0.0.1"]
        d.tcp(line("db7"))
        d.until(lambda: source(d, "db7")["events"] == 1)


def the_adopted_lines_are_taken_as_they_are():
    with Daemon(sources=SOURCES) as d:
        d.tcp(line("db7"))
        d.until(lambda: section(d, "learned"))
        yaml = d.ctl("sources", "adopt", "db7")
        pasted = d.dir / "pasted.yaml"
        pasted.write_text("sources:\n" + yaml)
        checked = subprocess.run([BIN / "ismsd", "-c", pasted, "--check"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr + yaml


def a_host_with_an_evil_name_is_shown_escaped():
    with Daemon() as d:
        d.tcp(b"<13>1 2026-01-01T00:00:00Z \xffevil\"name app - - - x\n")
        d.until(lambda: section(d, "learned"))
        assert "\x1b" not in d.ctl("sources")
        name = section(d, "learned")[0]["name"]
        assert '\\"' in d.ctl("sources", "adopt", name)


def a_flood_of_host_names_is_bounded_and_counted():
    with Daemon(settings={"watch": {"learned_max": 50}}) as d:
        for k in range(0, 2000, 100):
            d.tcp(b"".join(line(f"host-{i}") for i in range(k, k + 100)))
            time.sleep(0.05)
        d.until_events(2000)
        d.until(lambda: d.counter("learned_forgotten") >= 1500)
        assert len(section(d, "learned")) <= 50 and d.counter("learned") <= 50
        assert all(r["name"] and r["help"] for r in d.rows("counters")), "a counter without a name"


def a_clock_in_the_wrong_zone_is_named_with_the_zone_it_would_be():
    with Daemon(sources=SOURCES, settings=QUICK) as d:
        def proposed():
            d.tcp(local("web1", 2))
            time.sleep(0.2)
            return candidates(d, "T05")
        found = d.until(proposed)[0]
        assert found["scope"] == "web", found
        shown = d.rows("nonconformity show", found["id"])[0]
        assert "look like +02:00: say so in the source's 'zone'" in shown["evidence"], shown
        assert shown["owner"] == "web team" and shown["requirement"] == "A.8.17", shown
        assert source(d, "web")["skew"] == "-2h", source(d, "web")
        assert "T05" in [r["trigger"] for r in section(d, "nonconformities")]

        def ended():
            d.tcp(line("web1"))
            time.sleep(0.2)
            return d.rows("nonconformity show", found["id"])[0]["ended"]
        d.until(ended, 200)
        assert "T05" not in [r["trigger"] for r in section(d, "nonconformities")]


def a_log_that_was_deleted_is_proposed():
    with Daemon({"a.yml": RULE}, sources=SOURCES) as d:
        d.tcp(line("web1", "rm /var/log/auth.log"))
        found = d.until(lambda: candidates(d, "T04"))[0]
        assert found["scope"] == "web1" and "web1" in found["statement"], found
        shown = d.rows("nonconformity show", found["id"])[0]
        assert "Log deleted" in shown["evidence"] and shown["ended"], shown


def datagrams_that_the_kernel_dropped_are_proposed():
    udp = {"name": "udp", "type": "udp", "address": "127.0.0.1", "port": 0, "receive_buffer": "64KiB"}
    with Daemon(inputs=[udp]) as d:
        d.udp(line("h"))
        d.until_events(1)
        d.process.send_signal(signal.SIGSTOP)
        try:
            d.udp(*[line("h", "x" * 1000)] * 3000)
        finally:
            d.process.send_signal(signal.SIGCONT)
        found = d.until(lambda: candidates(d, "T06"))[0]
        assert found["scope"] == "udp", found
        assert "datagrams were dropped by the kernel" in d.rows("nonconformity show", found["id"])[0]["evidence"]


def in_maintenance_nothing_is_proposed_and_its_record_says_what_happened():
    with Daemon({"a.yml": RULE}, sources=SOURCES) as d:
        d.tcp(line("fw1"))
        d.until(lambda: source(d, "firewall")["state"] == "active")
        made = d.rows("maintenance declare", "firewall", "--for", "2h", "--reason", "new firmware")[0]
        assert made["state"] == "active" and made["scope"] == "firewall", made
        d.until(lambda: source(d, "firewall")["state"] == "maintenance")
        assert [r["id"] for r in section(d, "maintenance")] == [made["id"]]
        d.rows("maintenance declare", "web", "--for", "2h", "--reason", "clean up")
        d.until(lambda: source(d, "web")["state"] == "maintenance")
        d.tcp(line("web1", "rm /var/log/auth.log"))
        d.until(lambda: d.counter("nonconformity_held_back") == 1)
        time.sleep(4)
        assert d.rows("nonconformity list") == []
        over = {r["scope"]: d.rows("maintenance end", r["id"])[0] for r in d.rows("maintenance list")}
        assert over["firewall"]["state"] == "over" and over["firewall"]["report"] == "nothing came from firewall", over
        assert "T04 about web1" in over["web"]["report"] and "it was heard meanwhile" in over["web"]["report"], over
        assert d.rows("maintenance list") == [] and len(d.rows("maintenance list", "--all")) == 2
        d.until(lambda: candidates(d, "T01"))
        d.stop()
        d.verify()


def maintenance_that_makes_no_sense_is_refused():
    with Daemon(sources=SOURCES) as d:
        for words, part in [(("fw", "--for", "1h", "--reason", "x"), "no log source of this name"),
                            (("firewal", "--for", "1h", "--reason", "x"), "did you mean 'firewall'?"),
                            (("firewall", "--for", "1h"), "a reason"),
                            (("all", "--reason", "x"), "its end"),
                            (("all", "--reason", "x", "--for", "8d"), "longer than 7 d"),
                            (("all", "--reason", "x", "--for", "soon"), "90m or 1d12h"),
                            (("all", "--reason", "x", "--until", "soon"), "2026-01-31T12:00:00Z"),
                            (("all", "--reason", "x", "--until", "2020-01-01T00:00:00Z"), "end before it begins")]:
            told = d.ctl("maintenance", "declare", *words, check=False)
            assert told.returncode != 0 and part in told.stderr, (words, told)
        assert "no such maintenance" in d.ctl("maintenance", "end", "M-7", check=False).stderr


def our_own_downtime_is_proposed_at_the_next_start():
    with Daemon(sources=SOURCES, settings={"watch": {"down_limit": "1s"}}) as d:
        d.stop()
        time.sleep(2.5)
        d.start()
        found = d.until(lambda: candidates(d, "T21"))[0]
        assert "stopped in order" in d.rows("nonconformity show", found["id"])[0]["evidence"]
        d.ctl("maintenance", "declare", "all", "--for", "1h", "--reason", "upgrade")
        d.stop()
        time.sleep(2.5)
        d.start()
        d.until(lambda: "stopped in order" in (d.rows("maintenance list")[0]["report"] or ""))
        assert candidates(d, "T21")[0]["occurrences"] == 1


run([the_register_says_what_was_configured_and_what_was_seen, who_is_of_no_source_is_learned_and_can_be_adopted,
     the_adopted_lines_are_taken_as_they_are, a_host_with_an_evil_name_is_shown_escaped,
     a_flood_of_host_names_is_bounded_and_counted, a_clock_in_the_wrong_zone_is_named_with_the_zone_it_would_be,
     a_log_that_was_deleted_is_proposed, datagrams_that_the_kernel_dropped_are_proposed,
     in_maintenance_nothing_is_proposed_and_its_record_says_what_happened,
     maintenance_that_makes_no_sense_is_refused, our_own_downtime_is_proposed_at_the_next_start])
