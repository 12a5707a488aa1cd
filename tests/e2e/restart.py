"""What was accepted survives: windows, alerts, records; kill -9 included."""
from daemon import Daemon, run
from threshold_rules import FAILED_LOGIN, GUESSING, fired, line


def five_failures_then_kill_then_three_more_raise_the_alarm_once():
    with Daemon({"a.yml": FAILED_LOGIN, "b.yml": GUESSING % "120s"}) as d:
        d.tcp(b"".join(line("192.0.2.7", k) for k in range(5)))
        d.until_events(5)
        d.kill()
        d.start()
        d.tcp(b"".join(line("192.0.2.7", 10 + k) for k in range(3)))
        d.until_events(3)
        d.until(lambda: fired(d) >= 1)
        assert fired(d) == 1
        d.kill()
        d.start()
        d.tcp(line("192.0.2.7", 20))
        d.until_events(1)
        assert fired(d) == 1, "the alarm came again"
        d.verify()


def an_alert_that_was_open_goes_on_counting_after_a_stop():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        d.tcp(b"".join(line("192.0.2.7", k) for k in range(150)))
        d.until_events(150)
        d.stop()
        d.start()
        d.tcp(b"".join(line("192.0.2.7", 200 + k) for k in range(7)))
        d.until_events(7)
        alerts = d.until(lambda: [a for a in d.rows("alert list") if a["count"] == 157])
        assert len(alerts) == 1 and alerts[0]["kept"] == 100
        shown = d.rows("alert show", alerts[0]["id"])
        assert shown[0]["folded"] == 57
        d.verify()


run([five_failures_then_kill_then_three_more_raise_the_alarm_once,
     an_alert_that_was_open_goes_on_counting_after_a_stop])
