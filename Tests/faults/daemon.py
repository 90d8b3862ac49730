"""The daemon under test, and what its callers see of it."""

import datetime
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from upstream import HOST

BINARY = pathlib.Path(os.environ.get("FEDBROKER") or pathlib.Path(__file__).resolve().parents[2] / ".build/release/fedbroker")
# How long a caller may wait, in seconds, and the configuration that says so.
DEADLINE = 4
CONFIGURATION = """
request_timeout = "4s"
cli_connect_timeout = 1
cli_read_timeout = 1
"""


class Answer:
    """What one request brought, judged: a token must be of the instance that was asked for, and alive."""

    def __init__(self, instance, status, is_hit, body, seconds):
        self.status = status
        self.seconds = seconds
        self.code = ""
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
        elif status:
            self.code = json.loads(body)["code"]


class Daemon:
    def __init__(self, directory, upstream, hosts_file, certificates, warm=False, log=None, port=0, setup=""):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.log = directory / "log"
        configuration = directory / "fedbroker.toml"
        configuration.write_text(CONFIGURATION + ('[instances.demo]\nid = "demo"\nwarm = true\n' if warm else ""))
        # A mount namespace of its own gives the daemon a hosts file that a test can empty.
        script = f'mount --bind {hosts_file} /etc/hosts && {setup} exec "$0" "$@"'
        self.process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", script, BINARY, "serve", "--config", configuration,
             "--listen", f"127.0.0.1:{port}", "--endpoint-url", f"https://{HOST}:{upstream.port}",
             "--ca-bundle", certificates.authority],
            env={
                "PATH": os.environ["PATH"], "HOME": str(directory), "XDG_RUNTIME_DIR": str(directory),
                "AWS_ACCESS_KEY_ID": "AKIDFAULTS", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
                "AWS_MAX_ATTEMPTS": "2",
            },
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log or self.log.open("ab"))
        self.port = port or self._read_port()
        self.token_file = directory / "fedbroker/token"
        self.token = self._wait(lambda: self.token_file.exists() and self.token_file.read_text())

    def _read_port(self):
        return int(self._wait(lambda: re.search(r" ready .*listen=127\.0\.0\.1:(\d+)", self.log.read_text()))[1])

    @staticmethod
    def _wait(condition):
        for _ in range(1000):
            if value := condition():
                return value
            time.sleep(0.01)
        raise RuntimeError("the daemon did not start")

    def ask(self, method="GET", resource="token", instance="demo", token=None):
        """One request on a connection of its own; status 0 where none came back."""
        started = time.monotonic()
        is_hit = False
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE + 10)
        try:
            connection.request(
                method, f"/v1/instances/{instance}/{resource}",
                headers={"Authorization": f"Bearer {token or self.token}"})
            response = connection.getresponse()
            status, body = response.status, response.read()
            is_hit = "hit" in response.getheader("Cache-Status", "")
        except (OSError, http.client.HTTPException):
            status, body = 0, b""
        finally:
            connection.close()
        return Answer(instance, status, is_hit, body, time.monotonic() - started)

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

    def resident_megabytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        """Ends it as systemd does; what went wrong with that, if anything."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(15)
            return f"exit {status} on SIGTERM" if status else None
        except subprocess.TimeoutExpired:
            self.process.kill()
            return "did not stop"
