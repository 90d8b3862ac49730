"""fedbroker login and logout, beside the AWS CLI of Debian (2.9, which knows the device's way only)."""

import json
import os
import pathlib
import re
import stat
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from selenium.webdriver.common.by import By

import deployment
import identity_center
from desktop import DesktopTest

AWS = "/usr/bin/aws"

# What AWS CLI 2.31 sends and writes at `aws sso login`, recorded by a server like identity_center's; NUMBER stands for the
# port and for seconds.
RECORDED_REQUESTS = [
    ("/client/register", {
        "clientName": "botocore-client-corp", "clientType": "public",
        "grantTypes": ["authorization_code", "refresh_token"], "redirectUris": ["http://127.0.0.1/oauth/callback"],
        "issuerUrl": "https://corp.awsapps.com/start", "scopes": ["sso:account:access"],
    }),
    ("/token", {
        "grantType": "authorization_code", "clientId": "client", "clientSecret": "client-secret",
        "redirectUri": "http://127.0.0.1:NUMBER/oauth/callback", "codeVerifier": "VERIFIER", "code": identity_center.CODE,
    }),
]
RECORDED_PARAMETERS = [
    "response_type", "client_id", "redirect_uri", "state", "code_challenge_method", "scopes", "code_challenge"]
RECORDED_FILES = {
    "787ef34d0a944c01385765faa28b5e67d1c08f33.json":
        '{"clientId": "client", "clientSecret": "client-secret", "expiresAt": "TIME", "scopes": ["sso:account:access"], '
        '"grantTypes": ["authorization_code", "refresh_token"]}',
    "ee0bfd2552fbd840c02cc48b6e823320543c450f.json":
        '{"startUrl": "https://corp.awsapps.com/start", "region": "eu-west-1", "accessToken": "token1", "expiresAt": "TIME", '
        '"clientId": "client", "clientSecret": "client-secret", "registrationExpiresAt": "TIME", "refreshToken": "refresh"}',
}


def without_times(text):
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)


