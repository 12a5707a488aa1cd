"""relp_sender: a RELP sender for tests: sends numbered messages within its window, keeps what is not answered.

    with Sender(address) as s:
        s.send([b"<13>…", …])     # as many as the window lets it, the rest as answers come
        s.until_answered()

A session that breaks leaves what was not answered in `unanswered`, for another to send again.
"""
import collections
import select
import socket
import time

OFFERS = b"relp_version=0\nrelp_software=ismsd-test,1\ncommands=syslog"
TXNR_MAX = 999_999_999


class Broken(Exception):
    """The session ended, or said what it may not."""


def frame(txnr, command, data=b""):
    return b"%d %s %d%s\n" % (txnr, command, len(data), b" " + data if data else b"")


class Sender:
    def __init__(self, address, window=128, timeout=60, wrap=lambda s: s):
        self.window = window
        self.timeout = timeout
        self.buffer = b""
        self.txnr = 0
        self.closed = False                    # told by a serverclose
        self.unanswered = collections.deque()  # (txnr, message)
        self.waiting = collections.deque()     # messages to be sent
        self.answered = []                     # messages
        self.out = b""
        try:
            self.socket = wrap(socket.create_connection(address, timeout=timeout))
            self.socket.sendall(frame(self.next(), b"open", OFFERS))
            answer = self.read_frame()
        except OSError as e:
            raise Broken(str(e)) from e
        if answer[:2] != (1, b"rsp") or not answer[2].startswith(b"200 OK\n") or b"commands=syslog" not in answer[2]:
            raise Broken(f"open: {answer}")
        self.socket.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.socket.close()

    def next(self):
        self.txnr = 1 if self.txnr == TXNR_MAX else self.txnr + 1
        return self.txnr

    def read_frame(self):
        """The next whole frame, waited for."""
        while True:
            got = self.take_frame()
            if got is not None:
                return got
            self.receive()

    def receive(self):
        part = self.socket.recv(65536)
        if not part:
            raise Broken("closed")
        self.buffer += part

    def take_frame(self):
        head = self.buffer.split(b" ", 3)
        if len(head) < 3 or (len(head) == 3 and b"\n" not in head[2]):
            return None
        length = int(head[2].split(b"\n")[0])
        begin = len(head[0]) + len(head[1]) + len(b"%d" % length) + 2 + (length > 0)
        if len(self.buffer) < begin + length + 1:
            return None
        data = self.buffer[begin:begin + length]
        if self.buffer[begin + length:begin + length + 1] != b"\n":
            raise Broken(f"no line end behind {data!r}")
        self.buffer = self.buffer[begin + length + 1:]
        return int(head[0]), head[1], data

    # -- sending --------------------------------------------------------------------------------------------------

    def send(self, messages):
        self.waiting.extend(messages)
        self.turn(0)

    def fill(self):
        parts = [self.out]
        while self.waiting and len(self.unanswered) < self.window:
            message = self.waiting.popleft()
            self.unanswered.append((self.next(), message))
            parts.append(frame(self.txnr, b"syslog", message))
        self.out = b"".join(parts)

    def turn(self, seconds):
        """Send and receive what can be, waiting up to so long for the one or the other."""
        self.fill()
        pending = getattr(self.socket, "pending", lambda: 0)()
        try:
            readable, writable, _ = select.select([self.socket], [self.socket] if self.out else [], [],
                                                  0 if pending else seconds)
            if writable:
                self.out = self.out[self.socket.send(self.out):]
            if readable or pending:
                self.receive()
        except BlockingIOError:
            pass
        except OSError as e:
            if type(e).__name__ not in ("SSLWantReadError", "SSLWantWriteError"):
                raise Broken(str(e)) from e
        self.take_answers()

    def take_answers(self):
        while (got := self.take_frame()) is not None:
            if got == (0, b"serverclose", b""):
                self.closed = True
                raise Broken("serverclose")
            if not self.unanswered or got != (self.unanswered[0][0], b"rsp", b"200 OK"):
                raise Broken(f"{got} is no answer to {list(self.unanswered)[:1]}")
            self.answered.append(self.unanswered.popleft()[1])

    def until_answered(self):
        end = time.monotonic() + self.timeout
        while self.waiting or self.unanswered:
            if time.monotonic() > end:
                raise Broken(f"{len(self.unanswered)} of {len(self.answered)} and more are not answered in time")
            self.turn(1)

    def close(self):
        """An orderly end, behind the last answer."""
        self.until_answered()
        self.socket.setblocking(True)
        self.socket.settimeout(self.timeout)
        self.socket.sendall(frame(self.next(), b"close"))
        got = self.read_frame()
        if got[:2] != (self.txnr, b"rsp"):
            raise Broken(f"close: {got}")
        return self.read_frame() == (0, b"serverclose", b"")

    def left(self):
        """What has to be sent again, oldest first."""
        return [message for _, message in self.unanswered] + list(self.waiting)
