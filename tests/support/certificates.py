"""certificates: authorities, certificates and keys for tests of TLS, in a folder that goes with the program."""
import os
import subprocess
import tempfile

HOME = tempfile.TemporaryDirectory(prefix="ismsd-tls.")


def path(name):
    return os.path.join(HOME.name, name)


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=HOME.name, timeout=60)


def make_ca(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")


def make(name, ca, san=None, cn=None, expired=False):
    """name.pem and name.key, signed by ca."""
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={cn or name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")
    with open(path(f"{name}.ext"), "w") as f:
        f.write(f"subjectAltName={san}\n" if san else "basicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial",
            "-days", "-1" if expired else "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem")


def fingerprint(name):
    out = subprocess.run(["openssl", "x509", "-in", path(f"{name}.pem"), "-noout", "-fingerprint", "-sha256"],
                         check=True, capture_output=True, text=True, timeout=60).stdout
    return "SHA256:" + out.strip().partition("=")[2]
