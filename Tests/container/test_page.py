"""docs/install.md: the commands for containers, each run as it stands there.

`docker` is podman here, and `docker compose` podman-compose. The page's first command has built the image that every test
runs.
"""

import page
from case import ContainerTest
from engine import Container

ARN = "arn:aws:connect:us-east-1:111122223333:instance/demo/agent/emulated-agent"


class PageTest(ContainerTest):
    def run_commands(self, of_compose):
        """Runs the page's commands, waits for what a person would wait for, and returns what each printed."""
        printed = {}
        for command in page.commands()[1:]:
            words = command.split()
            if (words[1] == "compose") != of_compose:
                continue
            printed[words[4] if of_compose else words[1]] = self.engine.run("sh", "-c", command)
            if words[1] == "run":
                Container(self.engine, "fedbroker").wait_for(" ready ")
            if "up" in words:
                Container(self.engine, self.service("app")).wait_for(ARN)
        return printed

    def service(self, name):
        """The container of a service of the Compose file."""
        return self.engine.podman("ps", "--quiet", "--filter", f"label=com.docker.compose.service={name}")

    def test_the_image_is_started_asked_and_stopped(self):
        printed = self.run_commands(of_compose=False)
        self.assertEqual(printed["exec"], f'"{ARN}"')
        self.assertIn("stop", printed)
        daemon = Container(self.engine, "fedbroker")
        self.assertEqual(daemon.inspect(".State.ExitCode"), 0)
        self.assertEqual(daemon.inspect(".Config.Healthcheck.Test"), ["CMD", "fedbroker", "health"])

    def test_the_compose_file_is_brought_up_and_down(self):
        printed = self.run_commands(of_compose=True)
        self.assertIn(ARN, printed["logs"])
        self.assertEqual(self.engine.podman("ps", "--all", "--quiet"), "")
        self.assertNotIn("runtime", self.engine.podman("volume", "ls", "--quiet"))
