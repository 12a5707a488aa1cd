"""RELP: what senders are told has arrived is on record: over a disk that fails, stops, and kill -9 at any instant."""
import random
import re
import resource
import signal
import socket
import ssl
import time

import certificates
from daemon import Daemon, run
from recording import ANY
from relp_sender import Broken, Sender, frame

KIB = 1 << 10
NAMES = {"clients": "name", "permitted": ["*.example.org"]}


def daemon(batches=64, relp=None, **settings):
    return Daemon({"any.yml": ANY}, inputs=[{"name": "relp", "type": "relp", "address": "127.0.0.1", "port": 0, **(relp or {})}],
                  settings={"daemon": {"batches_per_lane": batches, "lanes": 2},
                            "alerts": {"detections_kept": 100000}, **settings})


def message(n):
    return b"<86>1 2026-03-01T12:00:00Z h1 sshd - - - number %d." % n


def messages(n, first=0):
    return [message(k) for k in range(first, first + n)]


def numbers_of(sent):
    return {int(m.rpartition(b" ")[2].rstrip(b".")) for m in sent}


def numbers_on_record(d):
    """Of every event in evidence, which verify() has compared with what is recorded."""
    d.verify()
    text = b"".join(p.read_bytes() for p in (d.dir / "state/evidence").iterdir())
    return [int(k) for k in re.findall(rb'"raw":"[^"]*number (\d+)\."', text)]


def figures(d):
    return next(r for r in d.rows("inputs") if r["name"] == "relp")


def connect(d, **how):
    return Sender(d.address("relp"), **how)


def every_message_is_answered_and_on_record():
    with daemon() as d:
        with connect(d) as s:
            s.send(messages(5000))
            s.until_answered()
            assert s.close()
        assert sorted(numbers_on_record(d)) == list(range(5000))
        d.until(lambda: figures(d)["connections"] == 0)
        assert figures(d)["answered"] == 5000 and figures(d)["unanswered"] == 0 and figures(d)["bad_frames"] == 0


def what_causes_nothing_is_answered_without_waiting_for_a_commit():
    with daemon(store={"commit_interval": "10s"}) as d:
        with connect(d) as s:
            begin = time.monotonic()
            s.send([b"<14>1 - h1 cron - - - nothing"] * 1000)
            s.until_answered()
            assert time.monotonic() - begin < 5
        assert d.status()["events"] == 1000 and d.status()["detections"] == 0


def senders_that_wait_do_not_wait_for_the_interval():
    with daemon(store={"commit_interval": "10s"}) as d:
        with connect(d) as s:
            begin = time.monotonic()
            for k in range(10):
                s.send([message(k)])
                s.until_answered()
            assert time.monotonic() - begin < 5


def nothing_is_answered_while_it_cannot_be_recorded():
    with daemon(alerts={"detections_kept": 100000, "fold_window": "0s"}) as d:
        with connect(d) as s:
            s.send(messages(300))
            s.until_answered()
            hard = resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE, (64 * KIB, hard))
            s.send(messages(1000, 300))
            d.until(lambda: d.status()["recording"] == "no")
            end = time.monotonic() + 2
            before = len(s.answered)
            while time.monotonic() < end:
                s.turn(0.1)
            assert len(s.answered) == before, f"{len(s.answered) - before} answers while nothing could be written"
            assert len(s.unanswered) == 128
            resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
            s.until_answered()
        assert sorted(numbers_on_record(d)) == list(range(1300))
        assert d.counter("detections_lost") == 0


def a_stop_answers_what_it_took_and_says_farewell():
    with daemon() as d:
        with connect(d) as s:
            s.send(messages(2000))
            while len(s.answered) < 200:
                s.turn(1)
            d.process.send_signal(signal.SIGTERM)
            try:
                while True:
                    s.turn(1)
            except Broken:
                pass
            assert s.closed, "no serverclose"
            assert d.process.wait(60) == 0
            left = s.left()
        d.process = None
        d.start()
        with connect(d) as again:
            again.send(left)
            again.until_answered()
        on_record = numbers_on_record(d)
        assert set(on_record) == set(range(2000))
        return f"passed: {2000 - len(left)} answered before the stop, {len(on_record) - 2000} arrived twice"


def go_on_until_killed(d, s, rng):
    """Sends until the daemon is killed at some instant, also while it has only just begun to listen."""
    end = time.monotonic() + rng.uniform(0, 0.4)
    try:
        while time.monotonic() < end:
            s.turn(0.01)
    except Broken as e:
        raise AssertionError(f"broken before the kill: {e}") from e
    finally:
        d.kill()
    try:
        while True:
            s.turn(0)
    except Broken:
        pass


