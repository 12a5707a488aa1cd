"""KPIs over ZeroMQ: they come by themselves, they follow every move, and they are what the records say."""
import datetime
import json
import subprocess
import time

from daemon import BIN, PATIENCE_S, Daemon, run
from threshold_rules import FAILED_LOGIN, line

GRAVE = FAILED_LOGIN.replace("level: low", "level: high")
EVERY_HOUR = {"kpi": {"interval": "1h"}}
IDS = ["K01", "K02", "K03", "K05", "K09", "K10", "K12", "K22", "K23", "K24", "K28"]


class Subscriber:
    """ismsd-subscribe on some topics; its messages as they come."""

    def __init__(self, d, *topics):
        endpoint = d.status()["publishes_at"]
        self.process = subprocess.Popen([BIN / "ismsd-subscribe", endpoint, *topics], stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def take(self):
        return json.loads(self.process.stdout.readline())

    def until(self, wanted):
        """The first message for which it holds, and those before it."""
        before = []
        end = time.monotonic() + PATIENCE_S
        while not wanted(message := self.take()):
            before.append(message)
            assert time.monotonic() < end, f"waited in vain; the last to come was {message}"
        return message, before


def every_kpi_arrives_by_itself_and_is_what_ismsctl_says():
    with Daemon({"a.yml": GRAVE}, settings={"kpi": {"interval": "200ms"}}) as d, Subscriber(d, "kpi/") as s:
        d.tcp(line("192.0.2.7", 0))
        d.until(lambda: d.rows("incident list"))
        message, before = s.until(lambda m: m["topic"] == "kpi/K10" and m["body"]["value"] == 1)
        while len({m["topic"].split("/")[1] for m in before}) < len(IDS):
            before.append(s.take())
        assert sorted({m["topic"].split("/")[1] for m in before}) == IDS
        for m in before:
            assert m["schema"] == 1 and m["body"]["ledger_root"] and m["body"]["from"] < m["body"]["until"]
            assert m["topic"] == "/".join(filter(None, ["kpi", m["body"]["id"], m["body"]["severity"]]))
        told = {(r["id"], r["severity"]): r for r in d.rows("kpi")}
        published = message["body"]
        same = told[("K10", "")]
        for key in ("id", "name", "unit", "value", "n", "open"):
            assert published[key] == same[key], (key, published, same)


def a_move_changes_the_figures_within_two_seconds():
    with Daemon({"a.yml": GRAVE}, settings=EVERY_HOUR) as d, Subscriber(d, "kpi/") as s:
        d.tcp(line("192.0.2.7", 0))
        incident = d.until(lambda: d.rows("incident list"))[0]["id"]
        for words, topic, holds in [
                (("incident", "ack", incident), "kpi/K02", lambda b: b["n"] == 1 and b["open"] == 0),
                (("incident", "decide", incident, "declared", "--reason", "real", "--verdict", "true-positive"),
                 "kpi/K12", lambda b: b["value"] == 100),
                (("incident", "resolve", incident, "--cause-class", "human-errors", "--cause", "x", "--reason", "y"),
                 "kpi/K10", lambda b: b["value"] == 1),
                (("incident", "close", incident, "--waiver", "a test"), "kpi/K10", lambda b: b["value"] == 0)]:
            begin = time.monotonic()
            d.ctl(*words)
            message, _ = s.until(lambda m: m["topic"] == topic and holds(m["body"]))
            took = time.monotonic() - begin
            assert took < 2, f"{' '.join(words)}: the figure came after {took:.1f} s"
            told = [r for r in d.rows("kpi", topic[4:]) if r["severity"] == ""][0]
            for key in ("value", "n", "open"):
                assert message["body"][key] == told[key], (topic, key, message["body"], told)


def an_incident_that_opens_changes_the_figures_too():
    with Daemon({"a.yml": GRAVE}, settings={"kpi": {"interval": "1s"}}) as d, Subscriber(d, "kpi/K09") as s:
        begin = time.monotonic()
        d.tcp(line("192.0.2.7", 0))
        s.until(lambda m: m["topic"] == "kpi/K09" and m["body"]["value"] == 1)
        assert time.monotonic() - begin < 4


def a_nonconformity_past_its_date_is_counted_as_overdue():
    sources = [{"name": "fw", "hostname": "fw", "required": True, "silence": "1s"}]
    settings = {"kpi": {"interval": "200ms"}}
    with Daemon({"a.yml": GRAVE}, sources=sources, settings=settings) as d, Subscriber(d, "kpi/K28") as s:
        n = d.until(lambda: d.rows("nonconformity list"))[0]["id"]
        in_time, _ = s.until(lambda m: m["topic"] == "kpi/K28/minor" and m["body"]["value"] == 1)
        assert in_time["body"]["note"] == "0 overdue", in_time
        due = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=4)
        d.ctl("nonconformity", "confirm", n, "--grade", "major", "--due", due.isoformat())
        in_time, _ = s.until(lambda m: m["topic"] == "kpi/K28/major")
        assert in_time["body"]["note"] == "0 overdue", in_time
        s.until(lambda m: m["topic"] == "kpi/K28/major" and m["body"]["note"] == "1 overdue")
        assert datetime.datetime.now(datetime.timezone.utc) >= due
        told = {r["severity"]: r for r in d.rows("kpi", "K28")}
        assert told[""]["value"] == told["major"]["value"] == 1 and told[""]["note"] == told["major"]["note"] == "1 overdue"
        assert "minor" not in told, told
        d.stop()
        d.start()
        assert d.rows("kpi", "K28")[0]["note"] == "1 overdue", "it is the record that says so"


