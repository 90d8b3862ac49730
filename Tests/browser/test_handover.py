"""Two people in a row at one desk: the second never sees the first's token or cookies."""

import unittest

from selenium.webdriver.common.by import By

from desktop import DesktopTest

ANA, BO = "ana@example.com", "bo@example.com"


class HandoverTest(DesktopTest):
    def setUp(self):
        connect = self.desktop.connect
        connect.sign_ins.clear()
        connect.signed_out.clear()
        self.browser.get(connect.origin + "/signed-in")
        self.browser.delete_all_cookies()
        # A daemon that has seen nobody.
        self.desktop.restart()
        self.turn_of(ANA)

    def turn_of(self, person):
        """Another person's AWS credentials are there."""
        self.desktop.connect.person = person
        self.assertEqual(self.desktop.ask("POST", "/v1/instances/sales/refresh")[0], 200)

    def sign_in_by_page(self):
        self.browser.get(self.desktop.localhost + "/sign-in/sales")
        self.browser.find_element(By.CSS_SELECTOR, "button.main").click()

    def sign_in_by_command(self):
        with self.desktop.command("sign-in", "sales") as address:
            self.browser.get(address)
            self.wait(lambda browser: browser.current_url != address)

    def wait_signed_in(self, person):
        self.wait(lambda browser: browser.current_url == self.desktop.connect.origin + "/signed-in")
        self.assertEqual(self.browser.find_element(By.ID, "who").text, person)

    def wait_handover(self, former, person):
        self.wait(lambda browser: browser.find_elements(By.ID, "go"))
        self.assertIn("Another person was signed in here", self.text())
        for name in [former, person]:
            self.assertIn(name, self.text())
        self.assertNotIn("browser-access-token", self.browser.page_source)

    def hand_over(self):
        page = self.browser.current_window_handle
        self.browser.find_element(By.ID, "go").click()
        self.wait(lambda browser: browser.window_handles == [page])

    def test_the_second_person_gets_no_cookie_of_the_first(self):
        for sign_in in [self.sign_in_by_page, self.sign_in_by_command]:
            with self.subTest(sign_in.__name__):
                self.setUp()
                connect = self.desktop.connect
                sign_in()
                self.wait_signed_in(ANA)
                self.turn_of(BO)
                count = len(connect.sign_ins)
                sign_in()
                self.wait_handover(ANA, BO)
                self.screenshot(f"handover-{sign_in.__name__}")
                self.assertEqual(len(connect.sign_ins), count)
                self.hand_over()
                self.wait_signed_in(BO)
                self.assertEqual(connect.signed_out, [ANA])
                last = connect.sign_ins[-1]
                self.assertNotIn("Cookie", last["headers"])
                self.assertIn(BO, last["form"]["credentials"][0])
                # The same person again needs no click between.
                sign_in()
                self.wait_signed_in(BO)
                self.assertEqual(connect.signed_out, [ANA])

    def test_a_remembered_browser_asks_when_the_person_has_changed(self):
        self.browser.get(self.desktop.localhost + "/sign-in/sales")
        self.browser.find_element(By.NAME, "remember").click()
        self.browser.find_element(By.CSS_SELECTOR, "button.main").click()
        self.wait_signed_in(ANA)
        self.turn_of(BO)
        self.browser.get(self.desktop.localhost + "/sign-in/sales")
        self.wait(lambda browser: "the person has changed" in self.text())
        self.browser.find_element(By.CSS_SELECTOR, "button.main").click()
        self.wait_handover(ANA, BO)
        self.hand_over()
        self.wait_signed_in(BO)

    def test_a_reload_between_the_two_signs_nobody_in(self):
        self.sign_in_by_page()
        self.wait_signed_in(ANA)
        self.turn_of(BO)
        address = self.desktop.url("/v1/instances/sales/sign-in")
        self.browser.get(address)
        self.wait_handover(ANA, BO)
        self.browser.refresh()
        self.assertIn("one-time code was used", self.text())
        self.assertEqual(len(self.desktop.connect.sign_ins), 1)

    def test_another_instance_hands_nothing_over(self):
        self.sign_in_by_page()
        self.wait_signed_in(ANA)
        self.desktop.connect.person = BO
        self.browser.get(self.desktop.url("/v1/instances/support/sign-in"))
        self.wait(lambda browser: browser.current_url == self.desktop.connect.origin + "/signed-in")
        self.assertEqual(self.desktop.connect.signed_out, [])


if __name__ == "__main__":
    unittest.main()
