"""senders: real senders of syslog, and what arrives of theirs.

    with Receiver([TCP]) as d, Rsyslog(d, f'action(type="omfwd" … port="{port}")') as sender:
        sender.take(MESSAGES)
        d.until_arrived(MESSAGES)

rsyslog and syslog-ng are relays here: they take RFC 5424 messages, octet-counted, from a connection of ours, and send
them on as they are told to; so what they are given is exact, awkward content too. A Message has its number as its
procid, which every format carries, so that each can be looked for once it has come.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from daemon import PATIENCE_S, Daemon, Failure, octet

RSYSLOGD = shutil.which("rsyslogd", path=os.environ.get("PATH", "") + ":/usr/sbin")
SYSLOG_NG = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "ismsd/syslog-ng"
LONG = 20_000

ANY_EVENT = """
title: Any event
id: 55555555-5555-4555-8555-555555555555
status: test
level: low
logsource: {product: any}
detection:
  sel: {facility|exists: true}
  condition: sel
"""


# -- what is sent -----------------------------------------------------------------------------------------------------

Message = collections.namedtuple("Message", "number host app msgid sd msg")

AWKWARD = [
    ("plain", "", "nothing about it is awkward"),
    ("utf8", "", "Größe ☃ 日本語 naïve"),
    ("quotes", "", "a \"quoted\" word, a ] bracket, a \\ backslash, 100 % and 'more'"),
    ("long", "", "x" * LONG + " end"),
    ("empty", "", ""),
    ("number", "", "123 456 <34>1 starts like a count and a header"),
    ("data", '[test@32473 n="1" q="a \\"b\\" \\] \\\\ c"]', "with data"),
    ("data2", '[one@32473 a="ü"][two@32473 b=""]', "[in brackets] at its beginning"),
]
WHOLE = AWKWARD + [("lines", "", "first\nsecond\n\tthird"), ("blanks", "", "  blanks around  ")]


def messages(n, kinds=tuple(AWKWARD)):
    """n messages, numbered from 0, of each kind in turn."""
    return [Message(k, f"host-{k % 3}.example.org", f"app-{k % 2}", kind, sd, msg)
            for k in range(n) for kind, sd, msg in [kinds[k % len(kinds)]]]


def rfc5424(m):
    return f"<165>1 2026-03-01T12:00:{m.number % 60:02d}.123456Z {m.host} {m.app} {m.number} {m.msgid} {m.sd or '-'}" \
           f"{' ' + m.msg if m.msg else ''}".encode()


# -- what arrives -----------------------------------------------------------------------------------------------------

class Receiver(Daemon):
    """A daemon that keeps every event whole."""

    def __init__(self, inputs, rules=None, settings=None, **more):
        kept = {"group_by": [], "detections_kept": 100000}
        super().__init__({"any.yml": ANY_EVENT, **(rules or {})}, inputs=[{**i, "product": "any"} for i in inputs],
                         settings={**(settings or {}), "alerts": {**kept, **(settings or {}).get("alerts", {})}}, **more)

    def port(self, name):
        return self.address(name)[1]

    def kept(self):
        """Every event in the evidence files: its fields, each with its first value."""
        lines = [json.loads(line) for path in sorted((self.dir / "state/evidence").glob("*.jsonl"))
                 for line in path.read_text().split("\n")[:-1]]  # one may just be written
        return [self.flat(e.get("event", e)) for e in lines]

    @staticmethod
    def flat(event):
        fields = {}
        for name, value in event["fields"]:
            fields.setdefault(name, value)
        return {**fields, "raw": event.get("raw"), "time": event["time"]}

    def until_arrived(self, sent, header=(), seconds=PATIENCE_S):
        """Each of these once and nothing else, and of a header the parts that are named beside host and program."""
        try:
            self.until(lambda: self.status()["events"] >= len(sent), seconds)
        except Failure:
            raise Failure(f"{self.status()['events']} of {len(sent)} came: {self.difference(sent)}") from None
        self.until_events(self.status()["events"])
        assert self.status()["events"] == len(sent), f"{self.difference(sent)}"
        came = {e.get("procid"): e for e in self.kept()}
        assert set(came) == {str(m.number) for m in sent}, self.difference(sent)
        for m in sent:
            self.compare(m, came[str(m.number)], header)

    def difference(self, sent):
        """Which numbers are missing, and which came more than once."""
        seen = collections.Counter(e.get("procid") for e in self.kept())
        return {"missing": [m.number for m in sent if str(m.number) not in seen][:20],
                "twice": [n for n, k in seen.items() if k > 1][:20]}

    @staticmethod
    def compare(m, e, header):
        assert (e.get("hostname"), e.get("app_name")) == (m.host, m.app), f"{m.number} {m.msgid}: {e}"
        assert e.get("message", "") == m.msg, f"{m.number} {m.msgid}: {e.get('message', '')[:200]!r} {e['raw'][:200]!r}"
        if "msgid" in header:
            assert e.get("msgid") == m.msgid, f"{m.number}: {e}"
        if "time" in header:
            assert e["time"].startswith(f"2026-03-01T12:00:{m.number % 60:02d}.123456"), f"{m.number}: {e['time']}"
        if "data" in header:
            for name, value in parameters(m.sd):
                assert e.get(name) == value, f"{m.number} {name}: {e}"


def parameters(sd):
    """The fields that structured data become: (ID.NAME, value)."""
    for element in re.findall(r'\[((?:[^"\]]|"(?:\\.|[^"\\])*")*)\]', sd):
        for name, value in re.findall(r' (\S+?)="((?:\\.|[^"\\])*)"', element):
            yield f"{element.split(' ')[0]}.{name}", re.sub(r'\\(["\]\\])', r"\1", value)


# -- who sends --------------------------------------------------------------------------------------------------------

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Relay:
    """A program of its own folder, which ends with the test; what it said is shown where the test fails."""

    environment = {}

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="ismsd-sender."))
        self.port = free_port()
        self.log = self.dir / "log"
        self.process = None

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.dir, env={**os.environ, **self.environment})
        Daemon.until(self.listens)
        return self

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if kind is not None:
            print(self.log.read_text(errors="replace")[-4000:])
        shutil.rmtree(self.dir, ignore_errors=True)

    def listens(self):
        if self.process.poll() is not None:
            raise Failure(f"it does not start: {self.log.read_text(errors='replace')[-4000:]}")
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        except ConnectionRefusedError:
            return False

    def take(self, sent):
        """Give it these to send; it need not have sent them when this returns."""
        with socket.create_connection(("127.0.0.1", self.port)) as s:
            s.sendall(octet(*(rfc5424(m) for m in sent)))


class Rsyslog(Relay):
    """rsyslogd that sends all it takes by the given action; {dir} in it is its folder."""

    def __init__(self, action, settings=""):
        super().__init__()
        (self.dir / "rsyslog.conf").write_text(f"""
