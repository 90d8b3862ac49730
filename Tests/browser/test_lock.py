"""The lock: by a command, and with the sessions of a desktop on a bus with a stand-in for systemd-logind."""

import os
import subprocess
import tempfile
import threading
import unittest

from selenium.webdriver.common.by import By

import deployment
import login1
from desktop import DesktopTest


class SessionTest(unittest.TestCase):
    """The daemon of a desktop's user; each test has a bus and a logind of its own."""

    on_lock = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="fedbroker-bus-")
        self.addCleanup(folder.cleanup)
        self.bus = login1.Bus(folder.name)
        self.addCleanup(lambda: self.bus.stop())
        self.logind = login1.Login1(self.bus, os.geteuid(), ["1"])
        self.addCleanup(lambda: self.logind.close())
        self.desktop = deployment.Deployment(
            f'[desktop]\non_lock = "{self.on_lock}"\n', variables={"DBUS_SYSTEM_BUS_ADDRESS": self.bus.address})
        self.addCleanup(self.desktop.close)
        self.desktop.wait_for_log("the desktop's session is followed")

    def causes(self):
        lock = self.desktop.ask("GET", "/v1/lock")[1]["lock"]
        return lock and lock["causes"]

    def wait_for(self, causes):
        deployment.until(lambda: self.causes() == causes, f"the lock is {causes}, and not {self.causes()}")

    def token(self):
        """The status and the code of a request for the token."""
        status, body = self.desktop.ask("GET", "/v1/instances/sales/token")
        return status, body.get("code")


class LockTest(SessionTest):
    on_lock = "refuse"

    def test_the_lock_signal_the_screen_locker_sleep_and_the_end_of_the_session_lock(self):
        self.assertEqual(self.token(), (200, None))
        calls = self.desktop.connect.calls
        for begin, cause, end in [
            (lambda: self.logind.lock("1"), "session", lambda: self.logind.lock("1", "Unlock")),
            (lambda: self.logind.hint("1", True), "session", lambda: self.logind.hint("1", False)),
            (lambda: self.logind.sleep(True), "sleep", lambda: self.logind.sleep(False)),
            (lambda: self.logind.end("1"), "session-end", lambda: self.logind.begin("1")),
        ]:
            begin()
            self.wait_for([cause])
            self.assertEqual(self.token(), (423, "Locked"))
            self.assertEqual(self.desktop.ask("POST", "/v1/instances/sales/refresh")[0], 423)
            end()
            self.wait_for(None)
            self.assertEqual(self.token(), (200, None))
        # The tokens were kept.
        self.assertEqual(self.desktop.connect.calls, calls)

    def test_of_two_desktops_the_open_one_counts_and_somebody_elses_session_does_not(self):
        self.logind.begin("2")
        self.logind.lock("1")
        self.logind.lock("9")
        self.logind.sleep(True)
        self.wait_for(["sleep"])
        self.logind.lock("2")
        self.wait_for(["session", "sleep"])

    def test_what_others_send_on_the_bus_changes_nothing(self):
        stranger = login1.Stranger(self.bus)
        self.addCleanup(stranger.close)
        stranger.send_to_everyone(self.logind, "1")
        stranger.send_to_everyone(self.logind, "1", size=8 << 20)
        # What logind itself sends afterwards comes after that.
        self.logind.sleep(True)
        self.wait_for(["sleep"])
        stranger.send_to_everyone(self.logind, "1", members=("Unlock",))
        self.logind.lock("1")
        self.wait_for(["session", "sleep"])
        self.assertEqual(self.desktop.daemon.poll(), None)

    def test_a_command_locks_and_unlocks_whatever_has_locked(self):
        self.assertEqual(self.run_command("lock"), "")
        self.wait_for(["command"])
        self.assertIn("Locked since", self.run_command("status"))
        self.assertIn("Run fedbroker unlock.", self.run_command("status"))
        # The screen's unlocking does not end what a person began.
        self.logind.lock("1")
        self.wait_for(["command", "session"])
        self.logind.lock("1", "Unlock")
        self.wait_for(["command"])
        self.logind.lock("1")
        self.wait_for(["command", "session"])
        self.assertEqual(self.run_command("unlock"), "")
        self.assertEqual(self.causes(), None)
        # A screen locker that does not say when it ends: the next lock locks again.
        self.logind.lock("1")
        self.wait_for(["session"])

    def run_command(self, *arguments):
        result = subprocess.run(
            [deployment.BINARY, *arguments, "--broker", self.desktop.broker], env=self.desktop.environment,
            capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout + result.stderr

    def test_a_bus_that_goes_away_leaves_the_lock_and_is_followed_again_once_it_is_back(self):
        self.logind.hint("1", True)
        self.wait_for(["session"])
        self.logind.close()
        self.bus.stop()
        self.desktop.wait_for_log("the desktop's session is not followed")
        self.assertEqual(self.token(), (423, "Locked"))
        self.bus.start()
        # Unlocked meanwhile, which the screen locker still says.
        self.logind = login1.Login1(self.bus, os.geteuid(), ["1"])
        self.wait_for(None)
        self.logind.lock("1")
        self.wait_for(["session"])
        said = [line for line in self.desktop.lines if "is not followed" in line]
        self.assertEqual(len(said), 1, said)

    def test_another_logind_is_followed_and_the_former_one_is_not(self):
        former = self.logind
        former.close()
        self.logind = login1.Login1(self.bus, os.geteuid(), ["1", "2"])
        self.logind.sleep(True)
        self.wait_for(["sleep"])
        self.logind.lock("1")
        self.logind.lock("2")
        self.wait_for(["session", "sleep"])

    def test_a_lock_during_a_request_answers_it_and_drops_what_comes(self):
        connect = self.desktop.connect
        connect.held = threading.Event()
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(self.desktop.ask("GET", "/v1/instances/support/token")))
        asking.start()
        deployment.until(lambda: connect.waiting > 0, "the request is at Amazon Connect")
        self.logind.lock("1")
        # Before Amazon Connect answers.
        asking.join(30)
        [(status, body)] = answers
        self.assertEqual((status, body["code"]), (423, "Locked"))
        connect.held.set()
        self.logind.lock("1", "Unlock")
        self.wait_for(None)
        self.assertEqual(self.desktop.ask("GET", "/v1/instances/support/token")[0], 200)

    def test_a_lock_during_a_refresh_keeps_the_former_token_for_later(self):
        self.assertEqual(self.token(), (200, None))
        connect = self.desktop.connect
        connect.held = threading.Event()
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(self.desktop.ask("POST", "/v1/instances/sales/refresh")))
        asking.start()
        deployment.until(lambda: connect.waiting > 0, "the refresh is at Amazon Connect")
        self.logind.lock("1")
        asking.join(30)
        self.assertEqual(answers[0][0], 423)
        self.assertEqual(self.token(), (423, "Locked"))
        connect.held.set()
        calls = connect.calls
        self.logind.lock("1", "Unlock")
        self.wait_for(None)
        self.assertEqual(self.token(), (200, None))
        self.assertEqual(connect.calls, calls)


