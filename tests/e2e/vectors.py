"""Real messages of many makers over real sockets: one event a frame with its bytes as they came, and counters that add up."""
import base64
import json
import random
import socket
import subprocess

from daemon import BIN, Daemon, corpus, octet, run

ANY = """
title: Any message
id: 44444444-4444-4444-8444-444444444444
status: test
level: low
logsource: {product: any}
detection:
  sel: {facility|exists: true}
  condition: sel or not sel
"""
TCP = {"type": "tcp", "address": "127.0.0.1", "port": 0, "product": "any"}
OCTET = {**TCP, "name": "octet", "framing": "octet"}
LINES = {**TCP, "name": "lf", "framing": "lf"}
AUTO = {**TCP, "name": "auto", "framing": "auto"}
UDP = {"name": "udp", "type": "udp", "address": "127.0.0.1", "port": 0, "product": "any"}
KEEP_ALL = {"alerts": {"detections_kept": 100000, "group_by": []}, "daemon": {"lanes": 1}}
LONG = b"x" * 200000
ABSENT = {"no-pri", "no-timestamp"}
BROKEN = {"bad-pri", "bad-timestamp", "bad-structured-data", "duplicate-sd-id"}


def messages():
    """What every vector sends, as one message; None where there is no corpus."""
    data = corpus()
    if data is None:
        return None
    lines = [line for path in sorted((data / "syslog").glob("*.jsonl")) for line in path.read_text().splitlines()]
    return [m for m in (base64.b64decode(json.loads(line)["input"]) for line in lines) if m]


def raw(event):
    return base64.b64decode(event["raw_b64"]) if "raw_b64" in event else event["raw"].encode()


def daemon(*inputs):
    return Daemon({"any.yml": ANY}, inputs=list(inputs), settings=KEEP_ALL)


def evidence(d):
    """Every event on record, in order."""
    return [json.loads(line)["event"] for path in sorted((d.dir / "state/evidence").glob("*.jsonl"))
            for line in path.read_bytes().splitlines()]


def figures(d, name):
    return next(r for r in d.rows("inputs") if r["name"] == name)


def marks(sent):
    """What is wrong with each message, read alone."""
    done = subprocess.run([BIN / "ismsctl", "parse", "--framing", "octet"], input=octet(*sent), capture_output=True, check=True)
    return [set(json.loads(line)["marks"]) for line in done.stdout.splitlines()]


def check(d, name, sent):
    """All of @sent and nothing else is on record, byte for byte and in order, and every figure says so."""
    d.until_events(len(sent))
    d.stop()
    got = [raw(e) for e in evidence(d)]
    assert len(got) == len(sent), f"{len(got)} events of {len(sent)} frames"
    wrong = [k for k, (g, s) in enumerate(zip(got, sent)) if g != s]
    assert not wrong, f"{len(wrong)} differ, the first: {sent[wrong[0]][:200]} came as {got[wrong[0]][:200]}"


def is_json(message):
    try:
        return isinstance(json.loads(message, strict=False), dict)
    except ValueError:
        return False


def add_up(d, name, sent):
    """received = parsed + flagged, nothing dropped."""
    d.until_events(len(sent))
    f = figures(d, name)
    assert f["frames"] == len(sent) and f["bytes"] >= sum(map(len, sent)), f
    lost = {k: f[k] for k in ("truncated", "unfinished", "dropped", "suppressed", "evicted", "errors", "not_allowed") if f[k]}
    assert not lost, lost
    counters = {r["name"]: r["value"] for r in d.rows("counters")}
    read = [m for m, message in zip(marks(sent), sent) if not is_json(message)]
    headerless = sum(ABSENT <= m for m in read)
    broken = sum(bool(m & BROKEN) and not ABSENT <= m for m in read)
    assert counters["normalize_events"] == counters["events"] == len(sent)
    counted = counters["normalize_headerless"], counters["normalize_header_broken"]
    assert counted == (headerless, broken), f"counted {counted}, {headerless, broken} are right"
    return f"passed: {len(sent)} = {len(sent) - headerless - broken} parsed + {headerless} without header + {broken} broken"


def one_event_a_frame_with_octet_counting():
    sent = messages()
    if sent is None:
        return "skipped: no corpus"
    with daemon(OCTET) as d:
        with d.connect("octet") as s:
            s.sendall(octet(*sent))
        verdict = add_up(d, "octet", sent)
        check(d, "octet", sent)
    return verdict


def one_event_a_datagram():
    sent = messages()
    if sent is None:
        return "skipped: no corpus"
    sent = [m for m in sent if len(m) <= 65507]
    with daemon(UDP) as d:
        d.udp(*sent)
        verdict = add_up(d, "udp", sent)
        check(d, "udp", sent)
    return verdict


def one_event_a_line():
    sent = messages()
    if sent is None:
        return "skipped: no corpus"
    sent = [m for m in sent if b"\n" not in m and not m.endswith(b"\r")]
    with daemon(LINES) as d:
        with d.connect("lf") as s:
            s.sendall(b"".join(m + b"\n" for m in sent))
        verdict = add_up(d, "lf", sent)
        check(d, "lf", sent)
    return verdict


# -- however a stream is cut ----------------------------------------------------------------------------------------

def events_of(stream, pieces):
    """What the daemon makes of @stream sent in @pieces: all but when it came."""
    with daemon(AUTO) as d:
        with d.connect("auto") as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            at = 0
            for n in pieces:
                s.sendall(stream[at:at + n])
                at += n
            s.sendall(stream[at:])
        d.until(lambda: figures(d, "auto")["bytes"] == len(stream) and figures(d, "auto")["connections"] == 0)
        d.until_events(figures(d, "auto")["frames"])
        d.stop()
        return [{k: v for k, v in e.items() if k != "received" and (k != "time" or v != e["received"])} for e in evidence(d)]


