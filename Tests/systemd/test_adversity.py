"""A machine that is not ready for the service yet, and one that an administrator has to mend."""

from machine import until
from service import EMULATED, ServiceTests

HOLD_PORT = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 2776))
print("held", flush=True)
sys.stdin.read()
"""
WARM = """
[instances.sales]
id = "11111111-2222-3333-4444-555555555555"
region = "us-west-2"
role_arn = "arn:aws:iam::123456789012:role/ConnectAgent"
role_session_name = "agent7@example.com"
warm = true
"""


class AdversityTests(ServiceTests):
    def start_in_vain(self):
        """Begins a start that cannot succeed yet; systemctl does not wait for it."""
        self.machine.drop_in(EMULATED)
        self.machine.do("systemctl start --no-block fedbroker")

    def test_a_port_in_use_is_waited_for_and_said(self):
        holder = self.hold(HOLD_PORT)
        self.start_in_vain()
        until(lambda: "trying again in 2 s" in self.machine.show("StatusText"), "the second pause")
        self.assertIn("127.0.0.1:2776: the address is in use by another process", self.machine.show("StatusText"))
        holder.kill()
        self.wait_answers()

    def test_a_port_in_use_longer_than_a_start_takes_does_not_end_it_for_good(self):
        holder = self.hold(HOLD_PORT)
        self.start_in_vain()
        until(lambda: int(self.machine.show("NRestarts")) >= 2, "systemd starts it again", 120)
        holder.kill()
        self.wait_answers()

    def test_a_full_run_is_waited_for(self):
        # RuntimeDirectory= needs a place in /run first, so only the files of the daemon itself meet the limit.
        self.machine.do("mkdir /run/fedbroker && mount -t tmpfs -o size=4k,nr_inodes=2,mode=0711 tmpfs /run/fedbroker"
                        " && echo > /run/fedbroker/full")
        try:
            self.start_in_vain()
            until(lambda: "No space left on device" in self.machine.show("StatusText"), "what it waits for")
            self.machine.do("mount -o remount,size=1m,nr_inodes=100 /run/fedbroker")
            self.wait_answers()
        finally:
            self.machine.run("systemctl stop fedbroker; umount --lazy /run/fedbroker")

    def test_a_run_without_a_place_left_at_all_is_waited_for(self):
        self.machine.drop_in(EMULATED)
        self.machine.do("dd if=/dev/zero of=/run/full bs=1M 2> /dev/null; dd if=/dev/zero of=/run/full2 bs=1 2>/dev/null; :")
        try:
            self.machine.do("systemctl start --no-block fedbroker")
            until(lambda: int(self.machine.show("NRestarts")) >= 1 or "No space" in self.machine.show("StatusText"),
                  "the start is tried again")
        finally:
            self.machine.do("rm -f /run/full /run/full2")
        self.wait_answers()

    def test_an_address_that_appears_later_is_waited_for(self):
        self.machine.configure('admin_listen = ["192.0.2.7:2778"]\n')
        self.start_in_vain()
        until(lambda: "192.0.2.7:2778" in self.machine.show("StatusText"), "what it waits for")
        self.machine.do("ip address add 192.0.2.7/32 dev lo")
        try:
            self.wait_answers()
            self.check(self.machine.run("curl -sS --fail http://192.0.2.7:2778/healthz"))
        finally:
            self.machine.do("ip address delete 192.0.2.7/32 dev lo")

    def test_what_an_administrator_must_mend_is_not_tried_again(self):
        for configuration, status, words in [
            ("listen = 7\n", "78", "listen"),
            ('listen = ["127.0.0.1:77"]\n', "77", "127.0.0.1:77: no permission"),
            ('socket_groups = ["no-such-group"]\n', "78", "there is no group no-such-group"),
            ('token_file = "/etc/fedbroker-token"\n', "77", "/etc/fedbroker-token"),
        ]:
            with self.subTest(configuration):
                self.setUp()
                self.machine.drop_in(EMULATED)
                self.machine.configure(configuration)
                self.assertNotEqual(self.machine.run("systemctl start fedbroker").status, 0)
                self.assertEqual(self.machine.show("ExecMainStatus"), status, self.journal())
                self.assertEqual((self.machine.show("ActiveState"), self.machine.show("NRestarts")), ("failed", "0"))
                self.assertIn(words, self.journal())
                self.machine.configure("")
                self.machine.do("systemctl start fedbroker")
                self.wait_answers()

    def test_an_upstream_that_appears_late_is_asked_soon(self):
        self.machine.write("/etc/credstore/fedbroker.aws-credentials",
                           "[default]\naws_access_key_id = AKIDBROKER\naws_secret_access_key = canary\n", 0o600)
        self.machine.configure(WARM)
        self.use_aws()
        self.machine.do("systemctl start fedbroker")
        # Each attempt fails, so the pauses have grown.
        until(lambda: self.journal().count("a fetch failed") >= 5, "several attempts have failed", 120)
        status, _ = self.machine.ask("/v1/instances/sales/token")
        self.assertIn(status, (502, 504))
        self.start_aws()
        with self.subTest("by the next request"):
            self.wait_answers(instance="sales", seconds=5)
        with self.subTest("in the background"):
            self.started.pop().kill()
            self.machine.do("systemctl restart fedbroker")
            until(lambda: self.journal().count("a fetch failed") >= 10, "several more attempts have failed", 120)
            self.start_aws()
            until(lambda: self.machine.ask("/readyz")[0] == 200, "the warm instance has a token, unasked", 15)
