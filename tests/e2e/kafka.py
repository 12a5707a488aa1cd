"""Kafka against a real broker: each record's effect exactly once, whoever stops, dies, or was never there."""
import os
import random
import sys
import threading
import time

from daemon import Daemon, Failure, run
from kafka_broker import Broker, absent

ANY_RECORD = """
title: Any record
id: 11111111-1111-4111-8111-111111111111
status: test
level: low
logsource: {category: stream}
detection:
  sel: {kafka_topic|exists: true}
  condition: sel
"""

# One alert that counts every record, whatever happens meanwhile.
COUNTING = {"alerts": {"group_by": ["kafka_topic"], "fold_window": "1d"}}
LINE = "<13>1 2026-03-01T12:00:00Z h1 app - - - number %d"


def kafka_input(broker, topics, **more):
    return {"name": "kafka", "type": "kafka", "brokers": [broker.plain], "topics": topics, "session_timeout": "1s",
            "category": "stream",
            "librdkafka": ["reconnect.backoff.max.ms=500", "topic.metadata.refresh.interval.ms=500"], **more}


def daemon(broker, topics=("logs",), rule=ANY_RECORD, settings=None, start=True, **more):
    return Daemon({"a.yml": rule}, inputs=[kafka_input(broker, list(topics), **more)],
                  settings={**COUNTING, **(settings or {})}, start=start)


def lines(first, n):
    return [LINE % k for k in range(first, first + n)]


def counted(d):
    """How many records' effects are on record: detections of all alerts."""
    return sum(a["count"] for a in d.rows("alert list --all --limit 10000"))


def until_counted(d, n, seconds=60):
    try:
        d.until(lambda: counted(d) >= n, seconds)
        d.until(lambda: sum(p.get("lag", 1) for p in d.rows("partitions")) == 0, seconds)
    except Failure:
        raise Failure(f"{counted(d)} of {n} records counted; {d.rows('partitions')}; {figures(d)}") from None
    assert counted(d) == n, (counted(d), n)


def figures(d):
    return next(r for r in d.rows("inputs") if r["name"] == "kafka")


def every_record_of_all_partitions_counts_once():
    with Broker() as broker:
        for p in range(4):
            broker.produce("logs", lines(p * 1000, 1000), partition=p)
        with daemon(broker) as d:
            until_counted(d, 4000)
            d.until(lambda: {r["lane"] for r in d.rows("partitions")} == {0, 1})
            d.until(lambda: sorted((r["partition"], r["state"], r.get("recorded"), r.get("end"))
                                   for r in d.rows("partitions")) == [(p, "reading", 1000, 1000) for p in range(4)])
            assert figures(d)["frames"] == 4000 and figures(d)["gap_records"] == 0


def a_restart_in_the_middle_loses_and_repeats_nothing():
    with Broker() as broker:
        broker.produce("logs", lines(0, 20000))
        with daemon(broker) as d:
            d.until(lambda: counted(d) > 0)
            d.stop()
            broker.produce("logs", lines(20000, 5000))
            d.start()
            until_counted(d, 25000)
            d.stop()
            d.start()
            broker.produce("logs", lines(25000, 10))
            until_counted(d, 25010)
            d.verify()