def a_stream_gives_the_same_events_however_it_is_cut():
    sent = messages()
    if sent is None:
        return "skipped: no corpus"
    sent = sent[::7]
    stream = b"".join(octet(m) if k % 3 and m[:1] == b"<" else m + b"\n" for k, m in enumerate(sent)) + b"<13>unfinished"
    whole = events_of(stream, [])
    assert len(whole) >= len(sent)
    for seed, longest in ((None, 1), (1, 20), (2, 1000), (3, 60000)):
        cuts = random.Random(seed)
        pieces = [cuts.randint(1, longest) for _ in range(2 * len(stream) // (longest + 1))]
        assert events_of(stream, pieces) == whole, f"pieces of up to {longest} bytes give other events"
    return f"passed: {len(whole)} events of {len(stream)} bytes"


# -- streams that other programs lose messages of -------------------------------------------------------------------

A, B, NEXT = b"<13>Mar 14 15:09:26 h a: one", b"<13>1 2026-03-14T15:09:26Z h b - - - two", b"<13>Mar 14 15:09:27 h a: next"
STAMPED = b"2026-03-14T15:09:26Z h app: starts with a figure"
STREAMS = [
    ("octet counting", octet(A, B), [A, B]),
    ("lines", A + b"\n" + B + b"\n", [A, B]),
    ("lines that end with CR LF", A + b"\r\n" + B + b"\r\n", [A, B]),
    ("both by turns", octet(A) + B + b"\n" + octet(B) + A + b"\n", [A, B, B, A]),
    ("octet counting and LF behind it", octet(A) + b"\n" + octet(B) + b"\n", [A, B]),
    ("line ends inside a counted message", octet(A + b"\n" + A, B), [A + b"\n" + A, B]),
    ("NUL inside a counted message", octet(A + b"\0" + A, B), [A + b"\0" + A, B]),
    ("NUL inside a line", A + b"\0x\n" + B + b"\n", [A + b"\0x", B]),
    ("a stamp first, as a line", STAMPED + b"\n" + STAMPED + b"\n", [STAMPED, STAMPED]),
    ("a number first, as a line", b"12345 bottles\n" + NEXT + b"\n", [b"12345 bottles", NEXT]),
    ("a count with a leading zero", b"028 " + A + b"\n" + NEXT + b"\n", [b"028 " + A, NEXT]),
    ("a count of zero", b"0 " + A + b"\n" + NEXT + b"\n", [b"0 " + A, NEXT]),
    ("a negative count", b"-5 " + A + b"\n" + NEXT + b"\n", [b"-5 " + A, NEXT]),
    ("a count of two thousand million", b"2147483648 " + A + b"\n" + NEXT + b"\n", [b"2147483648 " + A, NEXT]),
    ("a count beyond 64 bits", b"18446744073709551617 " + A + b"\n" + NEXT + b"\n", [b"18446744073709551617 " + A, NEXT]),
    ("figures without end", b"1" * 100 + b"\n" + NEXT + b"\n", [b"1" * 100, NEXT]),
    ("a counted message above the limit", octet(A + LONG) + octet(B) + NEXT + b"\n", [(A + LONG)[:65536], B, NEXT]),
    ("a line above the limit", A + LONG + b"\n" + NEXT + b"\n", [(A + LONG)[:65536], NEXT]),
    ("half a line at the close", B + b"\n" + A[:20], [B, A[:20]]),
    ("half a counted message at the close", octet(B) + b"99 " + A, [B, A]),
]


def no_message_of_a_stream_is_lost_and_the_line_after_an_error_is_delivered():
    n = 0
    with daemon(AUTO) as d:
        for _, stream, frames in STREAMS:
            with d.connect("auto") as s:
                s.sendall(stream)
            n += len(frames)
            d.until_events(n)
        d.stop()
        got = iter(evidence(d))
        for what, stream, frames in STREAMS:
            came = [raw(next(got)) for _ in frames]
            assert came == frames, f"{what}: {[c[:80] for c in came]}"
    assert len(STREAMS) == 20


def an_error_of_framing_names_listener_peer_and_port():
    with daemon(AUTO, OCTET) as d:
        for name, stream, words in (("auto", A + LONG + b"\n", "was longer than 65536 bytes and was cut"),
                                    ("auto", octet(A + LONG), "was longer than 65536 bytes and was cut"),
                                    ("octet", b"019 " + A + b"\n", "octet counting was expected; taken as lines"),
                                    ("octet", b"2147483648 x\n", "octet counting was expected; taken as lines")):
            with d.connect(name) as s:
                port = s.getsockname()[1]
                s.sendall(stream + NEXT + b"\n")
                d.until(lambda: f"{name}: 127.0.0.1 port {port}: " in d.log.read_text())
            told, = [line for line in d.log.read_text().splitlines() if f"port {port}: " in line]
            assert words in told, told
        d.until_events(8)
        d.stop()
        assert sum(raw(e) == NEXT for e in evidence(d)) == 4


run([one_event_a_frame_with_octet_counting,
     one_event_a_datagram,
     one_event_a_line,
     a_stream_gives_the_same_events_however_it_is_cut,
     no_message_of_a_stream_is_lost_and_the_line_after_an_error_is_delivered,
     an_error_of_framing_names_listener_peer_and_port])
