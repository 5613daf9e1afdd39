"""A flight in the air while its client does other things: positions sent as they are flown."""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from client_management.demo.track import RATE_HZ
from common.demo_client import CheckFailed
from flight_operations.demo.scene import Walk

BATCH_S = 5
# The first line has begun by then.
OVER_THE_PAD = 0.45
SOON_S = 60.0


class InTheAir:
    """
    Sends a track second by second and lands, in a thread of its own.

    Flown at its own pace, as a server believes no position of the future and writes down when it
    landed. What went wrong up there is raised when the flight is waited for.
    """

    def __init__(self, flight: Walk, points: Sequence[dict[str, Any]]) -> None:
        self.points = points
        self._flight = flight
        self._fault: Exception | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._fly, name="flight", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._thread.join()
            self._raise()

    @property
    def is_over_the_pad(self) -> bool:
        return self._is_over.is_set()

    def wait_for_the_pad(self) -> None:
        """Wait until it flies its lines."""
        seconds = len(self.points) / RATE_HZ + SOON_S
        if not self._is_over.wait(seconds):
            raise CheckFailed("the aircraft does not get to the pad")
        self._raise()

    def _raise(self) -> None:
        if self._fault is not None:
            raise CheckFailed(f"in the air: {self._fault}") from self._fault

    def _fly(self) -> None:
        try:
            self._send()
            self._flight.act(self._flight.pilot, "land", {}, 200)
        except Exception as fault:  # noqa: BLE001 - a thread's fault is told where it is waited for
            self._fault = fault
        finally:
            self._is_over.set()

    def _send(self) -> None:
        flight = self._flight
        if flight.station is None:
            raise CheckFailed("no ground station")
        started = datetime.fromisoformat(self.points[0]["recorded_at"])
        for first in range(0, len(self.points), BATCH_S * RATE_HZ):
            part = self.points[first : first + BATCH_S * RATE_HZ]
            flown_s = (first + len(part)) / RATE_HZ
            flight.pause_until(started + timedelta(seconds=flown_s))
            body = {"device": flight.device, "points": part}
            taken = flight.station.post(f"{flight.path}telemetry/", body)
            flagged = taken.expect(200, "telemetry").body["flagged"]
            if flagged:
                raise CheckFailed(f"positions in doubt: {flagged[:3]}")
            if first + len(part) >= len(self.points) * OVER_THE_PAD:
                self._is_over.set()
