#!/usr/bin/env python3
"""table: every bar of speed and size, measured now on this machine, as one table with the commands.

    tests/bench/table.py --build build/release [--shared ../shared] [--only WORD …]

Each row is one command that can be run by itself from the top of the tree, with ISMS_BIN=build/release/bin and
PYTHONPATH=tests/support; what it prints is searched for the figure.
Speeds are ratios against a baseline run in turn by the same command, so that the machine's load does not matter much;
leave the machine alone all the same. All rows together take about ten minutes. Ends with 1 where a bar is missed.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

AT_LEAST = ("at least", lambda value, bar: value >= bar)
AT_MOST = ("at most", lambda value, bar: value <= bar)

# What is claimed; the command; where its figure stands, the last match counting (two groups: the second by the first);
# the bar.
ROWS = [
    ("pipeline: TCP to committed alerts, 3,000 patterns, one lane, against a bare prototype (CPU an event)",
     "tests/bench/pipeline/pipeline.py --baselines {shared}/baselines", r"median ratio ([\d.]+)", AT_LEAST, 0.4),
    ("two lanes against one (events a second)",
     "tests/bench/lanes/lanes.py --baselines {shared}/baselines --rounds 2", r"median ratio ([\d.]+)", AT_LEAST, 1.6),
    ("3,000 patterns against PCRE2-JIT one by one (CPU an event)",
     "{build}/tests/bench/detect/bench_detect keywords {shared}/baselines/patterns.tsv {lines} 3000",
     r"([\d.]+)x\s+[\d.]+\s+[\d.]+$", AT_LEAST, 100),
    ("3,000 patterns against 1,000 (CPU an event)",
     "{build}/tests/bench/detect/bench_detect keywords {shared}/baselines/patterns.tsv {lines} 1000 3000",
     r"^ +1000 +\d+ ns +(\d+) ns(?:.|\n)*^ +3000 +\d+ ns +(\d+) ns", AT_MOST, 3),
    ("receive, parse, count against rsyslogd (CPU a line)",
     "tests/bench/receive/receive.py --corpus {shared}/corpus", r"median ratio ([\d.]+)", AT_MOST, 1),
    ("TCP on one connection with all rules against rsyslogd writing a file (lines a second)",
     "tests/bench/receive/receive.py --corpus {shared}/corpus --all-rules", r"median rate ([\d.]+)", AT_LEAST, 1),
    ("100,000 datagrams of 300 bytes at 100,000 a second (percent received)",
     "tests/bench/udp/udp.py --corpus {shared}/corpus", r"least ([\d.]+) % received", AT_LEAST, 99.9),
    ("JSON against simdjson's DOM, flat events (CPU an event)",
     "{build}/tests/bench/json/bench_json", r"^flat .* ([\d.]+)$", AT_MOST, 1.5),
    ("JSON against simdjson's DOM, nested events (CPU an event)",
     "{build}/tests/bench/json/bench_json", r"^nested .* ([\d.]+)$", AT_MOST, 1.5),
    ("allocations of a warm lane over 20,000 events, failures of the test that counts them",
     "{build}/tests/unit/ismsd/test_ismsd_allocations", r"Failures: (\d+), Errors: 0", AT_MOST, 0),
    ("resident memory with all SigmaHQ rules (MiB)",
     "python3 tests/e2e/memory.py", r"([\d.]+) MiB", AT_MOST, 200),
]


def figure(pattern, text):
    found = list(re.finditer(pattern, text, re.MULTILINE))
    if not found:
        return None
    groups = [float(g) for g in found[-1].groups()]
    return groups[0] if len(groups) == 1 else groups[1] / groups[0]


def measure(command, pattern, places):
    """Runs @command. Return: its figure, None where it failed or printed none."""
    environment = dict(os.environ, ISMS_BIN=str(places["build"] / "bin"), PYTHONPATH=str(ROOT / "tests/support"),
                       ISMS_CORPUS=str(places["shared"] / "corpus"), PYTHONDONTWRITEBYTECODE="1")
    # Unit tests leave files where they run, so not among the sources.
    cwd = places["build"] if "/tests/unit/" in command else ROOT
    done = subprocess.run(command, shell=True, cwd=cwd, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    value = figure(pattern, done.stdout) if done.returncode == 0 else None
    if value is None:
        print(done.stdout[-2000:], file=sys.stderr)
    return value


def lines_of(shared, build):
    """20,000 RFC 5424 lines of the corpus, as the baselines have them."""
    path = build / "lines-5424.txt"
    if not path.exists():
        with open(path, "wb") as out:
            subprocess.run([sys.executable, shared / "corpus/logs/amplify.py", "--n", "20000", "--frame", "5424"],
                           stdout=out, check=True)
    return path


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    ask.add_argument("--shared", type=pathlib.Path, default=ROOT.parent / "shared")
    ask.add_argument("--only", nargs="*", default=[])
    args = ask.parse_args()
    build, shared = args.build.resolve(), args.shared.resolve()
    places = {"build": build, "shared": shared, "lines": lines_of(shared, build)}
    missed = 0
    print("| what | measured | wanted | |\n|---|---|---|---|", flush=True)
    for what, command, pattern, (relation, holds), bar in ROWS:
        if args.only and not any(word in what or word in command for word in args.only):
            continue
        command = command.format(**places)
        value = measure(command, pattern, places)
        good = value is not None and holds(value, bar)
        missed += not good
        shown = "no figure" if value is None else f"{value:.3g}"
        print(f"| {what}<br>`{command}` | {shown} | {relation} {bar:g} | {'yes' if good else '**no**'} |", flush=True)
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
