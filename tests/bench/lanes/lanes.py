#!/usr/bin/env python3
"""lanes: how much more two lanes do than one: two files read to their end, 3,000 keyword rules, to committed alerts.

    ISMS_BIN=build/release/bin tests/bench/lanes/lanes.py --baselines ../shared/baselines [--inputs 20] [--copies 60]
        [--rounds 3]

Files need no sender, so both cores are the daemon's: every input reads a file of its own name (all are one on
disk) from its begin to its end. One
lane reads all inputs, two lanes half each; compared is the wall time from "ready" to the orderly end, which the daemon
comes to by itself when every input has ended. Runs are long enough that the first detections of each alert, which one
thread writes in full, do not decide them.
"""
import argparse
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[2] / "support"), str(HERE.parents[1] / "pipeline")]
from daemon import Daemon  # noqa: E402
from pipeline import write_rules  # noqa: E402


def run(lanes, file, n_inputs, rules):
    for i in range(n_inputs):
        name = file.with_name(f"{i}.log")
        name.unlink(missing_ok=True)
        name.hardlink_to(file)
    inputs = [{"name": f"f{i}", "type": "file", "path": str(file.with_name(f"{i}.log")), "follow": False, "from_start": True,
               "framing": "lf", "product": "bench"} for i in range(n_inputs)]
    with Daemon(settings={"daemon": {"lanes": lanes}, "alerts": {"fold_window": "1h"}}, inputs=inputs,
                start=False) as d:
        for path in rules.glob("*.yml"):
            shutil.copy(path, d.rules)
        d.start()
        begin = time.monotonic()
        code = d.process.wait(600)
        wall = time.monotonic() - begin
        d.process = None
        assert code == 0, d.log.read_text()[-2000:]
        d.verify()
        return wall


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--baselines", type=pathlib.Path, required=True)
    ask.add_argument("--patterns", type=int, default=3000)
    ask.add_argument("--inputs", type=int, default=20)
    ask.add_argument("--copies", type=int, default=60)
    ask.add_argument("--rounds", type=int, default=3)
    args = ask.parse_args()
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        rules = work / "rules"
        rules.mkdir()
        write_rules(rules, args.baselines / "patterns.tsv", args.patterns)
        text = subprocess.run([sys.executable, args.baselines.parent / "corpus/logs/amplify.py", "--n", "20000", "--frame",
                               "5424"], capture_output=True, check=True).stdout
        file = work / "lines.log"
        file.write_bytes(text * args.copies)
        events = args.inputs * args.copies * 20000
        ratios = []
        for i in range(args.rounds):
            one = run(1, file, args.inputs, rules)
            two = run(2, file, args.inputs, rules)
            ratios.append(one / two)
            print(f"round {i + 1}: one lane {events / one:,.0f} events/s, two lanes {events / two:,.0f}, "
                  f"ratio {ratios[-1]:.2f}", flush=True)
        print(f"median ratio {statistics.median(ratios):.2f} (at least 1.6 is wanted)")


if __name__ == "__main__":
    main()
