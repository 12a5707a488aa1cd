#!/usr/bin/env python3
"""receive: receiving, parsing and counting without rules, against rsyslogd writing the same lines to a file, in turn.

    ISMS_BIN=build/release/bin tests/bench/receive/receive.py --corpus ../shared/corpus [--lines 1000000] [--rounds 3]
        [--frame 3164]

One TCP connection, one sender writing 64 KiB blocks, lines that end with LF. What is compared is the CPU time of the
receiving process (user and system) for a million lines, from the first byte sent until it has taken in the last.
"""
import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from daemon import Daemon  # noqa: E402

BLOCK = 64 * 1024
TICK = os.sysconf("SC_CLK_TCK")
RSYSLOG = """
global(workDirectory="{dir}" maxMessageSize="16k")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="r")
ruleset(name="r") {{ action(type="omfile" file="{dir}/out.log") }}
"""


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def send(address, data):
    with socket.create_connection(address) as s:
        view = memoryview(data)
        for at in range(0, len(data), BLOCK):
            s.sendall(view[at:at + BLOCK])


def settled(pid, seconds=0.5):
    """CPU time of the process once it has stopped using any."""
    before = cpu_seconds(pid)
    while True:
        time.sleep(seconds)
        now = cpu_seconds(pid)
        if now - before < 0.02:
            return now
        before = now


def run_daemon(data, n):
    with Daemon() as d:
        idle = cpu_seconds(d.process.pid)
        begin = time.monotonic()
        send(d.address("tcp"), data)
        d.until(lambda: d.status()["events"] >= n, 120)
        wall = time.monotonic() - begin
        cpu = cpu_seconds(d.process.pid) - idle
        assert d.status()["events"] == n, f"{d.status()['events']} of {n} lines"
        return cpu, n / wall


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run_rsyslog(data, n):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        port = free_port()
        (folder / "c.conf").write_text(RSYSLOG.format(dir=folder, port=port))
        process = subprocess.Popen(["rsyslogd", "-n", "-f", folder / "c.conf", "-i", folder / "pid"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.1)
            idle = settled(process.pid)
            begin = time.monotonic()
            send(("127.0.0.1", port), data)
            out = folder / "out.log"
            while not out.exists() or out.read_bytes().count(b"\n") < n:
                time.sleep(0.2)
                if time.monotonic() - begin > 120:
                    raise SystemExit("rsyslogd did not write all lines")
            wall = time.monotonic() - begin
            return settled(process.pid) - idle, n / wall
        finally:
            process.terminate()
            process.wait()


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--corpus", type=pathlib.Path, required=True)
    ask.add_argument("--lines", type=int, default=1000000)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--frame", default="3164")
    args = ask.parse_args()
    data = subprocess.run([sys.executable, args.corpus / "logs/amplify.py", "--n", str(args.lines), "--frame", args.frame],
                          capture_output=True, check=True).stdout
    million = args.lines / 1e6
    ratios = []
    for i in range(args.rounds):
        ours, our_rate = run_daemon(data, args.lines)
        theirs, their_rate = run_rsyslog(data, args.lines)
        ratios.append(ours / theirs)
        print(f"round {i + 1}: ismsd {ours / million:.2f} CPU s a million lines ({our_rate:,.0f}/s), "
              f"rsyslogd {theirs / million:.2f} ({their_rate:,.0f}/s), ratio {ratios[-1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f} (at most 1 is wanted)")


if __name__ == "__main__":
    main()
