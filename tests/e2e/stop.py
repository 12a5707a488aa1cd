"""SIGTERM under load: what a sender was done with before the stop is on record after it."""
import signal
import socket
import threading

from daemon import Daemon, octet, run
from threshold_rules import FAILED_LOGIN, line


def sent_and_closed(d, n, framed):
    data = b"".join(octet(line("192.0.2.7", k).rstrip(b"\n")) if framed else line("192.0.2.7", k) for k in range(n))
    with d.connect() as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)


def recorded(d):
    return sum(a["count"] for a in d.rows("alert list --all --limit 10000"))


def what_was_sent_before_the_close_is_recorded():
    for framed in (False, True):
        with Daemon({"a.yml": FAILED_LOGIN}) as d:
            senders = [threading.Thread(target=sent_and_closed, args=(d, 5000, framed)) for _ in range(4)]
            for s in senders:
                s.start()
            for s in senders:
                s.join()
            d.stop()
            d.start()
            assert recorded(d) == 20000, f"{recorded(d)} of 20000"
            assert "stopped" in d.log.read_text()
            d.verify()


def connections_that_stay_open_do_not_keep_it():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        idle = [d.connect() for _ in range(20)]
        idle[0].sendall(line("192.0.2.7", 0) + b"<86>half a li")
        d.until(lambda: d.status()["events"] >= 1)
        d.stop()
        d.start()
        for s in idle:
            s.close()
        assert recorded(d) == 1
        d.verify()


def a_sender_that_never_ends_does_not_keep_it():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        stopped = threading.Event()
        done = [0]

        def send():
            try:
                with d.connect() as s:
                    while not stopped.is_set():
                        s.sendall(b"".join(line("192.0.2.7", k) for k in range(100)))
                        done[0] += 100
            except OSError:
                pass  # the daemon closed: that is what is tested

        sender = threading.Thread(target=send)
        sender.start()
        d.until(lambda: d.status()["events"] > 1000)
        d.stop()
        stopped.set()
        sender.join()
        d.start()
        assert recorded(d) > 1000
        d.verify()


def an_interrupt_is_a_stop_too_and_twice_does_no_harm():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        d.close()
        d.process.send_signal(signal.SIGINT)
        d.process.send_signal(signal.SIGTERM)
        assert d.process.wait(60) == 0
        d.process = None
        d.start()
        assert recorded(d) == 1


def the_stop_and_the_start_are_on_record():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        d.stop()
        assert not (d.dir / "state/records.db-wal").exists(), "a copy of records.db alone would hold nothing"
        before = d.verify()
        d.start()
        assert "ended without a stop" not in d.log.read_text()
        d.kill()
        d.start()
        assert "ended without a stop" in d.log.read_text()
        assert d.verify()["entries"] > before["entries"]


def a_second_daemon_leaves_the_first_alone():
    with Daemon({"a.yml": FAILED_LOGIN}) as d:
        first = d.process
        seen = len(d.log.read_text())
        assert d.fails_to_start() != 0
        assert "another" in d.log.read_text()[seen:]
        d.process = first
        d.tcp(line("192.0.2.7", 0))
        d.until_events(1)
        d.verify()


def a_second_daemon_does_not_share_the_ports_of_the_first():
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", 0))
        ports = {"udp": udp.getsockname()[1], "tcp": tcp.getsockname()[1]}
    inputs = [{"name": f"from-{k}", "type": k, "address": "127.0.0.1", "port": port} for k, port in ports.items()]
    with Daemon({"a.yml": FAILED_LOGIN}, inputs=inputs) as d, Daemon({"a.yml": FAILED_LOGIN}, inputs=inputs, start=False) as other:
        assert other.fails_to_start() == 1
        log = other.log.read_text()
        for k, port in ports.items():
            assert f"input 'from-{k}' ({k} 127.0.0.1:{port}): Address already in use" in log, log
        assert not (other.dir / "state").exists() and not (other.dir / "ctl.sock").exists()
        for second in range(20):
            with d.connect("from-tcp") as s:
                s.sendall(line("192.0.2.7", second))
        d.until_events(20)


run([what_was_sent_before_the_close_is_recorded,
     connections_that_stay_open_do_not_keep_it,
     a_sender_that_never_ends_does_not_keep_it,
     an_interrupt_is_a_stop_too_and_twice_does_no_harm,
     the_stop_and_the_start_are_on_record,
     a_second_daemon_leaves_the_first_alone,
     a_second_daemon_does_not_share_the_ports_of_the_first])
