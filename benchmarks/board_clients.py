"""Who sends positions and who watches the board; knows neither Django nor the database."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from multiprocessing.synchronize import Event
from threading import Thread
from typing import Any

BINS = 20_000


@dataclass
class Delays:
    """Delays in milliseconds, counted in bins of one: a run of hours needs no more room."""

    counts: list[int] = field(default_factory=lambda: [0] * (BINS + 1))
    most_ms: float = 0.0

    def add(self, seconds: float) -> None:
        milliseconds = max(0.0, seconds * 1000)
        self.counts[min(int(milliseconds), BINS)] += 1
        self.most_ms = max(self.most_ms, milliseconds)

    @property
    def count(self) -> int:
        return sum(self.counts)

    def percentile(self, share: float) -> float:
        """The delay that so many percent do not exceed, in milliseconds."""
        left = self.count * share / 100
        for milliseconds, count in enumerate(self.counts):
            left -= count
            if left <= 0:
                return float(milliseconds + 1)
        return self.most_ms


@dataclass
class Watch:
    """What all viewers heard, and when what was changed became visible to each of them."""

    positions: Delays = field(default_factory=Delays)
    changes: Delays = field(default_factory=Delays)
    made_at: dict[str, float] = field(default_factory=dict)
    # By which viewers each change was heard: one heard twice makes up for nobody's.
    heard: dict[str, set[int]] = field(default_factory=dict)
    frames: int = 0
    resets: int = 0
    reconnects: int = 0

    def hear(self, viewer: int, event: bytes, data: bytes) -> None:
        now = time.time()
        self.frames += 1
        if event == b"position":
            moment = datetime.fromisoformat(json.loads(data)["recorded_at"])
            self.positions.add(now - moment.timestamp())
        elif event == b"event":
            said = json.loads(data)
            key = f"{said['title']} {said['status']}"
            by = self.heard.setdefault(key, set())
            if key in self.made_at and viewer not in by:
                self.changes.add(now - self.made_at[key])
                by.add(viewer)
        elif event == b"reset":
            self.resets += 1


async def follow(
    port: int, token: Callable[[], str], watch: Watch, until: float, viewer: int
) -> None:
    """Follow the stream as a browser does: come back with the last number when it ends."""
    last = ""
    while time.time() < until:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
            writer.write(_request(token(), last))
            await writer.drain()
            async with asyncio.timeout(max(0.1, until - time.time())):
                last = await _read(reader, watch, last, viewer)
            writer.close()
        except TimeoutError:
            return
        except OSError:
            await asyncio.sleep(0.2)
        watch.reconnects += 1


def _request(token: str, last: str) -> bytes:
    lines = ["GET /api/dispatcher/stream/ HTTP/1.1", "Host: 127.0.0.1",
             "Accept: text/event-stream", f"Authorization: Bearer {token}"]  # fmt: skip
    if last:
        lines.append(f"Last-Event-ID: {last}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _read(reader: asyncio.StreamReader, watch: Watch, last: str, viewer: int) -> str:
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError(f"The stream was refused: {status!r}")
    event = b""
    try:
        while line := await reader.readline():
            if line.startswith(b"id: "):
                last = line[4:].strip().decode()
            elif line.startswith(b"event: "):
                event = line[7:].strip()
            elif line.startswith(b"data: "):
                watch.hear(viewer, event, line[6:])
    except TimeoutError:
        pass
    return last


@dataclass(frozen=True)
class Sender:
    """One aircraft in the air: the path and the key of its station."""

    path: str
    key: str
    device: str
    number: int


def send_positions(port: int, senders: list[Sender], rate_hz: float, stop: Event) -> None:
    """Send single positions of every aircraft so many times a second, until told to stop."""
    threads = [Thread(target=_send, args=(port, each, rate_hz, stop)) for each in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send(port: int, sender: Sender, rate_hz: float, stop: Event) -> None:
    client = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json", "X-Api-Token": sender.key}
    sequence, due = 0, time.time() + sender.number / rate_hz / 20
    while not stop.is_set():
        time.sleep(max(0.0, due - time.time()))
        # Who cannot keep the rate leaves positions out, as a station does.
        due = max(due + 1 / rate_hz, time.time() - 1 / rate_hz)
        try:
            client.request("POST", sender.path, _body(sender, sequence), headers)
            client.getresponse().read()
        except (OSError, HTTPException):
            client.close()
        sequence += 1


def _body(sender: Sender, sequence: int) -> bytes:
    step = (sequence % 500) * 1e-6
    point: dict[str, Any] = {
        "sequence": sequence,
        "recorded_at": datetime.now(UTC).isoformat(),  # noqa: TID251 - the station's own clock
        "lat": -33.9 + step, "lon": 151.2 + step, "altitude_m": 80.0, "datum": "AMSL",
        "ground_elevation_m": 20.0, "speed_ms": 8.5, "heading_deg": 90.0, "battery_percent": 84,
    }  # fmt: skip
    return json.dumps({"device": sender.device, "points": [point]}).encode()
