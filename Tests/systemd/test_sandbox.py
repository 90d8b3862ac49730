"""The daemon's own sandbox within the service's: both hold, and what an administrator changes is still found."""

from machine import until
from service import EMULATED, TOKEN, ServiceTests

CONFIG = "/etc/fedbroker/aws-config"
CREDENTIALS = "/etc/fedbroker/aws-credentials"
KEYS = "[default]\naws_access_key_id = {}\naws_secret_access_key = canary\n"
SALES = '[instances.sales]\nid = "11111111-2222-3333-4444-555555555555"\nregion = "us-west-2"\n'
FILES = f"[Service]\nEnvironment=AWS_CONFIG_FILE={CONFIG} AWS_SHARED_CREDENTIALS_FILE={CREDENTIALS}\n"


class SandboxTests(ServiceTests):
    def filters(self):
        """How many filters of system calls the process has."""
        status = self.machine.path(f"/proc/{self.machine.main_pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("Seccomp_filters:")))

    def tearDown(self):
        super().tearDown()
        self.machine.run(f"rm -f {CONFIG} {CREDENTIALS} /etc/fedbroker/keys.json; rm -rf /var/log/fedbroker/audit*")

    def use_files(self):
        """The service with AWS files of its own beside its configuration, and the stand-in for AWS."""
        self.start_aws()
        self.machine.drop_in(f"{FILES}Environment=AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_EC2_METADATA_DISABLED=true\n")

    def test_both_sandboxes_hold_and_one_key_turns_ours_off(self):
        self.start()
        within = self.filters()
        self.assertRegex(self.journal(), r'sandbox .*files="?landlock \d')
        self.assertNotIn("a part of the sandbox is missing", self.journal())
        self.machine.configure("sandbox = false\n")
        self.machine.do("systemctl restart fedbroker")
        self.wait_answers()
        self.assertEqual(self.filters(), within - 1)

    def test_a_unit_that_forbids_the_calls_is_said_in_the_log(self):
        self.machine.drop_in(
            EMULATED + "SystemCallFilter=~landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp\n")
        self.machine.do("systemctl start fedbroker")
        self.wait_answers()
        self.assertIn("a part of the sandbox is missing: neither kernel nor service manager allow it", self.journal())
        self.assertIn("files: Landlock: Operation not permitted", self.journal())
        self.assertIn("system calls: seccomp: Operation not permitted", self.journal())

    def test_a_credential_process_runs(self):
        keys = '{"Version": 1, "AccessKeyId": "AKIDBROKER", "SecretAccessKey": "canary"}'
        self.machine.write("/etc/fedbroker/keys.json", keys)
        self.machine.write(CONFIG, "[default]\ncredential_process = /bin/cat /etc/fedbroker/keys.json\n")
        self.machine.configure(SALES)
        self.use_files()
        self.machine.do("systemctl start fedbroker")
        self.wait_answers(instance="sales")
        self.assertIn("not restricted, for credential_process", self.journal())

    def test_credentials_that_appear_later_and_are_replaced_are_found(self):
        self.machine.configure(SALES)
        self.use_files()
        self.machine.do("systemctl start fedbroker")
        self.assertEqual(self.machine.ask("/v1/instances/sales/token")[0], 503)
        self.machine.write(CREDENTIALS, KEYS.format("AKIDBROKER"))
        self.wait_answers(instance="sales")
        # What answers shows which file counts.
        for text, status in ((KEYS.format("AKIDBROKER").partition("aws_secret")[0], 503), (KEYS.format("AKIDOTHER"), 200)):
            self.machine.write(f"{CREDENTIALS}.new", text)
            self.machine.do(f"mv {CREDENTIALS}.new {CREDENTIALS}")
            until(lambda: self.machine.ask("/v1/instances/sales/token")[0] == status, f"it answers {status}")
        self.machine.do(f"rm {CREDENTIALS}")
        until(lambda: self.machine.ask("/v1/instances/sales/token")[0] == 503, "the keys are gone")

    def test_a_token_and_an_audit_log_that_are_rotated_are_found(self):
        self.machine.configure('[audit]\nfile = "/var/log/fedbroker/audit.jsonl"\nrequired = true\n')
        self.start()
        log = "/var/log/fedbroker/audit.jsonl"
        self.machine.do(f"mv {log} {log}.1")
        self.machine.do("systemctl reload fedbroker")
        until(lambda: "reload" in self.machine.run(f"cat {log}").output, "the log is a new file")
        token = "r" * 43
        self.machine.do(f"printf {token} > {TOKEN}.new && chown fedbroker:fedbroker {TOKEN}.new && chmod 600 {TOKEN}.new"
                        f" && mv {TOKEN}.new {TOKEN}")
        until(lambda: "the token file has changed" in self.journal(), "the new token is found")
        answer = self.machine.do(f"curl -sS --fail -H 'Authorization: Bearer {token}' http://127.0.0.1:2776/v1/instances")
        self.assertIn("demo", answer)
