"""A browser beside the daemon: Chromium without a window, driven by chromedriver.

Screenshots go to .build/browser, for a person to look at.
"""

import os
import unittest

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

import deployment

SCREENSHOTS = deployment.ROOT / ".build" / "browser"


def chromium(*arguments):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", *arguments]:
        options.add_argument(argument)
    # Chromium does not run as root inside its sandbox.
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))


class DesktopTest(unittest.TestCase):
    # What Chromium is started with.
    arguments = ["--window-size=1100,800"]

    @classmethod
    def setUpClass(cls):
        cls.start()

    @classmethod
    def start(cls, configuration="", **settings):
        cls.desktop = deployment.Deployment(configuration, **settings)
        cls.addClassCleanup(cls.desktop.close)
        cls.start_browser()

    @classmethod
    def start_browser(cls):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        cls.browser = chromium(*cls.arguments)
        cls.addClassCleanup(cls.browser.quit)

    def wait(self, condition, browser=None):
        return WebDriverWait(browser or self.browser, 20).until(lambda browser: condition(browser))

    def text(self, browser=None):
        return (browser or self.browser).find_element(By.TAG_NAME, "main").text

    def screenshot(self, name, browser=None):
        (browser or self.browser).save_screenshot(str(SCREENSHOTS / f"{name}.png"))

    def open_status_page(self, browser=None):
        browser = browser or self.browser
        with self.desktop.command("status", "--web") as address:
            browser.get(address)
            self.wait(lambda browser: browser.find_elements(By.TAG_NAME, "li"), browser)

    def row(self, name):
        return self.browser.find_element(By.XPATH, f"//li[h2='{name}']")
