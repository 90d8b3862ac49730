"""Who gets an answer from the packaged service, as users of the machine try it."""

import json

from machine import until
from service import EMULATED, MEMBER, STRANGER, TOKEN, ServiceTests

BY_SOCKET = "curl -sS --fail --unix-socket /run/fedbroker/fedbroker.sock 'http://localhost/v1/instances/demo/token?field=UserId'"
BY_TOKEN = ('curl -sS --fail -H "Authorization: Bearer $(cat /run/fedbroker/token)"'
            " 'http://127.0.0.1:2776/v1/instances/demo/token?field=UserId'")


class AccessTests(ServiceTests):
    def members_and_strangers(self, member=MEMBER):
        for command in (BY_SOCKET, BY_TOKEN):
            self.check(self.machine.run(command, user=member), output="emulated-agent")
            self.assertNotEqual(self.machine.run(command, user=STRANGER).status, 0)
        # 401 and not an answer, for who has no token.
        self.check(self.machine.run("curl -sS http://127.0.0.1:2776/v1/instances/demo/token", user=STRANGER),
                   output='"status":401')

    def test_a_member_of_the_group_is_answered_by_socket_and_by_token_and_a_stranger_by_neither(self):
        self.machine.configure('socket_groups = ["fedbroker"]\ntoken_group = "fedbroker"\n')
        self.start()
        self.members_and_strangers()
        self.assertEqual(self.machine.do("stat --format '%a %U %G' /run/fedbroker/fedbroker.sock").strip(),
                         "660 fedbroker fedbroker")

    def test_without_a_configuration_only_root_is_answered(self):
        self.start()
        self.check(self.machine.run(BY_SOCKET), output="emulated-agent")
        for user in (MEMBER, STRANGER):
            for command in (BY_SOCKET, BY_TOKEN):
                self.assertNotEqual(self.machine.run(command, user=user).status, 0)

    def test_a_token_that_exists_already_is_shared_once_token_group_is_added(self):
        for change in ("systemctl reload fedbroker", "systemctl restart fedbroker"):
            with self.subTest(change):
                self.setUp()
                self.start()
                token = self.machine.do(f"cat {TOKEN}")
                self.machine.configure('socket_groups = ["fedbroker"]\ntoken_group = "fedbroker"\n')
                self.machine.do(change)
                self.machine.wait_running()
                self.wait_answers()
                self.assertEqual(self.machine.do(f"cat {TOKEN}"), token)
                self.assertEqual(self.machine.do(f"stat --format '%a %U %G' {TOKEN}").strip(), "640 fedbroker fedbroker")
                self.check(self.machine.run(BY_TOKEN, user=MEMBER), output="emulated-agent")
                self.assertNotEqual(self.machine.run(BY_TOKEN, user=STRANGER).status, 0)

    def test_a_group_that_the_service_is_not_in_can_use_the_socket(self):
        self.machine.configure('socket_groups = ["agents"]\n')
        self.start()
        self.check(self.machine.run(BY_SOCKET, user="agent8"), output="emulated-agent")
        self.assertNotEqual(self.machine.run(BY_SOCKET, user=MEMBER).status, 0)
        self.assertNotEqual(self.machine.run(BY_SOCKET, user=STRANGER).status, 0)

    def test_several_groups_and_users_can_use_the_socket(self):
        self.machine.configure(f'socket_groups = ["agents", "fedbroker"]\nsocket_users = ["{STRANGER}"]\n')
        self.start()
        for user in (MEMBER, "agent8", STRANGER):
            self.check(self.machine.run(BY_SOCKET, user=user), output="emulated-agent")
        self.assertNotEqual(self.machine.run(BY_SOCKET, user="nobody").status, 0)

    def test_a_token_group_that_the_service_is_not_in_says_how_to_add_it(self):
        self.machine.configure('token_group = "agents"\n')
        self.machine.drop_in(EMULATED)
        self.assertNotEqual(self.machine.run("systemctl start fedbroker").status, 0)
        self.assertIn("SupplementaryGroups=", self.journal())
        # An administrator has to act: it is not started again and again.
        self.assertEqual(self.machine.show("ExecMainStatus"), "78")
        self.assertEqual(self.machine.show("ActiveState"), "failed")
        self.machine.write("/etc/systemd/system/fedbroker.service.d/groups.conf",
                           "[Service]\nSupplementaryGroups=agents\n")
        self.machine.do("systemctl daemon-reload && systemctl start fedbroker")
        self.check(self.machine.run(BY_TOKEN, user="agent8"), output="emulated-agent")
        self.assertNotEqual(self.machine.run(BY_TOKEN, user=MEMBER).status, 0)

    def test_rules_hold_on_tcp_and_the_audit_log_lies_with_the_logs_of_the_machine(self):
        self.machine.configure('socket_groups = ["fedbroker", "agents"]\ntoken_group = "fedbroker"\n'
                               f'[[access]]\nusers = ["{MEMBER}"]\n'
                               '[audit]\nfile = "/var/log/fedbroker/audit.jsonl"\nrequired = true\n')
        self.start()
        # The kernel names the user of a TCP connection, through the unit's sandbox.
        for command in (BY_SOCKET, BY_TOKEN):
            self.check(self.machine.run(command, user=MEMBER), output="emulated-agent")
        ask = f'curl -sS -H "Authorization: Bearer {self.machine.do(f"cat {TOKEN}").strip()}"'
        self.check(self.machine.run(f"{ask} http://127.0.0.1:2776/v1/instances/demo/token", user=STRANGER),
                   output='"code":"Forbidden"')
        self.check(self.machine.run(f"{ask} --unix-socket /run/fedbroker/fedbroker.sock"
                                    " http://localhost/v1/instances/demo/token", user="agent8"),
                   output='"code":"Forbidden"')
        log = "/var/log/fedbroker/audit.jsonl"
        self.assertEqual(self.machine.do(f"stat --format '%a %U %G' {log}").strip(), "640 fedbroker fedbroker")
        expected = {("token", MEMBER, "unix"), ("refusal", STRANGER, "tcp"), ("refusal", "agent8", "unix")}

        def recorded():
            entries = [json.loads(line) for line in self.machine.do(f"cat {log}").splitlines()]
            return {(entry["event"], entry.get("user"), entry.get("transport")) for entry in entries}

        # A refusal does not wait for its line.
        until(lambda: expected <= recorded(), "the audit log holds each caller")
        self.assertNotEqual(self.machine.run(f"cat {log}", user=STRANGER).status, 0)

    def test_both_loopback_addresses_are_served_and_ipv4_alone_where_ipv6_is_off(self):
        self.machine.configure('socket_groups = ["fedbroker"]\ntoken_group = "fedbroker"\n')
        by_ipv6 = BY_TOKEN.replace("127.0.0.1", "[::1]").replace("curl", "curl --globoff")
        for unit in ("fedbroker.service", "fedbroker.socket"):
            with self.subTest(unit):
                self.machine.run("systemctl stop fedbroker.socket fedbroker.service")
                self.machine.drop_in(EMULATED)
                self.machine.do(f"systemctl start {unit}")
                # With its answer the daemon has made the token file.
                self.machine.do("fedbroker status")
                for command in (BY_TOKEN, by_ipv6):
                    self.check(self.machine.run(command, user=MEMBER), output="emulated-agent")
                self.machine.run("systemctl stop fedbroker.socket fedbroker.service")
                self.machine.do("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
                try:
                    self.machine.do(f"systemctl start {unit}")
                    self.machine.do("fedbroker status")
                    self.check(self.machine.run(BY_TOKEN, user=MEMBER), output="emulated-agent")
                    self.assertNotEqual(self.machine.run(by_ipv6, user=MEMBER).status, 0)
                    self.assertEqual(self.machine.do("systemctl is-system-running").strip(), "running")
                finally:
                    self.machine.do("echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6")

    def test_commands_find_the_service_of_the_machine(self):
        self.machine.configure('socket_groups = ["fedbroker"]\ntoken_group = "fedbroker"\n')
        self.start()
        self.wait_answers()
        for command, output in [
            ("fedbroker status", "demo"), ("fedbroker health", ""),
            ("fedbroker sign-in demo --print", "http://127.0.0.1:2776/"),
            ("fedbroker get-federation-token --instance-id demo --query UserId", "emulated-agent"),
            ("fedbroker env", "export AWS_ENDPOINT_URL_CONNECT=http://127.0.0.1:2776"),
            ("fedbroker exec -- sh -c 'echo $AWS_ENDPOINT_URL_CONNECT'", "http://127.0.0.1:2776"),
            ("fedbroker exec --broker http://localhost:2776 -- sh -c 'echo $AWS_ENDPOINT_URL_CONNECT'",
             "http://127.0.0.1:2776"),
        ]:
            with self.subTest(command):
                self.check(self.machine.run(command, user=MEMBER), output=output)

    def test_commands_of_a_stranger_say_what_was_tried_and_who_admits(self):
        self.machine.configure('socket_groups = ["fedbroker"]\ntoken_group = "fedbroker"\n')
        self.start()
        refused = self.check(self.machine.run("fedbroker status", user=STRANGER), 69, "/run/fedbroker/fedbroker.sock: ")
        for part in ("/run/fedbroker.sock: ", "127.0.0.1:2776: ", "socket_groups", "systemctl status fedbroker"):
            self.assertIn(part, refused.error)
        # A daemon that cannot prove that it has this token is told apart from a daemon that is not there.
        self.machine.do("mkdir -p ~/.cache/fedbroker && printf %043d 0 > ~/.cache/fedbroker/token", user=STRANGER)
        self.check(self.machine.run("fedbroker status", user=STRANGER), 69, "does not prove that it has the token of")
        self.machine.do("rm -r ~/.cache/fedbroker", user=STRANGER)
