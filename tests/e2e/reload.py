"""SIGHUP under load: rules are swapped between two events, none is lost, and what is broken stays out."""
import datetime
import re
import signal
import threading

from daemon import SOURCE, Daemon, run
from threshold_rules import FAILED_LOGIN, line

SECOND = FAILED_LOGIN.replace("title: Failed login", "title: Second").replace("1111", "4444").replace("failed_login", "second")


def reload(d):
    """A reload that has been carried out, or refused: what the log says of it."""
    seen = d.log.stat().st_size
    d.process.send_signal(signal.SIGHUP)
    told = d.until(lambda: re.search(r" (notice|error|warning) reload: .*", d.log.read_text()[seen:]))
    return told.group(0), d.log.read_text()[seen:]


def titles(d):
    counts = {}
    for a in d.rows("alert list --all --limit 10000"):
        counts[a["title"]] = counts.get(a["title"], 0) + a["count"]
    return counts


class Load:
    """A sender that goes on until it is told to stop, on a connection of its own."""

    def __init__(self, d):
        self.d = d
        self.sent = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with self.d.connect() as s:
            while not self.stopped.is_set():
                s.sendall(b"".join(line("192.0.2.7", self.sent + k) for k in range(50)))
                self.sent += 50

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


def rules_are_swapped_under_load_without_losing_an_event():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        with Load(d) as load:
            for k in range(6):
                path = d.rules / "b.yml"
                if k % 2 == 0:
                    path.write_text(SECOND)
                else:
                    path.unlink()
                before = load.sent
                told, _ = reload(d)
                assert f"{2 - k % 2} rules loaded" in told, told
                d.until(lambda: load.sent > before + 500)
                if k == 0:
                    d.until(lambda: "Second" in titles(d))
        d.until_events(load.sent)
        counts = titles(d)
        assert counts["Failed login"] == load.sent, f"{counts} of {load.sent}"
        assert 0 < counts["Second"] < load.sent
        d.verify()


def a_change_made_during_a_reload_is_not_forgotten():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        for k in range(1, 16):
            (d.rules / f"r{k}.yml").write_text(SECOND.replace("title: Second", f"title: Number {k}")
                                               .replace("4444", f"{4000 + k}").replace("second", f"second{k}"))
            d.process.send_signal(signal.SIGHUP)
        d.until(lambda: d.status()["rules_loaded"] == 16, 20)


def the_new_rules_hold_and_the_change_is_in_the_ledger():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        size = d.status()["ledger_size"]
        (d.rules / "b.yml").write_text(SECOND)
        reload(d)
        d.until(lambda: d.status()["rules_loaded"] == 2)
        assert d.status()["ledger_size"] > size
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        assert titles(d) == {"Failed login": 1, "Second": 1}
        d.ctl("reload")
        d.verify()


def a_broken_rule_is_reported_and_the_others_run():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        (d.rules / "broken.yml").write_text("title: Broken\nlogsource: {product: linux}\ndetection:\n  sel: {a: b}\n  condition: nothing\n")
        (d.rules / "b.yml").write_text(SECOND)
        told, log = reload(d)
        assert "2 rules loaded, 1 rejected" in told, told
        assert re.search(r"broken\.yml:5:\d+: ", log), log
        d.until(lambda: d.status()["rules_rejected"] == 1)
        rejected = [r for r in d.rows("rules status", "--all") if r["status"] == "rejected"]
        assert len(rejected) == 1 and rejected[0]["reason"], rejected
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        assert titles(d) == {"Failed login": 1, "Second": 1}


def a_rule_whose_file_breaks_goes_on_as_it_was_until_it_is_mended():
    with Daemon({"a.yml": FAILED_LOGIN, "b.yml": SECOND}) as d:
        def kept():
            return [r for r in d.rows("rules status", "--all") if r["status"] == "kept"]

        begin = datetime.datetime.now(datetime.timezone.utc)
        good = (d.rules / "a.yml").read_text()
        (d.rules / "a.yml").write_text(good.replace("condition: sel", "condition: sol"))
        told, log = reload(d)
        assert "1 rules loaded, 1 rejected, 0 skipped, 1 kept as they were" in told, told
        assert re.search(r"a\.yml:10:14: error: .*sol", log) and "goes on running as of" in log, log
        row = d.until(kept)[0]
        m = re.match(r"running as of (\S+), new version rejected: \S*/a\.yml:10:14: in the condition, at 'sol'", row["reason"])
        assert m and abs((datetime.datetime.fromisoformat(m[1].replace("Z", "+00:00")) - begin).total_seconds()) < 60, row
        assert d.status()["rules_kept"] == 1 and d.counter("rules_kept") == 1 and d.counter("reloads") == 1
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        assert titles(d) == {"Failed login": 1, "Second": 1}, "the rule that ran does not any more"
        (d.rules / "a.yml").write_text("title: [\n")
        reload(d)
        assert m[1] in d.until(kept)[0]["reason"], "a further mistake makes it younger"
        (d.rules / "a.yml").write_text(good.replace("title: Failed login", "title: Mended"))
        assert "2 rules loaded, 0 rejected, 0 skipped" in reload(d)[0]
        d.until(lambda: not kept())
        assert d.counter("rules_kept") == 0
        d.tcp(line("192.0.2.9", 1))
        d.until_events(2)
        assert "Mended" in [r["title"] for r in d.rows("rules status", "--all")]
        assert titles(d) == {"Failed login": 2, "Second": 2}, "the mended rule does not go on in the open alert"
        (d.rules / "a.yml").write_text("title: [\n")
        reload(d)
        (d.rules / "a.yml").unlink()
        assert "1 rules loaded, 0 rejected, 0 skipped" in reload(d)[0]
        d.verify()


