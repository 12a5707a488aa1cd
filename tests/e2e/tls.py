"""TLS syslog (RFC 5425): who is let in, who is not and is told why, and that a reload costs nobody a connection."""
import os
import random
import signal
import socket
import ssl
import time
import warnings

from certificates import fingerprint, make, make_ca, path
from daemon import Daemon, octet, run
from threshold_rules import FAILED_LOGIN, line

warnings.filterwarnings("ignore", category=DeprecationWarning)
ANY_EVENT = FAILED_LOGIN.replace("{auth_result: failure, src_ip|exists: true}", "{app_name: sshd}")


def make_all():
    make_ca("ca")
    make_ca("other")
    make("server", "ca", "DNS:localhost")
    make("server2", "ca", "DNS:localhost")
    make("good", "ca", "DNS:a.example.org")
    make("two", "ca", "DNS:a.b.example.org")
    make("bare", "ca", "DNS:example.org")
    make("star", "ca", "DNS:*.example.org")
    make("exact", "ca", "DNS:logs.example.net")
    make("address", "ca", "IP:192.0.2.7")
    make("common", "ca", cn="c.example.org")
    make("hidden", "ca", "DNS:x.example.com", cn="a.example.org")
    make("expired", "ca", "DNS:a.example.org", expired=True)
    make("stranger", "other", "DNS:a.example.org")


def tls_input(**tls):
    tls = {"certificate": path("server.pem"), "key": path("server.key"), "ca": path("ca.pem"), **tls}
    return {"name": "tls", "type": "tcp", "address": "127.0.0.1", "port": 0, "handshake_timeout": "2s",
            "tls": {k: v for k, v in tls.items() if v is not None}}


NAMES = {"clients": "name", "permitted": ["*.example.org", "logs.example.net", "192.0.2.7"]}


def daemon(**tls):
    return Daemon({"a.yml": ANY_EVENT}, inputs=[tls_input(**tls)],
                  settings={"alerts": {"group_by": ["peer_identity"]}})


