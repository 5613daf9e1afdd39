"""Outside sources: every address is a setting, and only these hosts are ever asked."""

from config.settings.environment import env

METAR_SOURCE_URL = env.str("METAR_SOURCE_URL", default="https://aviationweather.gov/api/data/metar")
TAF_SOURCE_URL = env.str("TAF_SOURCE_URL", default="https://aviationweather.gov/api/data/taf")
METAR_CACHE_URL = env.str(
    "METAR_CACHE_URL", default="https://aviationweather.gov/data/cache/metars.cache.csv.gz"
)
AIRPORTS_SOURCE_URL = env.str(
    "AIRPORTS_SOURCE_URL",
    default="https://davidmegginson.github.io/ourairports-data/airports.csv",
)
RUNWAYS_SOURCE_URL = env.str(
    "RUNWAYS_SOURCE_URL",
    default="https://davidmegginson.github.io/ourairports-data/runways.csv",
)
FREQUENCIES_SOURCE_URL = env.str(
    "FREQUENCIES_SOURCE_URL",
    default="https://davidmegginson.github.io/ourairports-data/airport-frequencies.csv",
)
# Hosts that may be asked although they resolve to a private address (a mirror in the same network).
TRUSTED_PRIVATE_HOSTS = env.list("TRUSTED_PRIVATE_HOSTS", default=[])
SOURCE_TIMEOUT_S = env.float("SOURCE_TIMEOUT_S", default=10.0)
SOURCE_MAX_BYTES = env.int("SOURCE_MAX_BYTES", default=64 * 1024 * 1024)
FETCH_WEATHER = env.bool("FETCH_WEATHER", default=True)
