"""Start, reload, restart and death of the packaged service."""

import threading

from machine import until
from service import EMULATED, TOKEN, ServiceTests

SOCKET = "/run/fedbroker.sock"


class LifecycleTests(ServiceTests):
    def kill(self):
        """Ends the daemon by SIGKILL."""
        self.machine.do(f"kill -KILL {self.machine.main_pid}")

    def test_a_reload_puts_a_configuration_in_force_and_keeps_the_previous_one_if_it_is_wrong(self):
        self.start()
        pid, token = self.machine.main_pid, self.machine.do(f"cat {TOKEN}")
        self.machine.configure('log_format = "json"\n[limits]\nmax_connections = 77\n')
        self.machine.do("systemctl reload fedbroker")
        until(lambda: "limits.max_connections" in self.journal(), "the changed key is logged")
        self.machine.configure("listen = 7\n")
        self.machine.do("systemctl reload fedbroker")
        until(lambda: "stays in force" in self.journal(), "the wrong configuration is reported")
        self.assertTrue(self.machine.is_running())
        self.assertEqual((self.machine.main_pid, self.machine.do(f"cat {TOKEN}")), (pid, token))
        self.assertTrue(self.answers())

    def test_a_restart_keeps_the_token(self):
        self.start()
        token = self.machine.do(f"cat {TOKEN}")
        self.machine.do("systemctl restart fedbroker")
        self.wait_answers()
        self.assertEqual(self.machine.do(f"cat {TOKEN}"), token)

    def test_after_seven_kills_in_a_row_it_runs_with_the_same_token(self):
        self.start()
        token = self.machine.do(f"cat {TOKEN}")
        for _ in range(7):
            pid = self.machine.main_pid
            self.kill()
            until(lambda: self.machine.main_pid not in (0, pid) and self.machine.is_running(), "it is started again")
        self.wait_answers()
        self.assertEqual(self.machine.do(f"cat {TOKEN}"), token)
        self.assertEqual(self.machine.show("NRestarts"), "7")

    def test_with_the_socket_unit_no_request_is_lost_in_restarts(self):
        self.machine.drop_in(EMULATED)
        self.machine.do("systemctl enable --quiet --now fedbroker.socket")
        self.wait_answers(SOCKET)
        results, stop = [], threading.Event()

        def ask():
            while not stop.is_set():
                try:
                    results.append(self.machine.ask("/v1/instances/demo/token", SOCKET)[0])
                except OSError as error:
                    results.append(repr(error))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(4):
            before = len(results)
            self.machine.do("systemctl restart fedbroker.service")
            until(lambda: len(results) >= before + 50, "requests are answered")
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual([result for result in results if result != 200], [])

    def test_with_the_socket_unit_a_request_after_a_kill_waits_for_the_next_daemon(self):
        self.machine.drop_in(EMULATED)
        self.machine.do("systemctl enable --quiet --now fedbroker.socket")
        self.wait_answers(SOCKET)
        for _ in range(5):
            self.kill()
            self.assertEqual(self.machine.ask("/v1/instances/demo/token", SOCKET)[0], 200)

    def test_the_socket_unit_starts_the_service_with_the_first_request(self):
        self.machine.drop_in(EMULATED)
        self.machine.do("systemctl start fedbroker.socket")
        self.assertEqual(self.machine.show("ActiveState"), "inactive")
        self.check(self.machine.run("fedbroker status"), output="demo")
        self.assertTrue(self.machine.is_running())

    def test_the_watchdog_restarts_a_daemon_that_hangs(self):
        self.machine.drop_in(EMULATED + "WatchdogSec=2s\n")
        self.machine.do("systemctl start fedbroker")
        pid = self.machine.main_pid
        self.machine.do(f"kill -STOP {pid}")
        until(lambda: self.machine.main_pid not in (0, pid) and self.machine.is_running(), "another daemon runs")
        self.assertIn("watchdog", self.machine.do("journalctl --no-pager --unit fedbroker").lower())
        self.wait_answers()

    def test_a_stop_ends_it_well_and_takes_the_token_with_it(self):
        self.start()
        self.machine.do("systemctl stop fedbroker")
        self.assertEqual(self.machine.show("Result"), "success")
        self.assertFalse(self.machine.path("/run/fedbroker").exists())
