"""The lasting sign-in address, as a custom CCP opens it: a page of another origin, with amazon-connect-streams."""

import base64
import concurrent.futures
import hashlib
import os
import pathlib
import subprocess
import tempfile
import unittest

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import deployment
from desktop import DesktopTest

# Stands in for amazon-connect-streams: opens the popup by name, while nobody else has it open, looks each second whether
# it is closed, and closes it once the CCP is signed in.
STREAMS = """
  const popup = { window: null, opened: 0, wasOpen: 0, isLocked: false };
  function authenticate(address) {
    navigator.locks.request("login " + address, { ifAvailable: true }, async lock => {
      if (lock === null) { popup.wasOpen += 1; return; }
      popup.window = window.open(address, "LoginPopup", "width=433, height=578, top=0, left=0");
      popup.opened += 1;
      popup.isLocked = true;
      while (popup.window !== null && !popup.window.closed) await new Promise(done => setTimeout(done, 1000));
      popup.isLocked = false;
    });
  }
  function acknowledge() { popup.window.close(); popup.window = null; }
"""


def desk(certificate=None):
    """The web site of a custom CCP; its page has the Referrer-Policy that the query asks for."""

    class DeskHandler(deployment.Handler):
        def do_GET(self):
            policy = self.path.partition("?")[2]
            meta = f'<meta name="referrer" content="{policy}">' if policy else ""
            self.answer(200, "text/html", f"<!doctype html><title>Desk</title>{meta}<main>Desk</main><script>{STREAMS}</script>")

    return deployment.Server(DeskHandler, certificate)


def documented_page():
    """The page of docs/ccp.md, as it stands there."""
    text = (deployment.ROOT / "docs" / "ccp.md").read_text()
    return text.split("\n```html\n")[1].split("\n```\n")[0]


# The parts of amazon-connect-streams that the page uses. A click anywhere stands for the CCP that does not answer, since a
# browser lets no page open a popup without one unless a policy does.
DOCUMENTED_STREAMS = STREAMS + """
  const handlers = {};
  let settings;
  window.connect = {
    EventType: { TERMINATED: "terminated", AUTH_FAIL: "auth_fail" },
    core: {
      initCCP(element, parameters) {
        settings = parameters;
        element.addEventListener("click", () => authenticate(settings.loginUrl));
      },
      getEventBus: () => ({ subscribe(event, handler) { handlers[event] = handler; } }),
      reauthenticateAfterLogout() { authenticate(settings.loginUrl); },
    },
  };
"""


