"""The page in a real browser: Debian's Chromium, headless, on a desk and on a phone.

Screenshots go to the folder in $PRINTABILITY_SCREENSHOTS, else to pytest's temporary folder.
"""

import os
import shutil
import time
from dataclasses import replace
from importlib import resources
from pathlib import Path

import cv2
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from device.camera.replay import ReplayCamera
from device.config.appliance import ApplianceConfig
from device.daemon.uploads import UploadRating
from device.vision.analyser import make_analyser
from device.vision.geometry import Box
from device.vision.image_file import read_image
from device.vision.rating import EyeReading, rate

from .appliance import HUGE, MODERATE, SmileReading, face, rating
from .conftest import Appliances

CHROMIUM = shutil.which("chromium")
CHROMEDRIVER = shutil.which("chromedriver")
COLLINS = Path(__file__).parents[1] / "pictures" / "collins.jpg"
CLIP = Path(__file__).parents[2] / ".." / "shared" / "data" / "clips" / "pyfeat_single_face.mp4"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
DESK, PHONE = (1280, 860), (360, 740)
SERIOUS = ("serious", "critical")

pytestmark = pytest.mark.skipif(
    not (CHROMIUM and CHROMEDRIVER), reason="chromium and chromium-driver are not installed"
)


class Page:
    """A browser window, and the few things the tests do with it."""

    def __init__(self, driver, address, pictures):
        self.driver = driver
        self.address = address
        self.pictures = pictures

    def open(self, path):
        self.driver.get(f"{self.address}{path}")
        self.wait("header.top a.brand" if path != "/login" else "#password")
        return self

    def at(self, address):
        return Page(self.driver, address, self.pictures)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def wait(self, selector, seconds=15):
        return self.until(lambda: [e for e in self.all(selector) if e.is_displayed()], seconds)[0]

    def until(self, condition, seconds=15):
        return WebDriverWait(self.driver, seconds, 0.1).until(lambda _: condition())

    def resize(self, size, theme="light"):
        width, height = size
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def shoot(self, name):
        self.driver.save_screenshot(str(self.pictures / f"{name}.png"))

    def faults(self):
        """Serious accessibility faults, as axe-core finds them."""
        package = resources.files("axe_selenium_python")
        script = (package / "node_modules" / "axe-core" / "axe.min.js").read_text()
        # The page's own policy forbids foreign scripts; the driver's are outside it.
        self.driver.execute_script(script)
        result = self.driver.execute_async_script(
            "axe.run({resultTypes: ['violations']}).then(arguments[arguments.length - 1])"
        )
        return [
            (fault["id"], [node["html"][:120] for node in fault["nodes"]])
            for fault in result["violations"]
            if fault["impact"] in SERIOUS
        ]

    def complaints(self):
        """What the browser complains of: refused assets, script errors."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
        ]


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def party(tmp_path_factory):
    """An appliance whose uploads are rated by the real models."""
    made = Appliances(tmp_path_factory.mktemp("party"))
    config = ApplianceConfig()
    uploads = UploadRating(make_analyser(config), config.eyes.unknown_counts_as)
    yield made.make(uploads)
    made.close()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    given = os.environ.get("PRINTABILITY_SCREENSHOTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page(driver, party, pictures):
    driver.get_log("browser")
    shown = Page(driver, party.server.address, pictures)
    shown.resize(DESK)
    yield shown
    assert shown.complaints() == []
    driver.get("about:blank")


def portrait():
    """A frame of the portrait and a rating that fits it."""
    image = cv2.imread(str(COLLINS))[:384]
    seen = face(Box(0.35, 0.13, 0.19, 0.42), HUGE)
    return image, replace(rating(seen), waiting_for="hold")


def test_an_uploaded_portrait_shows_its_score_and_how_it_came_about(page, party):
    config = ApplianceConfig()
    faces = make_analyser(config).analyse(read_image(COLLINS).image)
    expected = rate(faces, frame=0, time=rating().time, unknown_eyes=config.eyes.unknown_counts_as)
    page.open("/upload").find("#files").send_keys(str(COLLINS))
    assert page.wait(".result .big").get_attribute("data-score") == f"{expected.shown_score:.1f}"
    assert (
        f"0.8 × {expected.smile:.2f} + 0.2 × {expected.open_eye_ratio:.2f}"
        in page.find(".sums").text
    )
    assert len(page.all(".result .faces li")) == len(expected.faces) == 1
    assert [button.text for button in page.all(".result .button")] == ["Picture", "JSON"]
    page.shoot("upload-desk")
    page.resize(PHONE, "dark")
    page.shoot("upload-phone")


def test_a_bad_upload_shows_a_sentence(page, tmp_path):
    bad = tmp_path / "notes.txt"
    bad.write_text("no picture")
    page.open("/upload").find("#files").send_keys(str(bad))
    assert "not an image of a known format" in page.wait(".result.failed .notice").text


@pytest.mark.skipif(not CLIP.exists(), reason="../shared/data/clips is not here")
def test_the_live_view_follows_a_clip(page, party):
    config = ApplianceConfig.model_validate(
        {"camera": {"source": str(CLIP), "replay_realtime": False}}
    )
    analyser, camera = make_analyser(config), ReplayCamera(config.camera)
    camera.open()
    try:
        page.open("/")
        scores = set()
        for number in range(40):
            frame = camera.read(5)
            if number % 4:
                continue
            rated = rate(analyser.analyse(frame.image), frame=frame.index, time=frame.time)
            party.live.publish(frame.image, rated, 0.85)
            page.until(
                lambda shown=f"{rated.shown_score:.1f}": page.find("#score").text == shown, 5
            )
            scores.add(page.find("#score").text)
        assert len(scores) >= 3
        width = page.driver.execute_script("return document.querySelector('#picture').width")
        assert width >= frame.image.shape[1]
    finally:
        camera.close()


def test_the_live_view_shows_faces_threshold_and_what_it_waits_for(page, party):
    page.open("/")
    image, seen = portrait()
    shy = SmileReading((0.7, 0.2, 0.06, 0.04))
    two = rate(
        [
            face(seen.faces[0].box, MODERATE),
            face(Box(0.7, 0.3, 0.1, 0.2), shy, EyeReading("unknown", 0)),
        ],
        frame=1,
        time=seen.time,
    )
    party.live.publish(image, replace(two, waiting_for="smile"), 0.7)
    page.until(lambda: page.find("#waiting").text == "Waiting for a smile")
    rows = [row.text.replace("\n", " ") for row in page.all("#faces li")]
    assert rows == ["moderate smile eyes open", "no smile eyes unknown"]
    assert page.find("#mark").get_attribute("transform").startswith("rotate(252")
    assert page.find("#threshold-value").text == "7.0"


def test_buttons_and_slider_ask_the_appliance(page, party):
    party.live.publish(*portrait(), 0.85)
    page.open("/").wait("#shoot").click()
    page.until(lambda: ("shoot", {}) in party.asked)
    page.find("#pause").click()
    page.until(lambda: page.find("#pause").text == "Resume")
    page.find("#pause").click()
    page.until(lambda: page.find("#pause").text == "Pause")
    page.driver.execute_script(
        "const s = document.querySelector('#threshold'); s.value = 6.3;"
        "s.dispatchEvent(new Event('input')); s.dispatchEvent(new Event('change'));"
    )
    page.until(lambda: party.threshold == 0.63)
    party.threshold = 0.85


def test_a_shot_flashes_and_shows_the_winning_picture(page, party):
    image, seen = portrait()
    page.open("/")
    for number in range(60):
        score = 0.3 + 0.65 * number / 60
        smile = SmileReading((1 - score, 0.0, 0.0, score))
        party.live.publish(
            image, replace(rating(face(seen.faces[0].box, smile)), waiting_for="smile"), 0.85
        )
        time.sleep(0.05)
    party.live.publish(image, seen, 0.85)
    party.shoot("flash", image, seen)
    winner = page.wait(".winner img")
    page.until(lambda: page.driver.execute_script("return arguments[0].naturalWidth", winner) > 0)
    assert "score 10.0" in page.find("#news").get_attribute("textContent")
    assert page.find("#last-text").text.startswith("Score 10.0")
    time.sleep(1)
    page.shoot("live-desk")
    page.resize(PHONE, "dark")
    time.sleep(0.3)
    page.shoot("live-phone")


def test_a_shot_appears_in_the_album_without_reloading(page, party):
    page.open("/album")
    page.until(lambda: "photo" in page.find("#count").text)
    page.driver.execute_script("window.stayed = true")
    time.sleep(0.5)
    party.shoot("appears", portrait()[0])
    page.wait(".tile[data-id=appears]")
    assert page.all(".tile")[0].get_attribute("data-id") == "appears"
    assert page.driver.execute_script("return window.stayed")


def test_a_photo_is_deleted_only_after_asking(page, party):
    party.shoot("doomed")
    page.open("/album").wait(".tile[data-id=doomed] button").click()
    page.wait(".viewer .danger").click()
    page.wait("dialog [value=no]").click()
    assert party.album.get("doomed") is not None
    page.find(".viewer .danger").click()
    page.wait("dialog [value=yes]").click()
    page.until(lambda: party.album.get("doomed") is None)
    page.until(lambda: not page.all(".tile[data-id=doomed]"))


def test_selected_photos_become_one_zip(page, party):
    for name in ("zip1", "zip2"):
        party.shoot(name)
    page.open("/album").wait(".tile[data-id=zip1]")
    page.find("#select").click()
    for name in ("zip1", "zip2"):
        page.find(f".tile[data-id={name}] input").click()
    assert page.find("#selected").text == "2 selected"
    assert page.find("#zip").get_attribute("href").endswith("archive.zip?id=zip1&id=zip2")


def test_a_guest_sees_the_album_and_cannot_delete(page, tmp_path):
    made = Appliances(tmp_path)
    try:
        guarded = made.guarded()
        guarded.shoot("one", portrait()[0])
        link = (
            made.browse(guarded, begin=False)
            .get("/api/guest-link", headers={"authorization": "Bearer t0ken"})
            .json()["url"]
        )
        guest = page.at(guarded.server.address)
        guest.driver.get(link)
        guest.wait(".tile[data-id=one]")
        assert [tab.text for tab in guest.all(".tabs a")] == ["Album"]
        guest.find(".tile button").click()
        guest.wait(".viewer .button.main")
        assert not guest.all(".viewer .danger")
        assert not guest.find("#invite").is_displayed()
        status = guest.driver.execute_async_script(
            "const done = arguments[0];"
            "fetch('/api/session').then((a) => a.json()).then((s) => fetch('/api/album/one', "
            "{method: 'DELETE', headers: {'x-csrf-token': s.csrf_token}}))"
            ".then((a) => done(a.status))"
        )
        assert status == 403
        assert guarded.album.get("one") is not None
        guest.driver.get(f"{guarded.server.address}/")
        guest.wait("button:enabled")
        guest.find("#password").send_keys("rose petals\n")
        guest.wait("#shoot")
        # The refused deletion is the one complaint that is meant.
        assert all("403" in complaint for complaint in guest.complaints())
    finally:
        page.driver.get("about:blank")
        made.close()


def test_everything_can_be_done_with_the_keyboard(page, party):
    party.shoot("keys")
    page.open("/album").wait(".tile[data-id=keys]")
    tab, active = "\ue004", page.driver.switch_to
    reached = set()
    for _ in range(14):
        active.active_element.send_keys(tab)
        element = active.active_element
        reached.add(element.get_attribute("id") or element.get_attribute("name") or element.text)
    assert {"Live", "Upload", "Album", "State", "invite", "order", "day", "select"} <= reached


@pytest.mark.parametrize(("theme", "size"), [("light", DESK), ("dark", PHONE)])
def test_axe_finds_no_serious_fault_and_nothing_scrolls_sideways(page, party, theme, size):
    if party.album.get("axe") is None:
        party.shoot("axe", portrait()[0])
    ready = {
        "/": "#shoot",
        "/upload": "#choose",
        "/album": ".tile[data-id=axe] button",
        "/state": "#facts table",
        "/api/docs": "#schemas summary",
        "/login": "button:enabled",
    }
    found = {}
    page.resize(size, theme)
    for path, selector in ready.items():
        page.open(path).wait(selector)
        if path == "/":
            party.live.publish(*portrait(), 0.85)
            page.until(lambda: page.all("#faces li"))
        found[path] = page.faults()
        width = page.driver.execute_script("return document.documentElement.scrollWidth")
        assert width <= size[0], f"{path} scrolls sideways"
        if path not in ("/", "/upload"):
            page.shoot(f"{path.strip('/').replace('/', '-')}-{'desk' if size == DESK else 'phone'}")
    page.open("/album").wait(ready["/album"]).click()
    page.wait(".viewer .button.main")
    found["photo"] = page.faults()
    overflow = (
        "const a = document.querySelector('.viewer aside'); return a.scrollWidth - a.clientWidth"
    )
    assert page.driver.execute_script(overflow) <= 0
    page.shoot(f"photo-{'desk' if size == DESK else 'phone'}")
    page.find(".viewer .close").click()
    page.find("#invite").click()
    page.wait(".qr")
    found["guest link"] = page.faults()
    assert {where: faults for where, faults in found.items() if faults} == {}
