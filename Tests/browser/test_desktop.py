"""The commands that open a browser, and the pages that they open."""

import json
import unittest

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import deployment
from desktop import DesktopTest, chromium


class SignInTest(DesktopTest):
    def test_the_form_arrives_with_the_four_values_in_milliseconds_and_the_destination(self):
        self.desktop.connect.sign_ins.clear()
        with self.desktop.command("sign-in", "sales", "--destination", '/ccp-v2/?x="&y') as address:
            self.browser.get(address)
            self.wait(lambda browser: browser.current_url.endswith("/signed-in"))
        [sign_in] = self.desktop.connect.sign_ins
        self.assertEqual(sign_in["path"], "/auth/sign-in?a=1&b=2")
        self.assertEqual(sign_in["form"]["destination"], ['/ccp-v2/?x="&y'])
        [credentials] = sign_in["form"]["credentials"]
        self.assertEqual(json.loads(credentials), {
            "AccessToken": deployment.Connect.ACCESS_TOKEN, "AccessTokenExpiration": int(deployment.Connect.EXPIRATION * 1000),
            "RefreshToken": "browser-refresh-token",
            "RefreshTokenExpiration": int(deployment.Connect.EXPIRATION * 1000) + 43_200_000,
        })
        self.assertNotIn("Referer", sign_in["headers"])

    def test_a_used_code_is_refused(self):
        url = self.desktop.url("/v1/instances/sales/sign-in")
        self.browser.get(url)
        self.wait(lambda browser: browser.current_url.endswith("/signed-in"))
        self.browser.get(url)
        self.assertIn("The one-time code was used", self.text())
        self.assertNotIn("browser-access-token", self.browser.page_source)
        self.screenshot("used-code")

    def test_a_failure_is_told(self):
        self.browser.get(self.desktop.url("/v1/instances/archive/sign-in"))
        self.assertIn("AccessDeniedException", self.text())
        self.screenshot("failure")

    def test_a_button_sends_the_form_where_scripts_are_off(self):
        browser = chromium("--blink-settings=scriptEnabled=false", "--window-size=500,400")
        self.addCleanup(browser.quit)
        browser.get(self.desktop.url("/v1/instances/sales/sign-in"))
        self.screenshot("without-scripts", browser)
        browser.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
        self.wait(lambda browser: browser.current_url.endswith("/signed-in"), browser)


class StatusPageTest(DesktopTest):
    def test_it_shows_each_instance_and_counts_down(self):
        self.open_status_page()
        self.assertEqual(self.browser.current_url, self.desktop.origin + "/", "the code left the address")
        names = [heading.text for heading in self.browser.find_elements(By.TAG_NAME, "h2")]
        self.assertCountEqual(names, ["sales", "support", "archive"])
        state = self.row("sales").find_element(By.CLASS_NAME, "state")
        self.wait(lambda _: state.text.startswith("Live, "))
        first = state.text
        self.wait(lambda _: state.text != first)
        self.screenshot("status")

    def test_the_keyboard_refreshes_and_the_result_is_announced(self):
        self.open_status_page()
        message = self.browser.find_element(By.CSS_SELECTOR, "[role=status]")
        button = self.row("support").find_element(By.CSS_SELECTOR, "[aria-label='Refresh: support']")
        self.browser.execute_script("arguments[0].focus()", button)
        button.send_keys(Keys.SPACE)
        self.wait(lambda _: message.text == "support: refreshed.")
        self.assertEqual(self.browser.switch_to.active_element, button, "the focus stays")
        self.row("archive").find_element(By.CSS_SELECTOR, "[aria-label='Refresh: archive']").click()
        self.wait(lambda _: message.text.startswith("archive: "))
        self.wait(lambda _: "AccessDeniedException" in self.row("archive").text)
        self.screenshot("status-with-an-error")

    def test_it_signs_in_in_another_tab(self):
        self.open_status_page()
        page = self.browser.current_window_handle
        self.desktop.connect.arrived.clear()
        self.row("sales").find_element(By.CSS_SELECTOR, "[aria-label='Sign in: sales']").click()
        self.assertTrue(self.desktop.connect.arrived.wait(20))
        self.wait(lambda browser: len(browser.window_handles) == 2)
        other = next(handle for handle in self.browser.window_handles if handle != page)
        self.browser.switch_to.window(other)
        self.wait(lambda browser: browser.current_url.endswith("/signed-in"))
        self.browser.close()
        self.browser.switch_to.window(page)

    def test_its_scripts_get_no_token(self):
        self.open_status_page()
        url = self.desktop.url("/v1/instances/sales/sign-in")
        for target in [url, self.desktop.origin + "/v1/instances/sales/token"]:
            status = self.browser.execute_async_script(
                "fetch(arguments[0]).then(answer => arguments[1](answer.status), arguments[1])", target)
            self.assertIn(status, [401, 403])

    def test_a_used_code_opens_nothing(self):
        url = self.desktop.url("/v1/status-page")
        self.browser.get(url)
        self.wait(lambda browser: browser.find_elements(By.TAG_NAME, "li"))
        self.browser.get(url)
        self.assertIn("The one-time code was used", self.text())

    def test_without_a_code_it_says_how_it_is_opened(self):
        self.browser.get(self.desktop.origin + "/")
        self.assertIn("fedbroker status --web", self.text())
        self.assertEqual(self.browser.find_elements(By.TAG_NAME, "li"), [])

    def test_its_policy_lets_nothing_else_run(self):
        self.open_status_page()
        log = [entry["message"] for entry in self.browser.get_log("browser")]
        self.assertEqual([line for line in log if "Content Security Policy" in line], [])
        self.browser.execute_script(
            "const s = document.createElement('script'); s.append('window.ran = true'); document.head.append(s)")
        self.assertIsNone(self.browser.execute_script("return window.ran"))

    def test_it_is_readable_in_the_dark_and_in_a_narrow_window(self):
        for name, arguments in {
            "status-dark": ["--force-dark-mode", "--window-size=1100,800"],
            "status-narrow": ["--window-size=500,900"],
        }.items():
            browser = chromium(*arguments)
            self.addCleanup(browser.quit)
            if name == "status-narrow":
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                    "width": 320, "height": 900, "deviceScaleFactor": 2, "mobile": False})
            else:
                browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                    "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
            self.open_status_page(browser)
            self.wait(lambda browser: "Live, " in self.text(browser), browser)
            self.screenshot(name, browser)
            wide = browser.execute_script("return document.documentElement.scrollWidth > window.innerWidth")
            self.assertFalse(wide, "nothing is cut off")


