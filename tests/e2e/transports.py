"""Before the first message: who may send, who speaks for whom, and how much one may send."""
import json
import socket
import struct
import time

from daemon import Daemon, run
from threshold_rules import FAILED_LOGIN, line

TCP = {"name": "tcp", "type": "tcp", "address": "127.0.0.1", "port": 0}
UDP = {"name": "udp", "type": "udp", "address": "127.0.0.1", "port": 0}
BALANCED = {**TCP, "proxy_from": ["127.0.0.1"], "handshake_timeout": "1s"}
ANY_EVENT = FAILED_LOGIN.replace("{auth_result: failure, src_ip|exists: true}", "{app_name: [sshd, ismsd]}")
V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 40022 6514\r\n"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V2 = SIGNATURE + b"\x21\x11" + struct.pack(">H", 12 + 7) + bytes([192, 0, 2, 8, 198, 51, 100, 1]) + \
    struct.pack(">HH", 40022, 6514) + b"\x02\x00\x04host"
V2_6 = SIGNATURE + b"\x21\x21" + struct.pack(">H", 36) + socket.inet_pton(socket.AF_INET6, "2001:db8::7") + \
    socket.inet_pton(socket.AF_INET6, "2001:db8::1") + struct.pack(">HH", 1, 2)
LOCAL = SIGNATURE + b"\x20\x00\x00\x00"


def figures(d, name="tcp"):
    return next(r for r in d.rows("inputs") if r["name"] == name)


def kept(d, what):
    """That of every event on record."""
    lines = [json.loads(r["line"]) for a in d.rows("alert list --all --limit 10000")
             for r in d.rows("alert show", a["id"]) if r.get("section") == "evidence"]
    return sorted(e.get("event", e)[what] for e in lines)


def peers(d):
    return kept(d, "peer")


def daemon(*inputs):
    return Daemon({"a.yml": ANY_EVENT}, inputs=list(inputs))


def say(d, data, piece=None, name="tcp"):
    with d.connect(name) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), piece or len(data)):
            s.sendall(data[at:at + (piece or len(data))])
            if piece:
                time.sleep(0.002)


def a_balancer_s_header_tells_who_sends():
    with daemon(BALANCED) as d:
        say(d, V1 + line("203.0.113.1", 1))
        say(d, V2 + line("203.0.113.1", 2))
        say(d, V2_6 + line("203.0.113.1", 3))
        say(d, LOCAL + line("203.0.113.1", 4))
        say(d, V1 + line("203.0.113.1", 5), piece=1)
        say(d, V2 + line("203.0.113.1", 6), piece=1)
        d.until_events(6)
        assert peers(d) == sorted(["192.0.2.7", "192.0.2.8", "2001:db8::7", "127.0.0.1", "192.0.2.7", "192.0.2.8"]), peers(d)
        assert figures(d)["proxy_refused"] == 0


def a_balancer_without_its_header_is_refused_and_so_is_a_broken_one():
    with daemon(BALANCED) as d:
        bad = [line("203.0.113.1", 1), V1.replace(b"192.0.2.7", b"192.0.2.700") + line("203.0.113.1", 1),
               V1[:20], SIGNATURE + b"\x31\x11\x00\x00", b"PROXY UNKNOWN " + b"x" * 200]
        for k, data in enumerate(bad):
            say(d, data)
            d.until(lambda: figures(d)["proxy_refused"] == k + 1)
        assert figures(d)["frames"] == 0
        say(d, V1 + line("203.0.113.1", 1))
        d.until_events(1)


def half_a_header_holds_its_place_for_no_longer_than_its_time():
    with daemon(BALANCED) as d:
        sockets = [d.connect() for _ in range(5)]
        for s in sockets:
            s.sendall(V2[:15])
        d.until(lambda: figures(d)["handshakes_late"] == 5)
        for s in sockets:
            s.close()


