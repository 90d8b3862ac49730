"""What is in the image."""

import pathlib
import re

from case import ContainerTest, DAEMON
from engine import IMAGE


class ImageTest(ContainerTest):
    def run_in_image(self, *command):
        """What a command of the image prints; as root, who may read everything."""
        return self.engine.podman(
            "run", "--rm", "--user", 0, "--network", "none", "--entrypoint", command[0], IMAGE, *command[1:])

    def installed(self, stage):
        """The packages that a stage of the Dockerfile installs."""
        text = pathlib.Path("Dockerfile").read_text().replace("\\\n", " ")
        stages = re.split(r"^FROM .*$", text, flags=re.MULTILINE)[1:]
        return set(re.search(r"--no-install-recommends ([^&]+)", stages[stage])[1].split())

    def test_the_compiler_stage_installs_what_the_makefile_builds_with(self):
        made = re.search(r"^PACKAGES := (.*)$", pathlib.Path("Makefile").read_text(), re.MULTILINE)[1]
        self.assertEqual(self.installed(0), set(made.split()))

    def test_it_runs_as_a_number_that_is_not_root(self):
        user = self.engine.podman("image", "inspect", "--format", "{{.Config.User}}", IMAGE)
        self.assertEqual(user, f"{DAEMON}:{DAEMON}")

    def test_its_label_has_the_version_of_the_binary(self):
        label = self.engine.podman(
            "image", "inspect", "--format", '{{index .Config.Labels "org.opencontainers.image.version"}}', IMAGE)
        self.assertEqual(self.engine.podman("run", "--rm", IMAGE, "--version"), f"fedbroker {label}")

    def test_each_library_is_there(self):
        loaded = self.run_in_image("ldd", "/usr/bin/fedbroker")
        self.assertIn("libcrypto.so.3", loaded)
        self.assertNotIn("not found", loaded)

    def test_libcurl_is_there_for_the_first_call(self):
        self.assertIn("listen", self.engine.podman("run", "--rm", IMAGE, "check-config"))

    def test_each_package_is_there_for_a_library_that_the_binary_names(self):
        binary = self.files / "fedbroker"
        container = self.engine.podman("create", IMAGE)
        self.engine.podman("cp", f"{container}:/usr/bin/fedbroker", binary)
        # Loaded when the first call goes out.
        needed = {"libcurl.so.4"} | set(re.findall(r"\(NEEDED\).*\[(.*)\]", self.engine.run("readelf", "--dynamic", binary)))
        for package in self.installed(-1) - {"ca-certificates"}:
            files = {pathlib.Path(line).name for line in self.run_in_image("dpkg", "-L", package).splitlines()}
            self.assertTrue(files & needed, f"nothing of {package} is needed")

    def test_it_has_no_compiler_nor_sources(self):
        found = self.run_in_image("find", "/", "-xdev", "-name", "*.swift", "-o", "-name", "swiftc")
        self.assertEqual(found, "")

    def test_it_has_the_authorities_of_https(self):
        self.assertIn("BEGIN CERTIFICATE", self.run_in_image("head", "-1", "/etc/ssl/certs/ca-certificates.crt"))