def who_comes_late_gets_the_last_value():
    with Daemon({"a.yml": GRAVE}, settings=EVERY_HOUR) as d:
        with Subscriber(d, "kpi/K10") as first:
            seen = first.take()
        with Subscriber(d, "kpi/") as late:
            message, before = late.until(lambda m: m["topic"] == "kpi/K10")
            assert message == seen, "the value was sent again as it was, with its number"
        assert d.counter("published_again") > 0


def sequence_numbers_show_that_nothing_is_missing():
    with Daemon({"a.yml": GRAVE}, settings={"kpi": {"interval": "100ms"}}) as d, Subscriber(d, "kpi/K10") as s:
        seqs = [s.until(lambda m: m["topic"] == "kpi/K10")[0]["seq"] for _ in range(15)]
        seqs = seqs[seqs[:2].count(seqs[0]) - 1:]  # the last value is sent again to who is new, with its own number
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), seqs


def a_stratum_that_empties_is_told_once_more():
    with Daemon({"a.yml": GRAVE}, settings=EVERY_HOUR) as d, Subscriber(d, "kpi/K10/S2") as s:
        d.tcp(line("192.0.2.7", 0))
        incident = d.until(lambda: d.rows("incident list"))[0]["id"]
        d.ctl("incident", "ack", incident)
        s.until(lambda m: m["body"]["value"] == 1)
        d.ctl("incident", "decide", incident, "rejected", "--reason", "a drill", "--verdict", "test")
        s.until(lambda m: m["body"]["value"] == 0)
        assert [r["severity"] for r in d.rows("kpi K10")] == [""], "a list leaves empty strata out"


def what_happens_to_records_is_published_under_their_names():
    with Daemon({"a.yml": GRAVE}, settings=EVERY_HOUR) as d, Subscriber(d, "incident/", "alert/") as s:
        d.tcp(line("192.0.2.7", 0))
        incident = d.until(lambda: d.rows("incident list"))[0]
        opened, _ = s.until(lambda m: m["topic"] == f"incident/{incident['id']}")
        assert opened["body"]["verb"] == "opened" and opened["body"]["severity"] == "S2"
        d.ctl("incident", "ack", incident["id"])
        acked, before = s.until(lambda m: m["topic"].startswith("incident/") and m["seq"] == opened["seq"] + 1)
        assert acked["body"]["verb"] == "acknowledged", acked
        assert all(m == opened for m in before if m["topic"] == opened["topic"]), "only the last value is sent again"
        d.ctl("incident", "contain", incident["id"], check=False)
        d.ctl("incident", "comment", incident["id"], "seen")
        after, _ = s.until(lambda m: m["topic"].startswith("incident/"))
        assert after["body"]["verb"] == "commented", "a move that was refused is not published"


def with_keys_only_who_has_them_reads_along():
    with Daemon({"a.yml": GRAVE}, start=False, settings=EVERY_HOUR) as d:
        (d.dir / "secret").write_text("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6")
        (d.dir / "secret").chmod(0o600)
        d.settings["publish"]["curve_secret_file"] = str(d.dir / "secret")
        d.start()
        (d.dir / "own").write_text("D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs")
        endpoint = d.status()["publishes_at"]
        base = [BIN / "ismsd-subscribe", endpoint, "kpi/", "--count", "1", "--seconds"]
        keys = ["--server-key", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", "--secret-file", d.dir / "own"]
        r = subprocess.run([*base, "20", *keys], capture_output=True, text=True)
        assert r.returncode == 0 and json.loads(r.stdout)["topic"].startswith("kpi/"), r
        r = subprocess.run([*base, "2"], capture_output=True, text=True)
        assert r.returncode == 1 and r.stdout == "", "somebody without keys reads along"


def a_key_others_may_read_stops_the_start():
    with Daemon({"a.yml": GRAVE}, start=False) as d:
        (d.dir / "secret").write_text("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6")
        (d.dir / "secret").chmod(0o644)
        d.settings["publish"]["curve_secret_file"] = str(d.dir / "secret")
        assert d.fails_to_start() == 1
        assert "chmod 600" in d.log.read_text()


run([every_kpi_arrives_by_itself_and_is_what_ismsctl_says,
     a_move_changes_the_figures_within_two_seconds,
     an_incident_that_opens_changes_the_figures_too,
     a_nonconformity_past_its_date_is_counted_as_overdue,
     who_comes_late_gets_the_last_value,
     sequence_numbers_show_that_nothing_is_missing,
     a_stratum_that_empties_is_told_once_more,
     what_happens_to_records_is_published_under_their_names,
     with_keys_only_who_has_them_reads_along,
     a_key_others_may_read_stops_the_start])
