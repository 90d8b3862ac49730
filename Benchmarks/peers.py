"""The servers that are compared: each answers the same body at the same path."""

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


class Peer:
    def __init__(self, name, port, command, environment=None):
        self.name = name
        self.port = port
        started = time.monotonic()
        self.process = subprocess.Popen(
            command, env={"PATH": os.environ["PATH"]} | (environment or {}), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
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
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return max(self._memory(pid) for pid in [self.process.pid, *children])

    @staticmethod
    def _memory(pid):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return tuple(int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024 for name in ("RssAnon", "VmRSS"))

    def stop(self):
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


def get(peer, path=PATH):
    request = urllib.request.Request(
        f"http://127.0.0.1:{peer.port}{path}", headers={"Authorization": f"Bearer {peer.token}"})
    return urllib.request.urlopen(request).read()


def start_others(scratch, token, body):
    """Those that are installed beside Python: nginx, and Go's net/http where there is a compiler."""
    (scratch / "body").write_bytes(body)
    configuration = scratch / "nginx.conf"
    configuration.write_text(NGINX.format(scratch=scratch, port=27762, body=body.decode()))
    peers = [Peer("nginx", 27762, ["/usr/sbin/nginx", "-c", configuration])]
    environment = {"TOKEN": token, "HOME": str(scratch), "GO111MODULE": "off"}
    for source, program in [("server.go", "go-server"), ("unix_load.go", "unix-load")]:
        subprocess.run(
            ["go", "build", "-o", scratch / program, DIRECTORY / "peers" / source], check=True,
            env=environment | {"PATH": os.environ["PATH"]})
    peers.append(Peer("Go", 27763, [scratch / "go-server", "127.0.0.1:27763", scratch / "body"], environment))
    peers.append(
        Peer("Python", 27764, [sys.executable, DIRECTORY / "peers/server.py", "127.0.0.1:27764", scratch / "body"],
             environment))
    return peers
