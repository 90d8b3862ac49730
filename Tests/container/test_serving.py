"""Who gets a token from the daemon in a container, and what the container may do."""

from case import APPLICATION, DAEMON, RUNTIME, SOCKET, STRANGER, ContainerTest
from engine import HARDENED, IMAGE

MIB = 1 << 20
SOCKET_USERS = f'socket_users = ["{APPLICATION}"]\n'


class NeighbourTest(ContainerTest):
    """Containers beside the daemon, as in a pod or a task: one volume, one network."""

    def setUp(self):
        super().setUp()
        self.make_volume()
        self.daemon = self.start_daemon(*self.configuration(SOCKET_USERS))

    def neighbour(self, user, *arguments):
        return self.start_neighbour(user, "--network", f"container:{self.daemon.name}", *arguments)

    def test_the_listed_user_gets_a_token_over_the_shared_directory(self):
        status, text = self.ask(self.neighbour(APPLICATION, "--volume", f"runtime:{RUNTIME}:ro"))
        self.assertEqual(status, 200, text)
        self.assertRegex(text, r"^arn:aws:connect:.*/agent/")

    def test_another_user_is_refused(self):
        status, text = self.ask(self.neighbour(STRANGER, "--volume", f"runtime:{RUNTIME}:ro"))
        self.assertEqual(status, 403, text)

    def test_a_container_without_the_directory_finds_no_socket(self):
        stranger = self.neighbour(APPLICATION)
        self.assertNotEqual(stranger.attempt("ls", SOCKET)[0], 0)
        # CURLE_COULDNT_CONNECT
        self.assertEqual(self.ask(stranger)[0], "curl: 7")

    def test_over_tcp_it_takes_the_bearer_token(self):
        neighbour = self.neighbour(APPLICATION)
        url = "http://127.0.0.1:2776/v1/instances/demo/token?field=UserArn"
        self.assertEqual(self.curl(neighbour, url)[0], 401)
        self.assertEqual(self.curl(neighbour, url, "--header", "Authorization: Bearer " + "a" * 43)[0], 401)
        token = self.daemon.exec("cat", f"{RUNTIME}/token")
        self.assertEqual(self.curl(neighbour, url, "--header", f"Authorization: Bearer {token}")[0], 200)

    def test_the_neighbour_can_neither_read_the_token_nor_replace_the_socket(self):
        # Writable, which the examples do not even grant.
        neighbour = self.neighbour(APPLICATION, "--volume", f"runtime:{RUNTIME}")
        for command in (["cat", f"{RUNTIME}/token"], ["rm", SOCKET], ["mv", SOCKET, f"{RUNTIME}/other"],
                        ["touch", f"{RUNTIME}/other"], ["ls", RUNTIME]):
            status, output = neighbour.attempt(*command)
            self.assertNotEqual(status, 0, command)
            self.assertIn("Permission denied", output)
        self.assertEqual(self.ask(neighbour)[0], 200)

    def test_a_read_only_mount_does_not_keep_the_neighbour_from_connecting(self):
        neighbour = self.neighbour(DAEMON, "--volume", f"runtime:{RUNTIME}:ro")
        # The daemon's own user: only the mount stands between it and the socket.
        self.assertIn("Read-only file system", neighbour.attempt("rm", "--force", SOCKET)[1])
        self.assertEqual(self.ask(neighbour)[0], 200)


class RulesTest(ContainerTest):
    """Rules for containers beside the daemon: users by number, which the kernel names on the socket and on TCP."""

    def setUp(self):
        super().setUp()
        self.make_volume()
        self.daemon = self.start_daemon(*self.configuration(
            f'socket_users = ["{APPLICATION}", "{STRANGER}"]\n[[access]]\nusers = [{APPLICATION}]\n'))

    def test_each_container_may_do_what_the_rules_give_its_user(self):
        token = self.daemon.exec("cat", f"{RUNTIME}/token")
        url = "http://127.0.0.1:2776/v1/instances/demo/token?field=UserArn"
        for user, expected in ((APPLICATION, 200), (STRANGER, 403)):
            neighbour = self.start_neighbour(
                user, "--network", f"container:{self.daemon.name}", "--volume", f"runtime:{RUNTIME}:ro")
            self.assertEqual(self.ask(neighbour)[0], expected, user)
            status, text = self.curl(neighbour, url, "--header", f"Authorization: Bearer {token}")
            self.assertEqual(status, expected, f"{user}: {text}")


