"""`ismsd --check` tells every problem with its place; `--print-config` tells what holds, and can be read back."""
import re
import subprocess

from daemon import BIN, SOURCE, Daemon, run
from threshold_rules import FAILED_LOGIN

PLACE = r"%s:%d:\d+: "


def ismsd(d, *words):
    return subprocess.run([BIN / "ismsd", "-c", d.config, *words], capture_output=True, text=True, timeout=60)


def folder(config, rules=None):
    """A daemon's folder with this configuration, not started."""
    d = Daemon(rules or {"a.yml": FAILED_LOGIN}, start=False)
    text = config.replace("RULES", str(d.rules)).replace("MAPPINGS", str(SOURCE / "config/mappings"))
    d.config.write_text(text)
    return d


GOOD = """\
rules:
  paths: [RULES]
mappings:
  path: MAPPINGS
inputs:
  - name: a
    type: udp
    port: 5514
"""


def what_is_good_is_said_to_be_and_nothing_is_started():
    with folder(GOOD) as d:
        r = ismsd(d, "--check")
        assert r.returncode == 0, r
        assert "1 rules loaded, 0 rejected, 0 skipped" in r.stdout and "0 errors" in r.stdout, r.stdout
        assert not (d.dir / "state").exists() and not (d.dir / "ctl.sock").exists()


def every_problem_is_told_at_once_with_its_place():
    bad = GOOD + """\
daemon:
  lanes: many
  lanse: 2
alerts:
  fold_window: 5 fortnights
  detections_kept: 0
sources:
  - name: x
    silence: -1s
nonsense: 1
"""
    rule = FAILED_LOGIN.replace("condition: sel", "condition: sol")
    with folder(bad, {"a.yml": FAILED_LOGIN, "bad.yml": rule}) as d:
        r = ismsd(d, "--check")
        assert r.returncode == 1, r
        for line in (10, 11, 13, 14, 17, 18):
            assert re.search(PLACE % (r"ismsd\.yaml", line), r.stdout), f"nothing about line {line}:\n{r.stdout}"


def what_single_settings_cannot_show_is_told_at_once_too():
    bad = GOOD + """\
  - name: a
    type: udp
    port: 5514
sources:
  - name: x
    peer: 999.1.1.1
  - name: y
    owner: somebody
"""
    with folder(bad) as d:
        r = ismsd(d, "--check")
        assert r.returncode == 1, r
        for line in (9, 11, 14, 15):
            assert re.search(PLACE % (r"ismsd\.yaml", line), r.stdout), f"nothing about line {line}:\n{r.stdout}"


def one_run_tells_of_single_settings_of_several_of_mappings_and_of_rules():
    bad = GOOD.replace("MAPPINGS", "mappings") + """\
    frame_max: huge
  - name: a
    type: udp
    port: 5514
"""
    rule = FAILED_LOGIN.replace("condition: sel", "condition: sol")
    with folder(bad, {"bad.yml": rule}) as d:
        (d.dir / "mappings").mkdir()
        (d.dir / "mappings/m.yaml").write_text("nonsense: 1\n")
        r = ismsd(d, "--check")
        assert r.returncode == 1, r
        for file, line in ((r"ismsd\.yaml", 9), (r"ismsd\.yaml", 10), (r"ismsd\.yaml", 12), (r"m\.yaml", 1), (r"bad\.yml", 10)):
            assert re.search(PLACE % (file, line), r.stdout), f"nothing about line {line} of {file}:\n{r.stdout}"


def problems_of_rules_and_mappings_are_told_with_theirs():
    rule = FAILED_LOGIN.replace("condition: sel", "condition: sol").replace("1111", "5555")
    odd = FAILED_LOGIN.replace("src_ip|exists", "src_ip|exits").replace("1111", "6666")
    with folder(GOOD, {"a.yml": FAILED_LOGIN, "bad.yml": rule, "odd.yml": odd}) as d:
        r = ismsd(d, "--check")
        assert r.returncode == 1, r
        assert re.search(r"bad\.yml:\d+:\d+: ", r.stdout) and re.search(r"odd\.yml:\d+:\d+: ", r.stdout), r.stdout
        assert "1 rules loaded, 2 rejected" in r.stdout, r.stdout
    with folder(GOOD.replace("MAPPINGS", "/nonexistent/mappings")) as d:
        r = ismsd(d, "--check")
        assert r.returncode == 1 and "/nonexistent/mappings" in r.stdout + r.stderr, r


