"""config/kubernetes/sidecar.yaml, played by `podman kube play` as far as podman 4.3 can.

What podman does otherwise than Kubernetes, and what the overlay here makes of it:

- A native sidecar (an init container with restartPolicy Always): podman waits for the end of an init container. The
  sidecar is played in a pod of its own, and the application in a second one after the startup probe is answered. So
  they do not share loopback here; test_serving.py has containers that do.
- Probes: podman runs httpGet probes with a curl inside the image. They are left out, and asked for by the test.
- emptyDir: podman's own belongs to the first container's user. In its place comes a tmpfs with the owner and the mode
  that kubelet gives it, as a hostPath; and in place of subPath, which podman does not know for it, the subdirectory.
- The role of the pod: there is no AWS. FEDBROKER_EMULATE stands in for it.
- seccompProfile RuntimeDefault, resource requests, service account and the Pod Security Standards: podman applies its
  default filter and ignores the rest; `make check` checks them by Kubernetes's schema.
"""

import copy
import pathlib

import yaml

from case import APPLICATION, DAEMON, ContainerTest
from engine import IMAGE, Container

MANIFEST = pathlib.Path("config/kubernetes/sidecar.yaml")
ARN = "instance/11111111-2222-3333-4444-555555555555/agent/emulated-agent"
# What kubelet makes of an emptyDir: everyone may write, and with fsGroup the group is that one, and inherited.
PLAIN = {"mode": 0o777, "group": 0}
WITH_GROUP = {"mode": 0o2777, "group": 3000}


