"""`ismsctl parse`: one object a frame, in order, never fewer or more, with the members other programs rely on."""
import base64
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from daemon import BIN, SOURCE, corpus, octet, run

MEMBERS = ["raw", "marks", "rfc5424_valid", "pri", "facility", "severity", "timestamp", "hostname", "app_name", "procid",
           "msgid", "structured_data", "msg", "fields", "logsource"]

# Where we read otherwise than a vector's origin, and why. They count as wrong.
LENGTH = "a name longer than RFC 5424 allows costs the strict verdict; cut, it would be another name"
OTHERWISE = {
    "rfc3164-rsyslog-0011": "a tag does not hold quotes and commas: it is the text",
    "syslogng-format-0013": "a number alone is no program's name",
    "syslogng-msgparse-0054": LENGTH,
    "syslogng-msgparse-0055": LENGTH,
    "syslogng-msgparse-0056": LENGTH,
}

# What another vector wants the other way for a message of the same form, so that nobody can meet both: the other one,
# and why we side with it. The other one must agree; of the two only it counts.
NO_COLON = "behind the host a first word without a colon is the program's name: so it is for nearly all who state it"
NO_HEADER = "RFC 3164 section 4.3.3: where there is no header, all of it is text"
CONTRADICTED = {
    "beats-syslog-0001": ("rfc3164-rsyslog-0034", NO_COLON),
    "beats-syslog-0002": ("rfc3164-rsyslog-0034", NO_COLON),
    "beats-syslog-0006": ("rfc3164-rsyslog-0022", NO_COLON),
    "rfc3164-rsyslog-0021": ("syslogng-msgparse-0037", "a year behind the time is its year; the note there says so too"),
    "rfc3164-rsyslog-0031": ("syslogng-msgparse-0070", NO_HEADER),
    "syslogng-msgparse-0066": ("rfc3164-rsyslog-0024", "a single word behind the time is the host, with an empty message"),
    "syslogng-msgparse-0069": ("syslogng-msgparse-0070", NO_HEADER),
    "vendor-sc4s-0309": ("syslogng-msgparse-0067", "a word with a colon behind the time is the program"),
    "vendor-sc4s-0524": ("rfc3164-rsyslog-0030", "a word with a colon and nothing before it is the program"),
}
BAR = 0.97


def parse(data, *options, code=0):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(f"mappings:\n  path: {json.dumps(str(SOURCE / 'config/mappings'))}\n")
        config.flush()
        r = subprocess.run([BIN / "ismsctl", "--config", config.name, "parse", *options], input=data, capture_output=True,
                           timeout=120)
    assert r.returncode == code, r.stderr.decode()
    return [json.loads(line) for line in r.stdout.splitlines()]


def raw(event):
    return base64.b64decode(event["raw_b64"]) if "raw_b64" in event else event["raw"].encode()


# -- the contract ---------------------------------------------------------------------------------------------------

def every_object_has_every_member_in_order():
    for event in parse(b"<34>1 2026-03-01T12:00:00Z h a 1 m [x y=\"z\"] t\n<34>1 - - - - - -\nno header at all\n\xff\xfe\n"):
        assert [k for k in event if k != "raw_b64"] == MEMBERS, list(event)


def what_is_absent_is_null():
    event, = parse(b"<34>1 - - - - - -\n")
    for key in ("timestamp", "hostname", "app_name", "procid", "msgid", "structured_data"):
        assert event[key] is None, key
    event, = parse(b"no header at all\n")
    assert event["pri"] is None and event["facility"] == 1 and event["severity"] == 5 and event["rfc5424_valid"] is False


def frames_come_in_order_one_object_each():
    messages = [b"<34>1 2026-03-01T12:00:00Z h a - - - message %d" % k for k in range(1000)]
    lines = b"".join(m + b"\n" for m in messages)
    for data, options in [(lines, []), (lines, ["--framing", "lf"]), (octet(*messages), ["--framing", "octet"]),
                          (octet(*messages), []), (b"\0".join(messages) + b"\0", ["--framing", "nul"]),
                          (b"".join(octet(m) if k % 3 else m + b"\r\n" for k, m in enumerate(messages)), [])]:
        events = parse(data, *options)
        assert [raw(e) for e in events] == messages, f"{options}: {len(events)} of {len(messages)}"


