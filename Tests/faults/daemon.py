"""The daemon under test, and what its callers see of it."""

import datetime
import email.utils
import functools
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from upstream import HOST

BUILT = pathlib.Path(__file__).resolve().parents[2] / ".build/release/fedbroker"
BINARY = pathlib.Path(os.environ.get("FEDBROKER") or BUILT)
# How long a caller may wait, in seconds, and the configuration that says so.
DEADLINE = 4
# The time-outs of a call upstream, in seconds.
CALL_TIMEOUT = 1
CONFIGURATION = f"""
request_timeout = "{DEADLINE}s"
cli_connect_timeout = {CALL_TIMEOUT}
cli_read_timeout = {CALL_TIMEOUT}
"""


class Answer:
    """What one request brought, judged: a token must be of the instance that was asked for, and alive."""

    def __init__(self, instance, status, is_hit, body, seconds, retry_after, code):
        self.status = status
        self.seconds = seconds
        # When the caller was told to ask again, on the monotonic clock.
        self.retry_at = time.monotonic() + retry_after
        self.code = code
        self.serial = 0
        self.wrong = None
        if status == 200:
            credentials = json.loads(body)["Credentials"]
            _, owner, serial = credentials["AccessToken"].split(":")
            self.serial = int(serial)
            expiration = datetime.datetime.fromisoformat(credentials["AccessTokenExpiration"]).timestamp()
            if owner != instance:
                self.wrong = "foreign token"
            # What upstream just gave is passed on whatever it is. The time is rounded down to the second.
            elif is_hit and expiration + 1 < time.time():
                self.wrong = "expired token"
        elif status not in (0, 204):
            self.code = json.loads(body)["code"]


class Daemon:
    """`warm` are the instances that it lists; it serves any if there are none."""

    def __init__(self, directory, upstream, hosts_file, certificates, warm=(), log=None, port=0, setup="", clock=None,
                 limits=""):
        self.directory = directory
        # How long a client waits for each part of an answer, in seconds.
        self.patience = DEADLINE + 10
        directory.mkdir(exist_ok=True)
        self.log = directory / "log"
        configuration = directory / "fedbroker.toml"
        instances = "".join(f'[instances.{name}]\nid = "{name}"\nwarm = true\n' for name in warm)
        configuration.write_text(f"{CONFIGURATION}[limits]\n{limits}\n{instances}")
        # A mount namespace of its own gives the daemon a hosts file that a test can empty.
        script = f'mount --bind {hosts_file} /etc/hosts && {setup} exec "$0" "$@"'
        self.process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", script, BINARY, "serve", "--config", configuration,
             "--listen", f"127.0.0.1:{port}", "--admin-listen", "127.0.0.1:0",
             "--endpoint-url", f"https://{HOST}:{upstream.port}", "--ca-bundle", certificates.authority],
            env={
                "PATH": os.environ["PATH"], "HOME": str(directory), "XDG_RUNTIME_DIR": str(directory),
                "AWS_ACCESS_KEY_ID": "AKIDFAULTS", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
                "AWS_MAX_ATTEMPTS": "2",
            } | (clock.environment if clock else {}),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log or self.log.open("ab"))
        self.port = port or self._read_port("listen")
        self.token_file = directory / "fedbroker/token"
        self.token = self._wait(lambda: self.token_file.exists() and self.token_file.read_text())

    @functools.cached_property
    def admin_port(self):
        return self._read_port("admin_listen")

    def _read_port(self, name):
        ready = rf" ready .*\b{name}=127\.0\.0\.1:(\d+)"
        return int(self._wait(lambda: re.search(ready, self.log.read_text()))[1])

    @staticmethod
    def _wait(condition):
        for _ in range(1000):
            if value := condition():
                return value
            time.sleep(0.01)
        raise RuntimeError("the daemon did not start")

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)

    def ask(self, method="GET", resource="token", instance="demo", token=None, connection=None):
        """One request, on a connection of its own if none is given; status 0 where none came back."""
        started = time.monotonic()
        is_hit, retry_after, code = False, 0, ""
        own = connection or self.connect()
        try:
            own.request(
                method, f"/v1/instances/{instance}/{resource}",
                headers={"Authorization": f"Bearer {token or self.token}"})
            response = own.getresponse()
            status, body = response.status, response.read()
            is_hit = "hit" in response.getheader("Cache-Status", "")
            retry_after = int(response.getheader("Retry-After", 0))
        except (OSError, http.client.HTTPException) as error:
            status, body, code = 0, b"", type(error).__name__
        finally:
            if not connection:
                own.close()
        return Answer(instance, status, is_hit, body, time.monotonic() - started, retry_after, code)

    def admin(self, path):
        """What the admin listener answers, as status and text; status 0 where nothing came back."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=DEADLINE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def metric(self, name):
        return float(re.search(rf"^{name} (\S+)$", self.admin("/metrics")[1], re.MULTILINE)[1])

    def wall_clock(self):
        """The time by its `Date`."""
        connection = self.connect()
        connection.request("GET", "/healthz")
        date = connection.getresponse().getheader("Date")
        connection.close()
        return email.utils.parsedate_to_datetime(date).timestamp()

    def seconds_until(self, condition, at_most=10):
        """How long until `condition()` holds; `at_most` where it does not."""
        started = time.monotonic()
        while time.monotonic() - started < at_most:
            if condition():
                return time.monotonic() - started
            time.sleep(0.02)
        return at_most

    @property
    def is_running(self):
        return self.process.poll() is None

    def memory(self, kind="VmRSS"):
        """In MiB; `kind` is a field of proc(5)'s status."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{kind}:\s+(\d+)", status)[1]) / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def stop(self):
        """Ends it as systemd does; what went wrong with that, if anything."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(15)
            return f"exit {status} on SIGTERM" if status else None
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "did not stop"
