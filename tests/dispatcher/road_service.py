"""A server that speaks as OSRM's table service does, for as long as a test lasts."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

Position = tuple[float, float]
# Longitude, latitude: how long and how far from the one to the other; None where no road leads.
Measure = Callable[[Position, Position], tuple[float, float] | None]
FORMAT = "/table/v1/driving/"


def due_east(one: Position, other: Position) -> tuple[float, float]:
    """Roads that run along the parallels only: 100 s and 1,500 m for a hundredth of a degree."""
    steps = round(abs(one[0] - other[0]) * 100)
    return 100 * steps, 1_500 * steps


@dataclass
class RoadService:
    """What the server answers by, and what it was asked."""

    measure: Measure = due_east
    status: int = 200
    body: bytes | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str) -> tuple[int, bytes]:
        parts = urlsplit(path)
        if not parts.path.startswith(FORMAT):
            return 404, b"{}"
        pairs = unquote(parts.path.removeprefix(FORMAT)).split(";")
        spots = [tuple(map(float, pair.split(","))) for pair in pairs]
        query = parse_qs(parts.query)
        rows, columns = (
            [spots[int(place)] for place in query[side][0].split(";")]
            for side in ("sources", "destinations")
        )
        self.asked.append((len(rows), len(columns)))
        if self.body is not None or self.status != 200:
            return self.status, self.body or b"{}"
        if len(spots) > 100:
            return 400, json.dumps({"code": "TooBig"}).encode()
        grid = [[self.measure(one, other) for other in columns] for one in rows]
        names = {"durations": 0, "distances": 1}
        found = {
            name: [[way and way[place] for way in row] for row in grid]
            for name, place in names.items()
        }
        return 200, json.dumps({"code": "Ok", **found}).encode()


@contextmanager
def road_service() -> Iterator[RoadService]:
    """The service at a port of its own."""
    service = RoadService()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = service.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}/table/v1/driving"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
