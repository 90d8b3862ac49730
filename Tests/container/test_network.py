"""Published ports, in a network that is a machine of its own."""

from case import RUNTIME, ContainerTest
from engine import EngineError

MAIN, ADMIN = 2776, 2778
# A second machine on a network with this one: RFC 5737's addresses for examples, in namespaces only.
HERE, THERE = "192.0.2.1", "192.0.2.2"


class PublishedPortTest(ContainerTest):
    def setUp(self):
        super().setUp()
        self.make_volume()

    def start(self, *published):
        ports = [word for port in published for word in ("--publish", port)]
        configuration = f"""
            allow_non_loopback = true
            listen = ["0.0.0.0:{MAIN}"]
            admin_listen = ["0.0.0.0:{ADMIN}"]
            """
        return self.start_daemon(*ports, *self.configuration(configuration))

    def make_second_machine(self):
        for command in (
            ["netns", "add", "second"],
            ["link", "add", "here", "type", "veth", "peer", "name", "there", "netns", "second"],
            ["addr", "add", f"{HERE}/24", "dev", "here"],
            ["link", "set", "here", "up"],
            ["-netns", "second", "addr", "add", f"{THERE}/24", "dev", "there"],
            ["-netns", "second", "link", "set", "there", "up"],
        ):
            self.engine.run("ip", *command)
        self.addCleanup(self.engine.run, "ip", "netns", "del", "second")

    def curl_here(self, url, *arguments, machine=()):
        """The status of an answer, and its text; raises `EngineError` where there is none."""
        text, _, code = self.engine.run(
            *machine, "curl", "--silent", "--show-error", "--max-time", 5, "--write-out", "\n%{http_code}", *arguments,
            url).rpartition("\n")
        return int(code), text

    def test_probes_are_answered_on_the_admin_port_and_nothing_else(self):
        self.start(f"127.0.0.1:8080:{ADMIN}")
        for path in ("healthz", "readyz", "metrics"):
            self.assertEqual(self.curl_here(f"http://127.0.0.1:8080/{path}")[0], 200, path)
        self.assertEqual(self.curl_here("http://127.0.0.1:8080/v1/instances/demo/token")[0], 404)

    def test_the_main_port_wants_the_token_and_a_local_name(self):
        daemon = self.start(f"127.0.0.1:8080:{MAIN}")
        url = "http://127.0.0.1:8080/v1/instances/demo/token"
        bearer = ["--header", f"Authorization: Bearer {daemon.exec('cat', f'{RUNTIME}/token')}"]
        self.assertEqual(self.curl_here(url)[0], 401)
        self.assertEqual(self.curl_here(url, *bearer)[0], 200)
        self.assertEqual(self.curl_here(url, *bearer, "--header", "Host: desk.example.com")[0], 403)

    def test_another_machine_reaches_the_admin_port_but_gets_no_answer_from_the_main_one(self):
        self.make_second_machine()
        daemon = self.start(f"{HERE}:8080:{ADMIN}", f"{HERE}:8081:{MAIN}")
        second = ["ip", "netns", "exec", "second"]
        self.assertEqual(self.curl_here(f"http://{HERE}:8080/readyz", machine=second)[0], 200)
        bearer = ["--header", f"Authorization: Bearer {daemon.exec('cat', f'{RUNTIME}/token')}"]
        # Its packets live for one hop.
        with self.assertRaisesRegex(EngineError, "timed out"):
            self.curl_here(f"http://{HERE}:8081/v1/instances/demo/token", *bearer, machine=second)

    def test_a_port_for_other_machines_must_be_allowed_in_the_file(self):
        daemon = self.engine.start(
            "--volume", f"runtime:{RUNTIME}", "--publish", f"127.0.0.1:8080:{MAIN}", "fedbroker:0.2.0",
            "serve", "--emulate", "--listen", f"0.0.0.0:{MAIN}")
        # EX_CONFIG
        self.assertEqual(daemon.wait(), 78)
        self.assertIn("allow_non_loopback", daemon.log)
