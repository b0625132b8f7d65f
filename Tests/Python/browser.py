"""A browser without a screen: browser.py STATE STEPS [--ca FILE] [--agent NAME].

It goes where a person's browser goes and refuses what a browser refuses. It keeps cookies by their attributes, sends
`Origin` and `Sec-Fetch-*` as Chromium does, follows redirects, `Refresh` and forms that submit themselves, and holds a
page to its `form-action`. It runs no script.

STATE is a file with the cookies and the current page, so that one browser goes on over several runs. STEPS is a JSON
list, each entry one of:

    ["open", URL]             type an address
    ["follow", TEXT]          click the link with that text, or whose address ends so
    ["sign in", NAME, WORD]   fill in the form with the fields `username` and `password`, and press its button
    ["fill", {NAME: VALUE}]   fill in fields
    ["press", BUTTON]         press a button, named by its text or as NAME=VALUE
    ["forget", HOST]          lose the cookies of a host

It prints a JSON object: the page that it ended on, and every request on the way. When a step cannot be done or a
browser would refuse it, the object has an `error` and the exit code is 1."""
import argparse, html.parser, http.client, json, re, ssl, sys, time
from urllib.parse import urlencode, urljoin, urlsplit

MOST_REQUESTS_A_STEP = 40
LONGEST_COOKIE = 4096
LONGEST_REFRESH = 10


class Refused(Exception):
    """A browser would not do that, or a person could not."""


def origin(url):
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port == default else f":{port}")


def site(url):
    """Scheme and host: the tests' hosts have no registrable domain above them. A port makes no other site."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname


def is_trustworthy(url):
    """Where a browser keeps and sends `Secure` cookies."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


class Cookies:
    """Cookies as RFC 6265bis has them."""

    def __init__(self, kept):
        self.kept = kept

    def receive(self, url, line):
        parts = [part.strip() for part in line.split(";")]
        name, equals, value = parts[0].partition("=")
        if not equals or len(name) + len(value) > LONGEST_COOKIE:
            return
        attributes = {}
        for part in parts[1:]:
            key, _, given = part.partition("=")
            attributes[key.strip().lower()] = given.strip()
        address = urlsplit(url)
        path = attributes.get("path", "")
        if not path.startswith("/"):
            path = address.path.rpartition("/")[0] or "/"
        cookie = {
            "name": name, "value": value, "host": address.hostname, "path": path, "secure": "secure" in attributes,
            "http_only": "httponly" in attributes, "same_site": attributes.get("samesite", "lax").lower(),
            "made": time.time(),
        }
        if attributes.get("domain", "").lstrip(".").lower() not in ("", address.hostname):
            return
        if cookie["secure"] and not is_trustworthy(url):
            return
        if cookie["same_site"] == "none" and not cookie["secure"]:
            return
        if name.startswith("__Secure-") and not cookie["secure"]:
            return
        if name.startswith("__Host-") and not (
            cookie["secure"] and attributes.get("path") == "/" and "domain" not in attributes
        ):
            return
        if "max-age" in attributes:
            try:
                cookie["ends"] = time.time() + int(attributes["max-age"])
            except ValueError:
                pass
        elif "expires" in attributes:
            moment = parse_date(attributes["expires"])
            if moment is not None:
                cookie["ends"] = moment
        key = (name, cookie["host"], path)
        self.kept = [old for old in self.kept if (old["name"], old["host"], old["path"]) != key]
        if cookie.get("ends", float("inf")) > time.time():
            self.kept.append(cookie)

    def line(self, url, method, is_same_site):
        address = urlsplit(url)
        path = address.path or "/"
        sent = []
        for cookie in self.kept:
            if cookie["host"] != address.hostname or cookie.get("ends", float("inf")) <= time.time():
                continue
            below = cookie["path"].rstrip("/") + "/"
            if path != cookie["path"] and not path.startswith(below):
                continue
            if cookie["secure"] and not is_trustworthy(url):
                continue
            if cookie["same_site"] != "none" and not is_same_site:
                # All these are navigations of the whole window: what is Lax goes along with a safe method.
                if cookie["same_site"] == "strict" or method not in ("GET", "HEAD"):
                    continue
            sent.append(cookie)
        sent.sort(key=lambda cookie: (-len(cookie["path"]), cookie["made"]))
        return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in sent)


