"""config/ecs, carried out by podman: the image with the configuration, and the two containers of the task.

No AWS is there: FEDBROKER_EMULATE stands in for the task's role. A volume of the task starts with what the image has at
that place, its owner and mode too, where the image's VOLUME names the place; a named volume of podman does the same.
`make check` validates the whole definition by the model of RegisterTaskDefinition.
"""

import json
import pathlib

from case import DAEMON, ContainerTest
from engine import IMAGE, NEIGHBOUR

DIRECTORY = pathlib.Path("config/ecs")
ARN = "instance/11111111-2222-3333-4444-555555555555/agent/emulated-agent"
# Not carried out here: names and orders, which the test takes care of itself, and a reservation.
IGNORED = {"name", "essential", "image", "dependsOn", "memoryReservation"}


class TaskTest(ContainerTest):
    def setUp(self):
        super().setUp()
        definition = json.loads((DIRECTORY / "task-definition.json").read_text())
        self.daemon, self.application = definition["containerDefinitions"]
        self.volumes = definition["volumes"]
        self.build()

    def build(self):
        """The image with the configuration in it."""
        self.engine.podman("tag", IMAGE, "registry.example.com/fedbroker:0.2.0")
        self.engine.run("docker", "build", "--tag", "task", DIRECTORY)

    def arguments(self, definition):
        """A container of the definition as the arguments of `podman run`."""
        arguments = []
        for key, value in definition.items():
            if key == "user":
                arguments += ["--user", value]
            elif key == "memory":
                arguments += ["--memory", f"{value}m", "--memory-swap", f"{value}m"]
            elif key == "readonlyRootFilesystem":
                arguments += [f"--read-only={str(value).lower()}", "--read-only-tmpfs=false"]
            elif key == "stopTimeout":
                arguments += ["--stop-timeout", value]
            elif key == "linuxParameters":
                self.assertEqual(value["capabilities"], {"drop": ["ALL"]})
                arguments += ["--cap-drop", "ALL", f"--init={str(value['initProcessEnabled']).lower()}"]
            elif key == "mountPoints":
                for mount in value:
                    self.assertIn({"name": mount["sourceVolume"]}, self.volumes)
                    mode = "ro" if mount.get("readOnly") else "rw"
                    arguments += ["--volume", f"{mount['sourceVolume']}:{mount['containerPath']}:{mode}"]
            elif key == "healthCheck":
                self.assertEqual(value["command"][0], "CMD")
                arguments += ["--health-cmd", json.dumps(value["command"][1:])]
                arguments += ["--health-timeout", f"{value['timeout']}s", "--health-retries", value["retries"]]
            elif key not in IGNORED | {"command"}:
                self.fail(f"the test does not know {key}")
        return arguments

    def start_task(self):
        daemon = self.engine.start(*self.arguments(self.daemon), "--env", "FEDBROKER_EMULATE=true", "task")
        daemon.wait_for('"ready"')
        # dependsOn: HEALTHY
        self.assertEqual(daemon.check_health()[0], 0)
        self.assertEqual(self.application["image"], NEIGHBOUR)
        # awsvpc: the containers of a task share their network.
        application = self.engine.start(
            *self.arguments(self.application), "--network", f"container:{daemon.name}", NEIGHBOUR,
            *self.application["command"])
        return daemon, application

    def test_the_application_gets_a_token(self):
        _, application = self.start_task()
        application.wait_for(ARN)

    def test_the_application_can_neither_read_the_token_nor_replace_the_socket(self):
        daemon, application = self.start_task()
        self.assertEqual(daemon.exec("stat", "--format", "%u %a", "/run/fedbroker"), f"{DAEMON} 711")
        self.assertIn("Permission denied", application.attempt("cat", "/run/fedbroker/token")[1])
        self.assertNotEqual(application.attempt("rm", "-f", "/run/fedbroker/fedbroker.sock")[0], 0)

    def test_it_ends_within_the_time_that_ecs_leaves_it(self):
        daemon, _ = self.start_task()
        self.assertEqual(daemon.stop(self.daemon["stopTimeout"]), 0)
