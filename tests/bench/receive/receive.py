#!/usr/bin/env python3
"""receive: receiving, parsing and counting, against rsyslogd writing the same lines to a file, in turn.

    ISMS_BIN=build/release/bin tests/bench/receive/receive.py --corpus ../shared/corpus [--lines 1000000] [--rounds 3]
        [--frame 3164] [--all-rules]

One TCP connection, one sender writing 64 KiB blocks, lines that end with LF. What is compared is the CPU time of the
receiving process (user and system) for a million lines, and the lines a second, from the first byte sent until it has
taken in the last: ismsd's counter says so, rsyslogd's file was last written then. Without rules, or with all of
SigmaHQ's and those we ship, their detections committed.
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
from daemon import SOURCE, Daemon  # noqa: E402

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


def on_record(d, n):
    status = d.status()
    return status["events"] >= n and d.counter("detections_committed") >= status["detections"]


def run_daemon(data, n, rules):
    with Daemon(settings={"rules": {"paths": rules}} if rules else None) as d:
        loaded = d.status()["rules_loaded"]
        idle = settled(d.process.pid)
        begin = time.monotonic()
        send(d.address("tcp"), data)
        d.until(lambda: on_record(d, n), 120)
        wall = time.monotonic() - begin
        cpu = cpu_seconds(d.process.pid) - idle
        assert d.status()["events"] == n, f"{d.status()['events']} of {n} lines"
        return cpu, n / wall, f"{loaded} rules, {d.status()['detections']} detections"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def written(path, seconds=0.3):
    """When the file was last written, once it is not any more."""
    while True:
        before = path.stat().st_size if path.exists() else 0
        time.sleep(seconds)
        if before > 0 and path.stat().st_size == before:
            return path.stat().st_mtime


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
            begin = time.time()
            send(("127.0.0.1", port), data)
            wall = written(folder / "out.log") - begin
            lines = (folder / "out.log").read_bytes().count(b"\n")
            if lines < n:
                raise SystemExit(f"rsyslogd wrote {lines} of {n} lines")
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
    ask.add_argument("--all-rules", action="store_true")
    args = ask.parse_args()
    data = subprocess.run([sys.executable, args.corpus / "logs/amplify.py", "--n", str(args.lines), "--frame", args.frame],
                          capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        rules = all_rules(args.corpus, folder) if args.all_rules else []
        compare(data, args, rules)


def all_rules(corpus, folder):
    """SigmaHQ's, unpacked, and those we ship."""
    subprocess.run(["tar", "--zstd", "-xf", corpus / "sigma/rules-all.tar.zst", "-C", folder], check=True)
    return [folder, str(SOURCE / "config/rules")]


def compare(data, args, rules):
    million = args.lines / 1e6
    cpu, rate = [], []
    for i in range(args.rounds):
        ours, our_rate, what = run_daemon(data, args.lines, rules)
        theirs, their_rate = run_rsyslog(data, args.lines)
        cpu.append(ours / theirs)
        rate.append(our_rate / their_rate)
        print(f"round {i + 1}: ismsd {ours / million:.2f} CPU s a million lines ({our_rate:,.0f}/s, {what}), "
              f"rsyslogd {theirs / million:.2f} ({their_rate:,.0f}/s), ratios {cpu[-1]:.2f} and {rate[-1]:.2f}", flush=True)
    print(f"CPU a line: median ratio {statistics.median(cpu):.2f} (at most 1 is wanted)")
    print(f"lines a second: median rate {statistics.median(rate):.2f} (at least 1 is wanted)")


if __name__ == "__main__":
    main()
