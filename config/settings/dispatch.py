"""How days of drone work are planned, and when those concerned must answer."""

from config.settings.environment import env

# What a plan is judged by, in seconds of travel; a center may set its own.
DISPATCH_WEIGHTS = {
    "prize": env.int("DISPATCH_WEIGHT_PRIZE", default=7200),
    "lateness": env.float("DISPATCH_WEIGHT_LATENESS", default=0.5),
    "unit": env.int("DISPATCH_WEIGHT_UNIT", default=600),
    "balance": env.float("DISPATCH_WEIGHT_BALANCE", default=0.05),
    "change": env.int("DISPATCH_WEIGHT_CHANGE", default=1800),
}
DISPATCH_TRAVEL_SPEED_KMH = env.float("DISPATCH_TRAVEL_SPEED_KMH", default=60.0)
DISPATCH_ROAD_FACTOR = env.float("DISPATCH_ROAD_FACTOR", default=1.3)
# Table service of OSRM with its profile, such as http://osrm:5000/table/v1/driving; empty: none.
DISPATCH_ROADS_URL = env.str("DISPATCH_ROADS_URL", default="")
DISPATCH_ROADS_TIMEOUT_S = env.float("DISPATCH_ROADS_TIMEOUT_S", default=5.0)
DISPATCH_ROADS_KEPT_H = env.int("DISPATCH_ROADS_KEPT_H", default=168)
DISPATCH_TIME_LIMIT_S = env.int("DISPATCH_TIME_LIMIT_S", default=10)
# What is not explained by then says so; the plan itself does not wait for it any longer.
DISPATCH_EXPLAIN_S = env.int("DISPATCH_EXPLAIN_S", default=60)
# Given, a search stops by count: the same day with the same seed gives the same plan.
DISPATCH_ITERATIONS = env.int("DISPATCH_ITERATIONS", default=2000)
DISPATCH_PROCESSES = env.int("DISPATCH_PROCESSES", default=2)
# Work that starts this soon is not moved any more.
DISPATCH_FREEZE_MIN = env.int("DISPATCH_FREEZE_MIN", default=30)
DISPATCH_SETUP_MIN = env.int("DISPATCH_SETUP_MIN", default=10)
# On the ground with one battery only, until it is charged.
DISPATCH_CHARGE_MIN = env.int("DISPATCH_CHARGE_MIN", default=60)
# Starts are looked at this far apart, and where the sun, a forecast or an approval turns.
DISPATCH_GRID_MIN = env.int("DISPATCH_GRID_MIN", default=30)
# A run whose worker shows no sign of life for this long is taken up again.
DISPATCH_HEARTBEAT_LOST_S = env.int("DISPATCH_HEARTBEAT_LOST_S", default=60)
DISPATCH_MOST_ATTEMPTS = env.int("DISPATCH_MOST_ATTEMPTS", default=3)
# Rules whose evidence nobody can have before the day itself: a plan may go without it.
DISPATCH_LATER_EVIDENCE = env.list(
    "DISPATCH_LATER_EVIDENCE",
    default=[
        "PREFLIGHT-CHECKLIST",
        "F2-DAILY",
        "AU-RPAS-FIT",
        "WXD-WIND",
        "WXD-VIS",
        "WXD-CEIL",
        "CASR-101.095-VMC",
        "WXD-PRECIP",
        "WXD-TS",
        "WXD-TEMP",
        "WXD-FOG",
        "WXD-AGE",
        "WXD-STN",
        "WXD-TAF",
        "WXD-SENSOR",
    ],
)
