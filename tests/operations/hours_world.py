"""An offer for which only the captain's hours are in question, and the people around it."""

from datetime import UTC, datetime, timedelta

from tests.operations import legal_world
from tests.operations.plans import HOUR, Desk, leg, place_of, plan
from tests.operations.quote_desk import QUOTES, price_body
from tests.users.factories import DeclaredFlightFactory, UserFactory, hold
from users.models import Role
from users.services.seeding import seed_roles

RULE = "FAR-135.267-QTR"
# Three flights of 2:04 h are 6.2 h.
BLOCK_MIN = 124
NEW_YEAR = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
FLOWN_IN_WORLD_MIN = 8 * 60


def six_hours(desk):
    """Out to the patient, to the hospital and home, 6.2 hours from blocks to blocks in all."""
    base, pickup, dropoff = (place_of(each) for each in desk.airports)
    ways = [(base, pickup), (pickup, dropoff), (dropoff, base)]
    start = desk.now + 22 * HOUR
    legs = [
        leg(
            number,
            *way,
            kind="live" if number == 2 else "positioning",
            has_patient=number == 2,
            out_at=start + 3 * HOUR * (number - 1),
            block_min=float(BLOCK_MIN),
            flight_min=float(BLOCK_MIN - 10),
        )
        for number, way in enumerate(ways, start=1)
    ]
    return plan(
        *legs,
        aircraft_id=desk.aircraft.pk,
        tail_number=desk.aircraft.tail_number,
        aircraft_type=desk.aircraft.aircraft_type.designator,
        medical_count=1,
        oxygen_l=600.0,
    )


def pilot_with(hours, at):
    """A pilot with everything in order who flew so many hours in this quarter."""
    pilot = legal_world.crew_member(at)
    rest = round(hours * 60) - FLOWN_IN_WORLD_MIN
    days, odd = divmod(rest, 480)
    for day in range(days + 1):
        minutes = 480 if day < days else odd
        off = NEW_YEAR + timedelta(days=day)
        DeclaredFlightFactory(
            user=pilot, off_at=off, on_at=off + timedelta(minutes=minutes), flight_min=minutes
        )
    return pilot


class World:
    """An offer for which only the captain's hours are in question, and the people around it."""

    def __init__(self, client_for, now, *, flown=495.0):
        seed_roles()
        self.now, self.client_for = now, client_for
        self.desk = Desk(now=now, aircraft=legal_world.aircraft(now))
        self.desk.itinerary = six_hours(self.desk)
        self.captain = pilot_with(flown, now)
        self.others = [legal_world.crew_member(now) for _ in range(2)]
        self.coordinator = self.signed_in("flight_coordinator")

    def signed_in(self, role):
        person = UserFactory()
        hold(person, Role.objects.get(code=role))
        return self.client_for(person)

    def crew(self, captain=None):
        people = [captain or self.captain, *self.others]
        roles = ("pic", "sic", "flight_nurse")
        return [{"person": p.pk, "role": role} for p, role in zip(people, roles, strict=True)]

    def price(self, captain=None, **more):
        body = price_body(self.desk, **{"proposed_crew": self.crew(captain), **more})
        return self.coordinator.post(f"{self.address}price/", body)

    def send(self, sequence=1, **more):
        return self.coordinator.post(f"{self.address}send/", {"sequence": sequence}, **more)

    def override(self, who, version, rule=RULE):
        body = {
            "subject_type": "operations.quoteversion",
            "subject_id": version,
            "rule": rule,
            "reason": "Hours agreed with the authority, letter 12",
        }
        return who.post("/api/compliance/overrides/", body)

    @property
    def address(self):
        return f"{QUOTES}{self.desk.quote.number}/"