def who_is_no_balancer_may_not_tell_for_others():
    with daemon({**TCP, "proxy_from": ["192.0.2.0/24"], "handshake_timeout": "100ms"}) as d:
        say(d, V1 + line("203.0.113.1", 1))
        d.until(lambda: figures(d)["proxy_refused"] == 1)
        say(d, V2 + line("203.0.113.1", 1))
        d.until(lambda: figures(d)["proxy_refused"] == 2)
        assert figures(d)["frames"] == 0
        with d.connect() as s:
            time.sleep(0.6)
            s.sendall(line("203.0.113.1", 1))
            d.until_events(1)
        assert peers(d) == ["127.0.0.1"] and figures(d)["handshakes_late"] == 0


def who_is_not_allowed_is_refused_whichever_way_he_comes():
    for inputs in ([{**TCP, "allow": ["192.0.2.0/24", "2001:db8::/32"]}, {**UDP, "allow": ["192.0.2.0/24"]}],
                   [{**TCP, "address": "::", "allow": ["192.0.2.0/24"]}, {**UDP, "address": "::", "allow": ["::1"]}]):
        with daemon(*inputs) as d:
            d.addresses = {"tcp": ("127.0.0.1", d.address("tcp")[1]), "udp": ("127.0.0.1", d.address("udp")[1])}
            say(d, line("203.0.113.1", 1))
            d.until(lambda: figures(d)["not_allowed"] == 1)
            d.udp(*[line("203.0.113.1", k) for k in range(10)])
            d.until(lambda: figures(d, "udp")["not_allowed"] == 10)
            assert d.status()["events"] == 0
            assert "in no network of 'allow'" in d.log.read_text()


def who_is_allowed_is_let_in_also_as_mapped_ipv4():
    with daemon({**TCP, "address": "::", "allow": ["127.0.0.0/8"]}, {**UDP, "address": "::", "allow": ["127.0.0.1"]}) as d:
        d.addresses = {"tcp": ("127.0.0.1", d.address("tcp")[1]), "udp": ("127.0.0.1", d.address("udp")[1])}
        say(d, line("203.0.113.1", 1))
        d.udp(line("203.0.113.1", 2))
        d.until_events(2)
        assert peers(d) == ["127.0.0.1", "127.0.0.1"]


def behind_a_balancer_the_sender_is_asked_about():
    with daemon({**BALANCED, "allow": ["192.0.2.7"]}) as d:
        say(d, V1 + line("203.0.113.1", 1))
        d.until_events(1)
        say(d, V2 + line("203.0.113.1", 1))
        d.until(lambda: figures(d)["not_allowed"] == 1)
        assert figures(d)["frames"] == 1


def what_one_sender_sends_too_much_is_counted_and_told():
    with Daemon({"a.yml": ANY_EVENT}, settings={"daemon": {"lanes": 1}}, inputs=[{**TCP, "rate_max": 50, "product": "linux", "service": "sshd"}]) as d:
        say(d, b"".join(line("203.0.113.1", k) for k in range(1000)))
        d.until(lambda: figures(d)["suppressed"] > 0 and figures(d)["frames"] + figures(d)["suppressed"] >= 1000)
        taken, suppressed = figures(d)["frames"], figures(d)["suppressed"]
        assert 50 <= taken < 500 and taken + suppressed == 1000, figures(d)
        d.until_events(taken + 1)
        told = [r for r in kept(d, "raw") if "suppressed from" in r]
        assert len(told) == 1 and f"{suppressed} suppressed from 127.0.0.1" in told[0], told


run([a_balancer_s_header_tells_who_sends,
     a_balancer_without_its_header_is_refused_and_so_is_a_broken_one,
     half_a_header_holds_its_place_for_no_longer_than_its_time,
     who_is_no_balancer_may_not_tell_for_others,
     who_is_not_allowed_is_refused_whichever_way_he_comes,
     who_is_allowed_is_let_in_also_as_mapped_ipv4,
     behind_a_balancer_the_sender_is_asked_about,
     what_one_sender_sends_too_much_is_counted_and_told])