def bytes_that_are_no_text_come_back_whole():
    message = b"<34>Mar  1 12:00:00 h p: " + bytes(b for b in range(256) if b != 10)
    event, = parse(octet(message))
    assert raw(event) == message and "raw_b64" in event
    event, = parse("<34>Mar  1 12:00:00 h p: größer".encode() + b"\n")
    assert "raw_b64" not in event and event["msg"] == "größer"


def what_stands_twice_has_an_array():
    event, = parse(b'<34>1 - h a - - [x a="1" a="2" b="3"] t\n')
    assert event["structured_data"] == {"x": {"a": ["1", "2"], "b": "3"}}


def an_unfinished_last_frame_is_a_frame():
    events = parse(b"<34>1 - - - - - - one\n<34>1 - - - - - - tw")
    assert [raw(e) for e in events] == [b"<34>1 - - - - - - one", b"<34>1 - - - - - - tw"]
    assert "unfinished" in events[1]["marks"]
    assert parse(b"") == []


def the_year_comes_from_when_it_was_received():
    for received, year in (("2024-02-29T12:00:00Z", 2024), ("2031-01-05T00:00:00Z", 2031)):
        event, = parse(b"<34>Jan  2 03:04:05 h p: t\n", "--received", received)
        assert event["timestamp"] == f"{year}-01-02T03:04:05Z", event["timestamp"]


def wrong_words_are_a_matter_of_usage():
    assert parse(b"", "--framing", "carrier-pigeon", code=2) == []
    assert parse(b"", "--received", "yesterday", code=2) == []


# -- the corpus -----------------------------------------------------------------------------------------------------

