"""The servers that are compared: each answers the same body at the same path."""

import atexit
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

DIRECTORY = pathlib.Path(__file__).resolve().parent
BINARY = pathlib.Path(os.environ.get("FEDBROKER") or DIRECTORY.parent / ".build/release/fedbroker")
PATH = "/v1/instances/demo/token"

NGINX = """
worker_processes 1;
daemon off;
pid {scratch}/nginx.pid;
error_log {scratch}/nginx.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {scratch};
  proxy_temp_path {scratch};
  fastcgi_temp_path {scratch};
  uwsgi_temp_path {scratch};
  scgi_temp_path {scratch};
  gzip on;
  gzip_types application/json;
  server {{
    listen 127.0.0.1:{port};
    listen unix:{scratch}/nginx.sock;
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""


HAPROXY = """
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout client 60s
  timeout connect 1s
  timeout server 1s
listen answers
  bind 127.0.0.1:{port}
  http-request return status 200 content-type application/json file {scratch}/body
"""

H2O = """
num-threads: 1
max-connections: 16384
hosts:
  default:
    listen: {{host: 127.0.0.1, port: {port}}}
    paths:
      "/":
        file.dir: {scratch}/files
"""


class Peer:
    def __init__(self, name, port, command, environment=None):
        self.name = name
        self.port = port
        started = time.monotonic()
        self.process = subprocess.Popen(
            command, env={"PATH": os.environ["PATH"]} | (environment or {}), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        # Also where another one does not start.
        atexit.register(self.stop)
        self._wait_until_it_answers()
        self.start_milliseconds = (time.monotonic() - started) * 1000

    def _wait_until_it_answers(self):
        for _ in range(5000):
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as client:
                    client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                    if client.recv(1000):
                        return
            except OSError:
                pass
            time.sleep(0.001)
        sys.exit(f"{self.name} does not answer on port {self.port}")

    def memory(self):
        """Anonymous and resident, in MiB, of the process that has the most: nginx's worker is a child of its master."""
        return max(self._memory(pid) for pid in self._processes())

    @staticmethod
    def _memory(pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        # One that has ended has none.
        sizes = dict(re.findall(r"(RssAnon|VmRSS):\s+(\d+) kB", status))
        return tuple(int(sizes.get(name, 0)) / 1024 for name in ("RssAnon", "VmRSS"))

    def _processes(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *children]

    def processor_seconds(self):
        """User and system time so far, in hundredths of a second."""
        total = [0, 0]
        for pid in self._processes():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total = [total[0] + int(fields[11]), total[1] + int(fields[12])]
        return [ticks / os.sysconf("SC_CLK_TCK") for ticks in total]

    def running_seconds(self):
        """How long the threads that there are have run, to the nanosecond."""
        return sum(
            int((task / "schedstat").read_text().split()[0]) / 1e9
            for pid in self._processes() for task in pathlib.Path(f"/proc/{pid}/task").iterdir())

    def stop(self):
        atexit.unregister(self.stop)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_fedbroker(scratch, port=27761, options=(), configuration=""):
    home = scratch / f"home-{port}"
    home.mkdir()
    file = home / "fedbroker.toml"
    file.write_text(configuration)
    peer = Peer(
        "fedbroker", port,
        [BINARY, "serve", "--emulate", "--config", file, "--listen", f"127.0.0.1:{port}", *options],
        {"HOME": str(home), "XDG_RUNTIME_DIR": str(home)})
    peer.token = (home / "fedbroker/token").read_text()
    return peer


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return unused.getsockname()[1]


def get(peer, path=PATH):
    request = urllib.request.Request(
        f"http://127.0.0.1:{peer.port}{path}", headers={"Authorization": f"Bearer {peer.token}"})
    return urllib.request.urlopen(request).read()


def start_others(scratch, token, body):
    """nginx, haproxy and h2o, Go's net/http, Python's http.server, and a floor in C."""
    (scratch / "body").write_bytes(body)
    file = scratch / f"files{PATH}"
    file.parent.mkdir(parents=True)
    file.write_bytes(body)
    configuration = scratch / "nginx.conf"
    port = free_port()
    configuration.write_text(NGINX.format(scratch=scratch, port=port, body=body.decode()))
    peers = [Peer("nginx", port, ["/usr/sbin/nginx", "-c", configuration])]
    environment = {"TOKEN": token, "HOME": str(scratch), "GO111MODULE": "off"}
    for source, program in [("server.go", "go-server"), ("unix_load.go", "unix-load")]:
        subprocess.run(
            ["go", "build", "-o", scratch / program, DIRECTORY / "peers" / source], check=True,
            env=environment | {"PATH": os.environ["PATH"]})
    for name, program, template in [("haproxy", "/usr/sbin/haproxy", HAPROXY), ("h2o", "/usr/bin/h2o", H2O)]:
        port = free_port()
        configuration = scratch / f"{name}.conf"
        configuration.write_text(template.format(scratch=scratch, port=port))
        peers.append(Peer(name, port, [program, "-f" if name == "haproxy" else "-c", configuration]))
    subprocess.run(["cc", "-O2", "-o", scratch / "floor", DIRECTORY / "peers/floor.c"], check=True)
    port = free_port()
    peers.append(Peer("C floor", port, [scratch / "floor", str(port), scratch / "body"]))
    port = free_port()
    peers.append(Peer("Go", port, [scratch / "go-server", f"127.0.0.1:{port}", scratch / "body"], environment))
    port = free_port()
    peers.append(
        Peer("Python", port, [sys.executable, DIRECTORY / "peers/server.py", f"127.0.0.1:{port}", scratch / "body"],
             environment))
    return peers
