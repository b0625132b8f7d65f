"""Tests of browser.py against two small servers, which are two sites: 127.0.0.1 and localhost."""
import http.server, threading, unittest
from urllib.parse import parse_qsl

import browser

SIGN_IN = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in – Example</title><body>
<main><h1>Sign in to Orders</h1><form method="post" action="/authorize" novalidate>
<input type="hidden" name="client_id" value="orders"><input type="hidden" name="state" value="a&amp;b=c">
<label for="username">User name</label><input id="username" name="username" type="text" value="">
<div class="field"><input id="current-password" name="password" type="password">
<button type="button" aria-label="Show password">Show</button></div>
<label><input type="checkbox" name="stay" value="1"> Stay signed in</label>
<button class="go wide" name="decision" value="continue">Sign in</button></form>
<form method="post" action="/passkey"><button>Sign in with a passkey</button></form></main></html>"""


class Site:
    """A server that answers by a table of paths and keeps what it was asked."""

    def __init__(self, host):
        self.answers, self.asked = {}, []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                path = self.path.split("?")[0]
                fields = {name.lower(): value for name, value in self.headers.items()}
                site.asked.append((self.command, self.path, fields, body))
                status, text, answered = site.answers.get(path, (404, "", []))
                self.send_response(status)
                if not any(name.lower() == "content-type" for name, _ in answered):
                    self.send_header("Content-Type", "text/html; charset=utf-8")
                for name, value in answered:
                    self.send_header(name, value)
                data = text.encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://{host}:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def set(self, path, text="", *fields, status=200):
        self.answers[path] = (status, text, list(fields))

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class BrowserTests(unittest.TestCase):
    def setUp(self):
        self.issuer, self.application = Site("localhost"), Site("127.0.0.1")
        self.addCleanup(self.issuer.close)
        self.addCleanup(self.application.close)
        self.browser = browser.Browser({})

    def go(self, *steps):
        for step in steps:
            self.browser.act(step)
        return self.browser.page

    def page(self, path, text, *fields):
        policy = ("Content-Security-Policy", "default-src 'none'; form-action 'self'")
        self.issuer.set(path, text, policy, ("Referrer-Policy", "same-origin"), *fields)

    def test_the_form_is_filled_in_by_the_names_of_its_fields(self):
        self.page("/authorize", SIGN_IN)
        self.go(["open", self.issuer.origin + "/authorize?client_id=orders"], ["sign in", "ada", "a word"])
        method, _, fields, body = self.issuer.asked[-1]
        self.assertEqual(method, "POST")
        self.assertEqual(
            dict(parse_qsl(body)),
            {"client_id": "orders", "state": "a&b=c", "username": "ada", "password": "a word", "decision": "continue"},
        )
        self.assertEqual(fields["origin"], self.issuer.origin)
        self.assertEqual(fields["sec-fetch-site"], "same-origin")
        self.assertEqual(self.issuer.asked[0][2]["sec-fetch-site"], "none")

    def test_a_password_is_typed_into_no_other_field(self):
        self.page("/authorize", SIGN_IN.replace('type="password"', 'type="text"'))
        with self.assertRaisesRegex(browser.Refused, "shown"):
            self.go(["open", self.issuer.origin + "/authorize"], ["sign in", "ada", "a word"])

    def test_a_page_goes_on_by_refresh(self):
        target = self.application.origin + "/callback?code=1&state=x"
        self.page("/continue", "<title>Continue</title>", ("Refresh", "0;url=" + target))
        self.application.set("/callback", "<title>Back</title>")
        self.assertEqual(self.go(["open", self.issuer.origin + "/continue"]).title, "Back")
        fields = self.application.asked[-1][2]
        self.assertEqual(fields["sec-fetch-site"], "cross-site")
        self.assertNotIn("referer", fields)

    def test_a_page_waits_where_there_is_no_refresh(self):
        target = self.application.origin + "/callback"
        self.page("/continue", f'<title>Continue</title><a href="{target}">Continue</a>')
        self.application.set("/callback", "<title>Back</title>")
        self.assertEqual(self.go(["open", self.issuer.origin + "/continue"]).title, "Continue")
        self.assertEqual(self.go(["follow", "Continue"]).title, "Back")

    def test_form_action_counts_for_the_whole_way(self):
        self.page("/authorize", SIGN_IN)
        self.go(["open", self.issuer.origin + "/authorize"])
        self.issuer.set("/authorize", "", ("Location", self.application.origin + "/callback"), status=303)
        with self.assertRaisesRegex(browser.Refused, "form-action"):
            self.go(["sign in", "ada", "a word"])
        self.assertEqual(self.application.asked, [])

    def test_a_form_for_another_site_sends_itself_without_an_origin(self):
        text = f"""<title>Continue</title><form method=post action="{self.application.origin}/callback">
            <input type=hidden name=code value="1"><button>Continue</button></form><script>send()</script>"""
        self.issuer.set("/form", text, ("Referrer-Policy", "same-origin"))
        self.application.set("/callback", "<title>Back</title>")
        self.assertEqual(self.go(["open", self.issuer.origin + "/form"]).title, "Back")
        method, _, fields, body = self.application.asked[-1]
        self.assertEqual((method, body, fields["origin"]), ("POST", "code=1", "null"))

    def test_cookies_go_by_their_attributes(self):
        cookies = [
            ("Set-Cookie", line)
            for line in (
                "lax=1; Path=/; SameSite=Lax", "strict=1; Path=/; SameSite=Strict", "plain=1; Path=/",
                "none=1; Path=/; SameSite=None; Secure", "below=1; Path=/deep", "gone=1; Max-Age=0",
                "old=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "insecure=1; SameSite=None",
                "__Host-bad=1; Path=/", "__Host-good=1; Path=/; Secure", f"long={'x' * 4096}",
                "foreign=1; Domain=example.com",
            )
        ]
        self.issuer.set("/set", "", *cookies)
        self.issuer.set("/get", "<title>Get</title>")
        self.issuer.set("/deep/get", "<title>Get</title>")

        def names():
            line = self.issuer.asked[-1][2].get("cookie", "")
            return sorted(pair.split("=")[0] for pair in line.split("; ") if pair)

        self.go(["open", self.issuer.origin + "/set"], ["open", self.issuer.origin + "/get"])
        self.assertEqual(names(), ["__Host-good", "lax", "none", "plain", "strict"])
        self.go(["open", self.issuer.origin + "/deep/get"])
        self.assertIn("below", names())
        # From another site: a link, and a form.
        link = f'<a href="{self.issuer.origin}/get">go</a>'
        form = f'<form method=post action="{self.issuer.origin}/get"><button>send</button></form>'
        self.application.set("/", link + form)
        self.go(["open", self.application.origin + "/"], ["follow", "go"])
        self.assertEqual(names(), ["__Host-good", "lax", "none", "plain"])
        self.go(["open", self.application.origin + "/"], ["press", "send"])
        self.assertEqual(names(), ["none"])

    def test_a_redirect_after_a_form_is_a_get_with_its_lax_cookies(self):
        self.issuer.set("/set", "", ("Set-Cookie", "lax=1; Path=/; SameSite=Lax"))
        self.issuer.set("/form", "", ("Location", "/get?a=1"), status=303)
        self.issuer.set("/get", "<title>Get</title>")
        self.application.set(
            "/", f'<form method=post action="{self.issuer.origin}/form"><button>send</button></form>')
        self.go(["open", self.issuer.origin + "/set"], ["open", self.application.origin + "/"], ["press", "send"])
        post, get = self.issuer.asked[-2:]
        self.assertNotIn("cookie", post[2])
        self.assertEqual((get[0], get[1], get[2]["cookie"]), ("GET", "/get?a=1", "lax=1"))

    def test_an_address_of_a_program_ends_the_way(self):
        self.issuer.set("/app", "", ("Location", "com.example.app:/callback?code=1"), status=303)
        self.go(["open", self.issuer.origin + "/app"])
        self.assertEqual(self.browser.external, "com.example.app:/callback?code=1")

    def test_what_cannot_be_done_says_what_is_there(self):
        self.page("/authorize", SIGN_IN)
        self.go(["open", self.issuer.origin + "/authorize"])
        for step in (["press", "Allow"], ["follow", "Elsewhere"], ["fill", {"otp": "1"}]):
            with self.assertRaisesRegex(browser.Refused, "Sign in with a passkey"):
                self.go(step)

    def test_circles_end(self):
        self.issuer.set("/round", "", ("Location", "/round"), status=302)
        self.page("/again", "", ("Refresh", "0;url=/again"))
        for path, words in (("/round", "too many redirects"), ("/again", "for ever")):
            with self.assertRaisesRegex(browser.Refused, words):
                self.go(["open", self.issuer.origin + path])

    def test_a_browser_goes_on_from_its_state(self):
        self.page("/authorize", SIGN_IN, ("Set-Cookie", "step=1; Path=/; SameSite=Lax"))
        self.go(["open", self.issuer.origin + "/authorize"])
        self.browser = browser.Browser(self.browser.state())
        self.go(["sign in", "ada", "a word"])
        self.assertEqual(self.issuer.asked[-1][2]["cookie"], "step=1")
        self.assertEqual(self.issuer.asked[-1][2]["origin"], self.issuer.origin)


if __name__ == "__main__":
    unittest.main()
