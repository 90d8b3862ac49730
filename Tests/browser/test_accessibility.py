"""Each page by axe-core, in the light and in the dark, in a narrow window, at 200 %, and by the keyboard alone."""

import pathlib
import unittest

import axe_selenium_python
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from desktop import DesktopTest

AXE = (pathlib.Path(axe_selenium_python.__file__).parent / "node_modules" / "axe-core" / "axe.min.js").read_text()


class AccessibilityTest(DesktopTest):
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


if __name__ == "__main__":
    unittest.main()
