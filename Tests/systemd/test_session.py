"""The daemon of a desktop's user beside a real systemd-logind: locked with the session, and open again."""

import json

from machine import until
from service import EMULATED, MEMBER, ServiceTests

# A desktop as a display manager starts one, without a display.
DESKTOP = ("systemd-run --quiet --unit=desktop --property=PAMName=login --property=User={} "
           "--setenv=XDG_SESSION_TYPE=wayland --setenv=XDG_SESSION_CLASS=user sleep infinity")
LOGIND = "org.freedesktop.login1"


class SessionTests(ServiceTests):
    def setUp(self):
        super().setUp()
        machine = self.machine
        machine.do(f"loginctl enable-linger {MEMBER}")
        self.runtime = f"/run/user/{machine.uid(MEMBER)}"
        until(lambda: machine.path(f"{self.runtime}/bus").exists(), "the user's systemd runs")
        machine.write("/etc/systemd/user/fedbroker.service.d/test.conf", EMULATED)
        machine.do("systemctl --user daemon-reload", user=MEMBER, session=True)

    def tearDown(self):
        machine = self.machine
        machine.run("systemctl stop desktop")
        machine.run("systemctl --user disable --now fedbroker", user=MEMBER, session=True)
        machine.do(f"rm -rf /etc/systemd/user/fedbroker.service.d; loginctl disable-linger {MEMBER}")
        super().tearDown()

    def session(self):
        """The id of the user's desktop, once logind has it."""
        lines = self.machine.do("loginctl list-sessions --no-legend").splitlines()
        own = [line.split()[0] for line in lines if MEMBER in line.split()]
        return next((id for id in own if self.property(id, "Type") == "wayland"), None)

    def property(self, id, name):
        return self.machine.do(f"loginctl show-session {id} --property {name} --value").strip()

    def start_desktop(self):
        self.machine.do(DESKTOP.format(MEMBER))
        until(self.session, "the desktop is a session of logind")
        return self.session()

    def say(self, id, is_locked):
        """Has logind told what a screen locker says."""
        path = self.machine.do(
            f"busctl call {LOGIND} /org/freedesktop/login1 {LOGIND}.Manager GetSession s {id}").split('"')[1]
        self.machine.do(f"busctl call {LOGIND} {path} {LOGIND}.Session SetLockedHint b {is_locked}", user=None)

    def ask(self, path):
        return self.machine.do(
            f"curl -sS --unix-socket {self.runtime}/fedbroker/fedbroker.sock http://localhost{path}", user=MEMBER)

    def causes(self):
        lock = json.loads(self.ask("/v1/lock"))["lock"]
        return lock and lock["causes"]

    def wait_for(self, causes):
        until(lambda: self.causes() == causes, f"the lock is {causes}, and not {self.causes()}")
        answer = json.loads(self.ask("/v1/instances/demo/token"))
        self.assertEqual(answer.get("code"), "Locked" if causes else None)

    def test_the_lock_of_the_session_the_locker_and_the_end_of_the_session_lock(self):
        machine = self.machine
        id = self.start_desktop()
        machine.do("systemctl --user start fedbroker", user=MEMBER, session=True)
        self.wait_for(None)
        machine.do(f"loginctl lock-session {id}")
        self.wait_for(["session"])
        self.assertIn("Unlock the screen", machine.do("fedbroker status", user=MEMBER, session=True))
        machine.do(f"loginctl unlock-session {id}")
        self.wait_for(None)
        machine.do("loginctl lock-sessions")
        self.wait_for(["session"])
        # The locker's own word counts from then on.
        self.say(id, "true")
        machine.do("fedbroker unlock", user=MEMBER, session=True)
        self.wait_for(None)
        machine.do(f"loginctl lock-session {id}")
        self.wait_for(["session"])
        self.say(id, "false")
        self.wait_for(None)
        # A restart finds what is.
        self.say(id, "true")
        machine.do("systemctl --user restart fedbroker", user=MEMBER, session=True)
        self.wait_for(["session"])
        self.say(id, "false")
        self.wait_for(None)
        # logind is another process afterwards, with the same sessions.
        machine.do("systemctl restart systemd-logind")
        machine.do(f"loginctl lock-session {id}")
        self.wait_for(["session"])
        machine.do(f"loginctl unlock-session {id}")
        self.wait_for(None)
        machine.do("systemctl stop desktop")
        self.wait_for(["session-end"])
        self.start_desktop()
        self.wait_for(None)

    def test_another_users_session_and_a_user_without_one_do_not_lock(self):
        machine = self.machine
        machine.do("systemctl --user start fedbroker", user=MEMBER, session=True)
        self.wait_for(None)
        machine.do(DESKTOP.format("visitor"))
        machine.do("loginctl lock-sessions")
        self.wait_for(None)
        self.assertNotIn("priority", machine.do(
            f"journalctl --no-pager --output cat _UID={machine.uid(MEMBER)}"))

    def test_what_another_user_sends_on_the_bus_changes_nothing(self):
        machine = self.machine
        id = self.start_desktop()
        machine.do("systemctl --user start fedbroker", user=MEMBER, session=True)
        self.wait_for(None)
        path = machine.do(
            f"busctl call {LOGIND} /org/freedesktop/login1 {LOGIND}.Manager GetSession s {id}").split('"')[1]
        names = machine.do("busctl list --unique --no-legend").split("\n")
        own = [line.split()[0] for line in names if "fedbroker" in line.split()[1:4]]
        self.assertTrue(own, names)
        for destination in ["", f"--destination={own[0]}"]:
            machine.run(f"busctl emit {destination} {path} {LOGIND}.Session Lock", user="visitor")
        machine.do(f"loginctl lock-session {id}")
        self.wait_for(["session"])
        machine.run(f"busctl emit {path} {LOGIND}.Session Unlock", user="visitor")
        machine.run(f"busctl emit --destination={own[0]} {path} {LOGIND}.Session Unlock", user="visitor")
        self.say(id, "true")
        self.wait_for(["session"])
