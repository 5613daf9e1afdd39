"""
KML with times: gx:Track, and placemarks that each have a TimeStamp and a Point.

A LineString alone has no times and is refused: its positions cannot be told from a drawing.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from flight_operations.logs.columns import NAN, NO_TIME, RowBuilder
from flight_operations.logs.gpx import moment_of, number_of, sound_tags
from flight_operations.logs.reading import LogReading, LogRefused
from flight_operations.logs.source import Source
from flight_operations.logs.xml_stream import Tag
from flight_operations.telemetry.samples import Datum, Samples

MAX_POINTS_OF_ONE_MOMENT = 100
_GEOMETRIES = ("Point", "Track", "LineString")


@dataclass(slots=True)
class _Document:
    """
    Where the walk stands. A gx:Track may list all times before all coordinates, so the times
    are kept, eight bytes each.
    """

    reading: LogReading
    absolute: RowBuilder
    above_ground: RowBuilder
    mode: str = ""
    geometry: str = ""
    times: array = field(default_factory=lambda: array("q"))
    used: int = 0
    stamp: int = NO_TIME
    coordinates: list[tuple[int, str]] = field(default_factory=list)
    lines_without_time: int = 0

    def walk(self, tag: Tag) -> Iterator[Samples]:
        if tag.is_start:
            self._open(tag)
        elif tag.name == "altitudeMode":
            self.mode = tag.text.strip()
        elif tag.name == "when":
            self._when(tag)
        elif tag.name == "coord":
            yield from self._track_point(tag)
        elif tag.name == "coordinates":
            self._coordinates(tag)
        elif tag.name == "Placemark":
            yield from self._placemark()

    def _open(self, tag: Tag) -> None:
        if tag.name == "Placemark":
            self.stamp, self.coordinates, self.mode = NO_TIME, [], ""
        elif tag.name in _GEOMETRIES:
            self.geometry = tag.name
            self.times, self.used = array("q"), 0

    def _when(self, tag: Tag) -> None:
        if tag.parent == "TimeStamp":
            self.stamp = moment_of(tag.text)
        elif tag.parent == "Track":
            self.times.append(moment_of(tag.text))

    def _track_point(self, tag: Tag) -> Iterator[Samples]:
        moment = self.times[self.used] if self.used < len(self.times) else NO_TIME
        self.used += 1
        yield from self._add(tag.line, moment, tag.text.split())

    def _coordinates(self, tag: Tag) -> None:
        if tag.parent == "LineString":
            self.lines_without_time += 1
        elif tag.parent == "Point" and len(self.coordinates) < MAX_POINTS_OF_ONE_MOMENT:
            self.coordinates.append((tag.line, tag.text))

    def _placemark(self) -> Iterator[Samples]:
        if self.stamp == NO_TIME:
            return
        for line, text in self.coordinates:
            yield from self._add(line, self.stamp, text.strip().split(","))

    def _add(self, line: int, moment: int, parts: list[str]) -> Iterator[Samples]:
        lon, lat, altitude = [*(number_of(part) for part in parts[:3]), NAN, NAN, NAN][:3]
        builder, other = self.absolute, self.above_ground
        if self.mode == "relativeToGround":
            builder, other = other, builder
        elif self.mode != "absolute":
            # clampToGround, the default, says that the altitude is to be ignored.
            altitude = NAN
        if builder.add(line, moment, lat, lon, altitude_m=altitude):
            yield from other.take()
            yield from builder.take()

    def finish(self) -> Iterator[Samples]:
        yield from self.absolute.take()
        yield from self.above_ground.take()


def read_kml(source: Source, reading: LogReading) -> Iterator[Samples]:
    """Read the timed positions of a KML file. Raises LogRefused."""
    document = _Document(
        reading,
        RowBuilder(reading, datum=Datum.AMSL),
        RowBuilder(reading, datum=Datum.AGL, first=1 << 30),
    )
    for tag in sound_tags(source, reading):
        yield from document.walk(tag)
    yield from document.finish()
    if document.lines_without_time:
        reading.note("Lines without times were left out.")
        if not reading.accepted_count:
            raise LogRefused(
                "log_without_times",
                f"{reading.name} draws a line without times; export it as a track with times.",
            )
