"""Every way in: what is sent is what is counted, none lost, none split, none invented."""
import base64
import json
import os
import socket

from daemon import Daemon, octet, run
from threshold_rules import FAILED_LOGIN, line

TCP = {"name": "tcp", "type": "tcp", "address": "127.0.0.1", "port": 0}
UDP = {"name": "udp", "type": "udp", "address": "127.0.0.1", "port": 0}


def messages(n, begin=0):
    return [line("192.0.2.7", begin + k).rstrip(b"\n") for k in range(n)]


def figures(d, name):
    return next(r for r in d.rows("inputs") if r["name"] == name)


def kept(d):
    """The raw bytes of every detection on record, in order."""
    alerts = d.rows("alert list --all --limit 10000")
    lines = [json.loads(r["line"]) for a in alerts for r in d.rows("alert show", a["id"]) if r.get("section") == "evidence"]
    events = [e.get("event", e) for e in lines]
    return [base64.b64decode(e["raw_b64"]) if "raw_b64" in e else e["raw"].encode() for e in events]


def udp_is_one_event_a_datagram():
    with Daemon({"a.yml": FAILED_LOGIN}, inputs=[UDP]) as d:
        d.udp(*messages(200))
        d.until_events(200)
        assert figures(d, "udp")["frames"] == 200 and figures(d, "udp")["dropped"] == 0
        d.udp(b"<86>two lines\nin one datagram\n")
        d.until_events(201)


def tcp_takes_octet_counted_and_lines_also_mixed():
    with Daemon({"a.yml": FAILED_LOGIN}, inputs=[TCP]) as d:
        n = 0
        for data, more in [(b"".join(m + b"\n" for m in messages(100)), 100),
                           (octet(*messages(100)), 100),
                           (b"".join(octet(m) if k % 2 else m + b"\n" for k, m in enumerate(messages(100))), 100),
                           (octet(b"<86>1 - - - - - - first\nsecond") + b"<86>third\r\n\n\n", 2)]:
            d.tcp(data)
            n += more
            d.until_events(n)
        assert figures(d, "tcp")["frames"] == n


def a_stream_cut_anywhere_is_the_same_stream():
    data = b"".join(octet(m) if k % 3 else m + b"\n" for k, m in enumerate(messages(30)))
    with Daemon({"a.yml": FAILED_LOGIN}, inputs=[TCP]) as d:
        with d.connect() as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(0, len(data), 7):
                s.sendall(data[i:i + 7])
        d.until_events(30)
        alert, = d.rows("alert list --all")
        assert alert["count"] == 30


def what_is_too_long_is_cut_once_and_counted():
    anything = FAILED_LOGIN.replace("{auth_result: failure, src_ip|exists: true}", "{app_name: sshd}")
    with Daemon({"a.yml": anything}, inputs=[{**TCP, "frame_max": "1KiB"}, {**UDP, "frame_max": "1KiB"}]) as d:
        long = b"<86>1 2026-03-01T12:00:00Z h1 sshd - - - " + b"x" * 5000
        d.tcp(long + b"\n" + octet(long) + line("192.0.2.7", 1))
        d.until_events(3)
        assert figures(d, "tcp")["truncated"] == 2, figures(d, "tcp")
        d.udp(long)
        d.until_events(4)
        assert figures(d, "udp")["truncated"] == 1
        assert sorted(map(len, kept(d)))[-3:] == [1024] * 3, sorted(map(len, kept(d)))


def half_a_frame_at_the_close_is_an_event_and_marked():
    with Daemon({"a.yml": FAILED_LOGIN}, inputs=[TCP]) as d:
        for data in (line("192.0.2.7", 0)[:-1], octet(messages(1)[0])[:-5]):
            with d.connect() as s:
                s.sendall(data)
        d.until_events(2)
        assert figures(d, "tcp")["unfinished"] == 2


def a_unix_socket_is_one_event_a_datagram():
    with Daemon({"a.yml": FAILED_LOGIN}, start=False) as d:
        path = str(d.dir / "log.sock")
        d.settings["inputs"] = [{"name": "local", "type": "unix", "path": path}]
        d.start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            for m in messages(100):
                s.sendto(m, path)
        d.until_events(100)
        assert d.rows("alert list --all")[0]["count"] == 100
        d.stop()
        assert not os.path.exists(path) or d.start()