def the_same_is_said_of_a_rule_that_stands_twice():
    with folder(GOOD, {"a.yml": FAILED_LOGIN, "b.yml": FAILED_LOGIN}) as d:
        r = ismsd(d, "--check")
        assert re.search(r"b\.yml:\d+:\d+: ", r.stdout), r.stdout


def a_file_that_is_not_there_is_an_error():
    with folder(GOOD) as d:
        r = subprocess.run([BIN / "ismsd", "-c", d.dir / "nowhere.yaml", "--check"], capture_output=True, text=True)
        assert r.returncode == 1 and "nowhere.yaml" in r.stdout + r.stderr, r


def what_is_broken_as_yaml_is_told_with_its_place():
    for text, line in (("daemon: [\n", 2), ("daemon:\n\tlanes: 1\n", 2), ("a: 1\na: 2\n", 2), ("- 1\n", 1), ("x: *y\n", 1)):
        with folder(text) as d:
            r = ismsd(d, "--check")
            assert r.returncode == 1 and re.search(r"ismsd\.yaml:\d+:\d+: ", r.stdout), (text, r)


def what_is_printed_can_be_read_back_and_prints_the_same():
    everything = (SOURCE / "config/ismsd.yaml").read_text()
    for text in (GOOD, everything, "{}\n"):
        with folder(text) as d:
            first = ismsd(d, "--print-config")
            assert first.returncode == 0, first
            d.config.write_text(first.stdout)
            again = ismsd(d, "--print-config")
            assert again.returncode == 0 and again.stdout == first.stdout, again
            assert ismsd(d, "--check").returncode == ismsd(d, "--check").returncode


def strange_texts_survive_being_printed():
    odd = GOOD + 'records:\n  criteria: "it\'s: a \\"test\\" # no\\u00e9"\nsources:\n  - name: "yes"\n    hostname: "0x10"\n    owner: "- x"\n'
    with folder(odd) as d:
        first = ismsd(d, "--print-config")
        assert first.returncode == 0, first
        d.config.write_text(first.stdout)
        again = ismsd(d, "--print-config")
        assert again.stdout == first.stdout and "it''s" in first.stdout or "it's" in first.stdout, again


def wrong_words_are_a_matter_of_usage():
    with folder(GOOD) as d:
        assert ismsd(d, "--chek").returncode == 2
        assert ismsd(d, "surplus").returncode == 2
        assert ismsd(d, "--help").returncode == 0
        version = ismsd(d, "--version")
        assert version.returncode == 0 and re.match(r"ismsd \d+\.\d+\.\d+$", version.stdout), version


def a_configuration_with_problems_is_not_run():
    with folder(GOOD + "nonsense: 1\n") as d:
        r = ismsd(d)
        assert r.returncode == 1 and re.search(PLACE % (r"ismsd\.yaml", 9), r.stderr), r


run([what_is_good_is_said_to_be_and_nothing_is_started,
     every_problem_is_told_at_once_with_its_place,
     what_single_settings_cannot_show_is_told_at_once_too,
     one_run_tells_of_single_settings_of_several_of_mappings_and_of_rules,
     problems_of_rules_and_mappings_are_told_with_theirs,
     the_same_is_said_of_a_rule_that_stands_twice,
     a_file_that_is_not_there_is_an_error,
     what_is_broken_as_yaml_is_told_with_its_place,
     what_is_printed_can_be_read_back_and_prints_the_same,
     strange_texts_survive_being_printed,
     wrong_words_are_a_matter_of_usage,
     a_configuration_with_problems_is_not_run])