def kill_at_random_instants_loses_and_repeats_nothing():
    """Records keep coming while the daemon is killed, again and again, wherever it is; in the end each counted once."""
    kills = int(os.environ.get("ISMS_KILLS", "30"))
    chance = random.Random(os.environ.get("ISMS_SEED"))
    sent = 0
    over = threading.Event()

    def produce():
        nonlocal sent
        while not over.is_set():
            broker.produce("logs", lines(sent, 500), partition=sent // 500 % 4)
            sent += 500
            over.wait(0.05)

    with Broker() as broker:
        broker.produce("logs", ["the topic"], partition=0)
        producer = threading.Thread(target=produce)
        producer.start()
        try:
            with daemon(broker) as d:
                for _ in range(kills):
                    time.sleep(chance.random() * 2.5)
                    d.kill()
                    d.start()
                over.set()
                producer.join()
                until_counted(d, sent + 1)
                d.verify()
                return f"passed, {kills} kills, {sent + 1} records"
        finally:
            over.set()
            producer.join()


def who_joins_and_leaves_the_group_costs_and_repeats_nothing():
    """A stranger takes half of the partitions and goes again, twice, while records come."""
    with Broker() as broker:
        broker.produce("logs", lines(0, 1000))
        with daemon(broker) as d:
            d.until(lambda: counted(d) == 1000)
            d.until(lambda: {r["lane"] for r in d.rows("partitions") if r["state"] == "reading"} == {0, 1})
            sent = 1000
            for _ in range(2):
                had = figures(d)["rebalances"]
                stranger = broker.join("ismsd", "logs")
                for _ in range(20):
                    broker.produce("logs", lines(sent, 200), partition=sent // 200 % 4)
                    sent += 200
                d.until(lambda: figures(d)["rebalances"] >= had + 4)
                stranger.kill()
                stranger.wait()
                d.until(lambda: len([p for p in d.rows("partitions") if p["state"] == "reading"]) == 4)
            until_counted(d, sent)


def a_broker_that_is_not_there_is_waited_for():
    with Broker() as broker:
        broker.produce("logs", lines(0, 100))
        broker.kill()
        with daemon(broker) as d:
            d.until(lambda: "Connection refused" in d.log.read_text())
            broker.start()
            until_counted(d, 100)
            broker.kill()
            broker.start()
            broker.produce("logs", lines(100, 100))
            until_counted(d, 200)
            d.verify()


def a_topic_that_is_not_there_is_told_and_read_once_it_is():
    with Broker() as broker, daemon(broker, topics=["later"]) as d:
        d.until(lambda: "topic later: Subscribed topic not available" in d.log.read_text())
        broker.produce("later", lines(0, 100))
        until_counted(d, 100)


def key_headers_and_place_are_fields():
    rule = ANY_RECORD.replace("{kafka_topic|exists: true}", "{kafka_key: web-1, kafka_header.site: north, message: 'hello'}")
    with Broker() as broker:
        broker.produce("logs", ["web-1|hello"], partition=2, headers=["site=north", "empty="], key_delimiter="|")
        broker.produce("logs", ["web-2|hello"], partition=2, headers=["site=north"], key_delimiter="|")
        with daemon(broker, rule=rule) as d:
            d.until_events(2)
            assert counted(d) == 1
            shown = d.ctl("alert", "show", d.rows("alert list --all")[0]["id"])
            for name, value in (("kafka_topic", "logs"), ("kafka_partition", "2"), ("kafka_offset", "0"),
                                ("kafka_key", "web-1"), ("kafka_header.site", "north")):
                assert name in shown and value in shown, (name, shown)


def what_is_no_json_is_an_event_all_the_same_and_a_dead_letter():
    rule = ANY_RECORD.replace("{kafka_topic|exists: true}", "{kafka_poison|exists: true}")
    records = ['{"user": "ann"}', "no json at all", '{"broken": ', '{"user": "bob"}']
    with Broker() as broker:
        broker.produce("logs", records, partition=1)
        broker.kcat("-P", "-t", "logs", "-p", "1", "-K", "|", "-Z", data=b"gone|\n")
        with daemon(broker, rule=rule, format="json", dead_letter="dead") as d:
            d.until_events(5)
            assert counted(d) == 3 and figures(d)["poison"] == 3, figures(d)
            d.until(lambda: figures(d)["dead_letters"] == 3)
            letters = broker.consume("dead", "%h %s\n").splitlines()
        expected = [f"dead_letter.topic=logs,dead_letter.partition=1,dead_letter.offset={offset},dead_letter.reason={why}"
                    for offset, why in ((1, "not a JSON object no json at all"), (2, 'not a JSON object {"broken": '),
                                        (4, "no value "))]
        assert sorted(letters) == sorted(expected), letters


def records_deleted_before_they_were_read_are_counted():
    with Broker() as broker:
        broker.produce("logs", lines(0, 1000), partition=0)
        with daemon(broker) as d:
            until_counted(d, 1000)
            d.until(lambda: any(p.get("recorded") == 1000 for p in d.rows("partitions")))
            d.stop()
            broker.produce("logs", lines(1000, 500), partition=0)
            broker.delete_records("logs", 0, 1500)
            broker.produce("logs", lines(1500, 100), partition=0)
            d.start()
            until_counted(d, 1100)
            assert figures(d)["gap_records"] == 500, figures(d)
            assert "500 records from 1000 on were deleted before they were read" in d.log.read_text()
            assert next(p["gap_records"] for p in d.rows("partitions") if p["partition"] == 0) == 500


def who_may_read_is_proved_by_certificate_or_password():
    with Broker(secure=True) as broker:
        broker.produce("logs", lines(0, 100))
        secret, wrong = broker.dir / "secret", broker.dir / "wrong"
        for file in (secret, wrong):
            file.write_text("not it\n")
            file.chmod(0o600)
        ca = {"ca": str(broker.dir / "ca.pem")}
        pair = {**ca, "certificate": str(broker.dir / "client.pem"), "key": str(broker.dir / "client.key")}
        own = {**ca, "ca": str(broker.dir / "client.pem")}

        def sasl(mechanism, user, file=secret):
            return {"mechanism": mechanism, "username": user, "password_file": str(file)}

        matrix = [("SSL", {"tls": pair}, None),
                  ("SSL", {"tls": ca}, "SSL|ertificate"),
                  ("SSL", {"tls": own}, "ertificate verify failed|certificate verify failed|SSL"),
                  ("SASL", {"tls": ca, "sasl": sasl("plain", "alice")}, None),
                  ("SASL", {"tls": ca, "sasl": sasl("scram-sha-256", "bob")}, None),
                  ("SASL", {"tls": ca, "sasl": sasl("scram-sha-512", "bob")}, None),
                  ("SASL", {"tls": ca, "sasl": sasl("plain", "alice", wrong)}, "AUTHENTICATION"),
                  ("SASL", {"tls": ca, "sasl": sasl("scram-sha-256", "bob", wrong)}, "AUTHENTICATION")]
        for k, (listener, settings, refusal) in enumerate(matrix):
            user = settings.get("sasl", {}).get("username", "")
            secret.write_text(f"{user}-secret\n")
            with daemon(broker, group=f"group-{k}", brokers=[broker.addresses[listener]], **settings) as d:
                if refusal is None:
                    until_counted(d, 100)
                else:
                    d.until(lambda: any(x in d.log.read_text() for x in refusal.split("|")))
                    assert figures(d)["frames"] == 0
                log = d.log.read_text()
                assert "-secret" not in log and "not it" not in log, log


def a_secret_that_others_may_read_is_not_used():
    with Broker() as broker:
        secret = broker.dir / "secret"
        secret.write_text("alice-secret\n")
        secret.chmod(0o644)
        with daemon(broker, sasl={"mechanism": "plain", "username": "alice", "password_file": str(secret)}) as d:
            d.until(lambda: "is not its owner's alone" in d.log.read_text())
            assert figures(d)["errors"] > 0


TESTS = [every_record_of_all_partitions_counts_once,
         a_restart_in_the_middle_loses_and_repeats_nothing,
         kill_at_random_instants_loses_and_repeats_nothing,
         who_joins_and_leaves_the_group_costs_and_repeats_nothing,
         a_broker_that_is_not_there_is_waited_for,
         a_topic_that_is_not_there_is_told_and_read_once_it_is,
         key_headers_and_place_are_fields,
         what_is_no_json_is_an_event_all_the_same_and_a_dead_letter,
         records_deleted_before_they_were_read_are_counted,
         who_may_read_is_proved_by_certificate_or_password,
         a_secret_that_others_may_read_is_not_used]

if absent():
    print(f"skipped: {absent()}")
    sys.exit(os.environ.get("ISMS_KAFKA") == "required")
names = sys.argv[1:]
run([t for t in TESTS if not names or t.__name__ in names])