class ForeignPageTest(DesktopTest):
    """A page of another origin that knows every address, and even a code, gets nothing by script."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        class AttackerHandler(deployment.Handler):
            def do_GET(self):
                self.answer(200, "text/html", "<!doctype html><title>attacker</title><main>attacker</main>")

        cls.attacker = deployment.Server(AttackerHandler)
        cls.addClassCleanup(cls.attacker.server_close)
        cls.addClassCleanup(cls.attacker.shutdown)

    def setUp(self):
        self.browser.get(self.attacker.origin)

    def test_it_reads_nothing(self):
        origin = self.desktop.origin
        code = self.desktop.url("/v1/instances/sales/sign-in")
        for method, target in [
            ("GET", origin + "/"), ("GET", origin + "/healthz"), ("GET", origin + "/v1/instances"),
            ("GET", origin + "/v1/instances/sales/token"), ("POST", origin + "/v1/instances/sales/refresh"),
            ("POST", origin + "/v1/instances/sales/sign-in"), ("POST", origin + "/v1/status-page"),
            ("POST", origin + "/v1/status-page/key"), ("GET", origin + "/openapi.json"), ("GET", code),
        ]:
            for mode in ["cors", "no-cors"]:
                read = self.browser.execute_async_script(
                    """
                    const [target, method, mode, done] = arguments;
                    fetch(target, { method, mode, credentials: "include" })
                      .then(async answer => done(await answer.text()), () => done(""));
                    """, target, method, mode)
                self.assertEqual(read, "", f"{method} {target} {mode}")
        self.browser.get(code)
        self.wait(lambda browser: browser.current_url.endswith("/signed-in"))

    def test_it_shows_nothing_in_a_frame_and_spends_no_code_with_one(self):
        self.desktop.connect.sign_ins.clear()
        code = self.desktop.url("/v1/instances/sales/sign-in")
        for element in ["iframe", "img", "embed", "script"]:
            self.browser.execute_async_script(
                """
                const [name, target, done] = arguments;
                const element = document.createElement(name);
                element.onload = element.onerror = done;
                element.src = target;
                document.body.append(element);
                """, element, code)
        self.assertEqual(self.desktop.connect.sign_ins, [])
        self.browser.get(code)
        self.wait(lambda browser: browser.current_url.endswith("/signed-in"))

    def test_it_cannot_even_go_there(self):
        for path in ["/", "/v1/instances/sales/sign-in?code=guess", "/v1/instances"]:
            self.browser.get(self.attacker.origin)
            self.browser.execute_script("location.href = arguments[0]", self.desktop.origin + path)
            self.wait(lambda browser: browser.current_url.startswith(self.desktop.origin))
            self.assertIn("Forbidden", self.browser.page_source)

    def test_a_form_of_it_does_nothing(self):
        for path in ["/v1/instances/sales/refresh", "/v1/instances/sales/sign-in", "/v1/status-page"]:
            self.browser.get(self.attacker.origin)
            self.browser.execute_script(
                """
                const form = document.createElement("form");
                form.method = "post";
                form.action = arguments[0];
                document.body.append(form);
                form.submit();
                """, self.desktop.origin + path)
            self.wait(lambda browser: browser.current_url.startswith(self.desktop.origin))
            self.assertIn("Forbidden", self.browser.page_source)


if __name__ == "__main__":
    unittest.main()
