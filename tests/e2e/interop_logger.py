"""logger of bsdutils sends, by each of its formats and ways: every message arrives once, as it was."""
import os
import shutil
import socket
import subprocess

from daemon import PATIENCE_S, run
from senders import AWKWARD, Message, Receiver, messages

LOGGER = shutil.which("logger")
TCP = {"name": "in", "type": "tcp", "address": "127.0.0.1", "port": 0}
UDP = {**TCP, "type": "udp"}
HOST = socket.gethostname()
TEXTS = tuple((kind, "", msg) for kind, sd, msg in AWKWARD if msg and not sd)


def logger(m, *words):
    """One message; its number as its process ID."""
    subprocess.run([LOGGER, "--tag", m.app, f"--id={m.number}", "--size", "64KiB", *map(str, words), "--", m.msg], check=True,
                   timeout=PATIENCE_S)


def sent(n, host, msgid=None, sd=None):
    return [Message(m.number + 1, host, m.app, msgid, sd, m.msg) for m in messages(n, TEXTS)]


def arrives(receiver, host, *words, msgid=None, sd=None, header=()):
    given = sent(20, host, msgid, sd)
    with Receiver([receiver]) as d:
        to = ["--server", "127.0.0.1", "--port", d.port("in")]
        for m in given:
            logger(m, *to, *words)
        d.until_arrived(given, header)
        return d.kept()


def by_udp_in_rfc_3164():
    arrives(UDP, HOST.partition(".")[0], "-d", "--rfc3164")


def by_tcp_in_rfc_3164_a_line_each():
    arrives(TCP, HOST.partition(".")[0], "-T", "--rfc3164")


def by_udp_in_rfc_5424():
    arrives(UDP, HOST, "-d", "--rfc5424", "--msgid", "ID47", msgid="ID47", header=("msgid",))


def by_tcp_in_rfc_5424_octet_counted():
    came = arrives(TCP, HOST, "-T", "--rfc5424", "--octet-count", "--msgid", "ID47", "--priority", "authpriv.crit",
                   "--sd-id", "test@32473", "--sd-param", 'n="1"', "--sd-param", 'q="a ü"', msgid="ID47",
                   sd='[test@32473 n="1" q="a ü"]', header=("msgid", "data"))
    assert all((e["facility"], e["severity"]) == ("authpriv", "crit") for e in came), came[0]


def by_tcp_in_rfc_5424_without_host_and_time():
    arrives(TCP, None, "-T", "--rfc5424=notime,nohost", "--octet-count")


def by_a_unix_socket():
    with Receiver([{"name": "in", "type": "unix", "path": "log.sock"}]) as d:
        given = sent(20, None)
        for m in given:
            logger(m, "--socket", d.dir / "log.sock", "--socket-errors=on")
        d.until_arrived(given)


def by_a_unix_socket_whose_kernel_tells_who_writes():
    with Receiver([{"name": "in", "type": "unix", "path": "log.sock", "credentials": True}]) as d:
        p = subprocess.Popen([LOGGER, "--socket", d.dir / "log.sock", "--socket-errors=on", "--id", "it is me"])
        assert p.wait(PATIENCE_S) == 0
        d.until_events(1)
        e, = d.kept()
        assert (e["sender_pid"], e["sender_uid"], e["sender_gid"]) == (str(p.pid), str(os.getuid()), str(os.getgid())), e


def by_a_unix_socket_in_rfc_5424():
    with Receiver([{"name": "in", "type": "unix", "path": "log.sock"}]) as d:
        given = sent(20, HOST, "ID47")
        for m in given:
            logger(m, "--socket", d.dir / "log.sock", "--socket-errors=on", "--rfc5424", "--msgid", "ID47")
        d.until_arrived(given, ("msgid",))


def a_file_line_by_line():
    with Receiver([TCP]) as d:
        lines = "".join(f"line {k} größer ] \"quoted\"\n" for k in range(500))
        subprocess.run([LOGGER, "-T", "--server", "127.0.0.1", "--port", str(d.port("in")), "--rfc5424", "--octet-count"],
                       input=lines.encode(), check=True, timeout=PATIENCE_S)
        d.until_events(500)
        assert "".join(e["message"] + "\n" for e in d.kept()) == lines


TESTS = [by_udp_in_rfc_3164,
         by_tcp_in_rfc_3164_a_line_each,
         by_udp_in_rfc_5424,
         by_tcp_in_rfc_5424_octet_counted,
         by_tcp_in_rfc_5424_without_host_and_time,
         by_a_unix_socket,
         by_a_unix_socket_whose_kernel_tells_who_writes,
         by_a_unix_socket_in_rfc_5424,
         a_file_line_by_line]

if LOGGER is None:
    print("skipped: no logger")
else:
    run(TESTS)