class ConfinementTest(ContainerTest):
    def setUp(self):
        super().setUp()
        self.make_volume()

    def test_it_has_no_rights(self):
        status = self.start_daemon().process_status()
        self.assertEqual(status["Uid"].split(), [str(DAEMON)] * 4)
        self.assertEqual(status["NoNewPrivs"], "1")
        # SECCOMP_MODE_FILTER
        self.assertEqual(status["Seccomp"], "2")
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[capabilities], 16), 0, capabilities)

    def test_the_filter_forbids_what_it_should(self):
        # personality(ADDR_NO_RANDOMIZE), for which no capability is needed.
        command = ["--network", "none", "--entrypoint", "setarch", IMAGE, "--addr-no-randomize", "true"]
        status, output = self.engine.attempt("podman", "run", "--rm", *HARDENED, *command)
        self.assertNotEqual(status, 0)
        self.assertIn("failed to set personality", output)
        # Without the filter it can: so it is the filter that forbids it.
        self.engine.podman("run", "--rm", *HARDENED, "--security-opt", "seccomp=unconfined", *command)

    def test_it_can_write_to_its_directory_only(self):
        daemon = self.start_daemon()
        for directory in ("/", "/tmp", "/run", "/var/tmp", "/etc", "/usr/bin", "/etc/fedbroker", "/home"):
            status, output = daemon.attempt("touch", f"{directory}/file")
            self.assertNotEqual(status, 0, directory)
            self.assertRegex(output, "Read-only file system|No such file", directory)
        daemon.exec("touch", f"{RUNTIME}/file")

    def test_64_mib_are_enough_for_a_crowd(self):
        daemon = self.start_daemon(*self.configuration(SOCKET_USERS))
        limit = int(daemon.memory("memory.limit_in_bytes", "memory.max"))
        self.assertEqual(limit, 64 * MIB)
        neighbour = self.start_neighbour(APPLICATION, "--network", "none", "--volume", f"runtime:{RUNTIME}:ro")
        # The fragment makes a thousand addresses of one; it is not sent.
        codes = neighbour.exec(
            "curl", "--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}\n",
            "--parallel", "--parallel-max", "200", "--unix-socket", SOCKET,
            "http://localhost/v1/instances/demo/token#[1-1000]")
        self.assertEqual(codes.split(), ["200"] * 1000)
        self.assertLess(int(daemon.memory("memory.max_usage_in_bytes", "memory.peak")), limit)
        self.assertEqual(self.ask(neighbour)[0], 200)


class HealthTest(ContainerTest):
    """The image's own HEALTHCHECK. No systemd runs beside podman here to repeat it, so that the tests ask for it."""

    def setUp(self):
        super().setUp()
        self.make_volume()

    def test_a_ready_daemon_is_healthy(self):
        daemon = self.start_daemon()
        self.assertEqual(daemon.check_health(), (0, ""))
        self.assertEqual(daemon.inspect(".State.Health.Status"), "healthy")

    def test_a_daemon_without_the_token_that_it_is_to_hold_is_not(self):
        # Nothing listens at that address.
        daemon = self.start_daemon(command=(
            "serve", "--instance-id", "demo", "--region", "us-east-1", "--no-sign-request",
            "--endpoint-url", "http://127.0.0.1:9"))
        self.assertEqual(daemon.check_health()[0], 1)

    def test_a_daemon_that_stands_still_is_not(self):
        daemon = self.start_daemon()
        daemon.signal("STOP")
        # podman says so by its own exit code: the check took longer than its time-out.
        self.assertNotEqual(daemon.check_health()[0], 0)
        daemon.signal("CONT")
        self.assertEqual(daemon.check_health()[0], 0)

    def test_no_daemon_is_not(self):
        status, output = self.engine.attempt("podman", "run", "--rm", *HARDENED, IMAGE, "health")
        self.assertEqual(status, 1, output)
