"""Under a service manager: sockets that outlive the daemon, and what it tells of itself."""
import pathlib
import re
import resource
import signal
import socket
import tempfile
import threading
import time

from daemon import run
from senders import ANY_EVENT
from service_manager import Service, network, unix

TCP = {"name": "tcp", "type": "tcp", "address": "127.0.0.1", "product": "any"}
UDP = {**TCP, "name": "udp", "type": "udp"}
STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM


def message(k, text=""):
    return f"<13>1 2026-03-01T12:00:00Z h a {k} - - {text}".encode()


def port_of(s):
    return s.getsockname()[1]


def service(sockets, inputs, start=True, **more):
    settings = {"alerts": {"group_by": [], "detections_kept": 100000}, "daemon": more.pop("daemon", {})}
    return Service(sockets, rules={"any.yml": ANY_EVENT}, settings=settings, inputs=inputs, start=start, **more)


def numbers(d):
    """The process IDs of all events on record, in the order they are there."""
    text = "".join(p.read_text() for p in sorted((d.dir / "state/evidence").glob("*.jsonl")))
    return [int(n) for n in re.findall(r'\["procid","(\d+)"\]', text)]


# -- sockets ----------------------------------------------------------------------------------------------------------

def who_connects_while_the_daemon_is_down_is_served_once_it_is_up():
    s = network(STREAM)
    with service([("ismsd.socket", s)], [{**TCP, "port": port_of(s)}], start=False) as d:
        early = socket.create_connection(s.getsockname())
        early.sendall(message(1) + b"\n")
        d.start()
        d.until_events(1)
        d.stop()
        late = socket.create_connection(s.getsockname())
        late.sendall(message(2) + b"\n")
        d.start()
        d.until_events(1)
        late.sendall(message(3) + b"\n")
        d.until_events(2)
        assert sorted(numbers(d)) == [1, 2, 3]


def no_datagram_is_lost_over_restarts_and_one_lane_keeps_their_order():
    s = network(DGRAM, buffer=4 << 20)
    n = 12000
    with service([("ismsd.socket", s)], [{**UDP, "port": port_of(s), "receive_buffer": "1MiB"}]) as d:
        def send():
            with socket.socket(socket.AF_INET, DGRAM) as c:
                for k in range(n):
                    c.sendto(message(k), s.getsockname())
                    if k % 10 == 0:
                        time.sleep(0.003)

        sender = threading.Thread(target=send)
        sender.start()
        for _ in range(3):
            time.sleep(0.4)
            d.stop()
            time.sleep(0.2)
            d.start()
        sender.join()
        d.until(lambda: len(numbers(d)) >= n)
        assert numbers(d) == list(range(n)), f"{len(numbers(d))} of {n}, in order: {numbers(d) == sorted(numbers(d))}"
        assert "drop" not in d.log.read_text()


def a_unix_socket_stays_where_it_is():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "log"
        s = unix(path)
        with service([("log", s)], [{"name": "log", "type": "unix", "path": str(path), "product": "any"}]) as d:
            for k in range(3):
                with socket.socket(socket.AF_UNIX, DGRAM) as c:
                    c.sendto(message(2 * k), str(path))
                    d.until(lambda: 2 * k in numbers(d))
                    d.stop()
                    c.sendto(message(2 * k + 1), str(path))
                d.start()
            d.until(lambda: len(numbers(d)) == 6)


def lanes_share_the_one_listener_and_lose_no_connection():
    s = network(STREAM)
    with service([("ismsd.socket", s)], [{**TCP, "port": port_of(s)}], daemon={"lanes": 4}) as d:
        connections = [socket.create_connection(s.getsockname()) for _ in range(200)]
        for k, c in enumerate(connections):
            c.sendall(message(k) + b"\n")
        d.until_events(200)
        assert sorted(numbers(d)) == list(range(200))
        for c in connections:
            c.close()


def several_datagram_sockets_of_one_address_are_read_by_as_many_lanes():
    first = socket.socket(socket.AF_INET, DGRAM)
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    first.bind(("127.0.0.1", 0))
    second = socket.socket(socket.AF_INET, DGRAM)
    second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    second.bind(first.getsockname())
    with service([("a", first), ("a", second)], [{**UDP, "port": port_of(first)}]) as d:
        for k in range(50):
            with socket.socket(socket.AF_INET, DGRAM) as c:
                c.sendto(message(k), first.getsockname())
        d.until_events(50)
        assert sorted(numbers(d)) == list(range(50))
        d.stop()
        d.settings["daemon"]["lanes"] = 1
        assert d.fails_to_start() == 1
        assert "2 sockets were handed in for one input, but there are 1 lanes" in d.log.read_text()


def systemd_s_any_address_is_ours():
    s = network(STREAM, "::")
    with service([("ismsd.socket", s)], [{**TCP, "address": "0.0.0.0", "port": port_of(s)}]) as d:
        for address in ("127.0.0.1", "::1"):
            with socket.create_connection((address, port_of(s))) as c:
                c.sendall(message(1) + b"\n")
        d.until_events(2)


def a_name_is_enough_whatever_the_address():
    named, other = network(STREAM), network(STREAM)
    with service([("other", other), ("tcp", named)], [{**TCP, "address": "192.0.2.1", "port": 514}]) as d:
        with socket.create_connection(named.getsockname()) as c:
            c.sendall(message(1) + b"\n")
            d.until_events(1)
        told = d.log.read_text()
        assert f"no input takes it, and nobody will read what is sent to it: stream socket 127.0.0.1:{port_of(other)} of other" \
            in told, told


