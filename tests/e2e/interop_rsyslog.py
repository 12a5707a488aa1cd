"""rsyslog sends, each way it has: every message arrives once, as it was; also while the daemon is down for a while."""
from certificates import make, make_ca, path
from daemon import run
from senders import RSYSLOGD, WHOLE, Going, Receiver, Rsyslog, free_port, messages

TCP = {"name": "in", "type": "tcp", "address": "127.0.0.1", "port": 0}
UDP = {**TCP, "type": "udp"}
RFC5424 = 'template="RSYSLOG_SyslogProtocol23Format"'
OCTETS = 'protocol="tcp" TCP_Framing="octet-counted"'
HEADER = ("msgid", "data", "time")


def forward(port, words):
    return f'action(type="omfwd" target="127.0.0.1" port="{port}" {words})'


def arrives(receiver, words, sent, header=HEADER, settings=""):
    with Receiver([receiver]) as d:
        with Rsyslog(forward(d.port("in"), words), settings) as sender:
            sender.take(sent)
            d.until_arrived(sent, header)
        return d.kept()


# -- its formats and framings -----------------------------------------------------------------------------------------

def by_udp():
    arrives(UDP, f'protocol="udp" {RFC5424}', messages(200, WHOLE))


def by_tcp_a_line_each():
    arrives(TCP, f'protocol="tcp" {RFC5424}', messages(800))


def by_tcp_octet_counted():
    arrives(TCP, f'{OCTETS} {RFC5424}', messages(900, WHOLE))


def by_tcp_as_it_does_by_itself():
    arrives(TCP, 'protocol="tcp"', messages(800), ())


def by_tcp_in_rfc_3164_with_a_stamp_in_full():
    arrives(TCP, f'{OCTETS} template="RSYSLOG_ForwardFormat"', messages(800), ("time",))


# -- TLS --------------------------------------------------------------------------------------------------------------

def make_certificates():
    make_ca("ca")
    for name in ("server", "client"):
        make(name, "ca", f"DNS:{name}.example.org")


def tls_arrives(driver, words, sent, **more):
    make_certificates()
    receiver = {**TCP, **more, "tls": {"certificate": path("server.pem"), "key": path("server.key"), "ca": path("ca.pem"),
                               "permitted": ["client.example.org"]}}
    settings = f'defaultNetstreamDriverCAFile="{path("ca.pem")}" defaultNetstreamDriverCertFile="{path("client.pem")}" ' \
               f'defaultNetstreamDriverKeyFile="{path("client.key")}"'
    came = arrives(receiver, f'streamDriver="{driver}" streamDriverMode="1" streamDriverAuthMode="x509/name" '
                             f'streamDriverPermittedPeers="server.example.org" {words} {RFC5424}', sent, HEADER, settings)
    assert all(e["peer_identity"] == "client.example.org" for e in came), came[0]


def by_tls_of_openssl():
    tls_arrives("ossl", OCTETS, messages(900, WHOLE))


def by_tls_of_gnutls():
    tls_arrives("gtls", OCTETS, messages(900, WHOLE))


def by_tls_a_line_each():
    tls_arrives("ossl", 'protocol="tcp"', messages(800), framing="lf")


# -- RELP -------------------------------------------------------------------------------------------------------------

RELP = {"name": "in", "type": "relp", "address": "127.0.0.1", "port": 0}
NEVER_GIVES_UP = 'queue.type="LinkedList" queue.filename="fwd" queue.size="1000" queue.highWatermark="200" ' \
                 'queue.lowWatermark="100" queue.saveOnShutdown="on" action.resumeRetryCount="-1" action.resumeInterval="1"'


def omrelp(port, words=""):
    return f'module(load="omrelp")\naction(type="omrelp" target="127.0.0.1" port="{port}" {RFC5424} {words})'


def relp_arrives(receiver, sent, words=""):
    with Receiver([receiver]) as d:
        with Rsyslog(omrelp(d.port("in"), words)) as sender:
            sender.take(sent)
            d.until_arrived(sent, HEADER)
        return d.kept()


def by_relp():
    relp_arrives(RELP, messages(900, WHOLE))


def by_relp_over_tls():
    make_certificates()
    receiver = {**RELP, "tls": {"certificate": path("server.pem"), "key": path("server.key"), "ca": path("ca.pem"),
                                "permitted": ["client.example.org"]}}
    came = relp_arrives(receiver, messages(900, WHOLE), f'''tls="on" tls.caCert="{path("ca.pem")}" tls.myCert="{path("client.pem")}"
        tls.myPrivKey="{path("client.key")}" tls.authMode="name" tls.permittedPeer=["server.example.org"]''')
    assert all(e["peer_identity"] == "client.example.org" for e in came), came[0]


# -- while the daemon is down -----------------------------------------------------------------------------------------

def through_stops_and_starts(receiver, action, end):
    """What comes more than once of 3,000 messages, during which the daemon ends twice; all of them must come."""
    sent = messages(3000, [("plain", "", "numbered"), ("utf8", "", "Größe")])
    port = free_port()
    with Receiver([{**receiver, "port": port}]) as d:
        with Rsyslog(action(port)) as sender, Going(sender, sent) as going:
            for k in (600, 1400):
                d.until(lambda: going.given > k)
                end(d)
                d.until(lambda: going.given > k + 400)
                d.start()
            d.until(lambda: {e["procid"] for e in d.kept()} >= {str(m.number) for m in sent})
        difference = d.difference(sent)
        assert difference["missing"] == [], difference
        d.verify()
    return difference["twice"]


def by_tcp_with_a_disk_queue_the_daemon_may_stop_and_start_meanwhile():
    twice = through_stops_and_starts(TCP, lambda port: forward(port, f"{OCTETS} {RFC5424} {NEVER_GIVES_UP}"), Receiver.stop)
    assert len(twice) <= 2, twice  # rsyslog sends one again after each stop, to any receiver


def by_relp_with_a_disk_queue_the_daemon_may_stop_and_start_meanwhile():
    through_stops_and_starts(RELP, lambda port: omrelp(port, NEVER_GIVES_UP), Receiver.stop)


def by_relp_with_a_disk_queue_the_daemon_may_even_be_killed():
    through_stops_and_starts(RELP, lambda port: omrelp(port, NEVER_GIVES_UP), Receiver.kill)


TESTS = [by_udp,
         by_tcp_a_line_each,
         by_tcp_octet_counted,
         by_tcp_as_it_does_by_itself,
         by_tcp_in_rfc_3164_with_a_stamp_in_full,
         by_tls_of_openssl,
         by_tls_of_gnutls,
         by_tls_a_line_each,
         by_relp,
         by_relp_over_tls,
         by_tcp_with_a_disk_queue_the_daemon_may_stop_and_start_meanwhile,
         by_relp_with_a_disk_queue_the_daemon_may_stop_and_start_meanwhile,
         by_relp_with_a_disk_queue_the_daemon_may_even_be_killed]

if RSYSLOGD is None:
    print("skipped: no rsyslogd")
else:
    run(TESTS)
