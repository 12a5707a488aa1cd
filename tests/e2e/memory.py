"""Resident memory with every active rule of SigmaHQ loaded and events flowing: below 200 MiB."""
import gzip
import itertools
import pathlib
import re
import subprocess
import tempfile

from daemon import Daemon, corpus, run

LIMIT_MIB = 200


def resident_mib(d):
    return int(re.search(r"VmRSS:\s+(\d+) kB", pathlib.Path(f"/proc/{d.process.pid}/status").read_text())[1]) / 1024


def all_rules_fit_into_two_hundred_mebibytes():
    data = corpus()
    if data is None:
        return "skipped: no corpus"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "--zstd", "-xf", data / "sigma/rules-all.tar.zst", "-C", folder], check=True)
        with Daemon(settings={"rules": {"paths": [folder]}}) as d:
            assert d.status()["rules_loaded"] > 3700, d.status()
            idle = resident_mib(d)
            n = 0
            for path in sorted((data / "logs").glob("*.gz")):
                with gzip.open(path, "rb") as f:
                    lines = [line.rstrip(b"\n") for line in itertools.islice(f, 5000)]
                lines = [line for line in lines if line.strip()]
                d.tcp(b"".join(b"%d <13>%s" % (len(line) + 4, line) for line in lines))
                n += len(lines)
            d.until_events(n)
            busy = resident_mib(d)
            assert busy < LIMIT_MIB, f"{busy:.0f} MiB, {LIMIT_MIB} is the limit"
    return f"passed: {idle:.0f} MiB idle, {busy:.0f} MiB after {n} events"


run([all_rules_fit_into_two_hundred_mebibytes])
