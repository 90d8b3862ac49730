"""A Debian that systemd has booted, in a container of its own, as an administrator and its users see it."""

import contextlib
import http.client
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time

CLONE = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["systemd", "systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd", "procps", "curl",
            "ca-certificates", "make", "iproute2"]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What a command may take, in seconds, on a machine that does much else.
PATIENCE = 120


class Failure(AssertionError):
    """What was expected and is not so, for a person to read."""


def until(condition, what, seconds=60):
    """Returns the first true value of `condition()`."""
    deadline = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Result:
    def __init__(self, command, process):
        self.command, self.status = command, process.returncode
        self.output, self.error = process.stdout.decode(), process.stderr.decode()

    def __str__(self):
        return f"$ {self.command}\nexit status {self.status}\n{self.output}{self.error}"


class Machine:
    """`with Machine(root) as machine:` boots it and, at the end, takes it down with everything in it."""

    def __init__(self, root):
        self.root = root
        self.console = root.with_name("console.log")

    def __enter__(self):
        made = subprocess.run([CLONE / ".ci/debian-root", self.root, *PACKAGES])
        if made.returncode:
            raise SystemExit("test-systemd: no root could be made, so nothing was tested")
        (self.root / "etc/machine-id").write_text("")
        (self.root / "etc/hostname").write_text("desk\n")
        self.boot()
        return self

    def boot(self):
        # The machine ends with this process, however that ends.
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot",
             # Its own filter has not heard of Landlock, which a machine that is no container has.
             "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
             "--private-network", "--machine=desk", f"--bind-ro={CLONE}:/usr/src/fedbroker", "--directory", self.root],
            env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}, stdin=subprocess.DEVNULL,
            stdout=self.console.open("wb"), stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self.leader = until(self._leader, "systemd-nspawn starts a system", 30)
            until(lambda: self.run("systemctl is-system-running").output.strip() in ("running", "degraded"),
                  "the system is up")
            state = self.run("systemctl is-system-running").output.strip()
            if state != "running":
                raise Failure(f"the system is {state}:\n{self.run('systemctl --failed --no-pager').output}")
        except Failure as failure:
            instances = pathlib.Path("/proc/sys/fs/inotify/max_user_instances").read_text().strip()
            self.power_off()
            raise SystemExit(
                f"test-systemd: the machine does not boot: {failure}\n{self.console.read_text(errors='replace')}\n"
                f"(It needs some of this user's {instances} inotify instances, which other daemons may have used up.)")

    def _leader(self):
        if self.process.poll() is not None:
            raise Failure(f"systemd-nspawn ended with {self.process.returncode}")
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        # Other children of nspawn prepare the container. The one that has become systemd is the system's first process.
        return next((int(pid) for pid in children if read(f"/proc/{pid}/cmdline").split(b"\0")[0].endswith(b"/systemd")),
                    None)

    def __exit__(self, *_):
        self.power_off()
        shutil.rmtree(self.root, ignore_errors=True)

    def power_off(self):
        if self.process.poll() is None:
            # nspawn takes SIGTERM as a wish to power off, and SIGKILL ends all in the container.
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
            self.process.kill()
            self.process.wait()

    # Commands.

    def run(self, command, user=None, session=False, directory="/", **variables):
        """Runs a shell command as root, as `user`, or in the `session` of `user`."""
        environment = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": f"/home/{user}" if user else "/root"} | variables
        if session:
            runtime = f"/run/user/{self.uid(user)}"
            environment |= {"XDG_RUNTIME_DIR": runtime, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/bus"}
        become = ["runuser", "--user", user, "--"] if user else []
        process = subprocess.run(
            ["nsenter", "--target", str(self.leader), "--all", "--", "env", "--ignore-environment",
             *(f"{name}={value}" for name, value in environment.items()), *become,
             "sh", "-c", f"cd {shlex.quote(directory)} && {command}"],
            capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        return Result(command, process)

    def do(self, command, **how):
        """Runs a command that must succeed, and returns its output."""
        result = self.run(command, **how)
        if result.status:
            raise Failure(str(result))
        return result.output

    def in_network(self, *command, **how):
        """Starts a program of this host in the machine's network."""
        return subprocess.Popen(["nsenter", "--target", str(self.leader), "--net", "--", *command], **how)

    def path(self, inside):
        """The host's path of a file as the machine sees it, its own mounts included."""
        return pathlib.Path(f"/proc/{self.leader}/root{inside}")

    def write(self, inside, text, mode=0o644):
        file = self.path(inside)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def uid(self, user):
        return int(self.do(f"id --user {user}"))

    def add_user(self, name, *groups):
        self.do(f"useradd --create-home --shell /bin/bash {name}")
        for group in groups:
            self.do(f"usermod --append --groups {group} {name}")

    def install(self, package):
        shutil.copy(package, self.path("/root/fedbroker.deb"))
        # The changed configuration stays, as where there is nobody to ask.
        return self.do("DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends"
                       " -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold /root/fedbroker.deb 2>&1")

    # The service.

    def show(self, name, unit="fedbroker.service"):
        return self.do(f"systemctl show --property {name} --value {unit}").strip()

    @property
    def main_pid(self):
        """The daemon's number as the machine sees it; 0 while there is none."""
        return int(self.show("MainPID"))

    def is_running(self, unit="fedbroker.service"):
        return self.show("ActiveState", unit) == "active" and self.show("SubState", unit) == "running"

    def wait_running(self, unit="fedbroker.service", seconds=60):
        until(lambda: self.is_running(unit), f"{unit} runs:\n{self.status(unit)}", seconds)

    def status(self, unit="fedbroker.service"):
        return self.run(f"systemctl status --no-pager --lines 30 {unit}").output

    def journal(self, unit="fedbroker.service", since=None):
        cursor = f" --after-cursor {shlex.quote(since)}" if since else ""
        return self.do(f"journalctl --unit {unit} --output cat --no-pager{cursor}")

    def cursor(self):
        """Where the journal ends now."""
        return re.search(r"-- cursor: (.*)", self.do("journalctl --lines 1 --show-cursor --no-pager"))[1]

    def configure(self, text):
        self.write("/etc/fedbroker/fedbroker.toml", text)

    def drop_in(self, text, unit="fedbroker.service"):
        self.write(f"/etc/systemd/system/{unit}.d/test.conf", text)
        self.do("systemctl daemon-reload")

    def ask(self, target, path="/run/fedbroker/fedbroker.sock", seconds=60):
        """What the unix socket answers to root, over a connection of its own: status and body."""
        connection = UnixConnection(str(self.path(path)), seconds)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, seconds):
        super().__init__("localhost", timeout=seconds)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def read(path):
    try:
        return pathlib.Path(path).read_bytes()
    except OSError:
        return b""
