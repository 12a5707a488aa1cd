#!/usr/bin/env python3
"""relp: messages a second on one RELP session, each answered once it is on record, by window; with and without detections.

    ISMS_BIN=build/release/bin tests/bench/relp/relp.py [--messages 200000] [--windows 128,1000]

The sender has its frames ready, fills its window as answers come, and counts them by their line ends. Beside the rate
stands the CPU time of the daemon for a million messages.
"""
import argparse
import os
import pathlib
import socket
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(SOURCE / "tests/support"), str(SOURCE / "tests/e2e")]
from daemon import Daemon  # noqa: E402
from recording import ANY  # noqa: E402
from relp_sender import OFFERS, frame  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
RELP = [{"name": "relp", "type": "relp", "address": "127.0.0.1", "port": 0}]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def frames_of(n, program):
    text = b"<86>1 2026-03-01T12:00:00Z h1 %s 4711 - - " % program
    body = b"session opened for user root by (uid=0) and so on, until a line of usual length is there: "
    return [frame(k + 2, b"syslog", text + body + b"%d" % k) for k in range(n)]


def send_all(address, frames, window):
    """Seconds until the last is answered."""
    with socket.create_connection(address) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.sendall(frame(1, b"open", OFFERS))
        assert s.recv(4096).startswith(b"1 rsp ")
        begin = time.monotonic()
        sent = answered = 0
        while answered < len(frames):
            if sent < len(frames) and sent - answered < window:
                until = min(answered + window, len(frames))
                s.sendall(b"".join(frames[sent:until]))
                sent = until
            answered += s.recv(1 << 20).count(b"\n")
        return time.monotonic() - begin


def measure(frames, window, keep):
    settings = {"alerts": {"detections_kept": keep}}
    with Daemon({"any.yml": ANY}, inputs=RELP, settings=settings) as d:
        address = d.address("relp")
        idle = cpu_seconds(d.process.pid)
        seconds = send_all(address, frames, window)
        cpu = cpu_seconds(d.process.pid) - idle
        commits = d.counter("store_commits")
        assert d.status()["events"] == len(frames)
    return len(frames) / seconds, cpu / len(frames) * 1e6, commits


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--messages", type=int, default=200_000)
    p.add_argument("--windows", default="128,1000")
    args = p.parse_args()
    print(f"{'messages':<34} {'window':>6} {'a second':>10} {'CPU s / million':>16} {'commits':>8}")
    for what, program, keep in (("that cause nothing", b"cron", 100), ("detected, the first 100 kept", b"sshd", 100),
                                ("detected, all kept with evidence", b"sshd", 100_000)):
        frames = frames_of(args.messages, program)
        for window in map(int, args.windows.split(",")):
            rate, cpu, commits = measure(frames, window, keep)
            print(f"{what:<34} {window:>6} {rate:>10,.0f} {cpu:>16.2f} {commits:>8}", flush=True)


main()
