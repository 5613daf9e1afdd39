"""Where libgdal and libgeos come from: the pyogrio and shapely wheels, unless told otherwise."""

import importlib.util
from pathlib import Path

from config.settings.environment import env


def _bundled(package: str, pattern: str) -> str | None:
    """Find a shared library that a wheel carries beside its package, or None."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent.parent / f"{package}.libs"
    return next((str(path) for path in sorted(folder.glob(pattern))), None)


# Debian 12 ships GDAL 3.6.2, which cannot block network access from spatial references
# (Django check gis.W001 asks for 3.9 or newer).
GDAL_LIBRARY_PATH = env.str("GDAL_LIBRARY_PATH", default="") or _bundled("pyogrio", "libgdal*.so*")
GEOS_LIBRARY_PATH = env.str("GEOS_LIBRARY_PATH", default="") or _bundled(
    "shapely", "libgeos_c*.so*"
)
