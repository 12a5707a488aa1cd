"""The rules and lines that the tests of counting share."""

FAILED_LOGIN = """
title: Failed login
id: 11111111-1111-4111-8111-111111111111
name: failed_login
status: test
level: low
logsource: {product: linux, service: sshd}
detection:
  sel: {auth_result: failure, src_ip|exists: true}
  condition: sel
"""

GUESSING = """
title: Password guessing
id: 22222222-2222-4222-8222-222222222222
status: test
level: medium
correlation:
  type: event_count
  rules: [failed_login]
  group-by: [src_ip]
  timespan: %s
  condition: {gte: 8}
"""


def line(address, second):
    stamp = f"2026-03-01T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
    return (f"<86>1 {stamp} h1 sshd 42 - - "
            f"Failed password for root from {address} port 4022 ssh2\n").encode()


def fired(d):
    """How often the correlation fired: the detections its alerts have counted."""
    return sum(a["count"] for a in d.rows("alert list", "--all", "--limit", "10000") if a["title"] == "Password guessing")