def vectors(data):
    for path in sorted((data / "syslog").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            yield json.loads(line)


# What we have an equal of, or what changes no field that is compared. Others make the origin read the same bytes
# differently: a list of programs' names, no host name in headers, cleaned text, …
OPTIONS = {"received_at", "tz", "syslogng_flags", "hostname_from"}
FLAGS = {"expect-hostname", "syslog-protocol", "assume-utf8", "validate-utf8", "store-legacy-msghdr", "kernel"}


def set_up_as_we_are(v):
    options = v.get("options") or {}
    flags = options.get("syslogng_flags")
    return set(options) <= OPTIONS and (flags is None or flags and set(flags) <= FLAGS)


def by_time_of_receipt(data):
    """Vectors that are one message each, with its bytes: parsed together where they came at the same time."""
    groups = collections.defaultdict(list)
    for v in vectors(data):
        if v["transport_framing"] not in ("message", "datagram", "lf") or "frames" in v["expect"]:
            continue
        message = base64.b64decode(v["input"])
        if v["transport_framing"] == "lf":
            message = message.removesuffix(b"\n").split(b"\n")[0]
        received = (v.get("options") or {}).get("received_at") or "2026-03-14T15:09:26Z"
        if message:
            groups[re.sub(r"\.\d+", "", received)].append((v, message))
    return groups


def parsed(data):
    out = []
    for received, group in by_time_of_receipt(data).items():
        events = parse(octet(*(m for _, m in group)), "--framing", "octet", "--received", received)
        assert len(events) == len(group), f"{len(events)} objects for {len(group)} frames"
        assert [raw(e) for e in events] == [m for _, m in group]
        out += [(v, e) for (v, _), e in zip(group, events)]
    return out


def score(data, events):
    """Of all vectors, field by field: (right, of)."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "out.jsonl"
        path.write_text("".join(json.dumps({"id": v["id"], "events": 1, "out": {
            "pri": e["facility"] * 8 + e["severity"], "host": e["hostname"], "app": e["app_name"], "procid": e["procid"],
            "msgid": e["msgid"], "msg": e["msg"]}}) + "\n" for v, e in events))
        text = subprocess.run([sys.executable, data / "syslog/tools/score.py", path, *sorted((data / "syslog").glob("*.jsonl"))],
                              capture_output=True, text=True, check=True).stdout
    whole = next(line for line in text.splitlines() if line.startswith("ALL "))
    return {f: (int(a), int(b)) for f, a, b in re.findall(r"(\w+) (\d+)/(\d+)", whole)}


def shares(score):
    return ", ".join(f"{f} {a}/{b} = {100 * a / b:.1f} %" for f, (a, b) in score.items())


def fields_agree_with_every_vector_but_for_those_named():
    data = corpus()
    if data is None:
        return "skipped: no corpus"
    events = [(v, e) for v, e in parsed(data) if set_up_as_we_are(v)]
    named = OTHERWISE.keys() | CONTRADICTED.keys()
    for field, (right, of) in score(data, [(v, e) for v, e in events if v["id"] not in named]).items():
        assert right == of, f"{field}: {of - right} of {of} disagree"
    for v, e in events:
        if v["id"] in named:
            assert any(a < b for a, b in score(data, [(v, e)]).values()), f"{v['id']} agrees: it need not be named"
    consistent = score(data, [(v, e) for v, e in events if v["id"] not in CONTRADICTED])
    right, of = consistent["pri"]
    assert right == of, f"pri {right}/{of}"
    assert all(right >= BAR * of for right, of in consistent.values()), consistent
    return f"passed: {shares(consistent)}; with those that contradict others: {shares(score(data, events))}"


def one_of_two_that_contradict_each_other_agrees():
    data = corpus()
    if data is None:
        return "skipped: no corpus"
    events = {v["id"]: (v, e) for v, e in parsed(data)}
    for other in {other for other, _ in CONTRADICTED.values()}:
        of_one = score(data, [events[other]])
        assert all(a == b for a, b in of_one.values()), f"{other}: {of_one}"


def the_strict_verdict_is_the_standards():
    data = corpus()
    if data is None:
        return "skipped: no corpus"
    stated = [(v, e) for v, e in parsed(data) if "strict_rfc5424" in v["expect"]]
    wrong = [v["id"] for v, e in stated if e["rfc5424_valid"] != v["expect"]["strict_rfc5424"]]
    assert len(stated) > 200 and not wrong, f"{len(wrong)} of {len(stated)}: {wrong}"
    return f"passed: {len(stated)} of {len(stated)}"


DEVICE = {"cef": ["deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "agentSeverity"],
          "leef": ["deviceVendor", "deviceProduct", "deviceVersion", "EventID"]}
CLEANED = {"cef-axosyslog-0005": "line ends inside a header's text stay as they came"}


def device_fields(kind, event):
    fields = {n: v if isinstance(v, list) else [v] for n, v in event["fields"].items()}
    return [fields.get(n, [None])[0] for n in DEVICE[kind]], fields


def cef_and_leef_vectors_become_their_fields():
    data = corpus()
    if data is None:
        return "skipped: no corpus"
    n = 0
    for kind in DEVICE:
        lines = (data / f"syslog/{kind}-axosyslog.jsonl").read_text().splitlines()
        chosen = [v for v in map(json.loads, lines) if not v.get("options") and v["id"] not in CLEANED]
        events = parse(octet(*(base64.b64decode(v["input"]) for v in chosen)), "--framing", "octet")
        for v, event in zip(chosen, events):
            header, fields = device_fields(kind, event)
            if not v["expect"]["valid"]:
                assert "deviceVendor" not in fields, v["id"]
                continue
            want = v["expect"][kind]
            assert header == [x for k, x in want["header"].items() if k not in ("leef_delimiter", f"{kind}_version")], v["id"]
            assert all(x in fields.get(k, []) for k, x in want["extensions"].items()), f"{v['id']}: {fields}"
            n += 1
    assert n > 25, n
    return f"passed: {n} of {n}"


run([every_object_has_every_member_in_order,
     what_is_absent_is_null,
     frames_come_in_order_one_object_each,
     bytes_that_are_no_text_come_back_whole,
     what_stands_twice_has_an_array,
     an_unfinished_last_frame_is_a_frame,
     the_year_comes_from_when_it_was_received,
     wrong_words_are_a_matter_of_usage,
     fields_agree_with_every_vector_but_for_those_named,
     one_of_two_that_contradict_each_other_agrees,
     the_strict_verdict_is_the_standards,
     cef_and_leef_vectors_become_their_fields])
