"""syslog-ng sends, by both of its drivers, and its loggen: every message arrives once, as it was."""
import collections
import re

from certificates import make, make_ca, path
from daemon import run
from senders import SYSLOG_NG, WHOLE, Going, Receiver, SyslogNg, free_port, loggen, messages

TCP = {"name": "in", "type": "tcp", "address": "127.0.0.1", "port": 0}
UDP = {**TCP, "type": "udp"}
HEADER = ("msgid", "data", "time")


def arrives(receiver, destination, sent, header=HEADER):
    with Receiver([receiver]) as d:
        with SyslogNg(destination.replace("{to}", f'"127.0.0.1" port({d.port("in")})')) as sender:
            sender.take(sent)
            d.until_arrived(sent, header)
        return d.kept()


def tls_receiver(**more):
    make_ca("ca")
    for name in ("server", "client"):
        make(name, "ca", "DNS:localhost,IP:127.0.0.1" if name == "server" else "DNS:client.example.org")
    return {**TCP, **more, "tls": {"certificate": path("server.pem"), "key": path("server.key"), "ca": path("ca.pem"),
                           "permitted": ["client.example.org"]}}


TLS = f'tls(ca-file("{path("ca.pem")}") cert-file("{path("client.pem")}") key-file("{path("client.key")}"))'


# -- syslog(): RFC 5424, octet-counted but by UDP -------------------------------------------------------------------

def by_syslog_over_tcp():
    arrives(TCP, 'syslog({to} transport("tcp"))', messages(900, WHOLE))


def by_syslog_over_udp():
    arrives(UDP, 'syslog({to} transport("udp"))', messages(200, WHOLE))


def by_syslog_over_tls():
    came = arrives(tls_receiver(), 'syslog({to} transport("tls") ' + TLS + ")", messages(900, WHOLE))
    assert all(e["peer_identity"] == "client.example.org" for e in came), came[0]


ISO = r'template("<${PRI}>${ISODATE} ${HOST} ${MSGHDR}${MSG}\n"))'


# -- network(): RFC 3164, a line each, or RFC 5424 where asked --------------------------------------------------------

def by_network_over_tcp():
    arrives(TCP, 'network({to} transport("tcp"))', messages(800), ())


def by_network_over_tcp_with_a_stamp_in_full():
    arrives(TCP, 'network({to} transport("tcp") ' + ISO, messages(800), ("time",))


def by_network_over_udp():
    arrives(UDP, 'network({to} transport("udp"))', messages(200), ())


def by_network_over_tls():
    arrives(tls_receiver(framing="auto"), 'network({to} transport("tls") ' + TLS + ")", messages(800), ())


def by_network_as_rfc_5424_a_line_each():
    arrives(TCP, 'network({to} transport("tcp") flags(syslog-protocol))', messages(800))


# -- while the daemon is down -----------------------------------------------------------------------------------------

def with_a_disk_buffer_the_daemon_may_stop_and_start_meanwhile():
    sent = messages(3000, [("plain", "", "numbered"), ("utf8", "", "Größe")])
    port = free_port()
    buffer = 'disk-buffer(reliable(yes) disk-buf-size(2000000) mem-buf-size(200000) dir("{dir}"))'
    with Receiver([{**TCP, "port": port}]) as d:
        with SyslogNg(f'syslog("127.0.0.1" port({port}) transport("tcp") {buffer})') as sender, Going(sender, sent) as going:
            for k in (600, 1400):
                d.until(lambda: going.given > k)
                d.stop()
                d.until(lambda: going.given > k + 400)
                d.start()
            d.until(lambda: {e["procid"] for e in d.kept()} >= {str(m.number) for m in sent})
        assert d.difference(sent) == {"missing": [], "twice": []}, d.difference(sent)


# -- loggen -----------------------------------------------------------------------------------------------------------

def loggen_arrives(receiver, n, *words, connections=1):
    """Messages 0 to n-1 of each connection, each once."""
    with Receiver([receiver]) as d:
        loggen("--rate", 100000, "--number", n, "--size", 300, "--active-connections", connections, *words, "127.0.0.1",
               d.port("in"))
        d.until_events(n * connections)
        came = d.kept()
    assert all(e["hostname"] == "localhost" and e["app_name"].startswith("prg0000") for e in came), came[0]
    seen = collections.Counter(int(re.search(r"seq: (\d+)", e["raw"])[1]) for e in came)
    assert seen == {k: connections for k in range(n)}, [k for k in range(n) if seen[k] != connections][:20]


def loggen_by_tcp_a_line_each():
    loggen_arrives(TCP, 5000, "--inet", "--stream")


def loggen_by_udp():
    loggen_arrives({**UDP, "receive_buffer": "1MiB"}, 500, "--inet", "--dgram")


def loggen_in_rfc_5424_octet_counted_on_many_connections():
    loggen_arrives(TCP, 1000, "--inet", "--stream", "--syslog-proto", connections=4)


def loggen_by_tls():
    receiver = tls_receiver()
    receiver["tls"].update(clients="any", permitted=[])
    loggen_arrives(receiver, 5000, "--use-ssl", "--syslog-proto")


TESTS = [by_syslog_over_tcp,
         by_syslog_over_udp,
         by_syslog_over_tls,
         by_network_over_tcp,
         by_network_over_tcp_with_a_stamp_in_full,
         by_network_over_udp,
         by_network_over_tls,
         by_network_as_rfc_5424_a_line_each,
         with_a_disk_buffer_the_daemon_may_stop_and_start_meanwhile,
         loggen_by_tcp_a_line_each,
         loggen_by_udp,
         loggen_in_rfc_5424_octet_counted_on_many_connections,
         loggen_by_tls]

if not (SYSLOG_NG / "usr/sbin/syslog-ng").exists():
    print("skipped: no syslog-ng")
else:
    run(TESTS)
