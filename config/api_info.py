from drf_yasg import openapi

INFO = openapi.Info(
    title="Windsock",
    default_version="v1",
    description=(
        "Air-ambulance, charter and commercial drone operations. Times are ISO 8601 in UTC, "
        "positions WGS 84 with longitude first in GeoJSON, refusals RFC 9457 problem documents. "
        "Verdicts are decision support; they are not legal text."
    ),
)
