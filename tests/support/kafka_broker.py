"""kafka_broker: a real Apache Kafka broker in its own folder, for tests; as a program, see kafka-broker.

    with Broker() as broker:
        broker.produce("logs", ["one", "two"], partition=0)
        … broker.plain, "127.0.0.1:40123" …

Broker and controller are one java process (KRaft). The jars are fetched once by Maven, into a folder outside the source
tree ($ISMS_KAFKA_JARS or ~/.cache/ismsd). Ports are the kernel's choice and stay the folder's, so that a broker that is
stopped and started again is the same one. A secure broker has two listeners more: `ssl`, where a client shows a
certificate, and `sasl`, where it has a password and the connection is TLS; its folder has what a client needs for both.
"""
import base64
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid

KAFKA = "3.9.1"
SLF4J = "1.7.36"  # what the broker logs through; without a binding it is silent
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
N_JARS_LEAST = 50
PATIENCE_S = 120
STOP_S = 20
N_PARTITIONS = 4  # of a topic that is made by being written to

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>ismsd.tests</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>{SLF4J}</version></dependency>
  </dependencies>
</project>
"""

PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={dir}/data
num.partitions={partitions}
num.network.threads=2
num.io.threads=2
num.recovery.threads.per.data.dir=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
group.min.session.timeout.ms=1000
log.cleaner.enable=false
log.initial.task.delay.ms=500
log.retention.check.interval.ms=1000
"""

SECURE = """listener.name.ssl.ssl.client.auth=required
listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_alice="alice-secret";
listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={dir}/broker-chain.pem
ssl.truststore.type=PEM
ssl.truststore.location={dir}/ca.pem
"""


class Missing(Exception):
    """What a broker needs is not on this machine."""


