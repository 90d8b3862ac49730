"""Each page by axe-core, in the light and in the dark, in a narrow window, at 200 %, and by the keyboard alone."""

import pathlib
import unittest
import urllib.parse
import urllib.request

import axe_selenium_python
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from desktop import DesktopTest

AXE = (pathlib.Path(axe_selenium_python.__file__).parent / "node_modules" / "axe-core" / "axe.min.js").read_text()


class CheckedTest(DesktopTest):
    def check(self, page):
        """Fails with what axe-core finds, under both colour schemes, and where a narrow window cuts something off."""
        for scheme in ["light", "dark"]:
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "features": [{"name": "prefers-color-scheme", "value": scheme}]})
            self.browser.execute_script(AXE)
            found = self.browser.execute_async_script(
                "const done = arguments[0]; axe.run().then(done, error => done({ error: String(error) }))")
            self.assertNotIn("error", found)
            self.assertGreater(len(found["passes"]), 5, "it has looked at the page")
            self.assertEqual(
                [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found["violations"]], [],
                f"{page}, {scheme}")
        # A narrow window, and a window at 200 %: nothing is cut off.
        for width in [320, 640]:
            self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": 900, "deviceScaleFactor": 2, "mobile": False})
            self.screenshot(f"{page.replace(' ', '-')}-{width}")
            self.assertLessEqual(
                *self.browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]"), page)
        self.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


class AccessibilityTest(CheckedTest):
    def test_the_page_between_two_people(self):
        connect = self.desktop.connect
        for person in ["ana@example.com", "bo@example.com"]:
            connect.person = person
            self.desktop.ask("POST", "/v1/instances/sales/refresh")
            self.browser.get(self.desktop.url("/v1/instances/sales/sign-in"))
        self.wait(lambda browser: browser.find_element(By.ID, "go").is_displayed())
        self.assertEqual(self.browser.switch_to.active_element, self.browser.find_element(By.ID, "go"))
        self.check("page between two people")

    def test_the_status_page_while_locked(self):
        self.open_status_page()
        self.desktop.ask("POST", "/v1/lock")
        self.addCleanup(self.desktop.ask, "DELETE", "/v1/lock")
        self.wait(lambda browser: browser.title.startswith("locked"))
        self.check("status page while locked")

    def test_the_sign_in_page(self):
        self.browser.get(self.desktop.localhost + "/sign-in/sales")
        self.check("sign-in page")

    def test_the_page_of_an_error(self):
        self.browser.get(self.desktop.localhost + "/sign-in/nowhere")
        self.assertIn("InstanceNotServed", self.text())
        self.check("error page")

    def test_the_status_page(self):
        self.browser.get(self.desktop.localhost + "/")
        self.wait(lambda browser: browser.find_element(By.ID, "start").is_displayed())
        self.check("status page before the click")
        self.browser.find_element(By.ID, "start").click()
        self.wait(lambda browser: len(browser.find_elements(By.TAG_NAME, "li")) == 3)
        for summary in self.browser.find_elements(By.TAG_NAME, "summary"):
            summary.click()
        self.check("status page")

    def test_the_status_page_by_the_keyboard_alone(self):
        self.browser.get(self.desktop.localhost + "/")
        self.wait(lambda browser: browser.find_element(By.ID, "start").is_displayed())
        active = lambda: self.browser.switch_to.active_element
        press = lambda key: active().send_keys(key)
        self.browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
        self.assertEqual(active().text, "Show who is signed in")
        press(Keys.ENTER)
        self.wait(lambda browser: len(browser.find_elements(By.TAG_NAME, "li")) == 3)
        reached = []
        self.browser.execute_script("document.activeElement.blur()")
        for _ in range(6):
            self.browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB) if not reached else press(Keys.TAB)
            reached.append(active().get_attribute("aria-label"))
        self.assertEqual(
            [name.split(": ")[0] for name in reached], ["Sign in to Amazon Connect", "Details"] * 3, reached)
        # What is not open cannot be reached.
        self.assertEqual(len(set(reached)), 6)
        outline = self.browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
        self.assertEqual(outline, "solid", "the focus can be seen")


class EmulatorPageTest(CheckedTest):
    """Where the emulator's SignInUrl leads."""

    @classmethod
    def setUpClass(cls):
        cls.start(environment={"AWS_EC2_METADATA_DISABLED": "true"}, emulate=True)

    def test_it_says_who_would_be_signed_in_and_shows_no_secret(self):
        self.browser.get(self.desktop.localhost + "/sign-in/sales?destination=/ccp-v2/%3Fa=b%26c")
        self.browser.find_element(By.CSS_SELECTOR, "button.main").click()
        self.wait(lambda browser: browser.find_element(By.TAG_NAME, "h1").text == "Emulated sign-in")
        for text in ["emulated-agent", "11111111-2222-3333-4444-555555555555", "/ccp-v2/?a=b&c"]:
            self.assertIn(text, self.text())
        self.assertNotIn("emulated-access-token", self.browser.page_source)
        self.check("emulated sign-in")

    def test_other_credentials_sign_nobody_in_and_its_fields_are_those_of_our_pages(self):
        url = self.desktop.ask("GET", "/v1/instances/sales/token")[1]["SignInUrl"]
        form = urllib.parse.urlencode({"credentials": '{"AccessToken":"x"}', "destination": "/"}).encode()
        for body in [form, b"", b"credentials=%&&=", b"\xff" * 100, None]:
            with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=10) as answer:
                self.assertIn("Nobody", answer.read().decode())
                self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
                self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
                self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
                self.assertEqual(answer.headers["Cache-Control"], "no-store")


if __name__ == "__main__":
    unittest.main()