class SidecarTest(ContainerTest):
    def setUp(self):
        super().setUp()
        documents = {document["kind"]: document for document in yaml.safe_load_all(MANIFEST.read_text())}
        self.configuration_map = documents["ConfigMap"]
        self.template = documents["Deployment"]["spec"]["template"]
        self.volume = self.files / "empty-dir"

    def make_empty_dir(self, mode, group):
        self.volume.mkdir()
        self.engine.run("mount", "--types", "tmpfs", "--options", "size=1m", "tmpfs", self.volume)
        self.addCleanup(self.engine.run, "umount", self.volume)
        # In this order: chown(2) takes the bit away that makes the group inherited.
        self.engine.run("chown", f"0:{group}", self.volume)
        self.volume.chmod(mode)

    def play(self, name, container, group):
        """Plays a pod that has this one of the manifest's containers."""
        container = copy.deepcopy(container)
        container.pop("restartPolicy", None)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            container.pop(probe, None)
        pod = copy.deepcopy(self.template["spec"])
        pod |= {"initContainers": [], "containers": [container]}
        if group:
            pod["securityContext"]["fsGroup"] = group
        self.assertIn({"name": "runtime", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}, pod["volumes"])
        pod["volumes"] = [volume for volume in pod["volumes"] if volume["name"] != "runtime"]
        for mount in container["volumeMounts"]:
            if mount["name"] == "runtime":
                directory = self.volume / mount.pop("subPath", "")
                pod["volumes"].append({"name": "runtime", "hostPath": {"path": str(directory), "type": "Directory"}})
        documents = [self.configuration_map, {
            "apiVersion": "v1", "kind": "Pod", "metadata": self.template["metadata"] | {"name": name}, "spec": pod}]
        file = self.files / f"{name}.yaml"
        file.write_text(yaml.safe_dump_all(documents))
        self.engine.podman("kube", "play", file)
        return Container(self.engine, f"{name}-{container['name']}")

    def play_sidecar(self, mode, group):
        """Starts the sidecar as kubelet does, and waits until its startup probe is answered."""
        self.make_empty_dir(mode, group)
        sidecar, = copy.deepcopy(self.template["spec"]["initContainers"])
        sidecar["image"] = f"localhost/{IMAGE}"
        sidecar["env"].append({"name": "FEDBROKER_EMULATE", "value": "true"})
        container = self.play("sidecar", sidecar, group)
        container.wait_for('"ready"')
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertEqual(self.probe(container, sidecar, probe), 0, probe)
        return container

    def probe(self, container, manifest, name):
        """Asks as kubelet does, from outside of the pod; 0 where the answer is a good one."""
        request = manifest[name]["httpGet"]
        port, = (port["containerPort"] for port in manifest["ports"] if port["name"] == request["port"])
        infrastructure = self.engine.podman("pod", "inspect", "--format", "{{.InfraContainerID}}", "sidecar")
        networks = Container(self.engine, infrastructure).inspect(".NetworkSettings.Networks")
        address, = (network["IPAddress"] for network in networks.values())
        return self.engine.attempt("curl", "--silent", "--fail", f"http://{address}:{port}{request['path']}")[0]

    def play_application(self, group):
        application, = self.template["spec"]["containers"]
        return self.play("application", application, group)

    def check(self, mode, group):
        sidecar = self.play_sidecar(mode, group)
        self.play_application(group).wait_for(ARN)
        self.check_confinement(sidecar)

    def check_confinement(self, sidecar):
        status = sidecar.process_status()
        self.assertEqual(status["Uid"].split(), [str(DAEMON)] * 4)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"], int(status["CapBnd"], 16)), ("1", "2", 0))
        self.assertEqual(int(sidecar.memory("memory.limit_in_bytes", "memory.max")), 64 << 20)
        self.assertTrue(sidecar.inspect(".HostConfig.ReadonlyRootfs"))

    def test_the_application_gets_a_token_through_an_empty_dir(self):
        self.check(**PLAIN)

    def test_the_application_gets_a_token_through_an_empty_dir_with_a_group(self):
        self.check(**WITH_GROUP)

    def check_that_nothing_can_be_replaced(self, mode, group):
        self.play_sidecar(mode, group)
        shared = self.volume / "shared"
        status = shared.stat()
        self.assertEqual((status.st_uid, status.st_mode & 0o777), (DAEMON, 0o711))
        # As the manifest mounts it, but writable: the mount is not all that protects it.
        neighbour = self.start_neighbour(APPLICATION, "--group-add", str(group), "--volume", f"{shared}:/run/fedbroker")
        for command in (["cat", "/run/fedbroker/token"], ["rm", "-f", "/run/fedbroker/token"],
                        ["rm", "-f", "/run/fedbroker/fedbroker.sock"], ["touch", "/run/fedbroker/other"]):
            code, output = neighbour.attempt(*command)
            self.assertNotEqual(code, 0, command)
            self.assertIn("Permission denied", output)
        self.assertEqual(self.ask(neighbour, "/v1/instances/sales/token?field=UserArn")[0], 200)

    def test_nothing_in_an_empty_dir_can_be_replaced(self):
        self.check_that_nothing_can_be_replaced(**PLAIN)

    def test_nothing_in_an_empty_dir_with_a_group_can_be_replaced(self):
        self.check_that_nothing_can_be_replaced(**WITH_GROUP)

    def check_refusal(self, mode, group):
        """In the emptyDir itself everyone could replace the token."""
        self.make_empty_dir(mode, group)
        daemon = self.engine.start("--volume", f"{self.volume}:/run/fedbroker", IMAGE, "serve", "--emulate")
        # EX_CONFIG
        self.assertEqual(daemon.wait(), 78, daemon.log)
        self.assertIn("/run/fedbroker", daemon.log)
        self.assertEqual(list(self.volume.iterdir()), [], "something is left")

    def test_no_token_is_kept_in_an_empty_dir_itself(self):
        self.check_refusal(**PLAIN)

    def test_no_token_is_kept_in_an_empty_dir_with_a_group_itself(self):
        self.check_refusal(**WITH_GROUP)

    def test_a_restarted_sidecar_serves_the_application_that_stayed(self):
        sidecar = self.play_sidecar(**PLAIN)
        application = self.play_application(0)
        application.wait_for(ARN)
        sidecar.signal("KILL")
        sidecar.wait()
        self.engine.podman("start", sidecar.name)
        sidecar.wait_for('"ready"', times=2)
        status, text = self.ask(application, "/v1/instances/sales/token?field=UserArn")
        self.assertEqual(status, 200, text)
        self.assertIn(ARN, text)