def what_is_of_the_wrong_kind_is_refused():
    datagram, listener = network(DGRAM), network(STREAM)
    connection = socket.create_connection(listener.getsockname())
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "log"
        log = {"name": "log", "type": "unix", "path": str(path)}
        for handed, wanted, why in [
                (("tcp", datagram), {**TCP, "port": 514}, "input 'tcp' takes a listening stream socket of the network, but was "
                                                          f"handed in a datagram socket 127.0.0.1:{port_of(datagram)} of tcp"),
                (("tcp", connection), {**TCP, "port": 514}, "of tcp: its unit must say Accept=no"),
                (("x", unix(path, STREAM)), log, f"input 'log' takes a unix datagram socket, but was handed in a stream socket {path}")]:
            with service([handed], [wanted], start=False) as d:
                assert d.fails_to_start() == 1
                assert why in d.log.read_text(), d.log.read_text()


def what_was_handed_to_another_process_is_not_ours():
    s = network(STREAM)
    with service([("tcp", s)], [{**TCP, "port": 0}], environment={"LISTEN_PID": "1"}) as d:
        assert "handed in" not in d.log.read_text()
        with socket.create_connection(d.address("tcp")) as c:
            c.sendall(message(1) + b"\n")
            d.until_events(1)


def descriptors_that_are_not_there_are_told():
    with service([], [{**TCP, "port": 0}], environment={"LISTEN_FDS": "40"}, start=False) as d:
        assert d.fails_to_start() == 1
        assert "LISTEN_FDS=40: descriptor" in d.log.read_text()


# -- what it tells of itself ------------------------------------------------------------------------------------------

def it_tells_when_it_is_ready_reloads_and_stops():
    with service([], [{**TCP, "port": 0}]) as d:
        assert d.told("READY")["STATUS"] == "1 rules loaded, 0 rejected, 0 skipped"
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        d.process.send_signal(signal.SIGHUP)
        stamp = int(d.told("RELOADING", "1")["MONOTONIC_USEC"])
        d.until(lambda: sum("READY" in n for n in d.hear(0.05)) == 2)
        assert before <= stamp <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        (d.rules / "any.yml").write_text("title: [")
        d.ctl("reload")
        d.until(lambda: sum("READY" in n for n in d.hear(0.05)) == 3)
        assert "1 kept as they were" in d.notes[-1]["STATUS"], d.notes
        d.stop()
        d.told("STOPPING", "1")
        assert not any("WATCHDOG" in n for n in d.notes), d.notes


def it_gives_signs_of_life_as_often_as_asked():
    with service([], [{**TCP, "port": 0}], environment={"WATCHDOG_USEC": "400000"}) as d:
        d.hear(0.5)
        began = time.monotonic()
        d.until(lambda: sum("WATCHDOG" in n for n in d.hear(0.1)) >= 10)
        assert time.monotonic() - began < 4


def while_nothing_can_be_recorded_it_says_so_and_is_alive():
    with service([], [{**TCP, "port": 0}], environment={"WATCHDOG_USEC": "400000"},
                 daemon={"lanes": 1, "batches_per_lane": 2}) as d:
        d.tcp(message(0) + b"\n")
        d.until_events(1)
        hard = resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE, (0, hard))
        d.tcp(b"".join(message(k, "x" * 1000) + b"\n" for k in range(1, 3001)))
        assert d.until(lambda: next((n["STATUS"] for n in d.hear(0.05) if "nothing can" in n.get("STATUS", "")), None)) \
            .startswith("nothing can be recorded: no space left")
        d.until(lambda: d.counter("lane_pool_waits") > 0)
        signs = sum("WATCHDOG" in n for n in d.hear())
        d.until(lambda: sum("WATCHDOG" in n for n in d.hear(0.1)) >= signs + 5)
        resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        d.until(lambda: "rules loaded" in [n["STATUS"] for n in d.hear(0.05) if "STATUS" in n][-1])
        d.until_events(3001)


def a_watchdog_of_another_process_is_not_ours():
    with service([], [{**TCP, "port": 0}], environment={"WATCHDOG_USEC": "400000", "WATCHDOG_PID": "1"}) as d:
        time.sleep(0.6)
        assert not any("WATCHDOG" in n for n in d.hear(0.2)), d.notes


def without_anybody_to_tell_it_goes_on():
    for where in ("/nowhere/at/all", "nonsense", "@", "@nobody"):
        with service([], [{**TCP, "port": 0}], environment={"NOTIFY_SOCKET": where}) as d:
            assert "cannot be told anything" in d.log.read_text()


TESTS = [who_connects_while_the_daemon_is_down_is_served_once_it_is_up,
         no_datagram_is_lost_over_restarts_and_one_lane_keeps_their_order,
         a_unix_socket_stays_where_it_is,
         lanes_share_the_one_listener_and_lose_no_connection,
         several_datagram_sockets_of_one_address_are_read_by_as_many_lanes,
         systemd_s_any_address_is_ours,
         a_name_is_enough_whatever_the_address,
         what_is_of_the_wrong_kind_is_refused,
         what_was_handed_to_another_process_is_not_ours,
         descriptors_that_are_not_there_are_told,
         it_tells_when_it_is_ready_reloads_and_stops,
         it_gives_signs_of_life_as_often_as_asked,
         while_nothing_can_be_recorded_it_says_so_and_is_alive,
         a_watchdog_of_another_process_is_not_ours,
         without_anybody_to_tell_it_goes_on]

run(TESTS)