def make_certificate(path):
    """Writes a key and a certificate of its own, and returns the hash of its key, by which Chromium is told of it."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=desk", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", f"{path}.certificate"], check=True, capture_output=True)
    with open(path, "a") as file:
        file.write(pathlib.Path(f"{path}.certificate").read_text())
    key = subprocess.run(["openssl", "x509", "-in", path, "-pubkey", "-noout"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, check=True, capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


class CustomCCPTest(DesktopTest):
    """Both a site of https, from which Chromium sends no Referer of its own accord, and one of http."""

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="fedbroker-desk-")
        cls.addClassCleanup(directory.cleanup)
        certificate = f"{directory.name}/desk.pem"
        cls.arguments = ["--window-size=1100,800", f"--ignore-certificate-errors-spki-list={make_certificate(certificate)}"]
        cls.desks = [desk(), desk(certificate)]
        for site in cls.desks:
            cls.addClassCleanup(site.server_close)
            cls.addClassCleanup(site.shutdown)
        cls.start(f'[instances.desk]\nid = "desk"\nregion = "us-west-2"\nlogin_origins = {[site.origin for site in cls.desks]}\n')

    def tearDown(self):
        while len(self.browser.window_handles) > 1:
            self.browser.switch_to.window(self.browser.window_handles[-1])
            self.browser.close()
        self.browser.switch_to.window(self.browser.window_handles[0])
        self.browser.get(self.desktop.localhost + "/healthz")
        self.browser.execute_script("localStorage.clear()")

    def open_popup(self, site, instance, policy=""):
        """Opens the site and its popup; returns the handles of both."""
        self.browser.get(f"{site.origin}/?{policy}")
        page = self.browser.current_window_handle
        self.browser.execute_script("authenticate(arguments[0])", f"{self.desktop.localhost}/sign-in/{instance}")
        self.wait(lambda browser: len(browser.window_handles) == 2)
        [popup] = set(self.browser.window_handles) - {page}
        self.browser.switch_to.window(popup)
        return page, popup

    def wait_for_connect(self):
        self.wait(lambda browser: browser.current_url == self.desktop.connect.origin + "/signed-in")

    def test_a_popup_signs_in_with_one_click_and_is_closed_by_its_opener(self):
        for site in self.desks:
            with self.subTest(site.scheme):
                self.desktop.connect.sign_ins.clear()
                page, popup = self.open_popup(site, "sales?destination=/ccp-v2/")
                button = self.wait(lambda browser: browser.find_element(By.CSS_SELECTOR, "form button"))
                self.assertEqual(self.browser.title, "Sign in to Amazon Connect")
                self.assertIn("sales", self.text())
                self.assertEqual(self.browser.switch_to.active_element, button, "Enter is enough")
                self.screenshot(f"sign-in-page-{site.scheme}")
                button.send_keys(Keys.ENTER)
                self.wait_for_connect()
                [sign_in] = self.desktop.connect.sign_ins
                self.assertEqual(sign_in["form"]["destination"], ["/ccp-v2/"])
                self.assertNotIn("Referer", sign_in["headers"])
                self.browser.switch_to.window(page)
                self.assertIs(self.browser.execute_script("return popup.window.closed"), False)
                # The agent is asked to sign in once more, while the popup is open.
                self.browser.execute_script("authenticate(arguments[0])", f"{self.desktop.localhost}/sign-in/sales?destination=/ccp-v2/")
                self.wait(lambda browser: browser.execute_script("return popup.wasOpen") == 1)
                self.assertEqual(self.browser.execute_script("return popup.opened"), 1)
                self.browser.execute_script("acknowledge()")
                self.wait(lambda browser: browser.window_handles == [page])

    def test_a_popup_stays_open_for_its_opener_on_each_page_of_the_way(self):
        page, popup = self.open_popup(self.desks[0], "archive")
        self.browser.find_element(By.CSS_SELECTOR, "form button").click()
        self.wait(lambda browser: "AccessDeniedException" in browser.page_source)
        self.screenshot("sign-in-page-failure")
        self.browser.switch_to.window(page)
        self.assertIs(self.browser.execute_script("return popup.window.closed"), False)
        self.browser.execute_script("acknowledge()")
        self.wait(lambda browser: browser.window_handles == [page])

    def test_a_remembered_browser_needs_no_click_until_the_daemon_forgets_it(self):
        for site in self.desks:
            page, popup = self.open_popup(site, "sales")
            if site is self.desks[0]:
                self.browser.find_element(By.CSS_SELECTOR, "[name=remember]").click()
                self.screenshot("sign-in-page-remember")
                self.browser.find_element(By.CSS_SELECTOR, "form button").click()
            self.wait_for_connect()
            self.browser.close()
            self.browser.switch_to.window(page)
        # Another instance is another matter.
        page, popup = self.open_popup(self.desks[0], "support")
        self.assertIn("support", self.text())
        self.browser.close()
        self.browser.switch_to.window(page)
        self.desktop.restart()
        page, popup = self.open_popup(self.desks[0], "sales")
        self.wait(lambda browser: "not remembered any more" in self.text())
        self.screenshot("sign-in-page-forgotten")
        self.assertFalse(self.browser.find_element(By.CSS_SELECTOR, "[name=remember]").is_selected())
        self.browser.find_element(By.CSS_SELECTOR, "form button").click()
        self.wait_for_connect()
        # Nothing is kept.
        self.browser.get(f"{self.desktop.localhost}/sign-in/sales")
        self.assertTrue(self.browser.find_element(By.CSS_SELECTOR, "form button").is_displayed())

    def test_a_listed_origin_needs_no_click_where_its_page_says_who_it_is(self):
        for site in self.desks:
            for policy, is_told in [("origin", True), ("unsafe-url", True), ("no-referrer", False), ("", site.scheme == "http")]:
                with self.subTest(site.scheme, policy=policy):
                    page, popup = self.open_popup(site, "desk?destination=/agent", policy)
                    if is_told:
                        self.wait_for_connect()
                    else:
                        self.assertTrue(self.browser.find_element(By.CSS_SELECTOR, "form button").is_displayed())
                    self.browser.close()
                    self.browser.switch_to.window(page)
        # The same page, and an instance that does not list it.
        self.open_popup(self.desks[0], "sales", "origin")
        self.assertTrue(self.browser.find_element(By.CSS_SELECTOR, "form button").is_displayed())

    def test_frames_fetches_and_forms_get_nothing_twenty_times_at_once(self):
        self.desktop.connect.sign_ins.clear()
        calls = self.desktop.connect.calls
        target = f"{self.desktop.localhost}/sign-in/desk"
        for site in self.desks:
            self.browser.get(f"{site.origin}/?origin")
            found = self.browser.execute_async_script(
                """
                const [target, done] = arguments;
                const load = name => new Promise(resolve => {
                  const element = document.createElement(name);
                  element.onload = element.onerror = () => {
                    let text = "";
                    try { text = element.contentDocument?.body.textContent ?? ""; } catch { }
                    resolve(text);
                  };
                  element[name === "object" ? "data" : "src"] = target;
                  document.body.append(element);
                });
                const read = options => fetch(target, options).then(answer => answer.text(), () => "");
                const attempts = [];
                for (let number = 0; number < 20; number += 1) {
                  for (const name of ["iframe", "embed", "object", "img", "script"]) attempts.push(load(name));
                  for (const mode of ["cors", "no-cors"]) {
                    attempts.push(read({ mode, credentials: "include" }));
                    attempts.push(read({ mode, method: "POST", body: new URLSearchParams({ code: "guess", key: "guess" }) }));
                  }
                }
                Promise.all(attempts).then(done);
                """, target)
            self.assertEqual(set(found), {""})
            for body in ["", "guess"]:
                self.browser.get(f"{site.origin}/?origin")
                self.browser.execute_script(
                    """
                    const form = Object.assign(document.createElement("form"), { method: "post", action: arguments[0] });
                    for (const name of ["code", "key"]) {
                      form.append(Object.assign(document.createElement("input"), { name, value: arguments[1] }));
                    }
                    document.body.append(form);
                    form.submit();
                    """, target, body)
                self.wait(lambda browser: browser.current_url.startswith(self.desktop.localhost))
                self.assertIn("Forbidden", self.browser.page_source)
        self.assertEqual(self.desktop.connect.sign_ins, [])
        self.assertEqual(self.desktop.connect.calls, calls, "nothing was fetched")

    def test_the_page_of_the_documentation_signs_in_and_after_a_logout_waits_for_the_person(self):
        page = documented_page()
        self.assertIn("http://localhost:2776/sign-in/sales?destination=/ccp-v2/", page)
        page = page.replace("http://localhost:2776/sign-in/sales", f"{self.desktop.localhost}/sign-in/desk")
        files = {"/": ("text/html", page), "/connect-streams-min.js": ("text/javascript", DOCUMENTED_STREAMS)}

        class PageHandler(deployment.Handler):
            def do_GET(self):
                self.answer(*(200, *files[self.path]) if self.path in files else (404, "text/plain", ""))

        site = deployment.Server(PageHandler)
        self.addCleanup(site.server_close)
        self.addCleanup(site.shutdown)
        self.browser.get(site.origin)
        ccp = self.browser.current_window_handle
        settings = self.browser.execute_script("return settings")
        self.assertTrue(settings["loginOptions"]["autoClose"] and settings["loginOptions"]["disableAuthPopupAfterLogout"])
        for selector in ["main", "#sign-in"]:
            if selector == "#sign-in":
                self.assertFalse(self.browser.find_element(By.ID, "signed-out").is_displayed())
                self.browser.execute_script("handlers[connect.EventType.TERMINATED]()")
            self.browser.find_element(By.CSS_SELECTOR, selector).click()
            self.wait(lambda browser: len(browser.window_handles) == 2)
            [popup] = set(self.browser.window_handles) - {ccp}
            self.browser.switch_to.window(popup)
            self.browser.find_element(By.CSS_SELECTOR, "form button").click()
            self.wait_for_connect()
            self.assertEqual(self.desktop.connect.sign_ins[-1]["form"]["destination"], ["/ccp-v2/"])
            self.browser.switch_to.window(ccp)
            self.browser.execute_script("acknowledge()")
            self.wait(lambda browser: browser.window_handles == [ccp])
            self.wait(lambda browser: not browser.execute_script("return popup.isLocked"))

    def test_a_page_cannot_click_for_the_person(self):
        page, popup = self.open_popup(self.desks[0], "sales")
        self.browser.switch_to.window(page)
        found = self.browser.execute_script(
            "try { popup.window.document.forms[0].submit(); return 'sent'; } catch (error) { return error.name; }")
        self.assertEqual(found, "SecurityError")

    @unittest.skipUnless(os.geteuid() == 0, "only root can be another user")
    def test_another_user_of_the_machine_gets_nothing_twenty_times_at_once(self):
        headers = {
            "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
            "Accept": "text/html", "Referer": self.desks[0].origin + "/",
        }
        script = f"""
