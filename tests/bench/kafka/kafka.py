#!/usr/bin/env python3
"""kafka: records through the whole daemon with all rules, against a bare consumer, in turn.

    ISMS_BIN=build/release/bin tests/bench/kafka/kafka.py --build build/release --corpus ../shared/corpus
        [--records 1000000] [--rounds 3] [--lanes 2]

Records of 500 bytes in 4 partitions of a real broker: lines of the corpus as RFC 5424, made longer by an element of
structured data. The CPU time of the whole process (user and system) for a record, three times: the daemon's, with all
rules of SigmaHQ and those we ship, until every detection is committed; that of a bare librdkafka consumer which counts
the same records; and that of parsing and matching the same lines from memory, alone. The daemon starts while the broker
is stopped, so that compiling rules is not in its figure.
"""
import argparse
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from daemon import SOURCE, Daemon  # noqa: E402
from kafka_broker import Broker, absent  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
LENGTH = 500
DISTINCT = 20000


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def settled(pid, seconds=0.5):
    """CPU time of the process once it has stopped using any."""
    before = cpu_seconds(pid)
    while True:
        time.sleep(seconds)
        now = cpu_seconds(pid)
        if now - before < 0.02:
            return now
        before = now


def padded(line):
    """The line with structured data that makes it 500 bytes long, as far as it is not longer."""
    head = line.split(b" ", 7)
    if len(head) < 8 or head[6] != b"-":
        return line
    missing = LENGTH - len(line) + 1 - len(b'[pad@32473 x=""]')
    head[6] = b'[pad@32473 x="%s"]' % (b"abcdefghij" * 50)[:max(missing, 0)]
    return b" ".join(head)


def lines_of(corpus):
    out = subprocess.run([sys.executable, corpus / "logs/amplify.py", "--n", str(DISTINCT), "--frame", "5424"],
                         capture_output=True, check=True).stdout
    return [padded(line) for line in out.splitlines()]


def fill(broker, lines, n):
    kcat = subprocess.Popen(["kcat", "-b", broker.plain, "-P", "-t", "bench", "-X", "linger.ms=50", "-X",
                             "sticky.partitioning.linger.ms=10"], stdin=subprocess.PIPE)
    block = b"\n".join(lines) + b"\n"
    for _ in range(n // len(lines)):
        kcat.stdin.write(block)
    kcat.stdin.close()
    assert kcat.wait() == 0


def on_record(d, n):
    status = d.status()
    return status["events"] >= n and d.counter("detections_committed") >= status["detections"]


def run_daemon(broker, n, rules, lanes):
    kafka = {"name": "kafka", "type": "kafka", "brokers": [broker.plain], "topics": ["bench"], "session_timeout": "6s"}
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        with Daemon(inputs=[kafka], settings={"rules": {"paths": rules}, "daemon": {"lanes": lanes}}) as d:
            idle = settled(d.process.pid)
            os.kill(broker.process.pid, signal.SIGCONT)
            d.until(lambda: on_record(d, n), 180)
            cpu = settled(d.process.pid) - idle
            status = d.status()
            assert status["events"] == n, f"{status['events']} of {n} records"
            return cpu / n * 1e9, f"{status['rules_loaded']} rules, {status['detections']} detections"
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)


def run_bench(build, *words):
    out = subprocess.run([build / "tests/bench/kafka/bench_kafka", *words], capture_output=True, text=True, check=True,
                         timeout=600).stdout
    return float(re.search(r"([\d.]+) ns CPU a record", out).group(1)), out.strip()


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--build", type=pathlib.Path, required=True)
    ask.add_argument("--corpus", type=pathlib.Path, required=True)
    ask.add_argument("--records", type=int, default=1000000)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--lanes", type=int, default=2)
    args = ask.parse_args()
    if absent():
        raise SystemExit(f"skipped: {absent()}")
    n = args.records // DISTINCT * DISTINCT
    with tempfile.TemporaryDirectory() as folder, Broker() as broker:
        subprocess.run(["tar", "--zstd", "-xf", args.corpus / "sigma/rules-all.tar.zst", "-C", folder], check=True)
        rules = [folder, str(SOURCE / "config/rules")]
        lines = lines_of(args.corpus)
        path = pathlib.Path(folder, "lines.txt")
        path.write_bytes(b"\n".join(lines) + b"\n")
        fill(broker, lines, n)
        print(f"{n} records of {sum(map(len, lines)) / len(lines):.0f} bytes", flush=True)
        ratios = []
        for i in range(args.rounds):
            bare, _ = run_bench(args.build, "consume", broker.plain, "bench", f"bare-{i}", str(n))
            ours, what = run_daemon(broker, n, rules, args.lanes)
            alone, _ = run_bench(args.build, "match", str(n), SOURCE / "config/mappings", path, *rules)
            ratios.append((ours - alone) / bare)
            print(f"round {i + 1}: ismsd {ours:.0f} ns CPU a record ({what}, {args.lanes} lanes), parsing and matching "
                  f"alone {alone:.0f}, a bare consumer {bare:.0f}, ratio {ratios[-1]:.2f}", flush=True)
        print(f"CPU a record beyond parsing and matching, against a bare consumer: median ratio "
              f"{statistics.median(ratios):.2f} (at most 1.6 is wanted)")


if __name__ == "__main__":
    main()
