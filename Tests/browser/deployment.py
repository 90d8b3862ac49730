"""The real daemon with a stand-in for Amazon Connect, its sign-in page included."""

import contextlib
import http.client
import http.cookies
import http.server
import json
import os
import pathlib
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / ".build" / "debug" / "fedbroker"


INSTANCES = """
[instances.sales]
id = "11111111-2222-3333-4444-555555555555"
region = "us-west-2"
warm = true

[instances.support]
id = "66666666-7777-8888-9999-000000000000"
region = "eu-central-1"

[instances.archive]
id = "denied"
region = "us-east-1"

"""


def until(condition, what, seconds=30):
    """Returns once a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


class Server(http.server.ThreadingHTTPServer):
    """An HTTP server on loopback, on a thread of its own."""

    daemon_threads = True

    def __init__(self, handler, certificate=None):
        super().__init__(("127.0.0.1", 0), handler)
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.scheme = "https"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def origin(self):
        return f"{self.scheme}://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status, media_type, body):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # The daemon may have given the call up.
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Connect(Server):
    """Answers GetFederationToken, and keeps what its sign-in page is sent."""

    ACCESS_TOKEN = "browser-access-token-" + "a" * 1000 + "'\"<&>"
    # An hour from now, with the fraction that AWS's times may have.
    EXPIRATION = int(time.time()) + 3600.25

    def __init__(self):
        self.sign_ins = []
        self.calls = 0
        # With an event, calls for a token wait for it; how many have waited.
        self.held = None
        # Whose credentials ask, and who was signed out.
        self.person = "ana@example.com"
        self.signed_out = []
        self.waiting = 0
        self.arrived = threading.Event()
        connect = self

        class ConnectHandler(Handler):
            def do_GET(self):
                if self.path.startswith("/user/federate/"):
                    connect.calls += 1
                    if connect.held:
                        connect.waiting += 1
                        connect.held.wait(60)
                if self.path == "/signed-in":
                    return self.answer(
                        200, "text/html",
                        f"<!doctype html><title>Connect</title><main>Connect</main><p id=who>{self.signed_in()}</p>")
                if self.path == "/logout":
                    connect.signed_out.append(self.signed_in())
                    return self.redirect("/login", "session=; Path=/; Max-Age=0")
                if self.path == "/login":
                    return self.answer(200, "text/html", "<!doctype html><title>Sign in</title><main>Sign in</main>")
                if "denied" in self.path:
                    self.send_response(403)
                    self.send_header("x-amzn-ErrorType", "AccessDeniedException")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.answer(200, "application/json", json.dumps({
                    "Credentials": {
                        "AccessToken": Connect.ACCESS_TOKEN + ("" if "ana" in connect.person else connect.person),
                        "AccessTokenExpiration": Connect.EXPIRATION,
                        "RefreshToken": "browser-refresh-token", "RefreshTokenExpiration": Connect.EXPIRATION + 43200,
                    },
                    "SignInUrl": f"{connect.origin}/auth/sign-in?a=1&b=2", "UserId": "user",
                    "UserArn": f"arn:aws:connect:us-west-2:123456789012:instance/i/agent/{connect.person}",
                }))

            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                connect.sign_ins.append({
                    "path": self.path, "headers": dict(self.headers),
                    "form": urllib.parse.parse_qs(form, keep_blank_values=True, strict_parsing=True),
                })
                # Connect redirects to the destination. Who is signed in stays so until signed out.
                self.redirect("/signed-in", None if self.signed_in() else f"session={connect.person}; Path=/; Max-Age=43200")
                connect.arrived.set()

            def signed_in(self):
                cookies = http.cookies.SimpleCookie(self.headers["Cookie"] or "")
                return cookies["session"].value if "session" in cookies else ""

            def redirect(self, location, cookie):
                self.send_response(303)
                self.send_header("Location", location)
                if cookie:
                    self.send_header("Set-Cookie", cookie)
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(ConnectHandler)


class Deployment:
    """The daemon, asked as fedbroker's own commands ask it: over its unix socket."""

    def __init__(self, configuration="", only=None, environment=None, variables=None, **settings):
        """With an environment, the daemon takes AWS credentials as that says; otherwise it needs none.

        Variables are added to the daemon's.
        """
        self.connect = Connect()
        self.directory = tempfile.TemporaryDirectory(prefix="fedbroker-browser-")
        path = pathlib.Path(self.directory.name)
        (path / "fedbroker.toml").write_text(
            "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()) +
            (f'[instances.{only}]\nid = "only"\nregion = "us-west-2"\nwarm = true\n' if only else INSTANCES) + configuration)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(path), "XDG_RUNTIME_DIR": str(path)}
        self.options = [] if environment else ["--no-sign-request"]
        self.environment |= (environment or {}) | (variables or {})
        # The daemon's log so far.
        self.lines = []
        self.start("127.0.0.1:0")
        self.broker = f"unix:{path}/fedbroker.sock"
        self.token = (path / "fedbroker" / "token").read_text()

    def start(self, address):
        path = pathlib.Path(self.directory.name)
        self.daemon = subprocess.Popen(
            [BINARY, "serve", "--config", path / "fedbroker.toml", "--listen", address,
             "--listen", f"unix:{path}/fedbroker.sock", "--endpoint-url", self.connect.origin, *self.options],
            env=self.environment, stderr=subprocess.PIPE, text=True)
        for line in self.daemon.stderr:
            self.lines.append(line)
            if " ready " in line:
                listen = next(word for word in line.split() if word.startswith("listen="))
                break
        self.origin = "http://" + listen.removeprefix("listen=").split(",")[0]
        self.log = threading.Thread(target=self.follow_log, daemon=True)
        self.log.start()

    def follow_log(self):
        for line in self.daemon.stderr:
            self.lines.append(line)

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait()
        self.log.join()
        self.daemon.stderr.close()

    def wait_for_log(self, text):
        until(lambda: any(text in line for line in self.lines), f"the log says: {text}")

    def restart(self):
        """Ends the daemon and starts another one at the same address."""
        self.stop()
        self.start(self.origin.removeprefix("http://"))

    @property
    def localhost(self):
        """Its origin by name, as bookmarks and other pages have it."""
        return self.origin.replace("127.0.0.1", "localhost")

    def close(self):
        self.stop()
        self.connect.shutdown()
        self.connect.server_close()
        self.directory.cleanup()

    def ask(self, method, path):
        """The status and the JSON of an answer."""
        connection = http.client.HTTPConnection(self.origin.removeprefix("http://"), timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, headers={"Authorization": f"Bearer {self.token}"})
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")

    def url(self, path):
        """An address with a new one-time code."""
        status, body = self.ask("POST", path)
        assert status == 201, body
        return body["url"]

    @contextlib.contextmanager
    def command(self, *arguments):
        """Runs a command of fedbroker's that opens a browser, and gives the address that it opens it with."""
        path = pathlib.Path(self.directory.name)
        opened = path / "opened"
        os.mkfifo(opened)
        opener = path / "xdg-open"
        opener.write_text(f'#!/bin/sh\necho "$1" > "{opened}"\n')
        opener.chmod(0o755)
        environment = self.environment | {"PATH": f"{path}:{os.environ['PATH']}"}
        command = subprocess.Popen([BINARY, *arguments, "--broker", self.broker], env=environment)
        try:
            yield pathlib.Path(opened.read_text().strip()).as_uri()
        finally:
            opened.unlink()
        assert command.wait(timeout=30) == 0