import http.client, sys
connection = http.client.HTTPConnection({self.desktop.origin.removeprefix("http://")!r}, timeout=60)
connection.request("GET", "/sign-in/desk", headers={headers!r})
answer = connection.getresponse()
print(answer.status, answer.read().decode())
"""

        def ask(uid):
            return subprocess.run(
                ["/usr/bin/python3", "-c", script], check=True, capture_output=True, text=True, user=uid, group=uid,
                extra_groups=[]).stdout

        self.assertTrue(ask(0).startswith("200 ") and "browser-access-token" in ask(0), "the daemon's own user")
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            for answer in pool.map(ask, range(4001, 4021)):
                self.assertTrue(answer.startswith("403 "), answer)
                self.assertNotIn("access-token", answer)
                self.assertNotIn('name="code"', answer)


class LocalNetworkAccessTest(DesktopTest):
    """A page from a public address, as Chromium is told the desk's is, which since version 142 must be let reach loopback."""

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="fedbroker-desk-")
        cls.addClassCleanup(directory.cleanup)
        certificate = f"{directory.name}/desk.pem"
        key = make_certificate(certificate)
        cls.site = desk(certificate)
        cls.addClassCleanup(cls.site.server_close)
        cls.addClassCleanup(cls.site.shutdown)
        cls.arguments = [
            "--window-size=1100,800", f"--ignore-certificate-errors-spki-list={key}",
            f"--ip-address-space-overrides=127.0.0.1:{cls.site.server_port}=public",
        ]
        cls.start(allowed_origins=[cls.site.origin])

    def state_of_permission(self):
        return self.browser.execute_async_script(
            "navigator.permissions.query({ name: 'loopback-network' }).then(found => arguments[0](found.state), arguments[0])")

    def read_token(self):
        return self.browser.execute_async_script(
            """
            const [target, token, done] = arguments;
            fetch(target, { headers: { Authorization: "Bearer " + token } })
              .then(async answer => done((await answer.json()).UserId), error => done(error.name));
            """, f"{self.desktop.origin}/v1/instances/sales/token", self.desktop.token)

    def test_a_popup_needs_no_permission_and_a_fetch_does(self):
        self.browser.get(self.site.origin)
        # Without a window there is nobody to be asked.
        self.assertIn(self.state_of_permission(), ["denied", "prompt"])
        self.assertEqual(self.read_token(), "TypeError")
        page = self.browser.current_window_handle
        self.browser.execute_script("authenticate(arguments[0])", f"{self.desktop.localhost}/sign-in/sales")
        self.wait(lambda browser: len(browser.window_handles) == 2)
        [popup] = set(self.browser.window_handles) - {page}
        self.browser.switch_to.window(popup)
        self.wait(lambda browser: browser.find_element(By.CSS_SELECTOR, "form button")).click()
        self.wait(lambda browser: browser.current_url == self.desktop.connect.origin + "/signed-in")
        self.browser.close()
        self.browser.switch_to.window(page)
        # As the policy LoopbackNetworkAllowedForUrls does.
        self.browser.execute_cdp_cmd("Browser.setPermission", {
            "permission": {"name": "loopback-network"}, "setting": "granted", "origin": self.site.origin})
        self.assertEqual(self.read_token(), "user")


if __name__ == "__main__":
    unittest.main()
