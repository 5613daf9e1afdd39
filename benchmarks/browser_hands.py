"""A client of the demo with a real browser: Chromium, driven by what stands on the pages."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from PIL import Image
from playwright.sync_api import BrowserContext, Page, Response, sync_playwright

from benchmarks.axe import SERIOUS, AxeFailed, violations
from client_management.demo.hands import Corners
from common.demo_client import CheckFailed

SIZES = {390: 844, 1280: 800}
SETTLED_MS = 700
TOLD_MS = 150
COLORS = 96
# What a page of a phone may stick out by: rounding.
STICKS_OUT_PX = 1


@dataclass
class Findings:
    """What was seen on the way; everything but `pictures` should be empty."""

    pages: int = 0
    pictures: list[str] = field(default_factory=list)
    serious: list[str] = field(default_factory=list)
    lesser: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    policy: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    # The refusal that is being asked for, which is no fault.
    expected: int = 200

    @property
    def faults(self) -> list[str]:
        """Everything that must not be."""
        found: list[str] = []
        for kind in ("serious", "too_wide", "policy", "elsewhere", "console", "failed"):
            found += [f"{kind}: {each}" for each in getattr(self, kind)]
        return found


class BrowserHands:
    """The client's hands on a page in Chromium; `look` makes pictures and asks axe."""

    def __init__(self, page: Page, base_url: str, axe: str, folder: Path) -> None:
        self.findings = Findings()
        self._page, self._base = page, base_url
        self._axe, self._folder = axe, folder
        watch(page, base_url, self.findings)

    @property
    def text(self) -> str:
        return " ".join(self._page.inner_text("body").split())

    @property
    def path(self) -> str:
        return urlsplit(self._page.url).path

    def open(self, address: str, status: int = 200) -> None:
        with self._expecting(status):
            answer = self._page.goto(urljoin(self._base, address), wait_until="load")
            self._check(answer, status)

    def fill(self, values: dict[str, str]) -> None:
        for name, value in values.items():
            box = self._page.locator(f"[name='{name}']:visible").first
            kind = box.evaluate("each => each.type || each.localName")
            if kind in ("checkbox", "radio"):
                self._page.locator(f"[name='{name}'][value='{value}']").first.check()
            elif kind.startswith("select"):
                box.select_option(value)
            else:
                box.fill(value)

    def draw(self, corners: Corners) -> None:
        """Zoom to where it is and press on the map at each corner."""
        box = self._page.locator("#map svg")
        box.scroll_into_view_if_needed()
        places = self._page.evaluate(_ZOOM, [[lon, lat] for lat, lon in corners])
        for x, y in places:
            box.click(position={"x": x, "y": y})
        self._page.wait_for_function(
            "document.getElementById('map-size').textContent.includes('ha')"
        )

    def press(self, words: str, status: int = 200) -> None:
        button = self._page.get_by_role("button", name=words).first
        with self._expecting(status):
            with self._page.expect_navigation(wait_until="load") as answer:
                button.click()
            self._check(answer.value, status)

    def follow(self, words: str) -> None:
        with self._page.expect_navigation(wait_until="load"):
            self._page.get_by_role("link").filter(has_text=words).first.click()

    def link(self, words: str) -> str:
        found = self._page.get_by_role("link").filter(has_text=words).first.get_attribute("href")
        return urljoin(self._page.url, found or "")

    def look(self, name: str) -> None:
        """A picture on a phone and on a desk, each with what axe says of it."""
        self.findings.pages += 1
        for width, height in SIZES.items():
            self._page.set_viewport_size({"width": width, "height": height})
            self._page.wait_for_timeout(SETTLED_MS)
            self._page.evaluate("window.scrollTo(0, 0)")
            target = self._folder / f"{name}-{width}.png"
            self._page.screenshot(path=target, full_page=True)
            # A page has few colors; a third of the bytes shows the same.
            Image.open(target).quantize(COLORS).save(target, optimize=True)
            self.findings.pictures.append(target.name)
            self._measure(f"{name} at {width}")

    @contextmanager
    def _expecting(self, status: int) -> Iterator[None]:
        self.findings.expected = status
        yield
        if status != http.client.OK:
            # What the browser says of a refusal reaches the console a little later.
            self._page.wait_for_timeout(TOLD_MS)
        self.findings.expected = http.client.OK

    def _check(self, answer: Response | None, status: int) -> None:
        given = answer.status if answer else "no answer"
        if given != status:
            raise CheckFailed(f"{self.path}: {given}, not {status}\n{self.text[:1500]}")

    def _measure(self, where: str) -> None:
        wide = self._page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wide > STICKS_OUT_PX:
            self.findings.too_wide.append(f"{where}: {wide} px wider than the window")
        for found in self._asked():
            place = "; ".join(str(node["target"]) for node in found["nodes"][:3])
            told = f"{where}: {found['id']} ({found['help']}) at {place}"
            bucket = "serious" if found["impact"] in SERIOUS else "lesser"
            getattr(self.findings, bucket).append(told)

    def _asked(self) -> list[dict[str, Any]]:
        try:
            return violations(self._page, self._axe)
        except AxeFailed as fault:
            raise CheckFailed(str(fault)) from fault


@contextmanager
def chromium(path: str) -> Iterator[BrowserContext]:
    """A headless Chromium with an empty profile."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser.new_context(locale="en-AU", timezone_id="Australia/Sydney")
        finally:
            browser.close()


def watch(page: Page, base_url: str, findings: Findings) -> None:
    host = urlsplit(base_url).netloc

    def asked(request: Any) -> None:
        place = urlsplit(request.url)
        if place.scheme in ("http", "https", "ws", "wss") and place.netloc != host:
            findings.elsewhere.append(request.url)

    def answered(response: Any) -> None:
        is_wanted = response.request.is_navigation_request() and (
            response.status == findings.expected
        )
        if response.status >= http.client.BAD_REQUEST and not is_wanted:
            findings.failed.append(f"{response.status} {response.request.method} {response.url}")

    def said(message: Any) -> None:
        if message.type in ("error", "warning"):
            if (
                findings.expected != http.client.OK
                and f"status of {findings.expected}" in message.text
            ):
                return
            blocked = "Content Security Policy" in message.text
            (findings.policy if blocked else findings.console).append(message.text)

    page.on("request", asked)
    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", lambda fault: findings.console.append(str(fault)))


_ZOOM = """
(corners) => {
  const map = window.portalMap;
  const lons = corners.map((each) => each[0]);
  const lats = corners.map((each) => each[1]);
  const [west, east] = [Math.min(...lons), Math.max(...lons)];
  const [south, north] = [Math.min(...lats), Math.max(...lats)];
  map.lon = (west + east) / 2;
  map.lat = (south + north) / 2;
  map.zoomTo([(east - west) * 2, (north - south) * 2]);
  map.draw();
  return corners.map(([lon, lat]) => map.to(lon, lat));
}
"""
