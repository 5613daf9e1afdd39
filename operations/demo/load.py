"""The air-ambulance demo: people, fleet, places, customer, prices. Facts about nobody real."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from aircraft.models import Aircraft
from airports.services.weather import enter_reports
from documents.models import Letterhead
from documents.services.letterheads import set_letterhead
from operations.demo import cast, company, fleet, papers, places
from users.models import User
from users.services.demo_accounts import make_accounts
from users.services.seeding import seed_roles

# Papers are older than the first flight.
BEFORE = timedelta(hours=28)

Progress = Callable[[str], None]


@transaction.atomic
def load_trip_demo(*, password: str, at: datetime, progress: Progress) -> bool:
    """
    Load the demo once; again, only the demo accounts' sign-in is put back.

    Returns whether anything but sign-ins was loaded. The airports must have been loaded before.
    """
    progress("roles and people of the trip desk")
    seed_roles()
    people = make_accounts(cast.PEOPLE, password, zone=places.ZONE, at=at)
    if Aircraft.objects.filter(tail_number=fleet.AMBULANCE).exists():
        return False
    admin, before = people[cast.ADMIN.key], at - BEFORE
    progress("crewed fleet and places")
    places.enter_runways()
    fleet.register_fleet(actor=admin, at=before)
    progress("pilots' and medical team's papers")
    papers.record_specifications(actor=admin, at=before)
    papers.record_papers(people, actor=admin, at=before)
    progress("customer, hospitals, handlers and prices")
    company.enter_company(actor=admin, at=before)
    if not Letterhead.objects.exists():
        set_letterhead(changes=company.LETTERHEAD, actor=admin, at=before)
    _weather(people[cast.DISPATCHER.key], at)
    return True


def _weather(dispatcher: User, at: datetime) -> None:
    minute = at.replace(second=0, microsecond=0)
    for station in places.STATIONS:
        for report in (metar(station, minute), taf(station, minute)):
            enter_reports(report, actor=dispatcher, at=at)


def metar(station: str, issued_at: datetime, *, wind: str = "09008KT") -> str:
    """A routine report of a fine day."""
    return f"METAR {station} {issued_at:%d%H%M}Z {wind} 10SM FEW045 24/16 A3002"


def taf(station: str, issued_at: datetime) -> str:
    """A fine forecast for the next thirty hours."""
    start = issued_at.replace(minute=0)
    end = start + timedelta(hours=30)
    return f"TAF {station} {issued_at:%d%H%M}Z {start:%d%H}/{end:%d%H} 09008KT P6SM FEW045"