global(workDirectory="{self.dir}" maxMessageSize="64k" parser.escapeControlCharactersOnReceive="off" {settings})
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="{self.port}")
{action.replace("{dir}", str(self.dir))}
""")

    def command(self):
        return [RSYSLOGD, "-n", "-f", self.dir / "rsyslog.conf", "-i", self.dir / "pid"]


class SyslogNg(Relay):
    """syslog-ng, as it is in Debian's package, that sends all it takes to the given destination driver."""

    environment = {"LD_LIBRARY_PATH": str(SYSLOG_NG / "usr/lib/syslog-ng"), "SYSLOGNG_PREFIX": str(SYSLOG_NG / "usr")}

    def __init__(self, destination):
        super().__init__()
        (self.dir / "syslog-ng.conf").write_text(f"""@version: 3.38
options {{ keep-hostname(yes); chain-hostnames(no); use-dns(no); frac-digits(6); time-reopen(1); stats-freq(0); }};
source s {{ syslog(ip("127.0.0.1") port({self.port}) transport("tcp")); }};
destination d {{ {destination.replace("{dir}", str(self.dir))}; }};
log {{ source(s); destination(d); flags(flow-control); }};
""")

    def command(self):
        return [SYSLOG_NG / "usr/sbin/syslog-ng", "-F", "--no-caps", "-f", self.dir / "syslog-ng.conf",
                "-R", self.dir / "persist", "-c", self.dir / "ctl", "-p", self.dir / "pid",
                f"--module-path={SYSLOG_NG / 'usr/lib/syslog-ng/3.38'}"]


class Going:
    """Gives the sender messages, a few at a time, for as long as it is told to."""

    def __init__(self, sender, sent, piece=20, pause_s=0.02):
        self.sender, self.sent, self.piece, self.pause_s = sender, sent, piece, pause_s
        self.given = 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while self.given < len(self.sent):
            self.sender.take(self.sent[self.given:self.given + self.piece])
            self.given += self.piece
            time.sleep(self.pause_s)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()


def loggen(*words):
    """loggen of the same package; a failure of it is the test's."""
    r = subprocess.run([SYSLOG_NG / "usr/bin/loggen", *map(str, words)], capture_output=True, text=True,
                       timeout=PATIENCE_S, env={**os.environ, **SyslogNg.environment}, check=False)
    if r.returncode != 0:
        raise Failure(f"loggen: exit {r.returncode}: {r.stderr}")
    return r.stderr
