"""The Debian package: what it holds, brings, keeps and leaves."""

import re
import shutil
import subprocess

from machine import CLONE
from service import TOKEN, ServiceTests, package

SECRETS = re.compile("canary|emulated-access-token|emulated-refresh-token|/auth/sign-in|SecretAccessKey")


class PackageTests(ServiceTests):
    def test_lintian_finds_no_fault(self):
        found = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", package()],
                               capture_output=True, text=True)
        self.assertEqual(found.returncode, 0, found.stdout + found.stderr)

    def test_it_holds_manual_page_completions_and_the_version_of_the_program(self):
        for file in ("man/man1/fedbroker.1.gz", "bash-completion/completions/fedbroker",
                     "zsh/vendor-completions/_fedbroker", "fish/vendor_completions.d/fedbroker.fish"):
            self.assertGreater(self.machine.path(f"/usr/share/{file}").stat().st_size, 0, file)
        version = self.machine.do("dpkg-query --show --showformat '${Version}' fedbroker")
        self.assertEqual(self.machine.do("fedbroker --version"), f"fedbroker {version}\n")
        self.machine.do("fedbroker check-config /etc/fedbroker/fedbroker.toml", RUNTIME_DIRECTORY="/run/fedbroker")

    def test_systemd_finds_no_fault_and_the_loaded_unit_is_exposed_by_1_5_at_most(self):
        verified = self.machine.run("systemd-analyze verify fedbroker.service fedbroker.socket")
        self.assertEqual((verified.status, verified.output + verified.error), (0, ""), str(verified))
        self.start()
        self.machine.do("systemd-analyze security --no-pager --threshold=15 fedbroker.service")

    def test_an_upgrade_keeps_token_and_configuration_and_goes_on_serving(self):
        self.machine.configure('# Ours.\nsocket_groups = ["fedbroker"]\ntoken_group = "fedbroker"\n')
        self.start()
        token, pid = self.machine.do(f"cat {TOKEN}"), self.machine.main_pid
        self.machine.install(later())
        try:
            self.machine.wait_running()
            self.wait_answers()
            self.assertNotEqual(self.machine.main_pid, pid)
            self.assertEqual(self.machine.do(f"cat {TOKEN}"), token)
            self.assertIn("# Ours.", self.machine.do("cat /etc/fedbroker/fedbroker.toml"))
            self.assertTrue(self.machine.path("/etc/fedbroker/fedbroker.toml.dpkg-dist").exists())
        finally:
            self.machine.do("rm -f /etc/fedbroker/fedbroker.toml.dpkg-*")
            self.machine.do("dpkg --force-downgrade --force-confold --install /root/first.deb")

    def test_a_purge_ends_it_and_leaves_nothing_but_the_user(self):
        self.start()
        self.machine.do("apt-get purge --yes --quiet fedbroker 2>&1")
        try:
            self.assertNotEqual(self.machine.run("systemctl is-active --quiet fedbroker").status, 0)
            self.machine.do("rm -r /etc/systemd/system/fedbroker.service.d")
            left = self.machine.do("find /etc /usr /var /run -iname '*fedbroker*' -not -path '/usr/src/*'"
                                   " -not -path '/var/log/journal/*'")
            self.assertEqual(left, "")
            self.assertEqual(self.machine.run("pgrep --exact fedbroker").status, 1)
        finally:
            self.machine.install(package())

    def test_a_life_without_faults_leaves_no_noise_and_no_secret_in_the_journal(self):
        self.machine.configure('socket_groups = ["fedbroker"]\ntoken_group = "fedbroker"\n')
        self.start()
        self.wait_answers()
        token = self.machine.do(f"cat {TOKEN}")
        for command in ("fedbroker status", "fedbroker sign-in demo --print", "systemctl reload fedbroker"):
            self.machine.do(command)
        self.machine.do("systemctl restart fedbroker")
        self.wait_answers()
        self.machine.do("systemctl stop fedbroker")
        lines = self.journal().splitlines()
        self.assertGreater(len(lines), 5)
        self.assertIsNone(SECRETS.search("\n".join(lines)))
        self.assertNotIn(token, "\n".join(lines))
        # Ours are "text key=value"; systemd's name the unit.
        ours = [line for line in lines if "fedbroker.service" not in line]
        noise = [line for line in ours if not re.match(r"[a-z].*", line) or "priority" in line.lower()]
        self.assertEqual(noise, [])


def later():
    """A later version of the package, whose configuration file differs too."""
    directory = CLONE / ".build/deb/later"
    shutil.rmtree(directory, ignore_errors=True)
    subprocess.run(["dpkg-deb", "--raw-extract", package(), directory], check=True)
    control = directory / "DEBIAN/control"
    control.write_text(re.sub(r"^(Version: .*)$", r"\1+later", control.read_text(), flags=re.MULTILINE))
    with (directory / "etc/fedbroker/fedbroker.toml").open("a") as file:
        file.write("# A later default.\n")
    built = CLONE / ".build/deb/later.package"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", directory, built], check=True,
                   stdout=subprocess.DEVNULL)
    return built
