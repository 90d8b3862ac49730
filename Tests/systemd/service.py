"""What the tests share: one machine, booted once, and the packaged service brought back to how the package leaves it."""

import subprocess
import sys
import unittest

from machine import CLONE, until

MEMBER, STRANGER = "agent7", "visitor"
TOKEN = "/run/fedbroker/token"
# Where the stand-in for AWS listens.
AWS_PORT = 4566
AWS = f"http://127.0.0.1:{AWS_PORT}"
EMULATED = '[Service]\nEnvironment=FEDBROKER_EMULATE=true FEDBROKER_INSTANCE_ID=demo\n'


def package():
    packages = list((CLONE / ".build/deb").glob("fedbroker_*.deb"))
    if len(packages) != 1:
        raise SystemExit(f"test-systemd: one package is expected in .build/deb, not {len(packages)}: run make deb")
    return packages[0]


class ServiceTests(unittest.TestCase):
    """Each test finds the package just installed and the service not configured."""

    # Set by the runner.
    machine = None
    default_configuration = None

    def setUp(self):
        machine = self.machine
        machine.run("systemctl stop fedbroker.socket fedbroker.service")
        machine.do("systemctl disable --quiet fedbroker.socket")
        machine.do("rm -rf /etc/systemd/system/fedbroker.* /etc/credstore /run/fedbroker /run/fedbroker.sock")
        machine.write("/etc/fedbroker/fedbroker.toml", self.default_configuration)
        machine.do("systemctl daemon-reload")
        machine.do("systemctl enable --quiet fedbroker.service")
        machine.run("systemctl reset-failed fedbroker.service fedbroker.socket")
        self.cursor = machine.cursor()
        self.started = []

    def tearDown(self):
        for process in self.started:
            process.kill()
            process.wait()

    def start_aws(self, port=AWS_PORT):
        """Starts the stand-in for AWS, which `use_aws` points the service at."""
        process = self.machine.in_network(sys.executable, str(CLONE / "Tests/systemd/aws.py"), str(port))
        self.started.append(process)
        return process

    def use_aws(self, unit="fedbroker.service"):
        self.machine.drop_in(
            f"[Service]\nEnvironment=AWS_ENDPOINT_URL={AWS} AWS_EC2_METADATA_DISABLED=true\n", unit)

    def hold(self, script):
        """Runs a Python program in the machine's network until the test ends, and waits for its first line."""
        process = self.machine.in_network(
            sys.executable, "-c", script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.started.append(process)
        process.stdout.readline()
        return process

    def start(self):
        """Starts the service with the emulator in it."""
        self.machine.drop_in(EMULATED)
        self.machine.do("systemctl start fedbroker.service")
        self.machine.wait_running()

    def answers(self, path="/run/fedbroker/fedbroker.sock", instance="demo"):
        try:
            return self.machine.ask(f"/v1/instances/{instance}/token", path)[0] == 200
        except OSError:
            return False

    def wait_answers(self, path="/run/fedbroker/fedbroker.sock", instance="demo", seconds=60):
        until(lambda: self.answers(path, instance), f"a token comes:\n{self.machine.status()}", seconds)

    def journal(self, unit="fedbroker.service"):
        return self.machine.journal(unit, since=self.cursor)

    def check(self, result, status=0, output=""):
        self.assertEqual(result.status, status, str(result))
        self.assertIn(output, result.output + result.error, str(result))
        return result
