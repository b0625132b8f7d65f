"""A visit to a page that only works with scripts, in headless Chromium: chromium_visit.py FOLDER STEPS.

STEPS is a JSON list of ["open", ADDRESS], ["press", TEXT], ["click", SELECTOR], ["type", FIELD, TEXT], ["see", TEXT] and
["window", N], which goes on in the Nth window. Each step waits until it can be done. It prints the address and the text at the end as a JSON object; when a step cannot be done within minutes,
the exit code is 1."""
import json, sys

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

folder, steps = sys.argv[1], json.loads(sys.argv[2])
options = webdriver.ChromeOptions()
options.binary_location = "/usr/bin/chromium"
# As root there is no sandbox. The authority of these tests is in no store of Chromium's.
for argument in (
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", f"--user-data-dir={folder}",
    "--ignore-certificate-errors", "--lang=en", "--window-size=1280,1000",
):
    options.add_argument(argument)
driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def text():
    return driver.find_element(By.TAG_NAME, "body").text


def button(wanted):
    for element in driver.find_elements(By.CSS_SELECTOR, "button, input[type=submit], a"):
        if element.is_displayed() and element.text.strip().lower() == wanted.lower():
            return element
    return None


def act(what, *rest):
    if what == "open":
        driver.get(rest[0])
    elif what == "press":
        button(rest[0]).click()
    elif what == "click":
        driver.find_element(By.CSS_SELECTOR, rest[0]).click()
    elif what == "window":
        driver.switch_to.window(driver.window_handles[rest[0]])
    elif what == "type":
        element = driver.find_element(By.NAME, rest[0])
        element.clear()
        element.send_keys(rest[1])
    elif what == "see":
        assert rest[0] in text()


def done(step):
    def attempt(_):
        # The page may change between a look and a click.
        try:
            act(*step)
            return True
        except Exception:
            return False

    return attempt


error = None
try:
    for step in steps:
        try:
            WebDriverWait(driver, 300, 0.1).until(done(step))
        except TimeoutException:
            error = f"cannot {step}"
            break
    print(json.dumps({"url": driver.current_url, "text": text(), "title": driver.title, "error": error}))
finally:
    driver.quit()
sys.exit(1 if error else 0)