def no_answered_message_is_lost_to_kill_9_at_thirty_instants():
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    waiting, answered, n = [], set(), 0
    with daemon() as d:
        for k in range(30):
            waiting += messages(2000 - len(waiting), n)
            n = max(numbers_of(waiting)) + 1
            with connect(d) as s:
                s.send(waiting)
                go_on_until_killed(d, s, rng)
                answered |= numbers_of(s.answered)
                waiting = s.left()
            d.start()
            missing = answered - set(numbers_on_record(d)) if k % 10 == 9 else ()
            assert not missing, f"seed {seed}: {len(missing)} answered and not on record, as {sorted(missing)[:5]}"
        with connect(d) as s:
            s.send(waiting)
            s.until_answered()
            answered |= numbers_of(s.answered)
        on_record = numbers_on_record(d)
        assert answered == set(range(n)) and set(on_record) == answered, f"seed {seed}"
        assert sum(a["count"] for a in d.rows("alert list --all --limit 10000")) == len(on_record)
        return f"passed: {n} messages, {len(on_record) - n} of them twice (seed {seed})"


def many_sessions_at_once_lose_nothing():
    with daemon() as d:
        sessions = [connect(d) for _ in range(50)]
        for k, s in enumerate(sessions):
            s.send(messages(200, 200 * k))
        while any(s.unanswered or s.waiting for s in sessions):
            for s in sessions:
                s.turn(0)
        for s in sessions:
            assert s.close()
        assert sorted(numbers_on_record(d)) == list(range(10000))


def context(certificate):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.load_verify_locations(certificates.path("ca.pem"))
    c.load_cert_chain(certificates.path(f"{certificate}.pem"), certificates.path(f"{certificate}.key"))
    return c


def tls_shows_who_sends():
    certificates.make_ca("ca")
    certificates.make("server", "ca", "DNS:localhost")
    certificates.make("good", "ca", "DNS:a.example.org")
    certificates.make("bad", "ca", "DNS:a.example.net")
    tls = {"certificate": certificates.path("server.pem"), "key": certificates.path("server.key"),
           "ca": certificates.path("ca.pem"), **NAMES}

    def by(name):
        return lambda s: context(name).wrap_socket(s, server_hostname="localhost")

    with daemon(relp={"tls": tls}, alerts={"group_by": ["peer_identity"], "detections_kept": 100000}) as d:
        with connect(d, wrap=by("good")) as s:
            s.send(messages(3000))
            s.until_answered()
            assert s.close()
        assert "a.example.org" in str(d.rows("alert list")), d.rows("alert list")
        assert sorted(numbers_on_record(d)) == list(range(3000))
        try:
            connect(d, wrap=by("bad"), timeout=10)
            raise AssertionError("who is not permitted has a session")
        except (Broken, ssl.SSLError):
            pass
        d.until(lambda: figures(d)["handshakes_refused"] == 1)


def a_balancer_tells_whose_session_it_is():
    with daemon(relp={"proxy_from": ["127.0.0.0/8"], "allow": ["192.0.2.0/24"]}) as d:
        def through(s):
            s.sendall(b"PROXY TCP4 192.0.2.99 198.51.100.1 40022 20514\r\n")
            return s
        with connect(d, wrap=through) as s:
            s.send(messages(1))
            s.until_answered()
        text = b"".join(p.read_bytes() for p in (d.dir / "state/evidence").iterdir())
        assert b'"peer":"192.0.2.99"' in text


def what_is_no_relp_is_closed_and_told():
    with daemon() as d:
        with socket.create_connection(d.address("relp")) as s:
            s.sendall(b"<13>a line\n")
            assert s.recv(100) == frame(0, b"serverclose")
            assert s.recv(100) == b""
        assert figures(d)["bad_frames"] == 1 and "what it sent is no RELP" in d.log.read_text()


run([every_message_is_answered_and_on_record,
     what_causes_nothing_is_answered_without_waiting_for_a_commit,
     senders_that_wait_do_not_wait_for_the_interval,
     nothing_is_answered_while_it_cannot_be_recorded,
     a_stop_answers_what_it_took_and_says_farewell,
     no_answered_message_is_lost_to_kill_9_at_thirty_instants,
     many_sessions_at_once_lose_nothing,
     tls_shows_who_sends,
     a_balancer_tells_whose_session_it_is,
     what_is_no_relp_is_closed_and_told])
