"""What the tests of records that cannot be written share: a rule for everything, and what counts as all on record."""

ANY = """
title: Any message of sshd
id: 33333333-3333-4333-8333-333333333333
status: test
level: high
logsource: {product: linux, service: sshd}
detection:
  sel: {app_name: sshd}
  condition: sel
"""
EVERYTHING = [{"name": "everything", "input": "tcp", "required": True, "silence": "1h"}]


def line(n, size=0):
    return f"<86>1 2026-03-01T12:00:00Z host{n % 7} sshd - - - message {n} {'x' * size}\n".encode()


def counted(d):
    return sum(a["count"] for a in d.rows("alert list --all --limit 10000"))


def all_is_recorded(d, n):
    d.until_events(n)
    assert counted(d) == n, f"{counted(d)} detections on record, {n} is right"
    d.until(lambda: d.rows("sources")[0]["events"] >= n)
    assert d.rows("sources")[0]["events"] == n, f"{d.rows('sources')[0]['events']} events of the source, {n} were sent"
    d.verify()


def is_stalled(d):
    return d.status()["recording"] == "no"


def lines_of(n, first=0, size=0):
    return b"".join(line(k, size) for k in range(first, first + n))


def three_hundred_on_record(d, size=0):
    d.tcp(lines_of(300, size=size))
    d.until_events(300)
    d.until(lambda: d.rows("sources")[0]["events"] == 300)
