#!/usr/bin/env python3
"""udp: how many of so many datagrams at so high a rate are received, with the receive buffer and the rules we ship.

    ISMS_BIN=build/release/bin tests/bench/udp/udp.py [--corpus ../shared/corpus] [--count 100000] [--size 300]
        [--rate 100000] [--rounds 5]

With a corpus SigmaHQ's rules are loaded too. The sender is on the same machine: it takes its share of the processor.
Where the kernel grants less than we ask for (without CAP_NET_ADMIN), the log says so, and so does this.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import datagrams  # noqa: E402
from daemon import SOURCE, Daemon  # noqa: E402


def burst(rules, args):
    """One burst into a daemon of its own: (received, dropped, buffer granted, datagrams a second)."""
    lines = datagrams.numbered(args.count, args.size)
    with Daemon(settings={"rules": {"paths": rules}}) as d:
        rate = datagrams.send(d.address("udp"), lines, args.rate)
        d.until(lambda: sum(d.rows("inputs")[0][k] for k in ("frames", "dropped")) >= args.count)
        f = d.rows("inputs")[0]
        assert f["frames"] + f["dropped"] == args.count, f
        return f["frames"], f["dropped"], f["buffer"], rate


def main():
    ask = argparse.ArgumentParser()
    ask.add_argument("--corpus", type=pathlib.Path)
    ask.add_argument("--count", type=int, default=100000)
    ask.add_argument("--size", type=int, default=300)
    ask.add_argument("--rate", type=int, default=100000)
    ask.add_argument("--rounds", type=int, default=5)
    args = ask.parse_args()
    shares = []
    with tempfile.TemporaryDirectory() as folder:
        rules = [str(SOURCE / "config/rules")]
        if args.corpus:
            subprocess.run(["tar", "--zstd", "-xf", args.corpus / "sigma/rules-all.tar.zst", "-C", folder], check=True)
            rules.append(folder)
        for i in range(args.rounds):
            received, dropped, buffer, rate = burst(rules, args)
            shares.append(100 * received / args.count)
            print(f"round {i + 1}: {received} received, {dropped} dropped and counted, at {rate:,.0f} a second, "
                  f"buffer {buffer // 1024} KiB", flush=True)
    print(f"least {min(shares):.3f} % received (at least 99.9 is wanted)")


if __name__ == "__main__":
    main()