def what_is_counted_goes_on_over_a_reload():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        with d.connect() as s:
            s.sendall(b"".join(line("192.0.2.7", k) for k in range(40)))
        d.until(lambda: d.counter("detect_matches") == 40)
        events = d.counter("normalize_events")
        (d.rules / "0.yml").write_text(SECOND)
        assert " notice " in reload(d)[0]
        assert d.counter("detect_matches") == 40, d.counter("detect_matches")
        assert d.counter("normalize_events") == events
        matches = {r["title"]: r["matches"] for r in d.rows("rules status --all")}
        assert matches == {"Failed login": 40, "Second": 0}, matches
        with d.connect() as s:
            s.sendall(line("192.0.2.7", 41))
        d.until(lambda: d.counter("detect_matches") == 42)


def a_broken_mapping_keeps_the_old_ones():
    with Daemon({"a.yml": FAILED_LOGIN}, start=False) as d:
        mappings = d.dir / "mappings"
        mappings.mkdir()
        for f in (SOURCE / "config/mappings").glob("*.yaml"):
            (mappings / f.name).write_bytes(f.read_bytes())
        d.settings["mappings"]["path"] = str(mappings)
        d.start()
        (mappings / "zz.yaml").write_text("this: [is not\n")
        told, log = reload(d)
        assert "refused" in told and re.search(r"zz\.yaml:\d+:\d+: ", log), log
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        assert titles(d) == {"Failed login": 1}
        (mappings / "zz.yaml").unlink()
        assert "1 rules loaded" in reload(d)[0]


def a_broken_configuration_keeps_what_runs():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        good = d.config.read_text()
        d.config.write_text(good + "nonsense:\n  a: 1\n")
        told, log = reload(d)
        assert "refused" in told and re.search(r"ismsd\.yaml:\d+:\d+: ", log), log
        d.config.write_text(good)
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        d.config.write_text(good.replace("lanes: 2", "lanes: 1"))
        told, log = reload(d)
        assert "at the next start" in d.until(lambda: "next start" in d.log.read_text() and d.log.read_text())


def rules_that_are_not_there_do_not_make_it_blind():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        d.rules.rename(d.dir / "away")
        told, log = reload(d)
        assert "refused" in told and "No such file" in log, log
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        assert d.status()["detections"] == 1, "the rules that ran are gone"
        d.stop()
        assert d.fails_to_start() == 1, "a daemon that watches nothing came up"


def a_folder_that_is_suddenly_empty_does_not_make_it_blind():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        (d.rules / "a.yml").rename(d.dir / "a.yml")
        told, log = reload(d)
        assert "refused" in told and "no rule is found" in log, log
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        assert d.status()["detections"] == 1, "the rules that ran are gone"


def an_open_window_goes_on_counting_across_a_reload():
    from threshold_rules import GUESSING, fired
    with Daemon({"a.yml": FAILED_LOGIN, "b.yml": GUESSING % "120s"}) as d:
        d.tcp(b"".join(line("192.0.2.7", k) for k in range(5)))
        d.until_events(5)
        (d.rules / "c.yml").write_text(SECOND)
        reload(d)
        d.tcp(b"".join(line("192.0.2.7", 10 + k) for k in range(3)))
        d.until_events(8)
        d.until(lambda: fired(d) >= 1)
        assert fired(d) == 1


run([rules_are_swapped_under_load_without_losing_an_event,
     a_change_made_during_a_reload_is_not_forgotten,
     the_new_rules_hold_and_the_change_is_in_the_ledger,
     a_broken_rule_is_reported_and_the_others_run,
     a_rule_whose_file_breaks_goes_on_as_it_was_until_it_is_mended,
     what_is_counted_goes_on_over_a_reload,
     a_broken_mapping_keeps_the_old_ones,
     a_broken_configuration_keeps_what_runs,
     rules_that_are_not_there_do_not_make_it_blind,
     a_folder_that_is_suddenly_empty_does_not_make_it_blind,
     an_open_window_goes_on_counting_across_a_reload])
