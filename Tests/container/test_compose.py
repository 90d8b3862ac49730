"""config/compose, by podman-compose.

podman-compose 1.6 with podman 4.3 leaves out memswap_limit, and does not wait for service_healthy: `make check`
validates those by Compose's schema. test_page.py brings the file up as the page does.
"""

from case import APPLICATION, DAEMON, ContainerTest
from engine import Container

FILE = "config/compose/compose.yaml"
ARN = "arn:aws:connect:us-east-1:111122223333:instance/demo/agent/emulated-agent"


class ComposeTest(ContainerTest):
    def setUp(self):
        super().setUp()
        self.engine.run("docker", "compose", "--file", FILE, "up", "--detach")
        self.daemon, self.application = (
            Container(self.engine, self.engine.podman(
                "ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.service={name}"))
            for name in ("fedbroker", "app"))
        self.application.wait_for(ARN)

    def test_both_are_confined(self):
        for container, user in ((self.daemon, DAEMON), (self.application, APPLICATION)):
            status = container.process_status()
            self.assertEqual(int(status["CapBnd"], 16), 0)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
            self.assertEqual(status["Uid"].split()[0], str(user))
            self.assertTrue(container.inspect(".HostConfig.ReadonlyRootfs"))
        self.assertEqual(int(self.daemon.memory("memory.limit_in_bytes", "memory.max")), 64 << 20)

    def test_the_token_is_in_memory_and_the_daemon_s_alone(self):
        self.assertEqual(self.daemon.exec("stat", "--file-system", "--format", "%T", "/run/fedbroker"), "tmpfs")
        self.assertEqual(self.daemon.exec("stat", "--format", "%u %a", "/run/fedbroker"), f"{DAEMON} 711")
        self.assertIn("Permission denied", self.application.attempt("cat", "/run/fedbroker/token")[1])
        self.assertIn("Read-only", self.application.attempt("touch", "/run/fedbroker/other")[1])

    def test_it_is_healthy_and_ends_well(self):
        self.assertEqual(self.daemon.check_health()[0], 0)
        self.assertEqual(self.daemon.stop(), 0)