class ForgettingLockTest(SessionTest):
    on_lock = "forget"

    def test_the_tokens_are_erased(self):
        self.assertEqual(self.token(), (200, None))
        calls = self.desktop.connect.calls
        self.logind.lock("1")
        self.wait_for(["session"])
        self.assertEqual(
            [instance["state"] for instance in self.desktop.ask("GET", "/v1/instances")[1]["instances"]], ["empty"] * 3)
        self.assertEqual(self.desktop.connect.calls, calls)
        self.logind.lock("1", "Unlock")
        self.wait_for(None)
        self.assertEqual(self.token(), (200, None))
        self.assertGreater(self.desktop.connect.calls, calls)


class WithoutSessionsTest(unittest.TestCase):
    def test_without_a_bus_it_says_so_once_and_serves(self):
        desktop = deployment.Deployment(
            '[desktop]\non_lock = "refuse"\n', variables={"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere/bus"})
        self.addCleanup(desktop.close)
        desktop.wait_for_log("the desktop's session is not followed")
        self.assertEqual(desktop.ask("GET", "/v1/instances/sales/token")[0], 200)

    def test_a_bus_without_logind_is_followed_once_logind_is_there(self):
        folder = tempfile.TemporaryDirectory(prefix="fedbroker-bus-")
        self.addCleanup(folder.cleanup)
        bus = login1.Bus(folder.name)
        self.addCleanup(bus.stop)
        desktop = deployment.Deployment(
            '[desktop]\non_lock = "refuse"\n', variables={"DBUS_SYSTEM_BUS_ADDRESS": bus.address})
        self.addCleanup(desktop.close)
        desktop.wait_for_log("systemd-logind does not run")
        logind = login1.Login1(bus, os.geteuid(), ["1"])
        self.addCleanup(logind.close)
        logind.hint("1", True)
        deployment.until(lambda: desktop.ask("GET", "/v1/instances/sales/token")[0] == 423, "it is locked")


class LockedPagesTest(DesktopTest):
    def lock(self, method):
        self.desktop.ask(method, "/v1/lock")

    def tearDown(self):
        self.lock("DELETE")

    def test_the_status_page_says_that_it_is_locked_and_what_unlocks(self):
        self.open_status_page()
        self.wait(lambda browser: "Ready" in self.text())
        self.lock("POST")
        self.wait(lambda browser: browser.title.startswith("locked"))
        self.assertIn("Locked: no token is given. Run fedbroker unlock.", self.text())
        self.assertNotIn("Ready", self.text())
        self.screenshot("status-locked")
        self.lock("DELETE")
        self.wait(lambda browser: "Ready" in self.text())
        self.assertNotIn("Locked", self.text())

    def test_a_lock_during_a_sign_in_shows_a_page_that_says_so_and_the_sign_in_goes_on_afterwards(self):
        self.browser.get(self.desktop.localhost + "/sign-in/sales")
        self.desktop.connect.sign_ins.clear()
        self.lock("POST")
        self.browser.find_element(By.CSS_SELECTOR, "button.main").click()
        self.wait(lambda browser: "Run fedbroker unlock" in self.text())
        self.assertIn("Locked", self.browser.find_element(By.TAG_NAME, "h1").text)
        self.assertNotIn(deployment.Connect.ACCESS_TOKEN[:20], self.browser.page_source)
        self.screenshot("sign-in-locked")
        self.lock("DELETE")
        self.browser.back()
        self.wait(lambda browser: browser.find_elements(By.CSS_SELECTOR, "button.main"))
        self.browser.find_element(By.CSS_SELECTOR, "button.main").click()
        self.wait(lambda browser: browser.current_url == self.desktop.connect.origin + "/signed-in")
        self.assertEqual(len(self.desktop.connect.sign_ins), 1)

    def test_a_one_time_address_is_not_spent_by_a_visit_while_locked(self):
        self.desktop.connect.sign_ins.clear()
        address = self.desktop.url("/v1/instances/sales/sign-in")
        self.lock("POST")
        self.browser.get(address)
        self.assertIn("Run fedbroker unlock", self.text())
        self.lock("DELETE")
        self.browser.get(address)
        self.wait(lambda browser: browser.current_url == self.desktop.connect.origin + "/signed-in")


if __name__ == "__main__":
    unittest.main()