def a_file_is_followed_across_rotation():
    with Daemon({"a.yml": FAILED_LOGIN}, start=False) as d:
        path = d.dir / "app.log"
        path.write_bytes(b"".join(m + b"\n" for m in messages(10)))
        d.settings["inputs"] = [{"name": "file", "type": "file", "path": str(path), "from_start": True}]
        d.start()
        d.until_events(10)
        with open(path, "ab") as f:
            f.write(b"".join(m + b"\n" for m in messages(10)))
        d.until_events(20)
        old = open(path, "ab")
        path.rename(d.dir / "app.log.1")
        old.write(b"".join(m + b"\n" for m in messages(5)))
        old.flush()
        path.write_bytes(b"".join(m + b"\n" for m in messages(10)))
        old.close()
        d.until_events(35)
        with open(path, "ab") as f:
            f.write(messages(1)[0][:20])
            f.flush()
            f.write(messages(1)[0][20:] + b"\n")
        d.until_events(36)
        os.truncate(path, 0)
        with open(path, "ab") as f:
            f.write(b"".join(m + b"\n" for m in messages(3)))
        d.until_events(39)


def standard_input_is_read_to_its_end_and_the_daemon_stops():
    with Daemon({"a.yml": FAILED_LOGIN}, inputs=[{"name": "in", "type": "stdin"}], start=False) as d:
        source = d.dir / "stdin"
        source.write_bytes(b"".join(m + b"\n" for m in messages(999)) + messages(1)[0])
        with open(source, "rb") as f:
            assert d.runs_to_its_end(f) == 0
        assert "every input has come to its end" in d.log.read_text()
        d.settings["inputs"] = [UDP]
        d.start()
        alert, = d.rows("alert list --all")
        assert alert["count"] == 1000, f"{alert['count']} of 1000"
        d.verify()


def what_a_terminal_would_obey_is_shown_and_not_obeyed():
    evil = "<86>1 2026-03-01T12:00:00Z h sshd - - - Failed password for \x1b[2J\u202eroot from 192.0.2.7 port 1 ssh2"
    sources = [{"name": "evil \x1b[31m", "input": "tcp"}]
    rule = FAILED_LOGIN.replace("level: low", "level: high")
    with Daemon({"a.yml": rule}, inputs=[TCP], sources=sources, settings={"alerts": {"group_by": ["user"]}}) as d:
        d.tcp(evil.encode() + b"\n" + b"<86>1 - - - - - - \xff\xfe broken\n")
        d.until_events(2)
        incident = d.until(lambda: d.rows("incident list"))[0]["id"]
        d.ctl("incident", "comment", incident, "\x1b]0;owned\x07")
        alert = d.rows("alert list")[0]["id"]
        for words in (["alert", "list"], ["alert", "show", alert], ["incident", "list"], ["incident", "show", incident],
                      ["sources"], ["rules", "status"]):
            text = d.ctl(*words)
            bad = [c for c in text if (ord(c) < 32 and c != "\n") or 0x7f <= ord(c) < 0xa0 or c == "\u202e"]
            assert not bad, f"{words}: {bad!r}"
        assert "\\x1b]0;owned\\x07" in d.ctl("incident", "show", incident)
        log = d.log.read_bytes()
        assert b"\x1b" not in log, "the daemon's own log holds an escape sequence"
        d.verify()


def many_connections_at_once_lose_nothing():
    with Daemon({"a.yml": FAILED_LOGIN}, inputs=[TCP]) as d:
        sockets = [d.connect() for _ in range(200)]
        for round in range(5):
            for k, s in enumerate(sockets):
                s.sendall(octet(messages(1, k)[0]) if k % 2 else line("192.0.2.7", k))
        for s in sockets:
            s.close()
        d.until_events(1000)
        assert sum(a["count"] for a in d.rows("alert list --all --limit 10000")) == 1000
        assert figures(d, "tcp")["accepted"] == 200
        d.until(lambda: figures(d, "tcp")["connections"] == 0)


run([udp_is_one_event_a_datagram,
     tcp_takes_octet_counted_and_lines_also_mixed,
     a_stream_cut_anywhere_is_the_same_stream,
     what_is_too_long_is_cut_once_and_counted,
     half_a_frame_at_the_close_is_an_event_and_marked,
     a_unix_socket_is_one_event_a_datagram,
     a_file_is_followed_across_rotation,
     standard_input_is_read_to_its_end_and_the_daemon_stops,
     what_a_terminal_would_obey_is_shown_and_not_obeyed,
     many_connections_at_once_lose_nothing])
