"""`ismsctl rules check` and `rules match`: what other programs rely on, and what real rules do to real events."""
import gzip
import itertools
import json
import pathlib
import re
import subprocess
import tempfile

from daemon import BIN, SOURCE, corpus, run
from threshold_rules import FAILED_LOGIN

BROKEN = FAILED_LOGIN.replace("condition: sel", "condition: sol").replace("1111", "5555").replace("Failed login", "Broken")
PLAIN = """
title: A process of that name
id: 77777777-7777-4777-8777-777777777777
author: Ana
status: test
level: low
logsource: {product: windows, category: process_creation}
detection:
  sel: {Image|endswith: '\\evil.exe'}
  condition: sel
"""


class Folder:
    """Rules in a folder, and ismsctl over it."""

    def __init__(self, rules):
        self.temporary = tempfile.TemporaryDirectory(prefix="ismsd-rules.")
        self.path = pathlib.Path(self.temporary.name) / "rules"
        self.path.mkdir()
        for name, text in rules.items():
            (self.path / name).write_text(text)
        self.config = pathlib.Path(self.temporary.name) / "ismsd.yaml"
        self.config.write_text(f"mappings:\n  path: {json.dumps(str(SOURCE / 'config/mappings'))}\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def ctl(self, *words, data=b""):
        return subprocess.run([BIN / "ismsctl", "--config", self.config, *words], input=data, capture_output=True,
                              timeout=300)

    def match(self, data, *words):
        r = self.ctl("rules", "match", "--rules", self.path, *words, data=data)
        assert r.returncode == 0, r.stderr.decode()[-2000:]
        return [json.loads(line) for line in r.stdout.splitlines()]


# -- the contract ---------------------------------------------------------------------------------------------------

def problems_stand_with_their_place_then_the_counts():
    with Folder({"a.yml": FAILED_LOGIN, "b.yml": BROKEN, "c.yml": "title: [\n"}) as f:
        r = f.ctl("rules", "check", f.path)
        lines = r.stdout.decode().splitlines()
        assert r.returncode == 1 and lines[-1] == "1 loaded, 2 rejected, 0 skipped", lines
        for name in ("b.yml", "c.yml"):
            assert any(re.match(rf"\S*/{name}:\d+:\d+: ", line) for line in lines), lines
    with Folder({"a.yml": FAILED_LOGIN}) as f:
        r = f.ctl("rules", "check", f.path)
        assert r.returncode == 0 and r.stdout.splitlines()[-1] == b"1 loaded, 0 rejected, 0 skipped", r


def as_json_each_rule_tells_its_state():
    with Folder({"a.yml": FAILED_LOGIN, "b.yml": BROKEN}) as f:
        r = f.ctl("--json", "rules", "check", f.path)
        rows = {row["title"]: row for row in map(json.loads, r.stdout.splitlines())}
        assert r.returncode == 1 and set(rows) == {"Failed login", "Broken"}, rows
        for row in rows.values():
            assert {"id", "title", "file", "status", "reason"} <= set(row)
        assert rows["Failed login"]["status"] == "loaded" and rows["Broken"]["status"] == "rejected"
        assert rows["Broken"]["reason"] and rows["Broken"]["file"].endswith("b.yml")
        assert rows["Broken"]["id"].startswith("5555")


def a_folder_that_is_not_there_is_no_success():
    with Folder({}) as f:
        r = f.ctl("rules", "check", f.path / "nowhere")
        assert r.returncode != 0 and b"nowhere" in r.stdout + r.stderr, r


def each_line_has_its_hits():
    events = b'{"Image":"C:\\\\x\\\\EVIL.exe"}\n{"Image":"good.exe"}\n\nnonsense\n[1]\n{"Image":"\\\\evil.exe"}'
    with Folder({"p.yml": PLAIN}) as f:
        out = f.match(events, "--no-routing")
        assert [o["line"] for o in out] == [1, 2, 3, 4, 5, 6]
        assert [len(o["hits"]) for o in out] == [1, 0, 0, 0, 0, 1], out
        hit = out[0]["hits"][0]
        assert hit["id"].startswith("7777") and hit["title"] == "A process of that name" and hit["author"] == "Ana"
        assert all("error" in out[k] for k in (2, 3, 4)) and "error" not in out[1]


def routing_asks_for_the_log_source():
    event = b'{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":%d,"Image":"C:\\\\evil.exe"}\n'
    with Folder({"p.yml": PLAIN}) as f:
        out = f.match(event % 1 + event % 3 + b'{"Image":"C:\\\\evil.exe"}\n')
        assert [len(o["hits"]) for o in out] == [1, 0, 0], out


def a_rejected_rule_does_not_keep_the_others():
    with Folder({"p.yml": PLAIN, "b.yml": BROKEN}) as f:
        assert [len(o["hits"]) for o in f.match(b'{"Image":"\\\\evil.exe"}\n', "--no-routing")] == [1]


def the_shipped_rules_are_all_loaded():
    with Folder({}) as f:
        r = f.ctl("rules", "check", SOURCE / "config/rules")
        assert r.returncode == 0, r.stdout.decode()


# -- the corpus -----------------------------------------------------------------------------------------------------

class Corpus(Folder):
    """Every active rule of SigmaHQ, and the regression events in the order of their files."""

    def __init__(self, data):
        super().__init__({})
        for archive in ("rules-all", "regression"):
            subprocess.run(["tar", "--zstd", "-xf", data / f"sigma/{archive}.tar.zst", "-C", self.temporary.name], check=True)
        self.path = pathlib.Path(self.temporary.name) / "rules-all"
        regression = pathlib.Path(self.temporary.name) / "regression"
        self.events = [(path.stem, index, line) for path in sorted((regression / "events_flat").glob("*.ndjson"))
                       for index, line in enumerate(path.read_bytes().splitlines())]
        self.matrix = [line.split("\t") for line in (regression / "matrix.tsv").read_text().splitlines()[1:]]


def logs(data, n):
    """Lines of real logs, as events that keywords search."""
    for path in sorted((data / "logs").glob("*.gz")):
        with gzip.open(path, "rb") as f:
            for line in itertools.islice(f, n):
                yield json.dumps({"message": line.decode(errors="replace").rstrip("\n")}).encode()


def the_prefilter_changes_nothing_and_the_matrix_is_found():
    data = corpus()
    if data is None:
        return "skipped: no corpus"
    with Corpus(data) as c:
        lines = [line for _, _, line in c.events] + list(logs(data, 400))
        found = c.match(b"\n".join(lines), "--no-routing")
        assert len(found) == len(lines)
        assert found == c.match(b"\n".join(lines), "--no-routing", "--no-prefilter"), "the prefilter changes what is found"
        hits = {(sample, index): {h["id"] for h in row["hits"]} for (sample, index, _), row in zip(c.events, found)}
        wanted = 0
        for sample, index, ids in c.matrix:
            for rule in filter(None, re.split(r"[,; ]+", ids)):
                wanted += 1
                assert rule in hits[sample, int(index)], f"{rule} does not match event {index} of {sample}"
        assert wanted == 352, wanted
    return f"passed: {len(lines)} events, {wanted} of {wanted} hits of the matrix"


def synthetic_cases_are_judged_alike():
    data = corpus()
    if data is None:
        return "skipped: no corpus"
    with Corpus(data) as c:
        text = subprocess.run(["zstd", "-dc", data / "sigma/synthetic.ndjson.zst"], capture_output=True, check=True).stdout
        cases = [(rule["rule"], case) for rule in map(json.loads, text.splitlines()[::6]) for case in rule["cases"]]
        found = c.match(b"\n".join(json.dumps(case["event"]).encode() for _, case in cases), "--no-routing")
        wrong = [(rule, case) for (rule, case), row in zip(cases, found)
                 if (rule in {h["id"] for h in row["hits"]}) != case["match"]]
        assert not wrong, f"{len(wrong)} of {len(cases)}: {wrong[:3]}"
    return f"passed: {len(cases)} cases"


run([problems_stand_with_their_place_then_the_counts,
     as_json_each_rule_tells_its_state,
     a_folder_that_is_not_there_is_no_success,
     each_line_has_its_hits,
     routing_asks_for_the_log_source,
     a_rejected_rule_does_not_keep_the_others,
     the_shipped_rules_are_all_loaded,
     the_prefilter_changes_nothing_and_the_matrix_is_found,
     synthetic_cases_are_judged_alike])
