"""service_manager: what systemd does for a service, as far as a daemon can tell: sockets handed in, and what it is told.

    with listening("tcp") as s, Service([("ismsd.socket", s)], …) as d:
        …
        d.told("READY")

The protocols are those of sd_listen_fds(3) and sd_notify(3). The sockets stay while the daemon stops and starts.
"""
import fcntl
import os
import pathlib
import select
import socket
import subprocess
import tempfile

from daemon import Daemon

FIRST = 3
SO_RCVBUFFORCE = 33


def network(kind, address="127.0.0.1", port=0, buffer=0):
    """A bound socket, as a socket unit has it: kind is SOCK_STREAM, which listens, or SOCK_DGRAM."""
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if buffer:
        try:
            s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, buffer)
        except PermissionError:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    s.bind((address, port))
    if kind == socket.SOCK_STREAM:
        s.listen(128)
    return s


def unix(path, kind=socket.SOCK_DGRAM):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind(str(path))
    if kind == socket.SOCK_STREAM:
        s.listen(128)
    return s


class Service(Daemon):
    """A daemon that is started with sockets, (name, socket) each, and tells how it is where it is asked to."""

    def __init__(self, sockets, environment=None, **more):
        self.sockets = sockets
        self.environment = environment or {}
        self.notes = []
        self.folder = tempfile.TemporaryDirectory(prefix="ismsd-service.")
        self.notify = unix(pathlib.Path(self.folder.name) / "notify")
        super().__init__(**more)

    def launch(self, command, stdin, log):
        environment = {**os.environ, "NOTIFY_SOCKET": self.notify.getsockname(), "LISTEN_FDS": str(len(self.sockets)),
                       "LISTEN_FDNAMES": ":".join(name for name, _ in self.sockets), **self.environment}
        # The variable is to name the daemon's own process, which is known once it runs.
        shell = ["sh", "-c", 'export LISTEN_PID="${LISTEN_PID:-$$}"; exec "$@"', "sh", *command]
        return subprocess.Popen(shell, stdin=stdin, stderr=log, stdout=log, env=environment, close_fds=False,
                                preexec_fn=self.place)

    def place(self):
        """In the child: the sockets at descriptors from FIRST on."""
        high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD_CLOEXEC, 100) for _, s in self.sockets]
        for k, fd in enumerate(high):
            os.dup2(fd, FIRST + k)

    def hear(self, timeout_s=0.0):
        """Whatever the daemon has said of itself since the start, a dictionary for each time."""
        while select.select([self.notify], [], [], timeout_s)[0]:
            text = self.notify.recv(4096).decode()
            self.notes.append(dict(line.split("=", 1) for line in text.splitlines()))
            timeout_s = 0.0
        return self.notes

    def told(self, key, value=None):
        """The note in which it said this, once it has."""
        return self.until(lambda: next((n for n in self.hear(0.05) if key in n and value in (None, n[key])), None))
