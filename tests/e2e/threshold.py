"""Counting is exact: as many alerts as the threshold calls for, whatever the number of senders or connections."""
import subprocess
import sys
import threading

from daemon import Daemon, corpus, run
from threshold_rules import FAILED_LOGIN, GUESSING, fired, line

KEYWORD = """
title: Failed ssh password, as text
id: 11111111-1111-4111-8111-111111111111
name: failed_login
status: test
level: low
logsource: {product: linux, service: sshd}
detection:
  keywords:
    '|re': '%s'
  condition: keywords
"""


def every_attacker_is_reported_however_many_there_are():
    for n in (1, 10, 50, 200, 1000, 2000):
        with Daemon({"a.yml": FAILED_LOGIN, "b.yml": GUESSING % "120s"}) as d:
            for i in range(n):
                address = f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"
                d.tcp(b"".join(line(address, i * 12 + k) for k in range(12)))
            d.until_events(12 * n)
            d.until(lambda: fired(d) >= n)
            groups = {a["group"] for a in d.rows("alert list", "--limit", "10000") if a["title"] == "Password guessing"}
            assert len(groups) == n, f"{len(groups)} of {n} attackers reported"
            assert fired(d) == n, f"{fired(d)} alarms for {n} attackers"


def two_bursts_far_apart_by_their_own_stamps_do_not_add_up():
    with Daemon({"a.yml": FAILED_LOGIN, "b.yml": GUESSING % "120s"}) as d:
        d.tcp(b"".join(line("192.0.2.7", k) for k in range(5)))
        d.tcp(b"".join(line("192.0.2.7", 600 + k) for k in range(5)))
        d.tcp(b"".join(line("192.0.2.8", 700 + k) for k in range(8)))
        d.until_events(18)
        d.until(lambda: fired(d) >= 1)
        assert fired(d) == 1, "ten failures over ten minutes are no eight within two"


def send(d, lines):
    with d.connect() as s:
        s.sendall(b"".join(lines))


def count_the_corpus(connections):
    data = corpus()
    if data is None:
        return "skipped: no corpus"
    pattern = (data / "logs/patterns/bench1000.tsv").read_text().split("\n")[0].split("\t")[2]
    lines = subprocess.run([sys.executable, data / "logs/amplify.py", "--n", "300000", "--frame", "3164"],
                           capture_output=True, check=True).stdout.splitlines(keepends=True)
    rule = KEYWORD % pattern.replace("'", "''")
    with Daemon({"a.yml": rule, "b.yml": GUESSING % "30d"}, settings={"alerts": {"fold_window": "0s"}}) as d:
        senders = [threading.Thread(target=send, args=(d, lines[i::connections])) for i in range(connections)]
        for s in senders:
            s.start()
        for s in senders:
            s.join()
        d.until_events(300000)
        d.until(lambda: fired(d) >= 993)
        assert fired(d) == 993, f"{fired(d)} alerts, 993 is right"
        hits = next(r["matches"] for r in d.rows("rules status") if r["id"].startswith("1111"))
        assert hits == 12253, f"{hits} hits, 12253 is right"
        d.verify()
    return None


def three_hundred_thousand_lines_over_one_connection_give_993_alerts():
    return count_the_corpus(1)


def three_hundred_thousand_lines_over_four_connections_give_993_alerts():
    return count_the_corpus(4)


run([every_attacker_is_reported_however_many_there_are,
     two_bursts_far_apart_by_their_own_stamps_do_not_add_up,
     three_hundred_thousand_lines_over_one_connection_give_993_alerts,
     three_hundred_thousand_lines_over_four_connections_give_993_alerts])
