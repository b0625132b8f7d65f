"""Headless Chromium in front of the server's pages: what a person does there, and what every page must hold."""
import json, os, pathlib, time

import axe_playwright_python
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

# axe-core as the package brings it; nothing else of the package is used.
AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 1280)
THEMES = ("light", "dark")
# A limit that only ends a hang.
PATIENCE = 300


class Failure(Exception):
    """What a page did not hold."""


class Person:
    """One browser with a profile of its own."""

    def __init__(self, folder, scripts=True, language="en", pictures=None):
        self.scripts = scripts
        self.language = language
        self.pictures = pathlib.Path(pictures) if pictures else None
        self.seen = set()
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        # As root there is no sandbox.
        for argument in (
            "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", f"--user-data-dir={folder}",
            "--window-size=1280,1000", "--hide-scrollbars", "--disable-background-networking", "--no-first-run",
        ):
            options.add_argument(argument)
        options.add_experimental_option(
            "prefs",
            {
                "intl.accept_languages": language,
                "credentials_enable_service": False,
                "profile.managed_default_content_settings.javascript": 1 if scripts else 2,
            },
        )
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))

    def close(self):
        self.driver.quit()

    # What a person does

    def open(self, address):
        self.driver.get(address)
        self.check()

    def fill(self, field, text):
        element = self.until(lambda: self.driver.find_element(By.NAME, field), f"a field {field}")
        element.clear()
        element.send_keys(text)

    def press(self, element):
        """Clicks what has this id, or what a selector finds, and waits until the page has changed."""
        selector = element if element[0] in "#.[" or " " in element else f"#{element}"
        found = self.until(lambda: self.driver.find_element(By.CSS_SELECTOR, selector), f"something like {selector}")
        old = self.driver.find_element(By.TAG_NAME, "html")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found) if self.scripts else None
        found.click()
        self.until(lambda: self._is_gone(old), f"another page after {selector}")
        self.check()

    def _is_gone(self, element):
        try:
            element.is_enabled()
            return False
        except (StaleElementReferenceException, WebDriverException):
            return True

    def sign_in(self, name, password):
        self.fill("username", name)
        self.fill("password", password)
        self.press("submit")

    def back(self):
        self.driver.back()
        self.check()

    def reload(self):
        self.driver.refresh()
        self.check()

    # What a person sees

    @property
    def address(self):
        return self.driver.current_url

    @property
    def heading(self):
        found = self.driver.find_elements(By.TAG_NAME, "h1")
        return found[0].text if found else ""

    @property
    def text(self):
        try:
            return self.driver.find_element(By.TAG_NAME, "body").text
        except (StaleElementReferenceException, WebDriverException):
            return ""

    def value(self, field):
        return self.driver.find_element(By.NAME, field).get_attribute("value")

    def focused(self):
        return self.driver.switch_to.active_element.get_attribute("id")

    def has(self, selector):
        return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def history(self):
        return self.driver.execute_script("return history.length")

    def until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                found = condition()
                if found:
                    return found
            except WebDriverException:
                pass
            if time.monotonic() > end:
                raise Failure(f"There is not {what}.\n{self.where()}")
            time.sleep(0.02)

    def expect(self, condition, what):
        if not condition:
            raise Failure(f"{what}\n{self.where()}")

    def arrive(self, start):
        """Waits for an address that begins like this."""
        self.until(lambda: self.address.startswith(start), f"{start}")
        self.check()

    def see(self, heading):
        """Waits for this heading."""
        self.until(lambda: self.heading == heading, f"the heading {heading}")
        self.check()

    def where(self):
        return f"{self.address}\n{self.driver.title}\n{self.text[:1500]}"

    # What every page holds

    def check(self):
        """No page may break its own policy."""
        for entry in self.driver.get_log("browser"):
            message = entry["message"]
            if "Content Security Policy" in message or "Trusted" in message or entry["source"] == "security":
                raise Failure(f"A page breaks its policy: {message}\n{self.where()}")

    def look(self, name):
        """No violation that axe knows and no sideways scrolling, narrow and wide, light and dark."""
        if name in self.seen:
            return
        self.seen.add(name)
        run = (
            "const done = arguments[arguments.length - 1];"
            # Colours fade when the theme changes.
            "Promise.all(document.getAnimations().map(fade => fade.finished)).then(() => "
            f"axe.run(document, {{runOnly: {json.dumps(TAGS)}, resultTypes: ['violations']}}))"
            ".then(result => done(result.violations.map(v => v.id + ': ' + v.help + ' ' +"
            " v.nodes.map(n => n.html + ' ' + n.failureSummary).join('; '))), error => done(['' + error]));"
        )
        if self.scripts:
            self.driver.execute_script(AXE)
        for width in WIDTHS:
            self.resize(width)
            wide = self.driver.execute_script("return document.documentElement.scrollWidth") if self.scripts else width
            self.expect(wide <= width, f"{name} is {wide} px wide on a screen of {width} px.")
            for theme in THEMES:
                self.colours(theme)
                if self.scripts:
                    found = self.driver.execute_async_script(run)
                    self.expect(not found, f"axe on {name}, {width} px, {theme}:\n" + "\n".join(found))
                self.picture(name, width, theme)
        self.resize(1280)
        self.colours("light")

    def resize(self, width):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
        )

    def colours(self, theme):
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        )

    def picture(self, name, width, theme):
        if not self.pictures:
            return
        self.pictures.mkdir(parents=True, exist_ok=True)
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        shot = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot",
            {
                "captureBeyondViewport": True,
                "clip": {"x": 0, "y": 0, "width": width, "height": max(size["height"], 400), "scale": 1},
            },
        )
        import base64

        path = self.pictures / f"{name}-{self.language[:2]}-{width}-{theme}.png"
        path.write_bytes(base64.b64decode(shot["data"]))
