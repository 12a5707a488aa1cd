"""The shipped units: systemd takes them as they are, they leave the daemon little, and they fit the shipped configuration."""
import re
import shutil
import subprocess
import tempfile
import pathlib

from daemon import BIN, PATIENCE_S, SOURCE, run

UNITS = SOURCE / "contrib/systemd"
ANALYZE = shutil.which("systemd-analyze")


def analyze(*words):
    """Its exit code and what it says of our units, which stand in a folder with the path of this build's daemon."""
    with tempfile.TemporaryDirectory() as folder:
        for unit in UNITS.iterdir():
            text = unit.read_text().replace("/usr/bin/ismsd", str(BIN / "ismsd"))
            (pathlib.Path(folder) / unit.name).write_text(text)
        names = sorted(p.name for p in UNITS.iterdir())
        r = subprocess.run([ANALYZE, *words, *[n for n in names if words[0] == "verify" or n.endswith(".service")]],
                           cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        return r.returncode, r.stdout + r.stderr


def systemd_finds_no_fault_in_them():
    if ANALYZE is None:
        return "skipped: no systemd-analyze"
    code, text = analyze("verify", "--man=no")
    ours = [line for line in text.splitlines() if "ismsd" in line]
    assert code == 0 and not ours, text


def the_service_is_exposed_to_little():
    if ANALYZE is None:
        return "skipped: no systemd-analyze"
    code, text = analyze("security", "--offline=true", "--threshold=20")
    assert code == 0, text[-400:]


def sockets_that_come_with_the_service_are_those_of_the_shipped_inputs():
    service = (UNITS / "ismsd.service").read_text()
    enabled = re.search(r"^Also=(.*)$", service, re.M)[1].split()
    assert re.search(r"^Wants=(.*)$", service, re.M)[1].split()[:len(enabled)] == enabled
    handed = {(kind, port) for name in enabled
              for kind, port in re.findall(r"^Listen(Datagram|Stream)=(\d+)$", (UNITS / name).read_text(), re.M)}
    text = subprocess.run([BIN / "ismsd", "--print-config", "-c", SOURCE / "config/ismsd.yaml"], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=True).stdout
    inputs = re.findall(r"type: (tcp|udp)\n(?:.*\n)*?\s+port: (\d+)", text)
    assert handed == {({"udp": "Datagram", "tcp": "Stream"}[kind], port) for kind, port in inputs}, (handed, inputs)


run([systemd_finds_no_fault_in_them,
     the_service_is_exposed_to_little,
     sockets_that_come_with_the_service_are_those_of_the_shipped_inputs])
