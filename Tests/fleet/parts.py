"""The parts of a cell: a real redis-server, and daemons."""

import base64
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

INSTANCE = "11111111-2222-3333-4444-555555555555"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, timeout, what):
    """Waits until `condition` gives something true, and returns it; fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {timeout} s")


class Redis:
    def __init__(self, directory, *options, port=None, replica_of=None):
        self.port = port or free_port()
        self.directory = pathlib.Path(directory) / f"redis-{self.port}"
        self.directory.mkdir(parents=True, exist_ok=True)
        self.options = list(options)
        if replica_of:
            self.options += ["--replicaof", "127.0.0.1", str(replica_of)]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no", "--dir",
             str(self.directory), *self.options], stdout=open(self.directory / "log", "ab"), stderr=subprocess.STDOUT)
        until(lambda: self.cli("PING").strip() == "PONG", 10, "redis-server")

    def cli(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True, text=True).stdout

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Daemon:
    """A fedbroker of its own folder, which serves one instance as each of `users`."""

    def __init__(self, program, directory, account, store=None, share="quota", users=("ana",), warm=True, extra="", fleet=""):
        self.program, self.directory = program, pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.socket = self.directory / "s"
        lines = [f'listen = ["unix:{self.socket}"]', f'token_file = "{self.directory}/token"', 'region = "us-west-2"',
                 "sandbox = false", f'endpoint_url = "{account.url}"', extra]
        for user in users:
            lines += [f"[instances.{user}]", f'id = "{INSTANCE}"', f'profile = "{user}"', f"warm = {str(warm).lower()}"]
        if store:
            lines += ["[fleet]", f'store = "{store}"', 'account = "123456789012"', f'share = "{share}"', fleet]
            if share == "tokens":
                key = self.directory / "key"
                key.write_text("a:" + base64.b64encode(bytes(range(32))).decode() + "\n")
                key.chmod(0o600)
                lines += [f'key_file = "{key}"']
        (self.directory / "c.toml").write_text("\n".join(lines) + "\n")
        (self.directory / "config").write_text("".join(f"[profile {user}]\nregion = us-west-2\n" for user in users))
        (self.directory / "credentials").write_text("".join(
            f"[{user}]\naws_access_key_id = {user}\naws_secret_access_key = secret\n" for user in users))
        self.environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(self.directory), "AWS_CONFIG_FILE": str(self.directory / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.directory / "credentials"), "AWS_ENDPOINT_URL_STS": account.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self.process = None

    def start(self):
        self.log = open(self.directory / "log", "ab")
        self.process = subprocess.Popen(
            [self.program, "serve", "--config", str(self.directory / "c.toml")], env=self.environment, stdout=self.log,
            stderr=subprocess.STDOUT)
        self.started = time.monotonic()
        return self

    def ask(self, path, method="GET", timeout=40):
        connection = UnixConnection(self.socket, timeout)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def token(self, user="ana", timeout=40):
        status, body = self.ask(f"/v1/instances/{user}/token", timeout=timeout)
        return json.loads(body)["Credentials"]["AccessToken"] if status == 200 else None

    def is_ready(self):
        try:
            return self.ask("/readyz", timeout=2)[0] == 200
        except OSError:
            return False

    def metric(self, name):
        try:
            text = self.ask("/metrics", timeout=5)[1].decode()
        except OSError:
            return None
        return next((float(line.split()[-1]) for line in text.splitlines() if line.startswith(name + " ")), 0.0)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        if self.process:
            self.process.wait()

    def text(self):
        return (self.directory / "log").read_text(errors="replace")
