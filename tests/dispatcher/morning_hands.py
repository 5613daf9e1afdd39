"""Hands on the desk's pages, by mouse or by keys alone, and eyes for what must not happen there."""

import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tests.dispatcher.board_scene import CHROMIUM

PICTURES = os.environ.get("WINDSOCK_MORNING_PICTURES", "")
SIZES = {1280: 800, 1920: 1080, 820: 1180}
SCHEMES = ("light", "dark")
SETTLED_MS = 250
MOST_TABS = 250
MOST_ARROWS = 5
BREACH = "policy breached:"
# What a page tells of its content policy, which is otherwise lost with the page.
TELL_BREACHES = f"""
document.addEventListener("securitypolicyviolation", (breach) =>
  console.error("{BREACH}", breach.violatedDirective, breach.blockedURI, breach.sourceFile));
"""


class Hands(Protocol):
    """What a person does on a page."""

    def press(self, what: str) -> None:
        """Follow a link, press a button, open what can be opened."""

    def write(self, what: str, text: str) -> None:
        """Type into a field."""

    def choose(self, what: str, label: str) -> None:
        """Choose from a list by what is shown."""


@dataclass
class Mouse:
    """Points and clicks; types into what it clicked."""

    page: Any

    def press(self, what: str) -> None:
        self.page.locator(what).first.click()

    def write(self, what: str, text: str) -> None:
        self.page.locator(what).first.click()
        self.page.keyboard.type(text)

    def choose(self, what: str, label: str) -> None:
        self.page.select_option(what, label=label)


@dataclass
class Keys:
    """Reaches everything by Tab, as somebody does who has no mouse."""

    page: Any

    def press(self, what: str) -> None:
        self._reach(what)
        self.page.keyboard.press("Enter")

    def write(self, what: str, text: str) -> None:
        self._reach(what)
        self.page.keyboard.type(text)

    def choose(self, what: str, label: str) -> None:
        self._reach(what)
        self.page.keyboard.type(label)

    def _reach(self, what: str) -> None:
        for _ in range(MOST_TABS):
            if self._is_at(what) or (self._is_at(".bar:focus") and self._walked(what)):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{what} is not reached by keys.")

    def _is_at(self, what: str) -> bool:
        # Looked for each time: the board draws itself anew.
        place = self.page.locator(what).first
        return bool(place.count()) and bool(
            place.evaluate("(each) => each === document.activeElement")
        )

    def _walked(self, what: str) -> bool:
        """The timeline is one stop for Tab; inside it arrows lead from bar to bar."""
        if ".bar" not in what:
            return False
        self._arrow("ArrowUp", MOST_ARROWS)
        for _ in range(MOST_ARROWS):
            self._arrow("ArrowLeft", MOST_ARROWS)
            for _ in range(MOST_ARROWS):
                if self._is_at(what):
                    return True
                self._arrow("ArrowRight")
            self._arrow("ArrowDown")
        return False

    def _arrow(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)


@dataclass
class Eyes:
    """What was seen on the way; every list should be empty at the end."""

    page: Any
    base: str
    axe: str
    policy: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    serious: list[str] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda fault: self.console.append(str(fault)))
        self.page.on("request", self._follow)
        self.page.on("response", self._answered)

    @property
    def faults(self) -> list[str]:
        return [*self.policy, *self.elsewhere, *self.console, *self.serious]

    def look(self, name: str) -> None:
        """Ask axe of the page in light and dark; make pictures where they are wanted."""
        self.looked_at.append(name)
        for scheme in SCHEMES:
            self.page.emulate_media(color_scheme=scheme)
            self.page.wait_for_timeout(SETTLED_MS)
            self._ask_axe(f"{name}, {scheme}")
            if PICTURES:
                self._draw(name, scheme)
        self.page.emulate_media(color_scheme="light")

    def _ask_axe(self, where: str) -> None:
        from benchmarks.axe import SERIOUS, violations  # noqa: PLC0415 - needs playwright

        for found in violations(self.page, self.axe) if self.axe else ():
            if found["impact"] in SERIOUS:
                places = "; ".join(str(node["target"]) for node in found["nodes"][:4])
                self.serious.append(f"{where}: {found['id']} at {places}")

    def _draw(self, name: str, scheme: str) -> None:
        for width, height in SIZES.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.wait_for_timeout(SETTLED_MS)
            target = Path(PICTURES) / f"{name}-{width}-{scheme}.png"
            self.page.screenshot(path=target, full_page="board" not in name)
        self.page.set_viewport_size({"width": 1280, "height": SIZES[1280]})

    def _answered(self, response: Any) -> None:
        if response.status >= http.client.BAD_REQUEST:
            self.console.append(f"{response.status} {response.url}")

    def _hear(self, said: Any) -> None:
        # What failed to load is told with its address by the answer to it.
        if said.type != "error" or said.text.startswith("Failed to load resource"):
            return
        is_breach = BREACH in said.text or "Content Security Policy" in said.text
        (self.policy if is_breach else self.console).append(said.text)

    def _follow(self, request: Any) -> None:
        place = urlsplit(request.url)
        if (
            place.scheme in ("http", "https", "ws", "wss")
            and place.netloc != urlsplit(self.base).netloc
        ):
            self.elsewhere.append(request.url)


@contextmanager
def at_the_screen(base: str) -> Iterator[Eyes]:
    """An empty browser, and eyes on everything that happens in it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            context = browser.new_context(viewport={"width": 1280, "height": SIZES[1280]})
            context.set_default_timeout(60_000)
            page = context.new_page()
            page.add_init_script(TELL_BREACHES)
            yield Eyes(page, base, _axe())
        finally:
            browser.close()


def _axe() -> str:
    """The text of axe-core; empty where it cannot be had, which the test then says."""
    from benchmarks.axe import axe_text  # noqa: PLC0415 - needs playwright

    try:
        return axe_text()
    except (OSError, ValueError):
        return ""
