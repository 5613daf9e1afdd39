import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.users.factories import UserFactory, grant

VIEWS = (
    "airports.view_airport",
    "airports.view_weatherdata",
    "airports.view_airspacerestriction",
)
EDITS = (
    "airports.add_weatherdata",
    "airports.change_airport",
    "airports.add_airspacerestriction",
    "airports.retire_airspacerestriction",
)


@pytest.fixture
def reader(client_for: Any) -> Any:
    """A client who may look at everything in this app and change nothing."""
    user = UserFactory()
    grant(user, *VIEWS)
    return client_for(user)


@pytest.fixture
def stranger(client_for: Any) -> Any:
    """A signed-in client without any grant."""
    return client_for(UserFactory())


@pytest.fixture
def editor(client_for: Any) -> Any:
    """A client who may also enter, change and retire."""
    user = UserFactory()
    grant(user, *VIEWS, *EDITS)
    return client_for(user)


class Source:
    """An outside source on this machine; `answers` maps a path to (status, headers, body)."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.url = ""


@pytest.fixture
def source(settings: Any) -> Iterator[Source]:
    """A running source that the settings allow and point to."""
    state = Source()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append((self.path, dict(self.headers)))
            path = self.path.split("?", 1)[0]
            status, headers, body = state.answers.get(path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://localhost:{server.server_port}"
    settings.TRUSTED_PRIVATE_HOSTS = ["localhost"]
    settings.METAR_SOURCE_URL = f"{state.url}/metar"
    settings.TAF_SOURCE_URL = f"{state.url}/taf"
    settings.METAR_CACHE_URL = f"{state.url}/cache"
    settings.AIRPORTS_SOURCE_URL = f"{state.url}/airports.csv"
    settings.RUNWAYS_SOURCE_URL = f"{state.url}/runways.csv"
    settings.FREQUENCIES_SOURCE_URL = f"{state.url}/frequencies.csv"
    yield state
    server.shutdown()
    server.server_close()
