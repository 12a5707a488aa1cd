"""What a start makes and what it leaves alone: folders, sockets, the user it becomes."""
import os
import pwd

from daemon import Daemon, run
from threshold_rules import FAILED_LOGIN


def made_below(d, name, inputs=None):
    """A daemon whose control socket and unix input are in a folder that is not there yet."""
    run_dir = d.dir / name
    d.settings["daemon"]["control_socket"] = str(run_dir / "ctl.sock")
    d.settings["inputs"] = inputs or [{"name": "local", "type": "unix", "path": str(run_dir / "log")}]
    return run_dir


def the_folder_of_its_sockets_is_made_before_they_are():
    with Daemon({"a.yml": FAILED_LOGIN}, start=False) as d:
        run_dir = made_below(d, "run")
        d.start()
        assert (run_dir / "log").is_socket() and (d.dir / "run/ctl.sock").is_socket()


def as_root_it_becomes_its_user_and_owns_what_it_made_only():
    if os.geteuid() != 0:
        return "skipped: not root"
    nobody = pwd.getpwnam("nobody")
    with Daemon({"a.yml": FAILED_LOGIN}, start=False) as d:
        os.chmod(d.dir, 0o777)
        d.settings["daemon"]["user"] = "nobody"
        run_dir = made_below(d, "run")
        d.start()
        assert os.stat(f"/proc/{d.process.pid}").st_uid == nobody.pw_uid
        assert os.stat(run_dir).st_uid == os.stat(d.dir / "state").st_uid == nobody.pw_uid
        d.stop()
        os.rename(run_dir, d.dir / "away")
        d.settings["daemon"]["control_socket"] = str(d.dir / "ctl.sock")
        d.settings["inputs"] = [{"name": "udp", "type": "udp", "address": "127.0.0.1", "port": 0}]
        d.start()
        assert os.stat(d.dir).st_uid == 0, "a folder that was there was given away"


def a_folder_it_may_not_write_in_is_named():
    if os.geteuid() != 0:
        return "skipped: not root"
    with Daemon({"a.yml": FAILED_LOGIN}, start=False) as d:
        os.chmod(d.dir, 0o755)
        d.settings["daemon"]["user"] = "nobody"
        (d.dir / "state").mkdir()
        made_below(d, "run")
        assert d.fails_to_start() == 1
        assert f"{d.dir}/state cannot be written in by the daemon's user: Permission denied" in d.log.read_text()


def a_user_that_is_not_there_is_named():
    if os.geteuid() != 0:
        return "skipped: not root"
    with Daemon({"a.yml": FAILED_LOGIN}, start=False) as d:
        d.settings["daemon"]["user"] = "no-such-user"
        assert d.fails_to_start() == 1
        assert "there is no user no-such-user to become" in d.log.read_text()
        assert not (d.dir / "state").exists()


run([the_folder_of_its_sockets_is_made_before_they_are,
     as_root_it_becomes_its_user_and_owns_what_it_made_only,
     a_folder_it_may_not_write_in_is_named,
     a_user_that_is_not_there_is_named])