class Home:
    """A person's home, and what it takes to sign in from there."""

    def __init__(self, test):
        self.center = identity_center.IdentityCenter()
        test.addCleanup(self.center.server_close)
        test.addCleanup(self.center.shutdown)
        directory = tempfile.TemporaryDirectory(prefix="fedbroker-login-")
        test.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name)
        self.center.make_home(self.path)
        opener = self.path / "bin" / "xdg-open"
        opener.parent.mkdir()
        opener.write_text(f'#!/bin/sh\necho "$1" > "{self.path}/opened"\n')
        opener.chmod(0o755)
        os.mkfifo(self.path / "opened")
        self.environment = self.center.environment(self.path) | {"PATH": f"{opener.parent}:/usr/bin:/bin"}

    def start(self, *arguments, **environment):
        return subprocess.Popen(
            [deployment.BINARY, *arguments], env=self.environment | environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def run(self, *arguments, **environment):
        command = self.start(*arguments, **environment)
        output, errors = command.communicate(timeout=60)
        return command.returncode, output + errors

    def aws(self, *arguments):
        return subprocess.run([AWS, *arguments], env=self.environment, capture_output=True, text=True, timeout=120)

    def opened(self):
        """Where the browser is led, once it is."""
        return (self.path / "opened").read_text().strip()

    @property
    def cache(self):
        return self.path / ".aws" / "sso" / "cache"

    def files(self):
        return {file.name: without_times(file.read_text()) for file in self.cache.iterdir()}


class LoginTest(DesktopTest):
    @classmethod
    def setUpClass(cls):
        cls.start_browser()

    def setUp(self):
        self.home = Home(self)

    def finish(self, command):
        output, errors = command.communicate(timeout=60)
        return command.returncode, output + errors

    def test_it_signs_in_through_the_browser_with_the_requests_and_the_files_of_the_aws_cli(self):
        command = self.home.start("login", "--profile", "sales")
        address = self.home.opened()
        self.assertRegex(address, r"^http://127\.0\.0\.1:\d+/$")
        self.browser.get(address)
        self.assertEqual(list(self.home.center.visits[0]), RECORDED_PARAMETERS)
        self.assertEqual(self.home.center.visits[0]["scopes"], "sso:account:access")
        self.browser.find_element(By.ID, "allow").click()
        self.wait(lambda browser: "You are signed in to AWS" in browser.page_source)
        self.screenshot("login")
        self.assertEqual(self.finish(command)[0], 0)
        sent = json.loads(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:NUMBER", json.dumps(self.home.center.requests)))
        self.assertEqual(len(sent[1][1]["codeVerifier"]), 64)
        sent[1][1]["codeVerifier"] = "VERIFIER"
        self.assertEqual([tuple(request) for request in sent], RECORDED_REQUESTS)
        self.assertEqual(self.home.files(), RECORDED_FILES)
        for file in self.home.cache.iterdir():
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.home.cache.stat().st_mode), 0o700)
        # The AWS CLI goes on with it.
        exported = self.home.aws("configure", "export-credentials", "--profile", "sales")
        self.assertEqual(json.loads(exported.stdout)["AccessKeyId"], "ASIATOKEN1", exported.stderr)

    def test_with_a_device_its_requests_and_files_are_those_of_the_aws_cli(self):
        other = Home(self)
        for home in [self.home, other]:
            home.center.pending = 1
        for profile in ["sales", "older"]:
            status, text = self.home.run("login", "--device", "--profile", profile)
            self.assertEqual(status, 0, text)
            self.assertIn(identity_center.USER_CODE, text)
            done = other.aws("sso", "login", "--no-browser", "--profile", profile)
            self.assertEqual(done.returncode, 0, done.stderr)
        # The AWS CLI asks once before it shows the code; the older form's client has the time in its name.
        names = lambda home: json.loads(re.sub(r"client-\d+", "client-TIME", json.dumps(home.center.requests)))
        self.assertEqual(names(self.home), names(other))
        self.assertEqual(self.home.files(), other.files())

    def test_registrations_are_shared_both_ways(self):
        registered = lambda: [path for path, _ in self.home.center.requests].count("/client/register")
        self.assertEqual(self.home.aws("sso", "login", "--no-browser", "--profile", "sales").returncode, 0)
        self.assertEqual(self.home.run("login", "--device")[0], 0)
        self.assertEqual(self.home.aws("sso", "login", "--no-browser", "--profile", "sales").returncode, 0)
        self.assertEqual(registered(), 1)
        # The browser's way needs one of its own.
        command = self.home.start("login")
        self.browser.get(self.home.opened())
        self.browser.find_element(By.ID, "allow").click()
        self.assertEqual(self.finish(command)[0], 0)
        self.assertEqual(registered(), 2)

    def test_what_a_stranger_sends_is_said_and_changes_nothing(self):
        command = self.home.start("login")
        address = self.home.opened()
        for query in ["", "?code=x", "?code=x&state=guess", "?error=x&state=guess", "?state=&code=x", "?%ff"]:
            with self.assertRaises(urllib.error.HTTPError) as failure:
                urllib.request.urlopen(f"{address}oauth/callback{query}")
            self.assertEqual(failure.exception.code, 400)
        self.browser.get(f"{address}oauth/callback?code=x&state=guess")
        self.assertIn("Nothing was changed", self.browser.page_source)
        self.screenshot("login-foreign-answer")
        if os.geteuid() == 0:
            ask = f"import urllib.request; urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open({address!r})"
            asked = subprocess.run(
                ["/usr/bin/python3", "-c", ask], user=4001, group=4001, extra_groups=[], capture_output=True, text=True)
            self.assertIn("403", asked.stderr)
        self.assertEqual(self.home.center.visits, [])
        self.browser.get(address)
        self.browser.find_element(By.ID, "allow").click()
        self.assertEqual(self.finish(command)[0], 0)

    def test_a_refusal_ends_it_and_keeps_the_former_sign_in(self):
        self.assertEqual(self.home.run("login", "--device")[0], 0)
        before = self.home.files()
        command = self.home.start("login")
        self.browser.get(self.home.opened())
        self.browser.find_element(By.ID, "deny").click()
        self.wait(lambda browser: "You are not signed in" in browser.page_source)
        status, text = self.finish(command)
        self.assertEqual(status, 1)
        self.assertIn("access_denied", text)
        token = "ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
        self.assertEqual(self.home.files()[token], before[token])

    def test_without_a_browser_the_address_can_be_opened_by_hand(self):
        command = self.home.start("login", PATH="/nowhere")
        lines = [command.stderr.readline(), command.stderr.readline()]
        address = re.search(r"http://127\.0\.0\.1:\d+/", lines[0]).group()
        self.assertIn("xdg-open: ", lines[1])
        self.browser.get(address)
        self.browser.find_element(By.ID, "allow").click()
        self.assertEqual(self.finish(command)[0], 0)

    def test_a_cache_that_cannot_be_written_is_said(self):
        (self.home.path / ".aws" / "sso").write_text("no folder")
        for arguments in [["login", "--device"], ["login"]]:
            status, text = self.home.run(*arguments)
            self.assertEqual(status, 1)
            self.assertIn("the sign-in cannot be kept", text)
            self.assertIn(str(self.home.path / ".aws" / "sso"), text)

    def test_a_profile_that_signs_in_to_nothing_is_said(self):
        for profile, text in [("nobody", "there is no profile nobody"), ("default", "there is no profile default")]:
            status, said = self.home.run("login", "--profile", profile)
            self.assertEqual(status, 1)
            self.assertIn(text, said)

    def open_status_page(self):
        """Starts a daemon with this home, and opens its page."""
        desktop = deployment.Deployment(only="sales", environment=self.home.environment)
        self.addCleanup(desktop.close)
        self.browser.get(desktop.localhost + "/")
        self.wait(lambda browser: browser.find_element(By.ID, "start").is_displayed())
        self.browser.find_element(By.ID, "start").click()
        self.wait(lambda browser: browser.find_elements(By.TAG_NAME, "li"))
        return desktop

    def sign_in_button(self):
        return self.browser.find_element(By.CSS_SELECTOR, "[aria-label='Sign in to AWS: sales']")

    def test_one_click_on_the_page_leads_from_an_expired_sign_in_to_a_live_token(self):
        desktop = self.open_status_page()
        self.wait(lambda browser: browser.title.startswith("sales in trouble"))
        self.assertIn("Nobody is signed in to AWS.", self.text())
        page = self.browser.current_window_handle
        self.sign_in_button().click()
        self.wait(lambda browser: len(browser.window_handles) == 2)
        [other] = set(self.browser.window_handles) - {page}
        self.browser.switch_to.window(other)
        self.wait(lambda browser: browser.find_elements(By.ID, "allow"))
        # What a stranger sends meanwhile, and what another page makes the browser send, changes nothing.
        self.browser.switch_to.new_window("tab")
        for query in ["?code=x&state=guess", "?code=x", "?error=x&state="]:
            self.browser.get(f"{desktop.origin}/oauth/callback{query}")
            self.assertIn("This is not the answer to a sign-in", self.browser.page_source)
        self.browser.close()
        self.browser.switch_to.window(other)
        self.assertEqual(self.home.center.requests[1:], [])
        self.browser.find_element(By.ID, "allow").click()
        self.wait(lambda browser: "You are signed in to AWS" in browser.page_source)
        self.screenshot("signed-in-to-aws")
        back = self.browser.current_url
        self.browser.close()
        self.browser.switch_to.window(page)
        self.wait(lambda browser: browser.title.startswith("sales ready"))
        self.assertFalse(self.sign_in_button().is_displayed())
        self.assertEqual(self.home.files(), RECORDED_FILES)
        # The code is spent.
        self.browser.get(back)
        self.assertIn("This is not the answer to a sign-in", self.browser.page_source)

    def test_a_lock_during_the_sign_in_keeps_it_for_after_the_unlocking(self):
        desktop = self.open_status_page()
        self.wait(lambda browser: browser.title.startswith("sales in trouble"))
        page = self.browser.current_window_handle
        self.sign_in_button().click()
        self.wait(lambda browser: len(browser.window_handles) == 2)
        [other] = set(self.browser.window_handles) - {page}
        self.browser.switch_to.window(other)
        self.wait(lambda browser: browser.find_elements(By.ID, "allow"))
        self.assertEqual(desktop.ask("POST", "/v1/lock")[0], 200)
        self.browser.find_element(By.ID, "allow").click()
        self.wait(lambda browser: "Run fedbroker unlock" in browser.page_source)
        # The code was not exchanged, and the page's button leads nowhere meanwhile.
        self.assertEqual(self.home.center.requests[1:], [])
        self.assertEqual(desktop.ask("POST", "/v1/instances/sales/aws-sign-in")[0], 423)
        self.assertEqual(desktop.ask("DELETE", "/v1/lock")[0], 200)
        self.browser.refresh()
        self.wait(lambda browser: "You are signed in to AWS" in browser.page_source)
        self.browser.close()
        self.browser.switch_to.window(page)
        self.wait(lambda browser: browser.title.startswith("sales ready"))

    def test_the_page_says_ten_minutes_before_that_the_sign_in_ends(self):
        self.assertEqual(self.home.run("login", "--device")[0], 0)
        [token] = [file for file in self.home.cache.iterdir() if "startUrl" in file.read_text()]
        content = json.loads(token.read_text())
        # Of a sign-in that can be renewed the daemon takes care itself.
        del content["refreshToken"]

        def end_in(minutes):
            content["expiresAt"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + minutes * 60))
            token.write_text(json.dumps(content))

        end_in(60)
        self.open_status_page()
        self.wait(lambda browser: browser.title.startswith("sales ready"))
        self.assertFalse(self.sign_in_button().is_displayed())
        end_in(9.5)
        self.wait(lambda _: self.sign_in_button().is_displayed())
        self.assertRegex(self.text(), r"The sign-in to AWS ends in (9|10) min\.")
        self.assertTrue(self.browser.title.startswith("sales ready"), self.browser.title)
        self.screenshot("status-before-the-sign-in-ends")

    def test_from_an_expired_sign_in_to_a_live_token_and_out_again(self):
        desktop = self.open_status_page()
        self.wait(lambda browser: browser.title.startswith("sales in trouble"))
        self.assertIn("fedbroker login --profile sales", self.text())
        self.screenshot("status-signed-out-of-aws")
        page = self.browser.current_window_handle
        self.browser.switch_to.new_window("tab")
        command = self.home.start("login")
        self.browser.get(self.home.opened())
        self.browser.find_element(By.ID, "allow").click()
        self.assertEqual(self.finish(command)[0], 0)
        self.browser.close()
        self.browser.switch_to.window(page)
        self.wait(lambda browser: browser.title.startswith("sales ready"))
        self.assertEqual(desktop.ask("GET", "/v1/instances/sales/token")[0], 200)
        # Signed out: the service knows, the caches are empty, and no token is given any more.
        status, text = self.home.run("logout")
        self.assertEqual((status, text), (0, "fedbroker: signed out of one sign-in\n"))
        self.assertEqual(self.home.center.signed_out, ["token1"])
        self.assertEqual(list(self.home.files()), ["787ef34d0a944c01385765faa28b5e67d1c08f33.json"])
        self.wait(lambda browser: browser.title.startswith("sales in trouble"))
        self.assertEqual(desktop.ask("GET", "/v1/instances/sales/token")[0], 503)
        self.assertEqual(self.home.run("logout"), (0, "fedbroker: nobody was signed in\n"))


if __name__ == "__main__":
    unittest.main()
