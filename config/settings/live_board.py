"""The desk's clocks, who watches crewed trips, and what an hour of work costs."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.settings.environment import DEBUG, DEMO, DEMO_MARK, env


def _origins(address: str) -> list[str]:
    """Whose pictures the board's page may show. Raises ImproperlyConfigured."""
    if not address:
        return []
    parts = urlsplit(address)
    is_whole = all(f"{{{name}}}" in parts.path + parts.query for name in "zxy")
    if parts.scheme not in ("http", "https") or "{" in parts.netloc or not is_whole:
        raise ImproperlyConfigured(
            "MAP_TILE_URL is an address such as https://tiles.example.org/{z}/{x}/{y}.png."
        )
    return [f"{parts.scheme}://{parts.netloc}"]


# Minutes from the moment something happened, by how bad it is; information waits for nobody.
DISPATCH_ACKNOWLEDGE_MIN = {
    "critical": env.int("DISPATCH_ACKNOWLEDGE_CRITICAL_MIN", default=5),
    "warning": env.int("DISPATCH_ACKNOWLEDGE_WARNING_MIN", default=15),
}
DISPATCH_RESOLVE_MIN = {
    "critical": env.int("DISPATCH_RESOLVE_CRITICAL_MIN", default=60),
    "warning": env.int("DISPATCH_RESOLVE_WARNING_MIN", default=240),
    "info": env.int("DISPATCH_RESOLVE_INFO_MIN", default=1440),
}
# So often everybody who follows something live is asked again whether they still may.
LIVE_RIGHTS_S = env.int("LIVE_RIGHTS_S", default=30)
# Pictures under the board's map, as z, x and y; without, it draws the coast that it carries.
MAP_TILE_URL = env.str("MAP_TILE_URL", default="")
MAP_TILE_CREDIT = env.str("MAP_TILE_CREDIT", default="")
MAP_TILE_ORIGINS = _origins(MAP_TILE_URL)
# Verdicts of flights that start later than this raise nothing yet.
DISPATCH_WATCH_H = env.int("DISPATCH_WATCH_H", default=24)
# A change so near the flight must be acknowledged by whom it concerns, and how soon.
DISPATCH_NOTICE_WITHIN_MIN = env.int("DISPATCH_NOTICE_WITHIN_MIN", default=120)
DISPATCH_NOTICE_ANSWER_MIN = env.int("DISPATCH_NOTICE_ANSWER_MIN", default=15)
# The center that hears of crewed trips; empty: the first one that was opened.
DISPATCH_CREWED_CENTER = env.str("DISPATCH_CREWED_CENTER", default="")

# Every notice goes there, too, signed; empty: nowhere.
DISPATCH_WEBHOOK_URL = env.str("DISPATCH_WEBHOOK_URL", default="")
DISPATCH_WEBHOOK_SECRET = env.str("DISPATCH_WEBHOOK_SECRET", default="")
SHORTEST_WEBHOOK_SECRET = 32

# How late a departure still counts as on time, and how late one is worth a word.
DISPATCH_ON_TIME_MIN = env.int("DISPATCH_ON_TIME_MIN", default=15)
DISPATCH_COST_PILOT_HOUR = env.str("DISPATCH_COST_PILOT_HOUR", default="95.00")
DISPATCH_COST_AIRCRAFT_HOUR = env.str("DISPATCH_COST_AIRCRAFT_HOUR", default="60.00")
DISPATCH_COST_ROAD_KM = env.str("DISPATCH_COST_ROAD_KM", default="0.88")
DISPATCH_COST_CURRENCY = env.str("DISPATCH_COST_CURRENCY", default="AUD")


def _refuse(name: str, why: str) -> None:
    raise ImproperlyConfigured(f"{name} {why} (docs/CONFIGURATION.md).")


if LIVE_RIGHTS_S < 1:
    _refuse("LIVE_RIGHTS_S", "is less than a second")
if DISPATCH_WEBHOOK_URL:
    _address = urlsplit(DISPATCH_WEBHOOK_URL)
    _schemes = ("https", "http") if DEBUG or DEMO else ("https",)
    if _address.scheme not in _schemes or not _address.hostname:
        _refuse("DISPATCH_WEBHOOK_URL", "is not an https address")
    if len(DISPATCH_WEBHOOK_SECRET) < SHORTEST_WEBHOOK_SECRET:
        _refuse("DISPATCH_WEBHOOK_SECRET", "is shorter than 32 characters")
    if not DEBUG and DISPATCH_WEBHOOK_SECRET.startswith(DEMO_MARK):
        _refuse("DISPATCH_WEBHOOK_SECRET", "is a demo value")
