"""docs/install.md, followed from top to bottom as a reader would."""

import page
from machine import until
from service import EMULATED, MEMBER, ServiceTests

SOURCE = "/usr/src/fedbroker"
CREDENTIALS = "[default]\naws_access_key_id = AKIDBROKER\naws_secret_access_key = canary-secret-key\n"


class PageTests(ServiceTests):
    sections = page.sections("docs/install.md")

    def follow(self, heading):
        """Does what the blocks below a heading say; returns the output of the last one."""
        output = ""
        for block in self.sections[heading]:
            if block.kind == "toml":
                self.machine.configure(block.text)
            for command in block.commands if block.kind.startswith("sh") else []:
                output += self.carry_out(command, block.kind)
        return output

    def carry_out(self, command, kind):
        if kind == "sh" and command.startswith("make ") and "install" not in command:
            # On the machine that has Swift: make test-systemd did it before.
            return ""
        how = {"directory": SOURCE} if "apt install" in command or "make" in command else {}
        if kind == "sh session" or kind == "sh":
            how |= {"user": MEMBER, "session": True}
        elif kind == "sh user":
            how |= {"user": MEMBER}
        return self.machine.do(command, **how)

    def test_each_way_takes_five_commands_at_most(self):
        for heading, before in [("Debian package", "toml"), ("A desktop without root", "sh root")]:
            commands = []
            for block in self.sections[heading]:
                if block.kind == before:
                    break
                commands += block.commands
            self.assertTrue(1 <= len(commands) <= 5, commands)

    def test_debian_package(self):
        # The page begins with no package installed.
        self.machine.do("apt-get purge --yes --quiet fedbroker 2>&1")
        self.machine.do("mkdir -p /root/.aws")
        self.machine.write("/root/.aws/config", "[default]\nregion = us-west-2\n", 0o600)
        self.machine.write("/root/.aws/credentials", CREDENTIALS, 0o600)
        self.machine.do(f"gpasswd --delete {MEMBER} fedbroker || :")
        self.start_aws()
        self.use_aws()
        output = self.follow("Debian package")
        self.assertIn("agent/agent7@example.com", output)
        self.assertIn('"SignInUrl":"https://connect.example.com/', output)
        self.assertEqual(self.machine.do("ls /etc/credstore").split(),
                         ["fedbroker.aws-config", "fedbroker.aws-credentials"])

    def test_sockets_held_by_systemd(self):
        self.machine.drop_in(EMULATED)
        self.machine.configure('socket_groups = ["fedbroker"]\n')
        self.machine.do("systemctl start fedbroker")
        self.follow("Sockets held by systemd")
        self.check(self.machine.run("fedbroker status", user=MEMBER), output="demo")
        self.assertFalse(self.machine.path("/run/fedbroker/fedbroker.sock").exists())


class DesktopTests(PageTests):
    def setUp(self):
        super().setUp()
        self.machine.do(f"loginctl enable-linger {MEMBER}")
        until(lambda: self.machine.path(f"/run/user/{self.machine.uid(MEMBER)}/bus").exists(), "the user's systemd runs")
        self.machine.write("/etc/systemd/user/fedbroker.service.d/test.conf",
                           EMULATED)
        self.machine.do("systemctl --user daemon-reload", user=MEMBER, session=True)

    def tearDown(self):
        self.machine.run("systemctl --user disable --now fedbroker", user=MEMBER, session=True)
        self.machine.do(f"rm -rf /etc/systemd/user/fedbroker.service.d /home/{MEMBER}/.local; loginctl disable-linger {MEMBER}")
        super().tearDown()

    # Inherited ones run there.
    test_debian_package = test_sockets_held_by_systemd = test_each_way_takes_five_commands_at_most = None

    def test_a_desktop_without_root(self):
        """The package's user unit is away, so that only what `make install` brings can run."""
        self.machine.do("mv /usr/lib/systemd/user/fedbroker.service /usr/lib/systemd/user/fedbroker.away")
        blocks = self.sections["A desktop without root"]
        try:
            for block in blocks[:2]:
                for command in block.commands:
                    output = self.carry_out(command, block.kind)
            self.assertIn("demo", output)
            program = self.machine.do("systemctl --user show --property ExecStart fedbroker", user=MEMBER, session=True)
            self.assertIn(f"path=/home/{MEMBER}/.local/bin/fedbroker", program)
        finally:
            self.machine.do("mv /usr/lib/systemd/user/fedbroker.away /usr/lib/systemd/user/fedbroker.service")

    def test_the_packages_unit_serves_its_user_alone_and_lingers(self):
        self.machine.do("systemctl start fedbroker")
        for block in self.sections["A desktop without root"][2:]:
            for command in block.commands:
                self.carry_out(command, block.kind)
        ask = ("curl -sS --fail --unix-socket /run/user/{}/fedbroker/fedbroker.sock"
               " 'http://localhost/v1/instances/demo/token?field=UserId'").format(self.machine.uid(MEMBER))
        self.check(self.machine.run(ask, user=MEMBER), output="emulated-agent")
        self.assertNotEqual(self.machine.run(ask, user="visitor").status, 0)
        self.check(self.machine.run("fedbroker status", user=MEMBER, session=True), output="demo")
        self.machine.do("systemctl --user restart fedbroker", user=MEMBER, session=True)
        self.check(self.machine.run(ask, user=MEMBER), output="emulated-agent")
        lines = self.machine.do(f"journalctl --no-pager --output cat _UID={self.machine.uid(MEMBER)}")
        self.assertNotIn("priority", lines)
