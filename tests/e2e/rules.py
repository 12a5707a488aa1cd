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


HEAD = "title: T\nid: ID\nlogsource: {product: linux}\n"
SEL = HEAD + "detection:\n  sel: {a: b}\n"
COUNT = "title: C\nid: ID\ncorrelation:\n  type: event_count\n"

# The rule, the place that is to be told marked by «, and a part of what is to be said there.
MISTAKES = [
    (HEAD + "detection:\n  selection: {a: b}\n  condition: «selektion\n", "no such identifier; did you mean 'selection'?"),
    (SEL + "  s2: {a: c}\n  condition: sel «AND s2\n", "lower case"),
    (SEL + "  condition: sel and«\n", "breaks off: an identifier is expected"),
    (SEL + "  condition: (sel«\n", "')' is missing"),
    (SEL + "  condition: sel «sel\n", "'and' or 'or' is expected"),
    (SEL + "  condition: sel «| count() > 5\n", "write a correlation"),
    (SEL + "  «conditon: sel\n", "is it meant by 'conditon'?"),
    (SEL + "  condition: |\n    sel and\n    not «filtr\n  filter: {a: c}\n", "did you mean 'filter'?"),
    (SEL + "  condition: sel and\n     not «filtr\n  filter: {a: c}\n", "did you mean 'filter'?"),
    (SEL + "  condition: 'sel and «nto'\n", "no such identifier"),
    (SEL + "  condition:\n    - sel\n    - «sle\n", "did you mean 'sel'?"),
    (SEL + "  condition: 1 of «filter_*\n", "no identifier fits"),
    (SEL + "  condition: «2 of them\n", "only '1 of'"),
    (SEL + "  condition: «sel*\n", "only behind '1 of'"),
    (SEL + "  condition: «[]\n", "empty list of conditions"),
    (SEL + "  condition: «{a: b}\n", "a condition is one text"),
    (HEAD + "detection:\n  sel: {CommandLine|«contians: b}\n  condition: sel\n", "did you mean 'contains'?"),
    (HEAD + "detection:\n  sel:\n    a|contains|«al: [b]\n  condition: sel\n", "did you mean 'all'?"),
    (HEAD + "detection:\n  sel: {a|contains|«cidr: 10.0.0.0/8}\n  condition: sel\n", "must stand before '|contains'"),
    (HEAD + "detection:\n  sel:\n    a|re:\n      - x\n      - «'ab(c'\n  condition: sel\n", "parenthesis, behind 'ab(c'"),
    (HEAD + "detection:\n  sel:\n    a|cidr:\n      - 10.0.0.0/8\n      - «10.0.0.0/33\n  condition: sel\n", "not a network"),
    (HEAD + "detection:\n  sel: {a|gt: «many}\n  condition: sel\n", "takes a number, not 'many'"),
    (HEAD + "detection:\n  sel: {a|hour: «25}\n  condition: sel\n", "from 0 to 23"),
    (HEAD + "detection:\n  sel: {a|exists: «maybe}\n  condition: sel\n", "takes true or false"),
    (HEAD + "detection:\n  sel: {a|expand: «'%admins%'}\n  condition: sel\n", "no list is configured for %admins%"),
    (HEAD + "detection:\n  sel: {a: «[]}\n  condition: sel\n", "empty list of values"),
    (HEAD + "detection:\n  sel: {a: «{b: c}}\n  condition: sel\n", "not a map"),
    (HEAD + "detection:\n  sel: «{}\n  condition: sel\n", "asks for nothing"),
    (HEAD + "detection:\n  words: [«'']\n  condition: words\n", "empty keyword"),
    (HEAD + "detection: «[a]\n", "takes a map of identifiers"),
    (SEL + "  «timeframe: 5m\n  condition: sel\n", "write a correlation"),
    (SEL + "  condition: sel\nlevel: «hihg\n", "known are informational, low, medium, high, critical"),
    (SEL + "  condition: sel\n«levle: high\n", "did you mean 'level'?"),
    (SEL + "  condition: sel\nstatus: «tset\n", "known are stable, test"),
    (SEL + "  condition: sel\nismsd: {«group_by: [a]}\n", "only 'group-by'"),
    (SEL + "  condition: sel\nismsd: «[a]\n", "takes a map"),
    (SEL + "  condition: sel\ntags: «{a: b}\n", "takes a list of texts"),
    (SEL + "  «other: {a: c}\n  condition: sel\n", "does not use 'other'"),
    ("title: T\nid: ID\nlogsource: {«prodcut: linux, service: x}\ndetection:\n  sel: {a: b}\n  condition: sel\n", "did you mean 'product'?"),
    ("title: T\nid: ID\nlogsource: «{}\ndetection:\n  sel: {a: b}\n  condition: sel\n", "no product, category or service"),
    ("«title: T\nid: ID\ndetection:\n  sel: {a: b}\n  condition: sel\n", "needs 'logsource'"),
    ("«id: ID\nlogsource: {product: linux}\ndetection:\n  sel: {a: b}\n  condition: sel\n", "needs a 'title'"),
    ("title: «[T]\nid: ID\nlogsource: {product: linux}\ndetection:\n  sel: {a: b}\n  condition: sel\n", "takes one text"),
    (HEAD + "«detections:\n  sel: {a: b}\n  condition: sel\n", "did you mean 'detection'?"),
    ("«- title: T\n", "a map is expected"),
    ("title: T\nlogsource:\n«\tproduct: linux\n", "not YAML"),
    ("title: T\nlogsource: {product: linux\ndetection«:\n  sel: {a: b}\n", "not YAML"),
    (HEAD + "detection:\n  sel: {a: b, «a: c}\n  condition: sel\n", "stands twice here; first in line 5"),
    (HEAD + "detection:\n  sel: «*nowhere\n  condition: sel\n", "names no anchor"),
    ("title: «\udce4\nid: ID\n", "UTF-8"),
    (SEL + "  condition: sel\n---\ntitle: U\nid: IDb\nlogsource: {product: linux}\ndetection:\n  sel: {a|«foo: b}\n  condition: sel\n", "unknown modifier"),
    (SEL + "  condition: sel\n---\ntitle: U\nid: IDb\nlogsource: {product: linux}\nx: «\udcff\n", "UTF-8"),
    (COUNT.replace("event_count", "«event_cuont") + "  rules: [good_rule]\n  timespan: 1m\n  condition: {gte: 3}\n", "did you mean 'event_count'"),
    (COUNT.replace("event_count", "value_count") + "  rules: [good_rule]\n  timespan: 1m\n  condition: «{gte: 3}\n", "needs 'field'"),
    (COUNT.replace("event_count", "temporal") + "  rules: [good_rule]\n  timespan: 1m\n  condition: good_rule and not «god_rule\n", "did you mean 'good_rule'"),
    (COUNT + "  rules: [good_rule]\n  timespan: 1m\n  condition: {gte: 3}\n  aliases: {a: {«god_rule: b}}\n", "none of the correlation's 'rules'"),
    (COUNT + "  rules: [good_rule]\n  timespan: 1m\n  condition: {«get: 3}\n", "known are gt, gte"),
    (COUNT + "  rules:\n    - good_rule\n    - «godo_rule\n  timespan: 1m\n  condition: {gte: 3}\n", "did you mean 'good_rule'?"),
    (COUNT + "  rules: [good_rule]\n  timespan: «5 minutes\n  condition: {gte: 3}\n", "as 90m"),
    (COUNT + "  rules: [good_rule]\n  «group_by: [a]\n  timespan: 5m\n  condition: {gte: 3}\n", "did you mean 'group-by'?"),
    (COUNT.replace("  type", "  «type") + "  rules: [good_rule]\n  condition: {gte: 3}\n", "needs 'timespan'"),
    (COUNT + "  rules: [good_rule]\n  timespan: 5m\n  condition: {gte: «many}\n", "whole number"),
    (COUNT.replace("id: ID", "id: ID\nname: own") + "  rules: [«own]\n  timespan: 5m\n  condition: {gte: 3}\n", "in a circle"),
    (SEL.replace("id: ID", "id: «good-id") + "  condition: sel\n", "is that of the rule in"),
]


