"""What all tests of containers have in common."""

import tempfile
import pathlib
import unittest

from engine import HARDENED, IMAGE, NEIGHBOUR

RUNTIME = "/run/fedbroker"
SOCKET = f"{RUNTIME}/fedbroker.sock"
# The users of the image, of the container that socket_users lets in, and of one that nothing lets in.
DAEMON, APPLICATION, STRANGER = 65532, 10001, 10002


class ContainerTest(unittest.TestCase):
    """Starts each test with an engine in which nothing runs."""

    engine = None
    maxDiff = None

    def setUp(self):
        self.addCleanup(self.engine.clear)
        self.files = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir=self.engine.directory)))
        self.files.chmod(0o755)

    def make_volume(self, name="runtime"):
        """A volume in memory, as the page makes it."""
        self.engine.podman(
            "volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs",
            "--opt", f"o=uid={DAEMON},gid={DAEMON},mode=0711", name)
        return name

    def configuration(self, text):
        """The arguments that give a container this configuration."""
        path = self.files / "fedbroker.toml"
        path.write_text(text)
        return ["--volume", f"{path}:/etc/fedbroker/fedbroker.toml:ro"]

    def start_daemon(self, *arguments, command=("serve", "--emulate", "--instance-id", "demo"), volume="runtime"):
        """Starts the image, hardened, and waits until it is ready."""
        daemon = self.engine.start(*HARDENED, "--volume", f"{volume}:{RUNTIME}", *arguments, IMAGE, *command)
        daemon.wait_for(" ready ")
        return daemon

    def start_neighbour(self, user=APPLICATION, *arguments):
        """Starts a container beside the daemon, which waits to be asked to do something."""
        return self.engine.start(
            *HARDENED, "--init", "--user", f"{user}:{user}", *arguments, NEIGHBOUR, "sleep", "infinity")

    def ask(self, container, path="/v1/instances/demo/token?field=UserArn", *arguments, socket=SOCKET):
        """The status of an answer over the unix socket, and its text."""
        return self.curl(container, f"http://localhost{path}", "--unix-socket", socket, *arguments)

    def curl(self, container, url, *arguments):
        """The status of an answer, or curl's own name for what went wrong, and the text."""
        command = ["curl", "--silent", "--show-error", "--max-time", "30", "--write-out", "\n%{http_code}"]
        status, output = container.attempt(*command, *arguments, url)
        text, _, code = output.rpartition("\n")
        return (int(code), text) if status == 0 else (f"curl: {status}", output)
