#!/usr/bin/env python3
"""tls: octet-counted messages over one TLS connection, against the same without TLS, in turn.

    ISMS_BIN=build/release/bin tests/bench/tls/tls.py [--lines 500000] [--rounds 3] [--record 1]

CPU time of the daemon for a million messages, and messages a second; --record is how many messages go into one TLS
record: one, as most senders do, or many.
"""
import argparse
import os
import pathlib
import ssl
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from certificates import make, make_ca, path  # noqa: E402
from daemon import Daemon, octet  # noqa: E402
from datagrams import numbered  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
PLAIN = {"name": "in", "type": "tcp", "address": "127.0.0.1", "port": 0, "framing": "octet"}


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def measure(settings, wrap, pieces, n):
    """(CPU seconds a million messages, messages a second)"""
    with Daemon(inputs=[settings]) as d:
        idle = cpu_seconds(d.process.pid)
        with wrap(d.connect("in")) as s:
            begin = time.monotonic()
            for piece in pieces:
                s.sendall(piece)
            d.until(lambda: d.status()["events"] >= n)
            wall = time.monotonic() - begin
            return (cpu_seconds(d.process.pid) - idle) / n * 1e6, n / wall


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--lines", type=int, default=500000)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--record", type=int, default=1)
    args = ask.parse_args()
    lines = numbered(args.lines, 300)
    pieces = [octet(*lines[k:k + args.record]) for k in range(0, len(lines), args.record)]
    make_ca("ca")
    make("server", "ca", "DNS:localhost")
    secured = {**PLAIN, "tls": {"certificate": path("server.pem"), "key": path("server.key"), "clients": "any"}}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path("ca.pem"))
    ratios = []
    for i in range(args.rounds):
        plain = measure(PLAIN, lambda s: s, pieces, args.lines)
        tls = measure(secured, lambda s: context.wrap_socket(s, server_hostname="localhost"), pieces, args.lines)
        ratios.append(tls[0] / plain[0])
        print(f"round {i + 1}: TLS {tls[0]:.2f} CPU s a million messages ({tls[1]:,.0f}/s), "
              f"plain {plain[0]:.2f} ({plain[1]:,.0f}/s), ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
