"""UDP under bursts: what was sent is what was received and what the kernel dropped, and both are told."""
import datagrams
from daemon import Daemon, run

UDP = {"name": "udp", "type": "udp", "address": "127.0.0.1", "port": 0}


def figures(d):
    return d.rows("inputs")[0]


def all_accounted(d, sent):
    """Received and dropped, once they are all that was sent or nothing comes any more."""
    d.until(lambda: figures(d)["frames"] + figures(d)["dropped"] >= sent)
    f = figures(d)
    assert f["frames"] + f["dropped"] == sent, f"{f['frames']} received, {f['dropped']} dropped, {sent} sent"
    assert d.status()["dropped_by_kernel"] == f["dropped"]
    d.until_events(f["frames"])
    return f["frames"], f["dropped"]


def what_a_small_buffer_drops_is_counted():
    with Daemon(inputs=[{**UDP, "receive_buffer": "64KiB"}]) as d:
        for sent in (20000, 40000):
            datagrams.send(d.address("udp"), datagrams.numbered(20000, 300))
            received, dropped = all_accounted(d, sent)
        assert received > 0 and dropped > 0, (received, dropped)
    return f"passed: {received} received + {dropped} dropped = {sent} sent"


def a_hundred_thousand_datagrams_are_all_accounted_for():
    with Daemon(inputs=[UDP]) as d:
        rate = datagrams.send(d.address("udp"), datagrams.numbered(100000, 300), rate=100000)
        received, dropped = all_accounted(d, 100000)
    return f"passed: {received} received + {dropped} dropped at {rate:,.0f} a second"


run([what_a_small_buffer_drops_is_counted,
     a_hundred_thousand_datagrams_are_all_accounted_for])
