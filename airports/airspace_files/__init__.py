"""
Airspace files, read: OpenAir, GeoJSON and ED-269.

Pure: text in; ParsedAirspace or, with line or feature and reason, RejectedFeature out. A file of
another format raises UnknownFormat and nothing else.
"""

from airports.airspace_files.ed269 import read_ed269
from airports.airspace_files.geojson import read_geojson
from airports.airspace_files.openair import read_openair
from airports.airspace_files.parsed import ParsedAirspace, RejectedFeature, UnknownFormat

__all__ = [
    "ParsedAirspace",
    "RejectedFeature",
    "UnknownFormat",
    "read_ed269",
    "read_geojson",
    "read_openair",
]