def parse_date(text):
    months = "jan feb mar apr may jun jul aug sep oct nov dec".split()
    found = re.search(r"(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{2,4}) (\d\d):(\d\d):(\d\d)", text)
    if not found or found[2].lower() not in months:
        return None
    year = int(found[3]) + (2000 if int(found[3]) < 70 else 1900 if int(found[3]) < 100 else 0)
    import calendar

    return calendar.timegm(
        (year, months.index(found[2].lower()) + 1, int(found[1]), int(found[4]), int(found[5]), int(found[6]))
    )


class Reader(html.parser.HTMLParser):
    """What of a page concerns somebody without a screen: title, text, links, forms."""

    VOID = {"input", "br", "hr", "meta", "link", "img"}

    def __init__(self):
        super().__init__()
        self.title, self.text, self.links, self.forms, self.refresh = "", [], [], [], None
        self.has_script = False
        self.open, self.form, self.button, self.link, self.area, self.select = [], None, None, None, None, None

    def handle_starttag(self, tag, pairs):
        given = {name: value or "" for name, value in pairs}
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "form" and self.form is None:
            self.form = {
                "action": given.get("action", ""), "method": given.get("method", "get").upper(), "id": given.get("id"),
                "type": given.get("enctype", "application/x-www-form-urlencoded"), "fields": [], "buttons": [],
            }
            self.forms.append(self.form)
        elif tag == "input":
            self.take_input(given)
        elif tag == "button":
            self.button = {
                "text": "", "name": given.get("name"), "value": given.get("value", ""),
                "type": given.get("type", "submit").lower(), "action": given.get("formaction"),
                "label": given.get("aria-label", ""), "form": given.get("form"),
            }
        elif tag == "textarea":
            self.area = {"name": given.get("name"), "value": "", "type": "textarea"}
        elif tag == "select":
            self.select = {"name": given.get("name"), "value": None, "type": "select"}
        elif tag == "option" and self.select is not None:
            if self.select["value"] is None or "selected" in given:
                self.select["value"] = given.get("value", "")
        elif tag == "a" and "href" in given:
            self.link = {"address": given["href"], "text": ""}
        elif tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.refresh = given.get("content")
        elif tag == "script":
            self.has_script = True
        if "onload" in given:
            self.has_script = True

    handle_startendtag = handle_starttag

    def take_input(self, given):
        kind = given.get("type", "text").lower()
        if kind in ("submit", "image"):
            button = {
                "text": given.get("value", "Submit"), "name": given.get("name"), "value": given.get("value", ""),
                "type": "submit", "action": given.get("formaction"), "label": "", "form": given.get("form"),
            }
            self.place(button, "buttons")
        elif kind != "button" and "disabled" not in given:
            field = {
                "name": given.get("name"), "value": given.get("value", ""), "type": kind,
                "read_only": "readonly" in given, "form": given.get("form"),
            }
            if kind in ("checkbox", "radio"):
                field["on"] = "checked" in given
                field["value"] = given.get("value", "on")
            self.place(field, "fields")

    def place(self, control, kind):
        named = [form for form in self.forms if control.get("form") and form["id"] == control["form"]]
        form = named[0] if named else self.form
        if form is not None:
            form[kind].append(control)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if tag == "form":
            self.form = None
        elif tag == "button" and self.button is not None:
            self.button["text"] = " ".join(self.button["text"].split())
            if self.button["type"] == "submit":
                self.place(self.button, "buttons")
            self.button = None
        elif tag == "textarea" and self.area is not None:
            self.place(self.area, "fields")
            self.area = None
        elif tag == "select" and self.select is not None:
            self.select["value"] = self.select["value"] or ""
            self.place(self.select, "fields")
            self.select = None
        elif tag == "a" and self.link is not None:
            self.link["text"] = " ".join(self.link["text"].split())
            self.links.append(self.link)
            self.link = None

    def handle_data(self, data):
        if self.area is not None:
            self.area["value"] += data
            return
        if "script" in self.open or "style" in self.open:
            return
        if "title" in self.open:
            self.title += data
            return
        if self.button is not None:
            self.button["text"] += data
        if self.link is not None:
            self.link["text"] += data
        self.text.append(data)