def every_mistake_is_told_at_its_place_with_what_was_expected():
    rules = {"0.yml": SEL.replace("id: ID", "id: good-id\nname: good_rule") + "  condition: sel\n"}
    with Folder(rules) as f:
        for k, (text, _) in enumerate(MISTAKES):
            (f.path / f"m{k:03}.yml").write_bytes(text.replace("«", "").replace("ID", f"id-{k}").encode(errors="surrogateescape"))
        (f.path / "gone.yml").symlink_to("nowhere")
        r = f.ctl("rules", "check", f.path)
        *lines, counts = r.stdout.decode().splitlines()
        assert r.returncode == 1 and re.fullmatch(r"\d+ loaded, \d+ rejected, 0 skipped", counts), counts
        problems = []
        for line in lines:
            m = re.fullmatch(r"\S*/([a-z0-9]+\.yml):([1-9]\d*):([1-9]\d*): (?:error|warning): (.+)", line)
            assert m, f"no place: {line}"
            problems.append((m[1], int(m[2]), int(m[3]), m[4]))
        assert ("gone.yml", 1, 1, "No such file or directory") in problems
        for k, (text, said) in enumerate(MISTAKES):
            before = text[:text.index("«")]
            want = f"m{k:03}.yml", before.count("\n") + 1, len(before) - before.rfind("\n")
            found = [p for p in problems if p[0] == want[0]]
            assert any(p[:3] == want and said in p[3] for p in found), f"{want} {said!r} is not among {found} of\n{text}"
        rows = [json.loads(row) for row in f.ctl("--json", "rules", "check", f.path).stdout.splitlines()]
        gone = [row for row in rows if row["file"].endswith("gone.yml")]
        assert len(gone) == 1 and gone[0]["status"] == "rejected" and gone[0]["reason"], gone
        rejected = sum(row["status"] == "rejected" for row in rows)
        assert counts.split(", ")[1] == f"{rejected} rejected", (counts, rejected)
    return f"passed: {len(MISTAKES)} mistakes"


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
     every_mistake_is_told_at_its_place_with_what_was_expected,
     as_json_each_rule_tells_its_state,
     a_folder_that_is_not_there_is_no_success,
     each_line_has_its_hits,
     routing_asks_for_the_log_source,
     a_rejected_rule_does_not_keep_the_others,
     the_shipped_rules_are_all_loaded,
     the_prefilter_changes_nothing_and_the_matrix_is_found,
     synthetic_cases_are_judged_alike])
