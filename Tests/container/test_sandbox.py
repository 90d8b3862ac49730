"""The daemon's own sandbox in a container: with the engine's filter, on a read-only root, and with swapped volumes."""

from case import RUNTIME, ContainerTest


class SandboxTest(ContainerTest):
    def setUp(self):
        super().setUp()
        self.make_volume()

    def test_it_holds_within_the_engines_and_one_variable_turns_it_off(self):
        daemon = self.start_daemon()
        within = int(daemon.process_status()["Seccomp_filters"])
        self.assertRegex(daemon.log, r'sandbox files="landlock \d+" system_calls=filtered')
        self.assertNotIn("a part of the sandbox is missing", daemon.log)
        self.engine.clear()
        self.make_volume()
        daemon = self.start_daemon("--env", "FEDBROKER_SANDBOX=false")
        self.assertEqual(int(daemon.process_status()["Seccomp_filters"]), within - 1)
        self.assertNotIn("landlock", daemon.log)

    def test_a_configuration_whose_volume_is_swapped_is_found(self):
        # As the kubelet puts a ConfigMap in place: links to a directory that one rename replaces.
        def project(version, text):
            directory = self.files / f"..{version}"
            directory.mkdir()
            directory.joinpath("fedbroker.toml").write_text(text)
            (self.files / "..next").symlink_to(directory.name)
            (self.files / "..next").rename(self.files / "..data")

        project("one", 'log_level = "info"\n')
        (self.files / "fedbroker.toml").symlink_to("..data/fedbroker.toml")
        daemon = self.start_daemon("--volume", f"{self.files}:/etc/fedbroker:ro")
        project("two", "[limits]\nmax_connections = 77\n")
        daemon.signal("HUP")
        daemon.wait_for("key=limits.max_connections")

    def test_a_token_that_is_replaced_is_found(self):
        daemon = self.start_daemon()
        token = "r" * 43
        daemon.exec("sh", "-c", f"umask 077; printf {token} > {RUNTIME}/new && mv {RUNTIME}/new {RUNTIME}/token")
        daemon.wait_for("the token file has changed")
        self.assertEqual(daemon.exec("cat", f"{RUNTIME}/token"), token)