def jars():
    """The folder of the jars, whether or not it is there."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(os.environ.get("ISMS_KAFKA_JARS") or pathlib.Path(cache, "ismsd", f"kafka-{KAFKA}"))


def absent():
    """Why no broker can run here, or None."""
    for program in ("java", "kcat"):
        if shutil.which(program) is None:
            return f"no {program}"
    if len(list(jars().glob("*.jar"))) < N_JARS_LEAST:
        return "no broker"
    return None


def fetch():
    """Fetch the jars, all or none; nothing where they are there."""
    if len(list(jars().glob("*.jar"))) >= N_JARS_LEAST:
        return
    jars().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kafka.", dir=jars().parent) as work:
        pathlib.Path(work, "pom.xml").write_text(POM)
        new = pathlib.Path(work, "libs")
        subprocess.run(["mvn", "-q", "-B", "-C", f"{PLUGIN}:copy-dependencies", "-DincludeScope=runtime",
                        f"-DoutputDirectory={new}"], cwd=work, check=True, stdin=subprocess.DEVNULL)
        shutil.rmtree(jars(), ignore_errors=True)
        new.rename(jars())


def _free_ports(n):
    """Ports of the range that the kernel gives to nobody who does not ask, so that none is lost while the broker is down."""
    low = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found = []
    start = 10000 + os.getpid() * 7 % 10000
    for port in range(start, max(low, start + 1000)):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == n:
            return found
    raise Missing("no free ports")


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Broker:
    def __init__(self, folder=None, secure=False, stays=False):
        """In `folder`, made where it is absent, or in one that goes with the broker. stays: it outlives this process."""
        if absent():
            raise Missing(absent())
        self.is_temporary = folder is None
        self.dir = pathlib.Path(folder or tempfile.mkdtemp(prefix="ismsd-kafka.")).absolute()
        self.dir.mkdir(parents=True, exist_ok=True)
        self.stays = stays
        self.process = None
        self.properties = self.dir / "server.properties"
        self.log = self.dir / "broker.log"
        if not self.properties.exists():
            self._configure(secure)
            self._format(secure)
        self.addresses = self._addresses()
        self.plain = self.addresses["PLAINTEXT"]
        self.start()

    def _configure(self, secure):
        names = ["PLAINTEXT", "CONTROLLER"] + (["SSL", "SASL"] if secure else [])
        ports = dict(zip(names, _free_ports(len(names))))
        text = PROPERTIES.format(dir=self.dir, controller=ports["CONTROLLER"], partitions=N_PARTITIONS)
        text += "listeners=" + ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items()) + "\n"
        text += "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL:SASL_SSL\n"
        if secure:
            self._make_certificates()
            text += SECURE.format(dir=self.dir)
        self.properties.write_text(text)

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=self.dir, timeout=60)

    def _make_certificates(self):
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=test CA",
                      "-keyout", "ca.key", "-out", "ca.pem")
        for name in ("broker", "client"):
            (self.dir / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
            self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                          "-out", f"{name}.csr")
            self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                          "-days", "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
            (self.dir / f"{name}.key").chmod(0o600)
        chain = self.dir / "broker-chain.pem"
        chain.write_text((self.dir / "broker.key").read_text() + (self.dir / "broker.pem").read_text())

    def _format(self, secure):
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        users = []
        for kind in ("256", "512") if secure else ():
            users += ["--add-scram", f"SCRAM-SHA-{kind}=[name=bob,password=bob-secret]"]
        done = subprocess.run([*self._java("64m"), "kafka.tools.StorageTool", "format", "-t", cluster, "-c",
                               self.properties, *users], capture_output=True, text=True, timeout=PATIENCE_S)
        if done.returncode != 0:
            raise RuntimeError(f"the broker's folder cannot be formatted: {done.stdout}{done.stderr}")

    @staticmethod
    def _java(memory):
        return ["java", f"-Xmx{memory}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{jars()}/*"]

    def _addresses(self):
        line = next(x for x in self.properties.read_text().splitlines() if x.startswith("listeners="))
        return dict(x.split("://") for x in line.partition("=")[2].split(","))

    # -- life ---------------------------------------------------------------------------------------------------

    def start(self):
        """Returns once the broker serves."""
        seen = self.log.stat().st_size if self.log.exists() else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self._java("384m"), "kafka.Kafka", self.properties], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.dir, start_new_session=True, preexec_fn=None if self.stays else _die_with_parent)
        (self.dir / "pid").write_text(str(self.process.pid))
        end = time.monotonic() + PATIENCE_S
        while b"Kafka Server started" not in self.log.read_bytes()[seen:]:
            if self.process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise RuntimeError(f"the broker did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.05)

    def kill(self):
        kill(self.dir)
        if self.process is not None:
            self.process.wait()
            self.process = None

    def close(self):
        self.kill()
        if self.is_temporary:
            shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(self.log.read_text(errors="replace")[-2000:])
        self.close()

    # -- records ------------------------------------------------------------------------------------------------

    def kcat(self, *words, data=None):
        return subprocess.run(["kcat", "-b", self.plain, *words], input=data, check=True, capture_output=True,
                              timeout=PATIENCE_S).stdout

    def produce(self, topic, lines, partition=None, headers=(), key_delimiter=None):
        """Each line as a record; the topic is made where there is none."""
        words = ["-P", "-t", topic]
        words += ["-p", str(partition)] if partition is not None else []
        words += ["-K", key_delimiter] if key_delimiter else []
        for header in headers:
            words += ["-H", header]
        self.kcat(*words, data="".join(f"{x}\n" for x in lines).encode())

    def consume(self, topic, pattern="%s\n"):
        """All records of the topic, as kcat prints them by `pattern`."""
        return self.kcat("-C", "-e", "-q", "-t", topic, "-o", "beginning", "-f", pattern).decode(errors="replace")

    def join(self, group, topic):
        """A consumer of the group, running until it is killed."""
        return subprocess.Popen(["kcat", "-b", self.plain, "-q", "-G", group, "-X", "session.timeout.ms=1000", "-X",
                                 "heartbeat.interval.ms=200", "-X", "partition.assignment.strategy=roundrobin", topic],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=_die_with_parent)

    def delete_records(self, topic, partition, before):
        """Let retention delete all there is: the log then begins at `before`, which must be its end."""
        kept = self.properties.read_text()
        self.kill()
        self.properties.write_text(kept + "log.retention.ms=1\n")
        self.start()
        end = time.monotonic() + PATIENCE_S
        while f"offset {before}" not in self.kcat("-Q", "-t", f"{topic}:{partition}:-2").decode():
            if time.monotonic() > end:
                raise RuntimeError("retention does not delete")
            time.sleep(0.2)
        self.kill()
        self.properties.write_text(kept)
        self.start()


def _is_broker(pid, folder):
    try:
        return str(folder).encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def kill(folder):
    """The broker of the folder is gone when this returns, whatever state it was in: by SIGKILL, as its log may be."""
    folder = pathlib.Path(folder).absolute()
    try:
        pid = int((folder / "pid").read_text())
    except (OSError, ValueError):
        return
    end = time.monotonic() + STOP_S
    if _is_broker(pid, folder):
        os.kill(pid, signal.SIGKILL)
    while _is_broker(pid, folder):  # a zombie has no command line
        if time.monotonic() > end:
            raise RuntimeError(f"the broker, process {pid}, does not go away")
        time.sleep(0.02)
    (folder / "pid").unlink(missing_ok=True)


def main(words):
    secure = "--secure" in words
    words = [w for w in words if w != "--secure"]
    if words == ["fetch"]:
        fetch()
    elif len(words) == 2 and words[0] == "start":
        for name, address in Broker(words[1], secure=secure, stays=True).addresses.items():
            print(name, address)
    elif len(words) == 2 and words[0] == "stop":
        kill(words[1])
    else:
        sys.exit("usage: kafka-broker fetch | start FOLDER [--secure] | stop FOLDER")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Missing as e:
        sys.exit(f"skipped: {e}")