def context(certificate=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.load_verify_locations(path("ca.pem"))
    if certificate:
        c.load_cert_chain(path(f"{certificate}.pem"), path(f"{certificate}.key"))
    return c


def connect(d, certificate=None, using=None):
    s = d.connect("tls")
    s.settimeout(30)
    return (using or context(certificate)).wrap_socket(s, server_hostname="localhost")


def figures(d):
    return next(r for r in d.rows("inputs") if r["name"] == "tls")


def is_refused(d, certificate=None, using=None):
    """Whether the handshake fails, or, in TLS 1.3, where the client is done first, what follows it."""
    before = figures(d)["handshakes_refused"]
    try:
        with connect(d, certificate, using) as s:
            s.sendall(octet(line("192.0.2.7", 1)))
            answer = s.recv(1)
            assert answer == b"", answer
    except (ssl.SSLError, ConnectionError):
        pass
    d.until(lambda: figures(d)["handshakes_refused"] == before + 1)
    return figures(d)["frames"] == 0


def identities(d):
    """The alerts as text, which are told apart by their events' identity."""
    return " ".join(map(str, d.rows("alert list --all --limit 10000")))


def send(d, certificate, n=1, using=None):
    with connect(d, certificate, using) as s:
        s.sendall(octet(*[line("192.0.2.7", k) for k in range(n)]))
        s.unwrap()


def a_permitted_name_is_let_in_and_becomes_a_field():
    with daemon(**NAMES) as d:
        names = {"good": "a.example.org", "exact": "logs.example.net", "address": "192.0.2.7", "common": "c.example.org"}
        for k, certificate in enumerate(names):
            send(d, certificate)
            d.until_events(k + 1)
        shown = identities(d)
        assert all(name in shown for name in names.values()), shown
        assert figures(d)["errors"] == 0 and figures(d)["handshakes_refused"] == 0


def tls_1_2_is_taken_as_1_3_is():
    with daemon(**NAMES) as d:
        for k, version in enumerate((ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)):
            c = context("good")
            c.minimum_version = c.maximum_version = version
            send(d, "good", using=c)
            d.until_events(k + 1)


def who_is_not_permitted_is_refused_and_told_by_fingerprint():
    reasons = {"expired": "certificate has expired", "stranger": "unable to get local issuer",
               "two": "none of its names is permitted", "bare": "none of its names is permitted",
               "star": "none of its names is permitted", "hidden": "none of its names is permitted"}
    with daemon(**NAMES) as d:
        for certificate, reason in reasons.items():
            assert is_refused(d, certificate), certificate
            log = d.log.read_text()
            assert f"TLS refused: {reason}" in log and fingerprint(certificate) in log, (certificate, log[-2000:])
        assert is_refused(d, None)
        assert "peer did not return a certificate" in d.log.read_text()
        send(d, "good")
        d.until_events(1)


def a_permitted_fingerprint_is_enough_and_any_other_is_not():
    permitted = [fingerprint("stranger"), fingerprint("expired").lower()]
    with daemon(clients="fingerprint", ca=None, permitted=permitted) as d:
        send(d, "stranger")
        d.until_events(1)
        send(d, "expired")
        d.until_events(2)
        assert fingerprint("stranger") in identities(d), identities(d)
    with daemon(clients="fingerprint", ca=None, permitted=permitted) as d:
        assert is_refused(d, "good") and is_refused(d, None)
        assert fingerprint("good") in d.log.read_text()


def any_valid_certificate_is_let_in_where_that_is_the_rule():
    with daemon(clients="certvalid") as d:
        send(d, "two")
        d.until_events(1)
        assert "a.b.example.org" in identities(d)
    with daemon(clients="certvalid") as d:
        assert is_refused(d, "stranger") and is_refused(d, "expired") and is_refused(d, None)


def no_certificate_is_asked_for_where_any_client_may_send():
    with daemon(clients="any", ca=None) as d:
        send(d, None)
        d.until_events(1)
        send(d, "stranger")
        d.until_events(2)


def tls_1_1_is_refused():
    c = context("good")
    c.minimum_version = ssl.TLSVersion.TLSv1
    c.maximum_version = ssl.TLSVersion.TLSv1_1
    c.set_ciphers("DEFAULT:@SECLEVEL=0")
    with daemon(**NAMES) as d:
        assert is_refused(d, "good", c)
        assert "unsupported protocol" in d.log.read_text(), d.log.read_text()[-1000:]


def what_is_no_tls_is_refused():
    with daemon(**NAMES) as d:
        with d.connect("tls") as s:
            s.sendall(line("192.0.2.7", 1))
            d.until(lambda: figures(d)["handshakes_refused"] == 1)
        assert figures(d)["frames"] == 0


def half_a_handshake_holds_its_place_for_no_longer_than_its_time():
    with daemon(**NAMES) as d:
        silent = [d.connect("tls") for _ in range(20)]
        dripping = d.connect("tls")
        d.until(lambda: figures(d)["connections"] == 21)
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(400)
        begin = time.monotonic()
        sent = 0
        while figures(d)["handshakes_late"] < 21 and time.monotonic() - begin < 30:
            try:
                dripping.send(hello[sent:sent + 1])
                sent += 1
            except ConnectionError:
                pass
            time.sleep(0.05)
        assert figures(d)["handshakes_late"] == 21 and figures(d)["connections"] == 0, figures(d)
        for s in (*silent, dripping):
            s.close()
        send(d, "good")
        d.until_events(1)


def who_only_knocks_gives_way_to_a_newcomer():
    with Daemon({"a.yml": ANY_EVENT}, settings={"daemon": {"lanes": 1}},
                inputs=[{**tls_input(**NAMES), "connections_max": 4, "handshake_timeout": "1h"}]) as d:
        knocking = [d.connect("tls") for _ in range(4)]
        d.until(lambda: figures(d)["connections"] == 4)
        send(d, "good")
        d.until_events(1)
        assert figures(d)["handshakes_late"] == 1 and figures(d)["refused"] == 0
        for s in knocking:
            s.close()


def frames_cut_anywhere_over_records_are_whole():
    message = b"<86>1 2026-03-01T12:00:00Z h1 sshd - - - " + b"x" * 20000
    data = octet(line("192.0.2.7", 1).rstrip(b"\n"), message, line("192.0.2.7", 2).rstrip(b"\n"))
    with daemon(**NAMES) as d:
        with connect(d, "good") as s:
            for size in (1, 700):
                part = data[:300] if size == 1 else data[300:]
                for at in range(0, len(part), size):
                    s.sendall(part[at:at + size])
            d.until_events(3)
            s.sendall(data * 100)
            d.until_events(303)
        assert figures(d)["truncated"] == 0 and figures(d)["unfinished"] == 0


def what_comes_at_once_is_taken_at_once_however_it_is_cut_into_records():
    message = line("192.0.2.7", 1).rstrip(b"\n")
    sizes = random.Random(1)
    n = 0
    with daemon(**NAMES) as d:
        with connect(d, "good") as s:
            for longest in (50, 300, 5000, 60000):
                messages = [message + b"x" * sizes.randint(0, longest) for _ in range(2000000 // longest)]
                stream = octet(*messages)
                at = 0
                while at < len(stream):
                    size = sizes.randint(1, longest)
                    s.sendall(stream[at:at + size])
                    at += size
                n += len(messages)
                d.until_events(n)
        assert figures(d)["truncated"] == 0 and figures(d)["unfinished"] == 0


def lines_are_an_option_and_without_it_they_are_marked_and_told():
    with daemon(**NAMES) as d:
        with connect(d, "good") as s:
            s.sendall(octet(line("192.0.2.7", 1)) + line("192.0.2.7", 2))
            d.until_events(2)
        assert "octet counting was expected" in d.log.read_text()
    with Daemon({"a.yml": ANY_EVENT}, inputs=[{**tls_input(**NAMES), "framing": "auto"}]) as d:
        with connect(d, "good") as s:
            s.sendall(octet(line("192.0.2.7", 1)) + line("192.0.2.7", 2))
            d.until_events(2)
        assert "octet counting was expected" not in d.log.read_text()


def an_end_without_farewell_is_counted_and_what_was_begun_is_kept():
    with daemon(**NAMES) as d:
        s = connect(d, "good")
        s.sendall(octet(line("192.0.2.7", 1))[:-5])
        d.until(lambda: figures(d)["bytes"] > 0)
        socket.socket(fileno=s.detach()).close()
        d.until_events(1)
        assert figures(d)["unfinished"] == 1
        d.until(lambda: figures(d)["errors"] == 1)


def a_farewell_is_an_end_though_the_socket_stays():
    with daemon(**NAMES) as d:
        s = connect(d, "good")
        s.sendall(octet(line("192.0.2.7", 1)))
        raw = s.unwrap()
        assert raw.recv(1) == b""
        d.until_events(1)
        assert figures(d)["errors"] == 0
        raw.close()


def serial(d):
    with connect(d, "good") as s:
        return s.getpeercert()["serialNumber"]


def a_reload_takes_the_new_certificate_and_costs_no_connection():
    for name in ("server.pem", "server.key"):
        with open(path(name)) as f, open(path("live" + name[6:]), "w") as g:
            g.write(f.read())
    os.chmod(path("live.key"), 0o600)
    with daemon(**{**NAMES, "certificate": path("live.pem"), "key": path("live.key")}) as d:
        with connect(d, "good") as s:
            s.sendall(octet(line("192.0.2.7", 1)))
            d.until_events(1)
            before = serial(d)
            for ending in ("pem", "key"):
                with open(path(f"server2.{ending}")) as f, open(path(f"live.{ending}"), "w") as g:
                    g.write(f.read())
            d.process.send_signal(signal.SIGHUP)
            d.until(lambda: "certificate, key and CA are read again" in d.log.read_text())
            d.until(lambda: serial(d) != before)
            s.sendall(octet(line("192.0.2.7", 2)))
            d.until_events(2)
            after = serial(d)
            with open(path("live.key"), "w") as g:
                g.write("no key\n")
            d.process.send_signal(signal.SIGHUP)
            d.until(lambda: "the certificate of before goes on" in d.log.read_text())
            assert serial(d) == after
            s.sendall(octet(line("192.0.2.7", 3)))
            d.until_events(3)


def a_key_that_others_may_read_is_not_used_and_the_daemon_says_so():
    with open(path("server.key")) as f, open(path("open.key"), "w") as g:
        g.write(f.read())
    os.chmod(path("open.key"), 0o644)
    with daemon(**{**NAMES, "key": path("open.key")}) as d:
        with d.connect("tls") as s:
            assert s.recv(1) == b""
        assert "is not its owner's alone" in d.log.read_text()
        d.until(lambda: figures(d)["refused"] == 1)
        os.chmod(path("open.key"), 0o600)
        d.process.send_signal(signal.SIGHUP)

        def works():
            try:
                send(d, "good")
                return True
            except (ssl.SSLError, ConnectionError):
                return False
        d.until(works)


def a_balancer_s_header_comes_before_tls():
    proxied = {**tls_input(**NAMES), "proxy_from": ["127.0.0.0/8"]}
    with Daemon({"a.yml": ANY_EVENT}, inputs=[proxied], settings={"alerts": {"group_by": ["peer_identity"]}}) as d:
        raw = d.connect("tls")
        raw.sendall(b"PROXY TCP4 192.0.2.99 198.51.100.1 40022 6514\r\n")
        with context("good").wrap_socket(raw, server_hostname="localhost") as s:
            s.sendall(octet(line("192.0.2.7", 1)))
            d.until_events(1)
        assert "a.example.org" in identities(d)
        raw = d.connect("tls")
        raw.sendall(b"PROXY TCP4 192.0.2.98 198.51.100.1 40022 6514\r\n")
        try:
            with context("two").wrap_socket(raw, server_hostname="localhost") as s:
                s.recv(1)
        except (ssl.SSLError, ConnectionError):
            pass
        d.until(lambda: figures(d)["handshakes_refused"] == 1)
        assert "192.0.2.98 port 40022: TLS refused" in d.log.read_text()


def many_connections_at_once_lose_nothing():
    with daemon(**NAMES) as d:
        c = context("good")
        sockets = [connect(d, using=c) for _ in range(150)]
        for _ in range(4):
            for s in sockets:
                s.sendall(octet(line("192.0.2.7", 1)))
        for s in sockets:
            s.unwrap()
            s.close()
        d.until_events(600)
        d.until(lambda: figures(d)["connections"] == 0)
        assert figures(d)["accepted"] == 150 and figures(d)["errors"] == 0


make_all()
run([a_permitted_name_is_let_in_and_becomes_a_field,
     tls_1_2_is_taken_as_1_3_is,
     who_is_not_permitted_is_refused_and_told_by_fingerprint,
     a_permitted_fingerprint_is_enough_and_any_other_is_not,
     any_valid_certificate_is_let_in_where_that_is_the_rule,
     no_certificate_is_asked_for_where_any_client_may_send,
     tls_1_1_is_refused,
     what_is_no_tls_is_refused,
     half_a_handshake_holds_its_place_for_no_longer_than_its_time,
     who_only_knocks_gives_way_to_a_newcomer,
     frames_cut_anywhere_over_records_are_whole,
     what_comes_at_once_is_taken_at_once_however_it_is_cut_into_records,
     lines_are_an_option_and_without_it_they_are_marked_and_told,
     an_end_without_farewell_is_counted_and_what_was_begun_is_kept,
     a_farewell_is_an_end_though_the_socket_stays,
     a_reload_takes_the_new_certificate_and_costs_no_connection,
     a_key_that_others_may_read_is_not_used_and_the_daemon_says_so,
     a_balancer_s_header_comes_before_tls,
     many_connections_at_once_lose_nothing])
