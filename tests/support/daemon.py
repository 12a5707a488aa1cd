"""daemon: the real ismsd, in its own folder, for end-to-end tests.

    with Daemon(rules={"a.yml": "…"}) as d:
        d.tcp(b"<86>1 … sshd - - - Failed password …\n")
        d.until(lambda: d.rows("alert list"))

The binaries come from $ISMS_BIN. A daemon that dies, or does not stop in order, fails the test that used it; so does a
sanitizer's report in its log. Waiting is always for a condition with a limit, never for a fixed time.
"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["ISMS_BIN"])
PATIENCE_S = 60


class Failure(Exception):
    pass


def yaml_of(value, indent=0):
    """Plain data as block YAML; strings always quoted."""
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{pad}{k}:{_inline_or_block(v, indent)}" for k, v in value.items())
    return "".join(f"{pad}-{_inline_or_block(v, indent)}" for v in value)


def _inline_or_block(v, indent):
    if isinstance(v, (dict, list)) and v:
        return "\n" + yaml_of(v, indent + 1)
    if isinstance(v, list):
        return " []\n"
    return " " + (json.dumps(v) if isinstance(v, str) else str(v).lower()) + "\n"


class Daemon:
    def __init__(self, rules=None, settings=None, inputs=None, sources=None, start=True):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="ismsd-e2e."))
        self.rules = self.dir / "rules"
        self.rules.mkdir()
        for name, text in (rules or {}).items():
            (self.rules / name).write_text(text)
        self.settings = {
            "daemon": {"state_dir": str(self.dir / "state"), "control_socket": str(self.dir / "ctl.sock"), "user": "",
                       "lanes": 2},
            "inputs": inputs or [{"name": "udp", "type": "udp", "address": "127.0.0.1", "port": 0},
                                 {"name": "tcp", "type": "tcp", "address": "127.0.0.1", "port": 0}],
            "rules": {"paths": [str(self.rules)]},
            "mappings": {"path": str(SOURCE / "config/mappings")},
            "publish": {"address": "tcp://127.0.0.1:*"},
        }
        if sources:
            self.settings["sources"] = sources
        for section, values in (settings or {}).items():
            self.settings.setdefault(section, {}).update(values)
        self.config = self.dir / "ismsd.yaml"
        self.log = self.dir / "ismsd.log"
        self.process = None
        self.connection = None
        self.addresses = {}
        if start:
            self.start()

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self, stdin=subprocess.DEVNULL):
        self.config.write_text(yaml_of(self.settings))
        self.addresses = {}
        seen = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = self.launch([BIN / "ismsd", "-c", self.config], stdin, log)
        self.until(lambda: b"ismsd: ready" in self.log.read_bytes()[seen:] or self.process.poll() is not None)
        if self.process.poll() is not None:
            raise Failure(f"the daemon did not start:\n{self.log.read_text()}")
        return self

    @staticmethod
    def launch(command, stdin, log):
        return subprocess.Popen(command, stdin=stdin, stderr=log, stdout=log)

    def runs_to_its_end(self, stdin):
        """The exit code of a daemon that ends by itself with its input."""
        self.config.write_text(yaml_of(self.settings))
        with open(self.log, "ab") as log:
            return subprocess.run([BIN / "ismsd", "-c", self.config], stdin=stdin, stderr=log, stdout=log,
                                  timeout=PATIENCE_S, check=False).returncode

    def fails_to_start(self):
        """The exit code of a daemon that must not come up."""
        try:
            self.start()
        except Failure:
            code = self.process.returncode
            self.process = None
            return code
        raise Failure("the daemon started")

    def kill(self):
        """kill -9: what a power cut does to the process."""
        self.close()
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        """SIGTERM: an orderly stop, exit code 0."""
        self.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_S)
        self.process = None
        if code != 0:
            raise Failure(f"exit code {code} at the stop:\n{self.log.read_text()[-4000:]}")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None and self.process is not None:
                self.stop()
            elif self.process is not None:
                self.kill()
            log = self.log.read_text(errors="replace") if self.log.exists() else ""
            if "Sanitizer" in log or "runtime error" in log:
                raise Failure(f"a sanitizer reports:\n{log[-8000:]}")
            if kind is not None:
                print(log[-8000:])
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    # -- asking -------------------------------------------------------------------------------------------------

    def ctl(self, *words, check=True):
        """ismsctl's output as text."""
        run = subprocess.run([BIN / "ismsctl", "--config", self.config, *words], capture_output=True, text=True,
                             timeout=PATIENCE_S)
        if check and run.returncode != 0:
            raise Failure(f"ismsctl {' '.join(map(str, words))}: exit {run.returncode}: {run.stderr}{run.stdout}")
        return run if not check else run.stdout

    def spawn(self, *words):
        """ismsctl in the background."""
        return subprocess.Popen([BIN / "ismsctl", "--config", self.config, *words], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def rows(self, words, *more):
        """ismsctl's rows as a list of objects."""
        return [json.loads(line) for line in self.ctl("--json", *words.split(), *more).splitlines()]

    def status(self):
        return self.rows("status")[0]

    def verify(self):
        """Raises where the ledger is not intact."""
        return json.loads(self.ctl("--json", "verify").splitlines()[-1])

    def counter(self, name):
        return next(r["value"] for r in self.rows("counters") if r["name"] == name)

    @staticmethod
    def until(condition, seconds=PATIENCE_S):
        """What the condition gives once it is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        raise Failure("waited in vain")

    def until_events(self, n):
        """Until exactly n events have been read and what they led to is committed."""
        try:
            self.until(lambda: self.status()["events"] >= n)
            detections = self.status()["detections"]
            self.until(lambda: self.counter("detections_committed") >= detections)
        except Failure:
            counters = {r["name"]: r["value"] for r in self.rows("counters") if r["value"] != 0}
            raise Failure(f"waited in vain for {n} events to be on record: {counters}") from None
        if self.status()["events"] != n:
            raise Failure(f"{self.status()['events']} events, {n} were sent")

    # -- sending ------------------------------------------------------------------------------------------------

    def address(self, name):
        if name not in self.addresses:
            text = next(r["address"] for r in self.rows("inputs") if r["name"] == name)
            host, _, port = text.rpartition(":")
            self.addresses[name] = host.strip("[]"), int(port)
        return self.addresses[name]

    def connect(self, name="tcp"):
        return socket.create_connection(self.address(name))

    def tcp(self, data):
        if self.connection is None:
            self.connection = self.connect()
        self.connection.sendall(data)

    def udp(self, *datagrams):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for d in datagrams:
                s.sendto(d, self.address("udp"))

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def octet(*lines):
    """Octet-counted frames (RFC 6587)."""
    return b"".join(b"%d %s" % (len(line), line) for line in lines)


def corpus():
    """The shared corpus, or None where it is absent."""
    path = pathlib.Path(os.environ.get("ISMS_CORPUS", SOURCE.parent / "shared/corpus"))
    return path if path.is_dir() else None


def run(tests):
    """Run each test function; print a line each; exit 1 if any failed."""
    failed = 0
    for test in tests:
        begin = time.monotonic()
        try:
            verdict = test() or "passed"
        except (Failure, AssertionError, StopIteration, subprocess.TimeoutExpired) as e:
            failed += 1
            verdict = f"FAILED: {type(e).__name__}: {e}"
        print(f"{test.__name__.replace('_', ' ')}: {verdict} ({time.monotonic() - begin:.1f} s)", flush=True)
    raise SystemExit(1 if failed else 0)
