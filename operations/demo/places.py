"""
Where the demo flies: real airports, with the runways that its flights need.

The aerodromes that come with the product have no runways; these are entered for the demo where no
better source has been imported. Lengths in feet.
"""

from dataclasses import dataclass

from airports.models import Airport, Runway

BASE = "KNEW"
PICKUP = "MMUN"
DELIVERY = "KSTL"
ZONE = "America/Chicago"


@dataclass(frozen=True)
class DemoRunway:
    """The longest runway of one airport; the heading is true, of the lower end."""

    airport: str
    ends: tuple[str, str]
    length_ft: int
    heading_deg: float
    surface: str = "ASP"


RUNWAYS = (
    DemoRunway("KNEW", ("18R", "36L"), 6_879, 181.0),
    DemoRunway("MMUN", ("12R", "30L"), 11_483, 119.0),
    DemoRunway("KMEM", ("18C", "36C"), 11_120, 180.0, "CON"),
    DemoRunway("KSTL", ("12R", "30L"), 11_019, 122.0, "CON"),
)
STATIONS = tuple(runway.airport for runway in RUNWAYS)


def enter_runways() -> None:
    """Enter the demo's runways at airports that have none."""
    airports = {row.icao: row for row in Airport.objects.filter(icao__in=STATIONS)}
    known = set(
        Runway.objects.filter(airport__in=airports.values()).values_list("airport_id", flat=True)
    )
    for runway in RUNWAYS:
        airport = airports[runway.airport]
        if airport.pk in known:
            continue
        Runway.objects.create(
            airport=airport,
            source_id=f"demo-{runway.airport}",
            le_ident=runway.ends[0],
            he_ident=runway.ends[1],
            length_ft=runway.length_ft,
            width_ft=150,
            surface=runway.surface,
            is_lighted=True,
            le_heading_deg=runway.heading_deg,
            he_heading_deg=(runway.heading_deg + 180) % 360,
        )
