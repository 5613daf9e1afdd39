"""How the client of the demo uses the portal's pages: by what is written on them, as people do."""

import http.client
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from common.demo_client import TIMEOUT_S, CheckFailed

MOST_REDIRECTS = 5
Corners = Sequence[tuple[float, float]]


class Hands(Protocol):
    """Somebody at the portal; what cannot be done as said raises CheckFailed."""

    @property
    def text(self) -> str:
        """What stands on the page."""

    @property
    def path(self) -> str:
        """Where the page is."""

    def open(self, address: str, status: int = 200) -> None:
        """Go to an address or path of the portal, which answers with that status."""

    def fill(self, values: dict[str, str]) -> None:
        """Write into fields, by their names."""

    def draw(self, corners: Corners) -> None:
        """Draw an area, its corners as latitude and longitude."""

    def press(self, words: str, status: int = 200) -> None:
        """Press the button with these words; what comes answers with that status."""

    def follow(self, words: str) -> None:
        """Follow the first link with these words in it."""

    def link(self, words: str) -> str:
        """The address of the first link with these words in it."""

    def look(self, name: str) -> None:
        """Look at the page for a while; a browser makes a picture of it."""


@dataclass
class Button:
    """A button of a form, what it sends and what stands on it."""

    name: str
    value: str
    words: str = ""


@dataclass
class Form:
    """A form with what its fields would send."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


class ReadPage(HTMLParser):
    """Forms, links and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[list[str]] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._button: Button | None = None
        self._link: list[str] | None = None
        self._area: str | None = None
        self._select: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""))
            self.forms.append(self._form)
        elif tag == "a":
            self._link = [given.get("href", ""), ""]
            self.links.append(self._link)
        elif self._form is not None:
            self._field(self._form, tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "")
        if tag == "button":
            self._button = Button(name, given.get("value", ""))
            form.buttons.append(self._button)
        elif tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in given):
            form.fields[name] = given.get("value", "")
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            form.fields[self._select] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._button is not None:
            self._button.words += data
        if self._link is not None:
            self._link[1] += data
        if self._area is not None and self._form is not None:
            self._form.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "button":
            self._button = None
        elif tag == "a":
            self._link = None
        elif tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None


class PlainHands:
    """The portal by its pages alone, without a browser: forms, links and cookies over HTTP."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url
        self._cookies: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._page = ReadPage("")
        self._address = base_url

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._page.words).split())

    @property
    def path(self) -> str:
        return urlsplit(self._address).path

    def open(self, address: str, status: int = 200) -> None:
        self._ask("GET", urljoin(self._address, address), status=status)

    def fill(self, values: dict[str, str]) -> None:
        self._written |= values

    def draw(self, corners: Corners) -> None:
        self.fill({"area": "\n".join(f"{lat}, {lon}" for lat, lon in corners)})

    def press(self, words: str, status: int = 200) -> None:
        for form in self._page.forms:
            for button in form.buttons:
                if words in button.words:
                    named = {button.name: button.value} if button.name else {}
                    given = {**form.fields, **self._written, **named}
                    self._ask("POST", urljoin(self._address, form.action), given, status)
                    return
        raise CheckFailed(f"{self.path}: no button {words!r}\n{self.text[:1500]}")

    def follow(self, words: str) -> None:
        self.open(self.link(words))

    def link(self, words: str) -> str:
        for address, text in self._page.links:
            if words in text:
                return urljoin(self._address, address)
        raise CheckFailed(f"{self.path}: no link {words!r}\n{self.text[:1500]}")

    def look(self, name: str) -> None:
        """Nobody looks: nothing is shown."""

    def _ask(
        self, method: str, address: str, form: dict[str, str] | None = None, status: int = 200
    ) -> None:
        for _ in range(MOST_REDIRECTS):
            given, where, text = self._sent(method, address, form)
            self._address, self._written = address, {}
            if not where:
                self._page = ReadPage(text)
                if given != status:
                    raise CheckFailed(f"{method} {self.path}: {given}\n{self.text[:1500]}")
                return
            method, address, form = "GET", urljoin(address, where), None
        raise CheckFailed(f"{address}: sent round in a circle")

    def _sent(self, method: str, address: str, form: dict[str, str] | None) -> tuple[int, str, str]:
        place = urlsplit(address)
        secure = place.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(place.hostname or "", place.port, timeout=TIMEOUT_S)
        headers = {
            "Accept": "text/html",
            "Accept-Language": "en",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Referer": self._address,
        }
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        target = f"{place.path}?{place.query}" if place.query else place.path
        try:
            body = urlencode(form) if form is not None else None
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as fault:
            raise CheckFailed(f"{method} {address}: {fault}") from fault
        finally:
            connection.close()
        self._keep(answer.headers.get_all("Set-Cookie") or [])
        return answer.status, answer.headers.get("Location", ""), text

    def _keep(self, headers: Sequence[str]) -> None:
        for header in headers:
            for name, morsel in SimpleCookie(header).items():
                self._cookies[name] = morsel.value