class Page:
    """What a browser shows."""

    def __init__(self, url, status, fields, body):
        self.url, self.status, self.fields, self.body = url, status, fields, body
        reader = Reader()
        kind = self.field("content-type") or ""
        if "html" in kind:
            reader.feed(body)
            reader.close()
        self.is_html = "html" in kind
        self.title = " ".join(reader.title.split())
        self.text = " ".join(" ".join(reader.text).split()) if self.is_html else body
        self.links, self.forms, self.has_script = reader.links, reader.forms, reader.has_script
        self.refresh = self.field("refresh") or reader.refresh

    def field(self, name):
        for key, value in self.fields:
            if key.lower() == name:
                return value
        return None

    def kept(self):
        return {"url": self.url, "status": self.status, "fields": self.fields, "body": self.body}

    @property
    def policy(self):
        """The directives of its Content-Security-Policy."""
        directives = {}
        for directive in (self.field("content-security-policy") or "").split(";"):
            words = directive.split()
            if words:
                directives.setdefault(words[0].lower(), words[1:])
        return directives

    def may_send_form(self, url):
        allowed = self.policy.get("form-action")
        if allowed is None:
            return True
        for source in allowed:
            if source == "'self'" and origin(url) == origin(self.url):
                return True
            if source.startswith("http") and origin(url) == origin(source):
                return True
        return False

    def next_by_itself(self):
        """Where the page's `Refresh` leads at once, or nothing."""
        found = re.match(r"\s*(\d+)\s*(?:[;,]\s*(?:url\s*=\s*)?['\"]?(.*?)['\"]?\s*)?$", self.refresh or "", re.I)
        if not found or int(found[1]) > LONGEST_REFRESH:
            return None
        return urljoin(self.url, found[2]) if found[2] else None

    def form_by_itself(self):
        """The form that the page's script sends at once: the only one, hidden, and for another origin."""
        if not self.has_script or len(self.forms) != 1:
            return None
        form = self.forms[0]
        hidden = all(field["type"] == "hidden" for field in form["fields"])
        target = urljoin(self.url, form["action"])
        if form["method"] == "POST" and hidden and form["fields"] and origin(target) != origin(self.url):
            return form
        return None


