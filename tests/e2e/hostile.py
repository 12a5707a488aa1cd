"""Garbage over real sockets: the daemon stands, loses no count, holds its memory, and takes the next message.

    tests/e2e/hostile.py [ROUNDS [SEED]]    as many rounds as wanted, otherwise a few of a fixed seed
"""
import pathlib
import random
import re
import socket
import struct
import sys

from daemon import Daemon, octet, run

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 60
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
ANY = """
title: Any message
id: 44444444-4444-4444-8444-444444444444
status: test
level: low
logsource: {product: any}
detection:
  sel: {facility|exists: true}
  words: ["zzz", "9", "root"]
  condition: sel or words
"""
TCP = {"type": "tcp", "address": "127.0.0.1", "port": 0, "product": "any", "idle_timeout": "1s", "partial_bytes_max": "256KiB"}
STREAMS = [{**TCP, "name": name, "framing": framing, "frame_max": limit}
           for name, framing, limit in (("auto", "auto", "64KiB"), ("small", "auto", "1KiB"), ("octet", "octet", "8KiB"),
                                        ("lf", "lf", "1KiB"), ("nul", "nul", "4KiB"))]
UDP = {"name": "udp", "type": "udp", "address": "127.0.0.1", "port": 0, "product": "any"}
SEEDS = [b"<34>1 2026-03-01T12:00:00.123456Z host app 42 ID47 [a@1 b=\"c\\\"d\"][e f=\"]\"] \xef\xbb\xbftext",
         b"<13>Mar  1 12:00:00 host sshd[42]: Failed password for root from 192.0.2.7 port 4022 ssh2",
         b"<189>123: *Mar  1 12:00:00.123: %SYS-5-CONFIG_I: Configured from console", b"<0>", b"<191>1 ", b"<999>x", b"",
         b"CEF:0|v|p|1|2|n|9|a=b c\\=d=e f", b"<13>1 - - - - - - LEEF:2.0|v|p|1|2|x5e|a=b^c=d",
         b"{\"a\":{\"b\":[1,2,{\"c\":\"\\ud800\"}]},\"d\":null}", b"[" * 300, b"{\"a\":" * 200, b"\"" * 100,
         b"type=SYSCALL msg=audit(1490995752.404:20614537): arch=c000003e exe=2F757372 key=(null)",
         b"date=2026-03-14 time=15:09:26 devname=\"a\\\"b\" srcip=1.2.3.4 x", b"1,2026/03/14 15:09:26,\"a\"\"b\",TRAFFIC,,,"]
PIECES = [b"\0", b"\n", b"\r\n", b" ", b"<", b">", b"[", b"]", b"\"", b"\\", b"=", b"|", b"%n%s", b"\xff\xfe", b"\xf0\x9f\x98\x80",
          b"9999999 ", b"0 ", b"12 <", b"-", b"2147483648", b"\x1b[2J", b"\xe2\x80\xae", b"a" * 300, b"[x y=\"z\"]", b"\t"]


def mutated(dice):
    """One message: of a maker, with bytes changed, cut, doubled and put in."""
    m = bytearray(dice.choice(SEEDS))
    for _ in range(dice.choice((0, 1, 3, 20))):
        at = dice.randint(0, len(m))
        what = dice.randint(0, 4)
        if what == 0 and m:
            m[at % len(m)] = dice.randrange(256)
        elif what == 1:
            m[at:at] = dice.choice(PIECES)
        elif what == 2:
            del m[at:at + dice.randint(0, 30)]
        elif what == 3:
            m[at:at] = m[:dice.randint(0, 60)]
        else:
            m += m[at:]
    return bytes(m[:100000])


def framed(dice, m):
    """As some framing has it, or nearly."""
    wrong = dice.choice((0, 0, 0, 1, -1, 1000, -len(m)))
    return dice.choice((m + b"\n", m + b"\r\n", octet(m), b"%d " % (len(m) + wrong) + m, m + b"\0", m))


def leave(dice, s):
    if dice.random() < 0.3:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def attack(d, dice, open_sockets):
    """One connection: garbage in pieces, and then left open, closed or reset."""
    s = d.connect(dice.choice(STREAMS)["name"])
    data = b"".join(framed(dice, mutated(dice)) for _ in range(dice.choice((1, 10, 200))))
    try:
        while data:
            n = dice.choice((1, 7, 100, 5000, len(data)))
            s.sendall(data[:n])
            data = data[n:] if n > 50 or dice.random() < 0.9 else b""
    except OSError:
        pass
    open_sockets.append(s)
    if len(open_sockets) > 40:
        leave(dice, open_sockets.pop(dice.randrange(len(open_sockets))))
    d.udp(*(mutated(dice)[:65000] for _ in range(20)))


def resident_mib(d):
    return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{d.process.pid}/status").read_text())[1]) / 1024


def next_message_arrives(d, name):
    """On a new connection, behind whatever ended its last frame."""
    before = next(r["frames"] for r in d.rows("inputs") if r["name"] == name)
    with d.connect(name) as s:
        s.sendall(b"<13>Mar  1 12:00:00 h a: next" + (b"\0" if name == "nul" else b"\n"))
        d.until(lambda: next(r["frames"] for r in d.rows("inputs") if r["name"] == name) > before)


def garbage_stops_nobody():
    dice = random.Random(SEED)
    open_sockets = []
    with Daemon({"any.yml": ANY}, inputs=STREAMS + [UDP]) as d:
        for k in range(ROUNDS):
            attack(d, dice, open_sockets)
            if d.process.poll() is not None:
                raise AssertionError(f"it died in round {k} of seed {SEED}")
        for s in open_sockets:
            leave(dice, s)
        d.until(lambda: all(r["connections"] == 0 for r in d.rows("inputs")))
        for s in STREAMS:
            next_message_arrives(d, s["name"])
        frames = sum(r["frames"] for r in d.rows("inputs"))
        d.until_events(frames)
        mib = resident_mib(d)
        d.verify()
    return f"passed: {ROUNDS} connections, {frames} events, {mib:.0f} MiB"


run([garbage_stops_nobody])
