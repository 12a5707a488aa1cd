#!/usr/bin/env python3
"""pipeline: the daemon from TCP to committed alerts, against a bare prototype on the same lines and patterns, in turn.

    ISMS_BIN=build/release/bin tests/bench/pipeline/pipeline.py --baselines ../shared/baselines [--patterns 3000]
        [--seconds 25] [--rounds 3] [--lanes 1]

The baselines are copied and built beside a copy of the corpus. Each round runs `pipe tcp rtc1` (receive, frame, parse,
scan, confirm, count; nothing is kept) and the daemon (the same patterns as keyword rules, to committed alerts with
exact counts; CPU of all its threads, from the first line sent until the last detection is on record). What is
compared is CPU time an event, so the sender's share of the machine does not matter; printed are each round, the
median of the ratios baseline / daemon, and what the daemon recorded.
"""
import argparse
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from daemon import Daemon  # noqa: E402

CONNECTIONS = 4
BLOCK = 128 * 1024
TICK = os.sysconf("SC_CLK_TCK")


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def sigma_literal(text):
    """The text with everything Sigma gives a meaning to escaped."""
    out = []
    for i, c in enumerate(text):
        if c in "*?":
            out.append("\\" + c)
        elif c == "\\":
            out.append("\\\\")
        else:
            out.append(c)
    return "".join(out)


def printable(text):
    return all(c >= " " or c == "\t" for c in text) and "\x7f" not in text


def keyword_rule(number, fields):
    """One pattern as one keyword rule; what YAML cannot say as text is said as an expression."""
    flags, literal, regex = fields[1], fields[4], fields[5]
    text = bytes.fromhex(literal).decode("utf-8", "replace") if literal != "-" else None
    if text is not None and flags == "i" and printable(text):
        detection = f"  keywords:\n    - {quoted(sigma_literal(text))}\n"
    else:
        modifiers = "|re|s" + ("|i" if flags == "i" else "")
        detection = f"  keywords:\n    {quoted(modifiers)}: {quoted(regex)}\n"
    return (f"title: pattern {number}\nid: 00000000-0000-4000-8000-{number:012d}\nstatus: test\nlevel: low\n"
            f"logsource: {{product: bench}}\ndetection:\n{detection}  condition: keywords\n")


def write_rules(folder, patterns, count):
    with open(folder / "patterns.yml", "w") as out:
        n = 0
        for line in patterns.read_text().splitlines()[:count]:
            fields = line.split("\t")
            if len(fields) == 6:
                out.write(("---\n" if n else "") + keyword_rule(n, fields))
                n += 1
    return n


def build_baselines(source, work):
    shutil.copytree(source, work / "baselines")
    shutil.copytree(source.parent / "corpus/logs", work / "corpus/logs")
    subprocess.run(["chmod", "-R", "u+w", work], check=True)
    subprocess.run(["make", "-s", "-C", work / "baselines", "bin/pipe", "data/rfc5424.txt"], check=True)
    return work / "baselines"


def run_baseline(folder, patterns, seconds):
    out = subprocess.run(["./bin/pipe", "tcp", "rtc1", "4", "patterns.tsv", str(patterns), str(seconds), "0"],
                         cwd=folder, env=dict(os.environ, NOLOCK="1"), capture_output=True, text=True, check=True).stdout
    values = dict(w.split("=") for w in out.split() if "=" in w)
    return float(values["cpu_ns/ev"]), float(values["match/ev"])


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def send_for(d, stream, seconds):
    """Four connections from one thread, blocks in turn, as the prototype's sender does."""
    sockets = [d.connect() for _ in range(CONNECTIONS)]
    at = [0] * CONNECTIONS
    view = memoryview(stream)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for i, s in enumerate(sockets):
            s.sendall(view[at[i]:at[i] + BLOCK])
            at[i] = (at[i] + BLOCK) % len(stream) if at[i] + BLOCK < len(stream) else 0
    for i, s in enumerate(sockets):
        if at[i]:
            s.sendall(view[at[i]:])
        s.close()


def run_daemon(stream, lines, folder, lanes, seconds):
    settings = {"daemon": {"lanes": lanes}, "alerts": {"fold_window": "1h"}}
    inputs = [{"name": "tcp", "type": "tcp", "address": "127.0.0.1", "port": 0, "product": "bench"}]
    with Daemon(settings=settings, inputs=inputs, start=False) as d:
        for path in folder.glob("*.yml"):
            shutil.copy(path, d.rules)
        d.start()
        before = cpu_seconds(d.process.pid)
        begin = time.monotonic()
        send_for(d, stream, seconds)
        events = [-1]

        def quiet():
            now = d.status()["events"]
            same, events[0] = now == events[0] and now > 0, now
            return same and d.counter("detections_committed") >= d.status()["detections"]

        d.until(quiet, 300)
        wall = time.monotonic() - begin
        cpu = cpu_seconds(d.process.pid) - before
        status = d.status()
        rss = next(int(line.split()[1]) for line in open(f"/proc/{d.process.pid}/status") if line.startswith("VmRSS"))
        counted = sum(a["count"] for a in d.rows("alert list", "--all", "--limit", "10000"))
        return {"ns": cpu * 1e9 / events[0], "events": events[0], "rate": events[0] / wall, "rss_mib": rss // 1024,
                "detections": status["detections"], "recorded": status["detections_recorded"],
                "alerts": status["alerts"], "counted": counted if status["alerts"] <= 10000 else None}


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--baselines", type=pathlib.Path, required=True)
    ask.add_argument("--patterns", type=int, default=3000)
    ask.add_argument("--seconds", type=float, default=25)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--lanes", type=int, default=1)
    args = ask.parse_args()
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        baselines = build_baselines(args.baselines.resolve(), work)
        rules = work / "rules"
        rules.mkdir()
        n_rules = write_rules(rules, baselines / "patterns.tsv", args.patterns)
        lines = (baselines / "data/rfc5424.txt").read_bytes().splitlines()
        stream = b"".join(b"%d %s" % (len(line), line) for line in lines)
        ratios = []
        print(f"{n_rules} rules, {len(lines)} lines of {len(stream) // len(lines)} bytes, {args.lanes} lane(s)")
        for i in range(args.rounds):
            base, hits = run_baseline(baselines, args.patterns, max(2, int(args.seconds)))
            ours = run_daemon(stream, lines, rules, args.lanes, args.seconds)
            ratios.append(base / ours["ns"])
            print(f"round {i + 1}: baseline {base:.0f} ns ({hits:.2f} hits an event), daemon {ours['ns']:.0f} ns, "
                  f"ratio {ratios[-1]:.2f}; {json.dumps(ours)}", flush=True)
            assert ours["recorded"] == ours["detections"], "the counts on record are not exact"
        print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