class Browser:
    def __init__(self, state, authority=None, agent=None):
        self.cookies = Cookies(state.get("cookies", []))
        self.page = Page(**state["page"]) if state.get("page") else None
        self.agent = agent or "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        self.context = ssl.create_default_context(cafile=authority)
        self.requests = []
        # An address that is no page: of a program on the person's own machine.
        self.external = None

    def state(self):
        return {"cookies": self.cookies.kept, "page": self.page.kept() if self.page else None}

    # One request

    def exchange(self, method, url, body, fields):
        address = urlsplit(url)
        if address.scheme == "https":
            connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=120, context=self.context)
        else:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=120)
        target = (address.path or "/") + ("?" + address.query if address.query else "")
        try:
            connection.request(method, target, body=body, headers=fields)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def go(self, method, url, form=None, sender=None):
        """Navigates, along every redirect.

        - form: the body of a form.
        - sender: the page that the link or form is on; absent for an address that was typed."""
        is_form = form is not None or method == "POST"
        chain, is_cross_site, is_tainted = [], False, False
        while True:
            scheme = urlsplit(url).scheme
            if scheme not in ("http", "https"):
                self.external = url
                return
            if len(chain) >= MOST_REQUESTS_A_STEP:
                raise Refused(f"too many redirects, the last to {url}")
            if sender is not None and is_form and not sender.may_send_form(url):
                raise Refused(f"form-action of {sender.url} does not allow {url}")
            chain.append(url)
            fields = {
                "User-Agent": self.agent, "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "Accept-Language": "en", "Upgrade-Insecure-Requests": "1", "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1",
            }
            is_same_site = sender is None or site(sender.url) == site(url)
            is_cross_site = is_cross_site or not is_same_site
            if sender is None:
                fields["Sec-Fetch-Site"] = "none"
            elif is_cross_site:
                fields["Sec-Fetch-Site"] = "cross-site"
            else:
                same = all(origin(step) == origin(sender.url) for step in chain)
                fields["Sec-Fetch-Site"] = "same-origin" if same else "same-site"
            body = None
            if method == "POST":
                fields["Content-Type"] = "application/x-www-form-urlencoded"
                body = form or ""
                fields["Origin"] = self.origin_sent(sender, url, is_tainted)
            referrer = self.referrer_sent(sender, url)
            if referrer:
                fields["Referer"] = referrer
            cookies = self.cookies.line(url, method, is_same_site)
            if cookies:
                fields["Cookie"] = cookies
            status, answered, text = self.exchange(method, url, body, fields)
            for name, value in answered:
                if name.lower() == "set-cookie":
                    self.cookies.receive(url, value)
            head = sum(len(name) + len(value) + 4 for name, value in answered)
            location = next((value for name, value in answered if name.lower() == "location"), None)
            self.requests.append(
                {"method": method, "url": url, "status": status, "head": head, "origin": fields.get("Origin")}
            )
            if status in (301, 302, 303, 307, 308) and location is not None:
                target = urljoin(url, location)
                if status in (301, 302, 303) and method == "POST" or status == 303 and method not in ("GET", "HEAD"):
                    method, form = "GET", None
                if urlsplit(target).scheme in ("http", "https") and origin(target) != origin(url):
                    is_tainted = True
                if urlsplit(url).fragment and not urlsplit(target).fragment:
                    target += "#" + urlsplit(url).fragment
                url = target
                continue
            self.page = Page(url, status, answered, text)
            self.requests[-1]["title"] = self.page.title
            return

    @staticmethod
    def referrer_policy(sender):
        named = [word.strip() for word in (sender.field("referrer-policy") or "").lower().split(",")]
        return named[-1] or "strict-origin-when-cross-origin"

    def origin_sent(self, sender, url, is_tainted):
        """`Origin` of a POST (Fetch, "append a request Origin header")."""
        if sender is None or is_tainted:
            return "null"
        policy = self.referrer_policy(sender)
        if policy == "no-referrer":
            return "null"
        if policy == "same-origin" and origin(url) != origin(sender.url):
            return "null"
        if policy in ("strict-origin", "strict-origin-when-cross-origin", "no-referrer-when-downgrade"):
            if sender.url.startswith("https:") and url.startswith("http:"):
                return "null"
        return origin(sender.url)

    def referrer_sent(self, sender, url):
        if sender is None:
            return None
        policy = self.referrer_policy(sender)
        is_same = origin(url) == origin(sender.url)
        is_downgrade = sender.url.startswith("https:") and url.startswith("http:")
        if policy == "no-referrer" or policy == "same-origin" and not is_same:
            return None
        if policy == "strict-origin-when-cross-origin" and is_downgrade:
            return None
        return sender.url.split("#")[0] if is_same else origin(sender.url) + "/"

    def settle(self):
        """Goes on as long as pages do so by themselves."""
        for _ in range(MOST_REQUESTS_A_STEP):
            if self.external or self.page is None:
                return
            target, form = self.page.next_by_itself(), self.page.form_by_itself()
            if target is not None:
                # A refresh is a navigation that the page begins, with GET.
                self.go("GET", target, sender=self.page)
            elif form is not None:
                self.send(form, None)
            else:
                return
        raise Refused(f"{self.page.url} goes on for ever")

    # What a person does

    def send(self, form, button):
        pairs = [
            (field["name"], field["value"]) for field in form["fields"] if field["name"] and field.get("on", True)
        ]
        if button is not None and button["name"]:
            pairs.append((button["name"], button["value"]))
        action = (button or {}).get("action") or form["action"]
        url = urljoin(self.page.url, action) if action else self.page.url
        if form["method"] == "POST":
            if form["type"] != "application/x-www-form-urlencoded":
                raise Refused(f"this browser sends no {form['type']}")
            self.go("POST", url, form=urlencode(pairs), sender=self.page)
        else:
            target = url.split("#")[0].split("?")[0] + "?" + urlencode(pairs)
            if not self.page.may_send_form(target):
                raise Refused(f"form-action of {self.page.url} does not allow {target}")
            self.go("GET", target, sender=self.page)

    def describe(self):
        page = self.page
        if page is None:
            return "There is no page."
        buttons = [button["text"] or button["label"] for form in page.forms for button in form["buttons"]]
        return f"The page is {page.url} ({page.status}), {page.title!r}, with the buttons {buttons}: {page.text[:600]}"

    def act(self, step):
        what, *rest = step
        self.external = None
        if what == "open":
            self.go("GET", rest[0])
        elif what == "follow":
            self.follow(rest[0])
        elif what == "sign in":
            self.sign_in(*rest)
        elif what == "fill":
            self.fill(rest[0])
            return
        elif what == "press":
            form, button = self.find_button(rest[0])
            self.send(form, button)
        elif what == "forget":
            self.cookies.kept = [cookie for cookie in self.cookies.kept if cookie["host"] != rest[0]]
            return
        else:
            raise Refused(f"no such step: {what}")
        self.settle()

    def follow(self, wanted):
        for link in self.page.links if self.page else []:
            if link["text"].lower() == wanted.lower() or link["address"].endswith(wanted):
                return self.go("GET", urljoin(self.page.url, link["address"]), sender=self.page)
        raise Refused(f"There is no link {wanted!r}. {self.describe()}")

    def sign_in(self, name, password):
        for form in self.page.forms if self.page else []:
            fields = {field["name"]: field for field in form["fields"]}
            if "username" not in fields or "password" not in fields:
                continue
            if fields["password"]["type"] != "password" or form["method"] != "POST":
                raise Refused(f"A password would be shown. {self.describe()}")
            username = fields["username"]
            if username["type"] != "hidden" and not username.get("read_only"):
                username["value"] = name
            fields["password"]["value"] = password
            return self.send(form, form["buttons"][0] if form["buttons"] else None)
        raise Refused(f"There is no form with user name and password. {self.describe()}")

    def fill(self, values):
        for name, value in values.items():
            found = [field for form in self.page.forms for field in form["fields"] if field["name"] == name]
            if not found:
                raise Refused(f"There is no field {name!r}. {self.describe()}")
            for field in found:
                if field["type"] in ("checkbox", "radio"):
                    field["on"] = field["value"] == value if field["type"] == "radio" else bool(value)
                else:
                    field["value"] = value

    def find_button(self, wanted):
        for form in self.page.forms if self.page else []:
            for button in form["buttons"]:
                names = [button["text"], button["label"], f"{button['name']}={button['value']}"]
                if wanted.lower() in [name.lower() for name in names]:
                    return form, button
        raise Refused(f"There is no button {wanted!r}. {self.describe()}")

    def report(self, error=None):
        page = self.page
        report = {"requests": self.requests, "external": self.external, "error": error}
        if page is not None:
            report.update(url=page.url, status=page.status, title=page.title, text=page.text, body=page.body)
            report["buttons"] = [button["text"] for form in page.forms for button in form["buttons"]]
            report["fields"] = sorted({field["name"] for form in page.forms for field in form["fields"] if field["name"]})
        return report


def main():
    options = argparse.ArgumentParser()
    options.add_argument("state")
    options.add_argument("steps", type=json.loads)
    options.add_argument("--ca")
    options.add_argument("--agent")
    given = options.parse_args()
    try:
        with open(given.state) as file:
            state = json.load(file)
    except FileNotFoundError:
        state = {}
    browser, error = Browser(state, given.ca, given.agent), None
    for step in given.steps:
        try:
            browser.act(step)
        except (Refused, OSError, http.client.HTTPException) as fault:
            error = f"{step}: {fault}" if not isinstance(fault, Refused) else str(fault)
            break
    with open(given.state, "w") as file:
        json.dump(browser.state(), file)
    json.dump(browser.report(error), sys.stdout)
    return 1 if error else 0


if __name__ == "__main__":
    sys.exit(main())
