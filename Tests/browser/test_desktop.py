"""The commands that open a browser, and the pages that they open."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import deployment
from desktop import SCREENSHOTS, DesktopTest, chromium


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

    @unittest.skipUnless(os.geteuid() == 0, "only root can be another user")
    def test_a_configuration_that_the_user_may_not_read_says_nothing_about_the_browser(self):
        directory = tempfile.TemporaryDirectory(prefix="fedbroker-other-")
        self.addCleanup(directory.cleanup)
        home = pathlib.Path(directory.name)
        opener, token, config, command = home / "xdg-open", home / "fedbroker" / "token", home / "config.toml", home / "fedbroker.command"
        opener.write_text(
            "#!/usr/bin/python3\nimport html, re, sys, urllib.request\n"
            "url = html.unescape(re.search('url=([^\"]*)', open(sys.argv[1]).read()).group(1))\n"
            "urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url)\n")
        token.parent.mkdir()
        token.write_text(self.desktop.token)
        config.write_text('[desktop]\nbrowser = "false"\n')
        # Not where only root may go.
        shutil.copy(deployment.BINARY, command)
        for path, mode in [(home, 0o700), (token.parent, 0o700), (token, 0o600), (opener, 0o755), (command, 0o755)]:
            path.chmod(mode)
            os.chown(path, 4001, 4001)
        config.chmod(0o600)
        done = subprocess.run(
            [command, "sign-in", "sales", "--broker", self.desktop.origin], user=4001, group=4001, extra_groups=[],
            env={"PATH": f"{home}:/usr/bin:/bin", "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "FEDBROKER_CONFIG": str(config)},
            capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

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
        self.wait(lambda _: state.text.startswith("Ready, "))
        first = state.text
        self.wait(lambda _: state.text != first)
        self.screenshot("status")

    def test_it_is_shown_in_the_readme(self):
        """Copy .build/browser/readme.png to docs/status-page.png when the page has changed its looks."""
        self.browser.set_window_size(820, 1200)
        self.addCleanup(self.browser.set_window_size, 1100, 800)
        self.open_status_page()
        row = self.row("sales")
        self.wait(lambda _: row.find_element(By.CLASS_NAME, "state").text.startswith("Ready, "))
        row.screenshot(str(SCREENSHOTS / "readme.png"))
        kept = deployment.ROOT / "docs" / "status-page.png"
        self.assertLess(kept.stat().st_size, 100_000)
        self.assertEqual(kept.read_bytes()[:4], b"\x89PNG")

    def test_the_keyboard_refreshes_and_the_result_is_announced(self):
        self.open_status_page()
        message = self.browser.find_element(By.CSS_SELECTOR, "[role=status]")
        summary = self.row("support").find_element(By.TAG_NAME, "summary")
        self.browser.execute_script("arguments[0].focus()", summary)
        summary.send_keys(Keys.ENTER)
        button = self.row("support").find_element(By.CSS_SELECTOR, "[aria-label='Refresh: support']")
        self.browser.execute_script("arguments[0].focus()", button)
        button.send_keys(Keys.SPACE)
        self.wait(lambda _: message.text == "support: refreshed.")
        self.assertEqual(self.browser.switch_to.active_element, button, "the focus stays")
        self.row("archive").find_element(By.TAG_NAME, "summary").click()
        self.row("archive").find_element(By.CSS_SELECTOR, "[aria-label='Refresh: archive']").click()
        self.wait(lambda _: message.text.startswith("archive: "))
        self.wait(lambda _: "AWS does not let these credentials sign in to this instance." in self.row("archive").text)
        self.assertIn("fedbroker check-config --credentials", self.row("archive").text)
        self.wait(lambda browser: browser.find_element(By.TAG_NAME, "h2").text == "archive")
        self.assertTrue(self.browser.title.startswith("1 in trouble"), self.browser.title)
        self.screenshot("status-with-an-error")

    def test_it_signs_in_in_another_tab(self):
        self.open_status_page()
        page = self.browser.current_window_handle
        self.desktop.connect.arrived.clear()
        self.row("sales").find_element(By.CSS_SELECTOR, "[aria-label='Sign in to Amazon Connect: sales']").click()
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

    def start_button(self, text, browser=None):
        browser = browser or self.browser
        button = browser.find_element(By.ID, "start")
        self.wait(lambda _: button.is_displayed() and button.text == text, browser)
        return button

    def test_the_address_alone_asks_for_one_click_and_so_does_a_reload(self):
        self.browser.get(self.desktop.localhost + "/")
        for _ in range(2):
            button = self.start_button("Show who is signed in")
            self.assertEqual(self.browser.find_elements(By.TAG_NAME, "li"), [])
            self.screenshot("status-before-the-click")
            button.send_keys(Keys.ENTER)
            self.wait(lambda browser: len(browser.find_elements(By.TAG_NAME, "li")) == 3)
            self.browser.refresh()
        self.open_status_page()
        self.browser.refresh()
        self.start_button("Show who is signed in").click()
        self.wait(lambda browser: len(browser.find_elements(By.TAG_NAME, "li")) == 3)

    def test_it_says_that_the_daemon_is_gone_and_goes_on_by_one_click_once_another_runs(self):
        desktop = deployment.Deployment()
        self.addCleanup(desktop.close)
        self.browser.get(desktop.localhost + "/")
        self.start_button("Show who is signed in").click()
        self.wait(lambda browser: len(browser.find_elements(By.TAG_NAME, "li")) == 3)
        desktop.stop()
        self.wait(lambda _: "fedbroker does not answer" in self.text())
        self.assertEqual(self.browser.title, "no answer – fedbroker")
        self.screenshot("status-without-the-daemon")
        desktop.start(desktop.origin.removeprefix("http://"))
        button = self.start_button("Go on")
        self.assertIn("fedbroker was restarted", self.text())
        self.assertEqual(self.browser.title, "ended – fedbroker")
        self.screenshot("status-after-a-restart")
        button.click()
        self.wait(lambda browser: len(browser.find_elements(By.TAG_NAME, "li")) == 3)

    def test_in_the_background_it_keeps_its_key_and_the_title_for_two_hours(self):
        # The page's clock moves, not the daemon's: PageKeysTests has what such use does to the key.
        browser = chromium("--window-size=1100,800")
        self.addCleanup(browser.quit)
        browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
          const asked = [];
          const ask = window.fetch;
          window.fetch = (...call) => { asked.push(Date.now()); return ask(...call); };
          let isHidden = false;
          Object.defineProperty(Document.prototype, "hidden", { get: () => isHidden });
        """})
        self.open_status_page(browser)
        browser.execute_script("isHidden = true; document.dispatchEvent(new Event('visibilitychange')); asked.length = 0;")
        browser.execute_cdp_cmd("Emulation.setVirtualTimePolicy", {
            "policy": "pauseIfNetworkFetchesPending", "budget": 2 * 3600 * 1000, "maxVirtualTimeTaskStarvationCount": 100000})
        self.wait(lambda browser: browser.execute_script("return asked.length > 1 && asked.at(-1) - asked[0] > 7000000"), browser)
        asked = browser.execute_script("return asked")
        self.assertLess(max(later - sooner for sooner, later in zip(asked, asked[1:])), 90_000, "milliseconds, of 600,000")
        self.assertGreater(min(later - sooner for sooner, later in zip(asked[1:], asked[2:])), 30_000, "it is quiet")
        self.assertIn("Ready, ", self.text(browser))
        self.assertTrue(browser.title.startswith("1 of 3 ready"), browser.title)

    def test_twenty_instances_show_those_in_trouble_first_and_are_found_by_name(self):
        desktop = deployment.Deployment("".join(
            f'[instances.team{number:02}]\nid = "{"denied" if number in (7, 13) else "team"}-{number}"\n'
            'region = "us-west-2"\nwarm = true\n' for number in range(1, 18)))
        self.addCleanup(desktop.close)
        self.browser.get(desktop.localhost + "/")
        self.start_button("Show who is signed in").click()
        self.wait(lambda browser: self.browser.title.startswith("2 in trouble"))
        names = lambda: [heading.text for heading in self.browser.find_elements(By.TAG_NAME, "h2") if heading.is_displayed()]
        self.wait(lambda _: len(names()) == 20 and names()[:2] == ["team07", "team13"])
        self.screenshot("status-twenty")
        self.browser.find_element(By.ID, "filter").send_keys("TEAM1")
        self.assertEqual(names()[0], "team13")
        self.assertEqual(len(names()), 8)
        self.assertIn("8 of 20 shown", self.text())

    def test_the_title_says_who_and_how_long_where_there_is_one_instance(self):
        desktop = deployment.Deployment(only="solo")
        self.addCleanup(desktop.close)
        self.browser.get(desktop.localhost + "/")
        self.start_button("Show who is signed in").click()
        self.wait(lambda browser: re.match(r"solo ready, \d+ min – fedbroker", browser.title))
        self.assertEqual(self.browser.find_element(By.CLASS_NAME, "user").text, "ana@example.com")
        self.screenshot("status-one")

    def test_another_page_that_goes_there_gets_a_button_and_no_more(self):
        self.browser.get("data:text/html,<title>elsewhere</title>")
        self.browser.execute_script("location.href = arguments[0]", self.desktop.localhost + "/")
        self.start_button("Show who is signed in")
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
            "status-200-percent": ["--window-size=1100,800"],
        }.items():
            browser = chromium(*arguments)
            self.addCleanup(browser.quit)
            if name != "status-dark":
                width = 320 if name == "status-narrow" else 640
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                    "width": width, "height": 900, "deviceScaleFactor": 2, "mobile": False})
            else:
                browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                    "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
            self.open_status_page(browser)
            self.wait(lambda browser: "Ready, " in self.text(browser), browser)
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
        for path in ["/v1/instances/sales/sign-in?code=guess", "/v1/instances"]:
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
