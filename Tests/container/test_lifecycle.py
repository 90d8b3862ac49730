"""How the daemon in a container starts and ends."""

from case import APPLICATION, RUNTIME, SOCKET, ContainerTest
from engine import HARDENED, IMAGE


class LifecycleTest(ContainerTest):
    def setUp(self):
        super().setUp()
        self.make_volume()
        # A tmpfs lasts as long as a container has it mounted.
        self.neighbour = self.start_neighbour(APPLICATION, "--network", "none", "--volume", f"runtime:{RUNTIME}:ro")

    def start(self):
        return self.start_daemon(*self.configuration(f'socket_users = ["{APPLICATION}"]\n'))

    def test_the_stop_signal_ends_it_with_0(self):
        daemon = self.start()
        self.assertEqual(daemon.stop(), 0)
        self.assertIn(" stopped", daemon.log)
        self.assertNotEqual(self.neighbour.attempt("ls", SOCKET)[0], 0, "the socket is left")

    def test_it_starts_again_after_a_stop(self):
        daemon = self.start()
        daemon.stop()
        self.engine.podman("start", daemon.name)
        daemon.wait_for(" ready ", times=2)
        self.assertEqual(self.ask(self.neighbour)[0], 200)

    def test_a_socket_that_a_killed_daemon_left_is_replaced(self):
        daemon = self.start()
        token = daemon.exec("cat", f"{RUNTIME}/token")
        daemon.signal("KILL")
        self.assertEqual(daemon.wait(), 137)
        stale = self.neighbour.exec("stat", "--format", "%F %i", SOCKET)
        self.assertIn("socket", stale)
        # CURLE_COULDNT_CONNECT
        self.assertEqual(self.ask(self.neighbour)[0], "curl: 7")
        successor = self.start()
        self.assertEqual(self.ask(self.neighbour)[0], 200)
        self.assertNotEqual(self.neighbour.exec("stat", "--format", "%F %i", SOCKET), stale)
        self.assertEqual(successor.exec("cat", f"{RUNTIME}/token"), token)

    def test_a_socket_in_use_is_not_replaced(self):
        self.start()
        second = self.engine.start(
            *HARDENED, "--volume", f"runtime:{RUNTIME}", IMAGE, "serve", "--emulate", "--instance-id", "demo")
        # EX_UNAVAILABLE, as SPEC says of an address in use.
        self.assertEqual(second.wait(), 69)
        self.assertEqual(self.ask(self.neighbour)[0], 200)

    def test_a_directory_that_it_may_not_write_to_ends_the_start(self):
        # Of root, as an engine makes one that nobody told of the image's user.
        directory = self.files / "runtime"
        directory.mkdir(mode=0o755)
        daemon = self.engine.start(*HARDENED, "--volume", f"{directory}:{RUNTIME}", IMAGE, "serve", "--emulate")
        # EX_NOPERM
        self.assertEqual(daemon.wait(), 77)
        self.assertIn(SOCKET, daemon.log)
