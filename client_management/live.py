"""The live channels of clients, and what of an operation's channel a client may see."""

import json
from collections.abc import Callable
from dataclasses import replace

from common.live.hub import Message

# Of a position: no alerts, no batteries, no limits.
_SHOWN = ("operation", "recorded_at", "lat", "lon", "height_m", "speed_ms", "heading_deg")


def client_channel(organization_id: int) -> str:
    """The live channel of one client."""
    return f"client:{organization_id}"


def position_only(message: Message) -> Message | None:
    """A position with the fields a client sees; None for every other event of a flight."""
    if message.event != "position":
        return None
    told = json.loads(message.data)
    shown = {name: told[name] for name in _SHOWN if name in told}
    return replace(message, data=json.dumps(shown, separators=(",", ":")))


def flights_of_job(number: str) -> Callable[[Message], Message | None]:
    """
    What somebody who follows a job is told: positions, and `job` when a flight began or ended.

    A flight that begins has a channel of its own: whoever hears of it follows the job anew.
    """

    def pick(message: Message) -> Message | None:
        if message.event == "job":
            is_own = json.loads(message.data).get("number") == number
            # How the job stands is for those who may see jobs.
            return replace(message, data=json.dumps({"number": number})) if is_own else None
        return position_only(message)

    return pick
