"""Correlations of every kind in the whole daemon: what is told when a window closes, what survives a kill, lists."""
import time

from daemon import Daemon, run
from threshold_rules import FAILED_LOGIN, line

TRIED = """
title: Names tried
correlation:
  type: value_count
  rules: [failed_login]
  group-by: [src_ip]
  timespan: 1h
  condition: {field: src_port, gte: 4}
"""

QUIET = """
title: Too few
correlation:
  type: event_count
  rules: [failed_login]
  group-by: [src_ip]
  timespan: 1s
  condition: {lt: 3}
"""

LISTED = """
title: One of ours
id: 33333333-3333-4333-8333-333333333333
level: low
logsource: {product: linux, service: sshd}
detection:
  sel: {src_ip|expand: '%ours%'}
  condition: sel
"""

FILTER = """
title: Not from the scanner
logsource: {product: linux, service: sshd}
filter:
  rules: [33333333-3333-4333-8333-333333333333]
  scanner: {src_ip: 192.0.2.66}
  condition: not scanner
"""


def tried(address, second, port):
    return line(address, second).replace(b"port 4022", b"port %d" % port)


def titles(d):
    return sorted(a["title"] for a in d.rows("alert list", "--all", "--limit", "1000"))


def values_seen_before_a_kill_are_known_after_it():
    with Daemon({"a.yml": FAILED_LOGIN, "b.yml": TRIED}) as d:
        d.tcp(b"".join(tried("192.0.2.7", k, 1000 + k % 3) for k in range(30)))
        d.until_events(30)
        time.sleep(1.5)
        d.kill()
        d.start()
        d.tcp(b"".join(tried("192.0.2.7", 40 + k, 1000 + k % 3) for k in range(30)))
        d.until_events(30)
        assert titles(d) == [], "values that were seen before the kill counted again"
        d.tcp(tried("192.0.2.7", 80, 2000))
        d.until(lambda: titles(d) == ["Names tried"])
        d.verify()


def a_window_that_closes_with_too_little_is_told_and_on_record_without_an_event_of_its_own():
    settings = {"correlation": {"lateness": "0s"}}
    with Daemon({"a.yml": FAILED_LOGIN, "b.yml": QUIET}, settings) as d:
        d.tcp(line("192.0.2.7", 0))
        d.until(lambda: d.counter("correlator_fired") >= 2)
        alerts = d.rows("alert list")
        assert [a["title"] for a in alerts] == ["Too few"] and alerts[0]["count"] == 2, alerts
        assert alerts[0]["group"] == "src_ip=192.0.2.7", alerts
        d.rows("alert show", alerts[0]["id"])
        d.kill()
        d.start()
        time.sleep(3)
        assert d.rows("alert list")[0]["count"] == 2, "silence was told again"
        d.verify()


def lists_and_filters_take_effect_with_a_reload():
    with Daemon({"a.yml": LISTED, "f.yml": FILTER}, start=False) as d:
        d.settings["lists"] = [{"name": "ours", "file": "ours.txt"}]
        ours = d.dir / "ours.txt"
        ours.write_text("192.0.2.7\n192.0.2.66\n")
        d.start()
        d.tcp(line("192.0.2.7", 0) + line("192.0.2.8", 1) + line("192.0.2.66", 2))
        d.until_events(3)
        d.until(lambda: d.rows("alert list") and d.rows("alert list")[0]["count"] == 1)
        ours.write_text("192.0.2.7\n192.0.2.8\n192.0.2.66\n")
        d.ctl("reload")
        d.until(lambda: d.counter("reloads") == 1)
        d.tcp(line("192.0.2.8", 3) + line("192.0.2.66", 4))
        d.until_events(5)
        d.until(lambda: sum(a["count"] for a in d.rows("alert list")) == 2)
        d.verify()


run([values_seen_before_a_kill_are_known_after_it,
     a_window_that_closes_with_too_little_is_told_and_on_record_without_an_event_of_its_own,
     lists_and_filters_take_effect_with_a_reload])
