"""People on the server's pages, in headless Chromium: pages.py WAY SETTINGS.

WAY is the name of one of the ways below; SETTINGS is a JSON object with `issuer`, `folder`, `password`, the ports `client`
and `third`, whether `scripts` run, and optionally `language` and `pictures`, a folder for pictures of all pages. When a
page does not hold what it must, the exit code is 1 and standard error says what was there instead."""
import json, sys, urllib.parse, urllib.request

from chromium import Failure, Person
from sites import Site

NEW_PASSWORD = "seven lanterns over quiet water"


class Stage:
    """A person, the server, a client, and a site that the client sends people on to."""

    def __init__(self, settings):
        self.issuer = settings["issuer"]
        self.password = settings["password"]
        self.secret = settings["secret"]
        self.third = Site("127.0.0.2", settings["third"])
        self.client = Site("127.0.0.1", settings["client"], onward=self.third.origin)
        self.scripts = settings["scripts"]
        self.person = Person(
            settings["folder"] + "/chromium", self.scripts, settings.get("language", "en"), settings.get("pictures"))

    def ask(self, client="orders", callback="/callback", **more):
        """An authorization request of the client."""
        query = {
            "client_id": client, "redirect_uri": callback if ":" in callback else self.client.origin + callback, "response_type": "code",
            "scope": "openid profile email offline_access", "state": "s:/+=%&ü", "nonce": "n",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
        } | more
        if client == "device":
            query["scope"] = "openid"
        self.person.open(f"{self.issuer}/oauth2/authorize?{urllib.parse.urlencode(query)}")

    def answered(self, path="/callback"):
        """What the client was told."""
        fields = self.client.last(path)
        self.person.expect(fields["state"] == "s:/+=%&ü" and fields["iss"] == self.issuer, f"The client got {fields}.")
        return fields

    def redeem(self):
        """The client gets its tokens, and so a session."""
        form = {
            "grant_type": "authorization_code", "code": self.client.last("/callback")["code"],
            "redirect_uri": self.client.origin + "/callback", "client_id": "orders", "client_secret": self.secret,
            "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        }
        urllib.request.urlopen(self.issuer + "/oauth2/token", urllib.parse.urlencode(form).encode()).read()

    def use_application(self):
        """The same person signs in to an application of the house, on another device."""
        body = {
            "username": "ada", "password": self.password, "client_id": "house", "device_name": "House on a phone"}
        request = urllib.request.Request(
            self.issuer + "/api/v1/login", json.dumps(body).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request).read()

    def landed(self, codes):
        """Whether the person has gone through all three origins, and the client was told once more."""
        self.person.arrive(self.third.origin + "/landing")
        self.person.expect(self.client.count("/callback") == codes, f"The client got {self.client.requests}.")


def sign_in(stage):
    """A wrong password, nothing typed, the right password, consent, three origins; then Back and reload."""
    person = stage.person
    stage.ask(login_hint="<ada>")
    person.expect("Orders" in person.heading, "It says whom one signs in to.")
    person.expect(person.value("username") == "<ada>", "The hint is the name.")
    person.expect(person.has("button.show:not([hidden])") == stage.scripts, "The button Show needs scripts.")
    person.look("sign-in")

    person.sign_in("ada", "wrong wrong wrong wrong")
    person.expect(person.driver.title.startswith(("Error: ", "Fehler: ")), "The title tells of an error.")
    person.expect(person.focused() == "problem", "The summary has the focus.")
    person.expect(person.value("username") == "ada" and person.value("password") == "", "The name stays.")
    person.look("sign-in-wrong")

    person.sign_in("", "")
    person.expect(person.focused() == "problem" and person.has("#username-error"), "Both fields are named.")
    person.look("sign-in-missing")

    person.sign_in("ada", stage.password)
    person.expect(person.has("#allow") and "Orders" in person.heading, "Consent is asked.")
    person.expect("ada@example.com" in person.text and "Ada Example" in person.text, "The values are shown.")
    person.look("consent")
    before = person.history()
    person.press("allow")
    stage.landed(1)
    person.expect("code" in stage.answered(), "The client got a code.")
    person.expect(person.history() == before + 1, f"The way took {person.history() - before} steps of the history.")

    stage.redeem()
    # The browser asks before it sends a form again.
    person.back()
    person.expect(person.text.strip(), "Back gives words.")
    person.reload()
    person.until(lambda: person.heading and not person.has("form"), "the page of a form that has done its work")
    person.look("signed-in-already")
    person.expect(stage.client.count("/callback") == 1, f"The client got {stage.client.requests}.")
    # With the browser session everything goes by itself.
    stage.ask()
    stage.landed(2)


def cancel(stage):
    """The person does not allow it."""
    stage.ask()
    stage.person.sign_in("ada", stage.password)
    stage.person.press("deny")
    stage.landed(1)
    stage.person.expect(stage.answered().get("error") == "access_denied", "The client is told.")


def new_password(stage):
    """A password that must be changed."""
    person = stage.person
    stage.ask()
    person.sign_in("bob", stage.password)
    person.expect(person.value("username") == "bob", "The page carries the name.")
    person.look("new-password")
    person.fill("new_password", "short")
    person.press("submit")
    person.expect(person.focused() == "problem" and person.value("username") == "bob", "The name stays.")
    person.expect(person.value("new_password") == "", "The password does not.")
    person.look("new-password-short")
    person.fill("new_password", NEW_PASSWORD)
    person.press("submit")
    person.expect(person.has("#allow"), "Consent is asked.")
    person.press("allow")
    stage.landed(1)


def another_account(stage):
    """Choosing between the signed-in user and another one."""
    person = stage.person
    stage.ask()
    person.sign_in("ada", stage.password)
    person.press("allow")
    stage.landed(1)
    stage.ask(prompt="select_account")
    person.expect("ada" in person.text, "The page says who is signed in.")
    person.look("account-choice")
    person.press("[value=continue]")
    stage.landed(2)
    stage.ask(prompt="select_account")
    person.press("[value=another]")
    person.expect(person.value("username") == "", "Nobody is proposed.")
    person.sign_in("cleo", stage.password)
    person.press("allow")
    stage.landed(3)


def device(stage):
    """A program of this device gets its answer after a click only."""
    person = stage.person
    stage.ask("device", "/device")
    person.sign_in("ada", stage.password)
    person.arrive(stage.client.origin + "/device")
    stage.ask("device", "/device")
    person.expect(person.has("#continue") and stage.client.count("/device") == 1, "A click is asked for.")
    person.look("confirm-app")
    person.press("continue")
    person.arrive(stage.client.origin + "/device")
    person.expect(stage.client.count("/device") == 2, f"The client got {stage.client.requests}.")
    stage.answered("/device")
    # Nothing opens an application by itself: the page stays, with a link.
    stage.ask("device", "com.example.device:/done")
    person.press("continue")
    target = person.driver.find_element("id", "continue").get_attribute("href")
    person.expect(target.startswith("com.example.device:/done?code="), f"The link is {target}.")
    person.look("continue-app")


def form_post(stage):
    """The answer in a form: by itself with scripts, by a button without."""
    person = stage.person
    stage.ask(response_mode="form_post")
    person.sign_in("ada", stage.password)
    person.press("allow")
    if not stage.scripts:
        person.expect(person.has("#continue-form"), "The form waits for the person.")
        person.until(lambda: person.driver.find_element("id", "continue").is_displayed(), "a button")
        person.look("continue-form")
        person.press("continue")
    stage.landed(1)
    person.expect(stage.client.requests[-1][0] == "POST", f"The client got {stage.client.requests}.")
    stage.answered()


def errors(stage):
    """Requests that end on a page, and addresses without a beginning."""
    person = stage.person
    ways = [
        ("/oauth2/authorize?client_id=nobody", "error-client"),
        ("/oauth2/authorize?client_id=orders&redirect_uri=https://evil.example/", "error-redirect"),
        ("/signin/password", "start-again"),
        ("/signin/consent", None),
        ("/account/nothing", None),
        ("/account/sessions/end", None),
    ]
    for path, name in ways:
        person.open(stage.issuer + path)
        person.expect(person.heading or path == "/account/nothing", f"{path} has words.")
        person.expect(person.address.startswith(stage.issuer), f"{path} stays here.")
        if name:
            person.look(name)
    # A browser that has lost its cookies is not asked to begin again elsewhere.
    stage.ask()
    person.driver.delete_all_cookies()
    person.sign_in("ada", stage.password)
    person.expect(person.focused() == "problem" and person.value("username") == "ada", "The form comes again.")
    person.look("sign-in-again")
    person.sign_in("ada", stage.password)
    person.expect(person.has("#allow"), "The form that came again works.")


def account(stage):
    """The account: sessions, applications, profile."""
    person = stage.person
    person.open(stage.issuer + "/account")
    person.look("account-sign-in")
    person.sign_in("ada", stage.password)
    person.arrive(stage.issuer + "/account/sessions")
    stage.ask()
    person.press("allow")
    stage.landed(1)
    stage.redeem()
    for _ in range(2):
        stage.use_application()

    person.open(stage.issuer + "/account/sessions")
    person.expect("Orders" in person.text and "House on a phone" in person.text, "All sessions are there.")
    person.expect(person.driver.find_element("css selector", "li h2").text.startswith("Chrome"), "This browser is first.")
    person.look("sessions")
    person.driver.find_element("css selector", "#rename-1 summary").click()
    person.fill("name", "Kitchen <laptop>")
    person.press("#rename-1 button")
    person.expect("Kitchen <laptop>" in person.text and person.has("[role=status]"), "The name is new.")
    person.driver.find_element("css selector", "#rename-1 summary").click()
    person.fill("name", "x" * 65)
    person.press("#rename-1 button")
    person.expect(person.focused() == "problem", "The name is too long.")
    person.look("sessions-name")

    person.open(stage.issuer + "/account/sessions")
    person.expect(person.has("[action='/account/sessions/end']"), "There is another session.")
    person.press("[action='/account/sessions/end'] button")
    person.expect(person.has("[role=status]"), "It says so.")
    person.look("sessions-ended")
    person.press("end-others")
    person.expect(person.has("[role=status]"), "It says so.")
    person.expect(not person.has("#end-others"), "Nothing else is left.")

    person.open(stage.issuer + "/account/applications")
    person.expect("Orders" in person.text and "ada@example.com" in person.text, "The application is there.")
    person.look("applications")
    person.press("[action='/account/applications/remove'] button")
    person.expect("Orders" in person.driver.find_element("css selector", "[role=status]").text, "It says so.")
    person.expect(not person.has("[action='/account/applications/remove']"), "It is gone.")
    person.look("applications-none")

    person.open(stage.issuer + "/account/profile")
    person.look("profile")
    person.driver.delete_cookie("latchkey_dev_step")
    person.fill("display_name", "Ada <b>Lovelace</b>")
    person.press("save")
    person.expect(person.focused() == "problem", "A form of another browser changes nothing.")
    person.expect(person.value("display_name") == "Ada <b>Lovelace</b>", "What was typed stays.")
    person.look("profile-again")
    person.fill("locale", "english")
    person.fill("zoneinfo", "Vienna")
    person.press("save")
    person.expect(person.focused() == "problem" and person.value("zoneinfo") == "Vienna", "The zone is refused.")
    person.look("profile-wrong")
    person.fill("locale", "de-AT")
    person.fill("zoneinfo", "Europe/Vienna")
    person.press("save")
    person.expect(person.has("[role=status]"), "It is saved.")
    person.expect(person.value("display_name") == "Ada <b>Lovelace</b>", "As typed.")


def watch(stage):
    """A page that breaks its policy is seen: the other ways would notice."""
    person = stage.person
    person.open(stage.client.origin + "/form")
    # Its own form is redirected to another origin, which form-action does not allow.
    stage.client.requests.clear()
    try:
        person.driver.find_element("id", "go").click()
        person.until(lambda: person.check() or person.address.endswith("/nowhere"), "a violation")
    except Failure as failure:
        person.expect("breaks its policy" in str(failure), str(failure))
        return
    raise Failure("The violation was not seen.")


WAYS = {way.__name__: way for way in (
    sign_in, cancel, new_password, another_account, device, form_post, errors, account, watch)}

if __name__ == "__main__":
    stage = Stage(json.loads(sys.argv[2]))
    try:
        WAYS[sys.argv[1]](stage)
    except Failure as failure:
        sys.exit(str(failure))
    finally:
        stage.person.close()
